"""Pairs of many rows: those of which one row says the opposite of another.

What most rows say of two answers counts; where as many say one thing as the other, none is written. That
takes a second reading of the file, which is made only where there are such rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from pairwright.formats.canonical import Canonical, Pair, Tally
from pairwright.pairing import text_key
from pairwright.store.scratch import Sides


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
        row: Canonical | None = None
        prompt = b""
        for pair in pairs:
            if pair.row is not row:
                row, prompt = pair.row, pair.row.key
            texts = text_key(pair.chosen.text), text_key(pair.rejected.text)
            key, first_wins = prompt + min(texts) + max(texts), texts[0] < texts[1]
            if counts is not None:
                both = counts.add(key, first_wins)
                if all(both):
                    self.sides[key] = both
            elif key in self.sides:
                own, other = self.sides[key] if first_wins else self.sides[key][::-1]
                if own <= other:
                    dropped.add("outvoted" if own < other else "contradicting", pair.row.place, "pair")
                    continue
            yield pair
