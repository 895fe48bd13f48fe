"""Preferences that contradict themselves: a over b, b over c, c over a."""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np
import scipy


def preference_cycles(winner: np.ndarray, loser: np.ndarray, n: int, most: int = 1000) -> list[list[int]]:
    """A shortest cycle of each knot of contradicting preferences, as competitors in order of preference.

    winner, loser (m,): competitors 0..n-1. A knot is a strongly connected part of the
    graph of wins; where everything is consistent there is none. At most `most` are given.
    """
    graph = scipy.sparse.coo_matrix((np.ones(len(winner)), (winner, loser)), shape=(n, n))
    _, part = scipy.sparse.csgraph.connected_components(graph, directed=True, connection="strong")
    size = np.bincount(part, minlength=1)
    inside = (part[winner] == part[loser]) & (size[part[winner]] > 1)
    after: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for w, lost in zip(winner[inside].tolist(), loser[inside].tolist(), strict=True):
        after[int(part[w])][w].append(lost)
    found = []
    for knot in after.values():
        cycles = [cycle for start in knot if (cycle := _shortest(knot, start)) is not None]
        found.append(min(cycles, key=len))
        if len(found) >= most:
            break
    return found


def _shortest(after: dict[int, list[int]], start: int) -> list[int] | None:
    """The shortest way from `start` back to itself, by breadth first."""
    came: dict[int, int] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in after.get(here, ()):
            if there == start:
                way = [here]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if there not in came:
                came[there] = here
                queue.append(there)
    return None
