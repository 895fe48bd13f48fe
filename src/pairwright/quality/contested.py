"""contested: a person's label that every judge speaks against, each in all orders it was asked in.

A judge that people found no better than chance is not asked.

Judges share mistakes, so this finds slips of people and not the truth: where
people are right against all judges, the pair is worth more than others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pairwright.quality.example import Example, Finding, RaterVote
from pairwright.types import Verdict

FEWEST = 2  # votes of judges: one word alone is no contest


class Contested:
    """A warning: one more person should look."""

    name = "contested"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided or example.source == "judge":
            return
        verdicts: dict[str, set[Verdict]] = defaultdict(set)
        votes = [said for said in example.said if _of_judge(said)]
        for said in votes:
            assert said.verdict is not None
            verdicts[said.rater].add(said.verdict)
        other: Verdict = "B" if example.verdict == "A" else "A"
        if len(votes) < FEWEST or any(each != {other} for each in verdicts.values()):
            return
        judges = ", ".join(sorted(verdicts))
        reason = f"the label is {example.verdict}; {judges} said {other} in all {len(votes)} votes"
        remedy = "send the pair to one more person"
        yield Finding(self.name, "warning", reason, remedy, example.id, value=len(votes))


def _of_judge(said: RaterVote) -> bool:
    return (
        said.kind in ("judge", "reward_model") and said.counts and said.believed and said.verdict is not None
    )
