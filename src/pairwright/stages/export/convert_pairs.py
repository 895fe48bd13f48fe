"""Pairs of many rows: those of which one row says the opposite of another.

What most rows say of two answers counts; where as many say one thing as the other, none is written. That
takes a second reading of the file, which is made only where there are such rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b

from pairwright.formats.canonical import Pair, Rated, Tally
from pairwright.store.export.scratch import Sides


def _key(pair: Pair) -> tuple[bytes, bool]:
    """What was asked and the two answers, whichever is better; and whether the first of the two by text won.

    Seen by this run alone, so it is no lasting key, which takes longer.
    """
    won, lost = _text(pair.chosen), _text(pair.rejected)
    first, second = (won, lost) if won < lost else (lost, won)
    texts = f"{len(first)}:{first}{second}".encode("utf-8", "surrogatepass")
    return blake2b(pair.row.key + texts, digest_size=16).digest(), won < lost


def _text(one: Rated) -> str:
    return one.said if isinstance(one.said, str) else repr(one.said)


@dataclass
class Opposed:
    """The pairs whose rows contradict one another, by key: how many rows for each side.

    Found while rows are read once; with `known` those that are not to be written are left out.
    """

    sides: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    known: bool = False

    @property
    def rows(self) -> int:
        return sum(map(sum, self.sides.values()))

    def settle(self, pairs: Iterator[Pair], dropped: Tally, stack: ExitStack) -> Iterator[Pair]:
        counts = None if self.known else stack.enter_context(Sides())
        for pair in pairs:
            key, first_wins = _key(pair)
            if counts is not None:
                counts.add(key, first_wins)
            elif key in self.sides:
                own, other = self.sides[key] if first_wins else self.sides[key][::-1]
                if own <= other:
                    dropped.add("outvoted" if own < other else "contradicting", pair.row.place, "pair")
                    continue
            yield pair
        if counts is not None:
            self.sides = counts.both()
