"""people_alike: two people who agree far more with each other than with all others.

One may copy the other, or both a third thing; among three people that is not to be told from
two who are right beside one who is not. `stats/copying` says how it is tested.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pairwright.quality.example import Example, Finding
from pairwright.stats.copying import Alike, too_alike
from pairwright.types import VERDICTS


class PeopleAlike:
    """Warnings: a finding for every two people, about the whole set."""

    name = "people_alike"

    def __init__(self) -> None:
        self._answers: list[tuple[int, str, int, int]] = []
        self._n = 0

    def note(self, example: Example) -> list[tuple[str, int, int]] | None:
        gold = -1 if example.gold is None else VERDICTS.index(example.gold)
        said = {
            said.rater: VERDICTS.index(said.verdict)
            for said in example.said
            if said.kind == "person" and said.counts and said.once and said.verdict is not None
        }
        return [(rater, verdict, gold) for rater, verdict in said.items()] if len(said) > 1 else None

    def see(self, note: list[tuple[str, int, int]]) -> None:
        self._n += 1
        self._answers += [(self._n, *each) for each in note]

    def end(self) -> Iterator[Finding]:
        if not self._answers:
            return
        item, names, said, known = (np.array(column) for column in zip(*self._answers, strict=True))
        people, rater = np.unique(names, return_inverse=True)
        for found in too_alike(item, rater, said, known):
            one, other = str(people[found.one]), str(people[found.other])
            reason, remedy = in_words(found, one, other)
            value = round(found.together.value, 4)
            yield Finding(self.name, "warning", reason, remedy, None, f"{one} and {other}", value)


def in_words(found: Alike, one: str, other: str) -> tuple[str, str]:
    """(what was seen and what can be known from it, what to do)."""
    reason = (
        f"{one} and {other} agree on {found.together.percent} of {found.together.n:,} pairs, "
        f"with others on {found.others.value:.0%} at most"
    )
    if found.explained is None:
        reason += ": one may copy the other, or both are right where others are not; answers alone can't tell"
    else:
        reason += f"; {found.explained:.0%} is what two people as good as they are would agree on"
    remedy = "talk to both; gold pairs (`pairwright gold`) tell who is right, and who is believed"
    return reason, remedy
