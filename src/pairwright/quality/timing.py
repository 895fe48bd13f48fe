"""too_fast: a person answered before the texts could have been read.

Three signs: under a few seconds of active time; more words a second than people
can read; a long run of the same side, each answer faster than the person's own
usual. Adults read 238 words a minute of non-fiction (Brysbaert 2019,
doi:10.1016/j.jml.2019.104047); skimming a pair to see which is better may be
four times as fast, not ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pairwright.quality.example import Example, Finding, RaterVote
from pairwright.types import Verdict, as_original

SECONDS = 5.0
WORDS_PER_SECOND = 20.0
RUN = 12  # answers of one side in a row: by chance once in 4,096 starts
FEWEST = 20  # answers before a person's own pace is known
FAST = 3.0  # standard deviations under what this person takes for texts of this length


class TimedAnswer(NamedTuple):
    """One answer of a person; `shown` is the verdict in terms of what was shown."""

    at: float
    example: str
    words: int
    seconds: float
    shown: Verdict


class TooFast:
    """Warnings: a fast answer may be right, so it is asked again rather than thrown away."""

    name = "too_fast"

    def __init__(self, seconds: float = SECONDS, words_per_second: float = WORDS_PER_SECOND) -> None:
        self._seconds, self._pace = seconds, words_per_second
        self._answers: dict[str, list[TimedAnswer]] = defaultdict(list)

    def look(self, example: Example) -> Iterator[Finding]:
        words = len(example.words_a) + len(example.words_b)
        for said in _timed(example):
            assert said.seconds is not None
            if said.seconds < self._seconds:
                part = "seconds"
                reason = f"{said.rater} answered in {said.seconds:.1f} s; {self._seconds:g} s is the least"
            elif words / said.seconds > self._pace:
                part = "reading"
                reason = (
                    f"{said.rater} answered in {said.seconds:.1f} s, "
                    f"{words / said.seconds:.0f} words a second "
                    f"of the two responses; nobody reads over {self._pace:g}"
                )
            else:
                continue
            remedy = "send the pair to somebody else"
            yield Finding(self.name, "warning", reason, remedy, example.id, part, round(said.seconds, 2))

    def note(self, example: Example) -> list[tuple[str, TimedAnswer]] | None:
        words = len(example.words_a) + len(example.words_b)
        return [
            (
                said.rater,
                TimedAnswer(said.at or 0.0, example.id, words, float(said.seconds or 0), _shown(said)),
            )
            for said in _timed(example)
        ] or None

    def see(self, note: list[tuple[str, TimedAnswer]]) -> None:
        for rater, answer in note:
            self._answers[rater].append(answer)

    def end(self) -> Iterator[Finding]:
        for rater, answers in sorted(self._answers.items()):
            answers.sort()
            if len(answers) >= FEWEST:
                yield from self._unlike_themselves(rater, answers)
            yield from self._bursts(rater, answers)

    def _unlike_themselves(self, rater: str, answers: list[TimedAnswer]) -> Iterator[Finding]:
        """Answers far faster than this person takes for a text of this length."""
        words = np.log1p([each.words for each in answers])
        took = np.log(np.maximum([each.seconds for each in answers], 0.1))
        spread = words.std()
        slope = float(np.cov(words, took)[0, 1] / spread**2) if spread > 0.05 else 0.0
        left = took - max(slope, 0.0) * words
        middle = np.median(left)
        deviation = max(1.4826 * float(np.median(np.abs(left - middle))), 0.25)
        for each, off in zip(answers, (left - middle) / deviation, strict=True):
            # Those under the least are said already.
            if off < -FAST and each.seconds >= self._seconds and each.words / each.seconds <= self._pace:
                usual = each.seconds * np.exp(-off * deviation)
                reason = (
                    f"{rater} answered in {each.seconds:.1f} s; texts so long take {usual:.0f} s as a rule"
                )
                remedy = "send the pair to somebody else"
                yield Finding(
                    self.name, "warning", reason, remedy, each.example, "own_pace", round(each.seconds, 2)
                )

    def _bursts(self, rater: str, answers: list[TimedAnswer]) -> Iterator[Finding]:
        """Runs of one side, faster than this person's usual: the sign of a key held down."""
        usual = float(np.median([each.seconds for each in answers]))
        start = 0
        for i in range(1, len(answers) + 1):
            if i < len(answers) and answers[i].shown == answers[start].shown:
                continue
            run, start = answers[start:i], i
            took = float(np.median([each.seconds for each in run]))
            if len(run) >= RUN and run[0].shown != "TIE" and (took < 0.7 * usual or took < 2 * self._seconds):
                side = "first" if run[0].shown == "A" else "second"
                reason = (
                    f"{rater} chose the {side} one shown {len(run)} times in a row, in {took:.1f} s each, "
                    f"from {run[0].example} to {run[-1].example}"
                )
                remedy = f"send these pairs to somebody else and talk to {rater}"
                yield Finding(self.name, "warning", reason, remedy, None, f"burst: {rater}", len(run))


def _timed(example: Example) -> Iterator[RaterVote]:
    for said in example.said:
        given = said.kind == "person" and said.counts and said.once and said.verdict is not None
        if given and said.seconds is not None:
            yield said


def _shown(said: RaterVote) -> Verdict:
    assert said.verdict is not None
    return as_original(said.verdict, said.order)
