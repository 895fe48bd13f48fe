"""Pairs of many rows: those of which one row says the opposite of another.

What most rows say of two answers counts; where as many say one thing as the other, none is written. That
takes a second reading of the file, which is made only where there are such rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b

from pairwright.formats.canonical import Canonical, Pair, Tally
from pairwright.store.export.scratch import Sides


def _key(row: Canonical, first: str, second: str) -> bytes:
    """A pair whichever is better: seen by this run alone, so it needs no lasting key, which takes longer."""
    parts = [(m.role, m.content) if m.is_plain else m for m in row.prompt]
    asked = (parts, row.tools, row.template) if row.tools or row.template else parts
    return blake2b(repr((asked, first, second)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


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
            said = pair.chosen.said, pair.rejected.said
            texts = [each if isinstance(each, str) else repr(each) for each in said]
            key, first_wins = _key(pair.row, *sorted(texts)), texts[0] < texts[1]
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
