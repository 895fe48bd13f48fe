"""judge_health: judges that fail, contradict themselves when the order changes, or changed their mind.

Over all pairs, a finding a judge: what a judge costs in labels can be mended
only at the judge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pairwright.quality.example import Example, Finding
from pairwright.stats.intervals import wilson
from pairwright.types import Order, Verdict

FEWEST = 30
FAILS = 0.02  # of its votes
CONTRADICTS = 0.30  # of the pairs it saw in both orders
DRIFTS = 0.15  # of the pairs it judged again


class Heard(NamedTuple):
    """One judge on one pair."""

    judge: str
    now: dict[Order, Verdict]
    before: dict[Order, Verdict]
    problems: list[str]


class JudgeHealth:
    """Warnings, with shares and intervals."""

    name = "judge_health"

    def __init__(
        self, fails: float = FAILS, contradicts: float = CONTRADICTS, drifts: float = DRIFTS
    ) -> None:
        self._most = {"failures": fails, "orders": contradicts, "drift": drifts}
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._problems: dict[str, Counter[str]] = defaultdict(Counter)

    def note(self, example: Example) -> list[Heard] | None:
        found: dict[str, Heard] = {}
        for said in example.said:
            if said.kind != "judge":
                continue
            heard = found.setdefault(said.rater, Heard(said.rater, {}, {}, []))
            if said.verdict is None:
                heard.problems.append(said.problem or "unknown")
            else:
                (heard.now if said.counts else heard.before)[said.order] = said.verdict
        return list(found.values()) or None

    def see(self, note: list[Heard]) -> None:
        for judge, now, before, problems in note:
            counts = self._counts[judge]
            counts["asked"] += len(now) + len(problems)
            counts["failures"] += len(problems)
            self._problems[judge].update(problems)
            if len(now) == 2:
                counts["both orders"] += 1
                counts["orders"] += now["AB"] != now["BA"]
            for order in now.keys() & before.keys():
                counts["again"] += 1
                counts["drift"] += now[order] != before[order]

    def end(self) -> Iterator[Finding]:
        for judge, counts in sorted(self._counts.items()):
            for part, of, says, remedy in _SIGNS:
                if counts[of] < FEWEST:
                    continue
                share = wilson(counts[part], counts[of])
                if share.low <= self._most[part]:
                    continue
                told = says.format(judge=judge, share=share.percent, n=counts[of])
                if part == "failures":
                    told += f"; most often {self._problems[judge].most_common(1)[0][0]}"
                yield Finding(
                    self.name, "warning", told, remedy, None, f"{part}: {judge}", round(share.value, 4)
                )


_SIGNS = (
    (
        "failures",
        "asked",
        "judge {judge} failed in {share} of {n:,} votes",
        "see `pairwright status`; then `pairwright judge --retry-failed`",
    ),
    (
        "orders",
        "both orders",
        "judge {judge} changed its verdict with the order in {share} of {n:,} pairs",
        "take a stronger model or another strategy for it; both orders must stay on",
    ),
    (
        "drift",
        "again",
        "judge {judge} answered otherwise than before in {share} of {n:,} votes that were asked again",
        "see what changed (model, template, guidelines); calibrate anew",
    ),
)
