"""How long rows are in tokens, and what each trainer would cut: counts over any number of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pairwright.tokens.trainers import TRAINERS, Lengths

SHARES = (0.95, 0.99, 1.0)  # of the rows that are to stay whole
NAMED = 5  # rows named by a trainer


@dataclass(frozen=True, slots=True)
class LengthLimits:
    """The limit of each trainer that is asked about; None where its default isn't known here."""

    of: Mapping[str, int | None]

    @classmethod
    def default(cls, names: Sequence[str], max_length: int | None, context: int | None) -> LengthLimits:
        """`max_length` over each trainer's default, `context` where that is as much as the model holds."""
        return cls({name: max_length or TRAINERS[name].default or context for name in names})


@dataclass(slots=True)
class TrainerCuts:
    """Rows of which a trainer cuts something, drops them, or leaves nothing to learn from.

    `cut` counts rows cut but kept; `prompt`, `chosen` and `rejected` what of them. In `equal` rows both
    responses are the same afterwards, in `emptied` rows nothing is left of one. `first` are some of the
    rows, by id.
    """

    cut: int = 0
    dropped: int = 0
    prompt: int = 0
    chosen: int = 0
    rejected: int = 0
    equal: int = 0
    emptied: int = 0
    first: list[str] = field(default_factory=list)


class TokenReport:
    """Filled row by row with `add`."""

    def __init__(self, limits: LengthLimits) -> None:
        self._limits = limits
        self.rows = self.unlabelled = self.refused = self.with_images = 0
        self._histograms: dict[str, Counter[int]] = {
            name: Counter() for name in ("prompt", "chosen", "rejected", "whole")
        }
        self._cuts = {name: TrainerCuts() for name in limits.of}

    def add(self, name: str, of: Lengths) -> None:
        self.rows += 1
        for part, histogram in self._histograms.items():
            histogram[getattr(of, part)] += 1
        for trainer, limit in self._limits.of.items():
            if limit is not None and of.whole > limit:
                _count(self._cuts[trainer], trainer, name, of, limit)

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "unlabelled": self.unlabelled,
            "refused": self.refused,
            "with_images": self.with_images,
            "lengths": {name: shortest(counts) for name, counts in self._histograms.items()},
            "trainers": [self._trainer(name, limit) for name, limit in self._limits.of.items()],
        }

    def _trainer(self, name: str, limit: int | None) -> dict[str, Any]:
        trainer = TRAINERS[name]
        said = {"trainer": name, "name": trainer.name, "setting": trainer.setting, "limit": limit}
        return {**said, "cuts": trainer.cuts, "source": trainer.source, **asdict(self._cuts[name])}


def _count(into: TrainerCuts, trainer: str, name: str, of: Lengths, limit: int) -> None:
    kept = TRAINERS[trainer].cut(of, limit)
    if len(into.first) < NAMED:
        into.first.append(name)
    if kept is None:
        into.dropped += 1
        return
    into.cut += 1
    for part in ("prompt", "chosen", "rejected"):
        setattr(into, part, getattr(into, part) + (getattr(kept, part) < getattr(of, part)))
    into.equal += equal_when_cut(trainer, of, limit)
    into.emptied += emptied_when_cut(trainer, of, limit)


def equal_when_cut(trainer: str, of: Lengths, limit: int) -> bool:
    """Whether cutting leaves the same tokens, and some, of two responses that were different."""
    kept = TRAINERS[trainer].cut(of, limit)
    if kept is None or of.chosen == of.rejected == of.shared:
        return False
    return 0 < kept.chosen == kept.rejected <= of.shared


def emptied_when_cut(trainer: str, of: Lengths, limit: int) -> bool:
    """Whether cutting leaves nothing of a response that had something."""
    kept = TRAINERS[trainer].cut(of, limit)
    return kept is not None and ((of.chosen > 0 == kept.chosen) or (of.rejected > 0 == kept.rejected))


def shortest(counts: Mapping[int, int]) -> dict[str, int]:
    """The shortest lengths that keep 95, 99 and 100 % of rows whole, by the percentage."""
    rows, found, seen = sum(counts.values()), dict[str, int](), 0
    for length in sorted(counts):
        seen += counts[length]
        for share in SHARES:
            if seen >= share * rows:
                found.setdefault(f"{share:.0%}", length)
    return found
