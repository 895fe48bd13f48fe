"""shortcuts: what a model can learn from the labels instead of what is better.

Length, Markdown and emojis that predict the choice, a side or place that is
chosen too often, refusals that pile up in one domain, one model that wins nearly
always. Each figure is of the labels as they stand, with its interval; where
people and judges both labelled pairs, people are the measure: they prefer the
longer answer themselves (in about 65 % of pairs).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pairwright.quality.example import Example, Finding
from pairwright.quality.refusals import looks_like_refusal
from pairwright.stats.intervals import wilson
from pairwright.types import Estimate

FEWEST = 50  # labels before anything is said
LONGER = 0.70
MARKED_UP = 0.70
FIRST = 0.05  # a side may be chosen so much more often than the other, on either side of a half
WINS = 0.90
_MARKUP = re.compile(r"^[^\S\n]*(?:#{1,6}\s|[-*•+]\s|\d{1,2}[.)]\s)|\*\*[^*\n]+\*\*", re.MULTILINE)
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


class ShortcutLabel(NamedTuple):
    """What of one label matters here: each figure is the chosen one's minus the rejected one's."""

    source: str | None
    longer: float  # of the logarithms of their words
    markup: int
    emoji: int
    a_chosen: bool
    models: tuple[str, str] | None
    refusal: tuple[str, bool] | None
    shown: tuple[tuple[str, bool], ...]  # (person, chose the first shown)


class Shortcuts:
    """Warnings about the whole set; none of its pairs is wrong for it."""

    name = "shortcuts"

    def __init__(self, longer: float = LONGER, markup: float = MARKED_UP, wins: float = WINS) -> None:
        self._longer, self._markup, self._wins = longer, markup, wins
        self._labels: list[ShortcutLabel] = []

    def note(self, example: Example) -> ShortcutLabel | None:
        if not example.decided:
            return None
        chosen, rejected = example.chosen, example.rejected
        words = len(example.words_chosen)
        others = len(example.words_a) + len(example.words_b) - words
        models = (example.chosen_model, example.rejected_model)
        people = [said for said in example.said if said.kind == "person" and said.counts]
        return ShortcutLabel(
            example.source,
            float(np.log1p(words) - np.log1p(others)),
            len(_MARKUP.findall(chosen)) - len(_MARKUP.findall(rejected)),
            _emojis(chosen) - _emojis(rejected),
            example.verdict == "A",
            (str(models[0]), str(models[1])) if all(models) and models[0] != models[1] else None,
            (example.domain, looks_like_refusal(chosen)) if example.domain else None,
            tuple(
                (said.rater, (said.verdict == "A") == (said.order == "AB"))
                for said in people
                if said.verdict in ("A", "B")
            ),
        )

    def see(self, note: ShortcutLabel) -> None:
        self._labels.append(note)

    def end(self) -> Iterator[Finding]:
        if len(self._labels) < FEWEST:
            return
        yield from self._features()
        yield from self._sides()
        yield from self._models()
        yield from self._refusals()

    def _features(self) -> Iterator[Finding]:
        for part, what, most in (
            ("longer", "the longer response", self._longer),
            ("markup", "the one with more Markdown", self._markup),
            ("emoji", "the one with more emojis", self._markup),
        ):
            chosen = np.array([getattr(label, part) for label in self._labels], float)
            told = chosen != 0
            if told.sum() < FEWEST:
                continue
            share = wilson(int((chosen > 0).sum()), int(told.sum()))
            if share.low > most or share.high < 1 - most:
                yield self._told(part, what, share, chosen)
            elif part == "longer":
                yield from self._judges_against_people(chosen)

    def _told(self, part: str, what: str, share: Estimate, chosen: np.ndarray) -> Finding:
        reason = (
            f"{what} is chosen in {share.percent} of {share.n:,} pairs"
            f"; by that alone a model gets {max(share.value, 1 - share.value):.0%} of them right"
        )
        if part == "longer":
            far = np.abs(chosen) > np.log(2)
            if far.sum() >= FEWEST:
                right = max((chosen[far] > 0).mean(), (chosen[far] < 0).mean())
                reason += f", {right:.0%} where one is twice as long"
        remedy = "collect pairs of like form, or balance them; compare every reward model with this figure"
        return Finding(self.name, "warning", reason, remedy, None, part, round(share.value, 4))

    def _judges_against_people(self, chosen: np.ndarray) -> Iterator[Finding]:
        by = {
            source: chosen[[label.source == source for label in self._labels]]
            for source in ("judge", "people")
        }
        shares = {
            source: wilson(int((values > 0).sum()), int((values != 0).sum()))
            for source, values in by.items()
            if (values != 0).sum() >= FEWEST
        }
        if len(shares) == 2 and shares["judge"].low > shares["people"].high:
            judge, people = shares["judge"], shares["people"]
            reason = (
                f"labels of judges are for the longer one in {judge.percent}, "
                f"those of people in {people.percent}"
            )
            remedy = "look at `pairwright report`, Judges: which of them likes length more than people do"
            yield Finding(self.name, "warning", reason, remedy, None, "judge_length", round(judge.value, 4))

    def _sides(self) -> Iterator[Finding]:
        """Where chosen and rejected stood, and which side people pressed."""
        a = wilson(sum(label.a_chosen for label in self._labels), len(self._labels))
        # All of one side is how a file of chosen and rejected comes in: no shortcut of ours.
        if 0 < a.value < 1 and (a.low > 0.5 + FIRST or a.high < 0.5 - FIRST):
            side = "first" if a.value > 0.5 else "second"
            value = max(a.value, 1 - a.value)
            reason = f"the {side} response of the pair is chosen in {value:.0%} of {a.n:,} pairs"
            remedy = "see which model always stands there, and that judges are asked in both orders"
            yield Finding(self.name, "warning", reason, remedy, None, "side", round(a.value, 4))
        pressed: dict[str, list[bool]] = defaultdict(list)
        for label in self._labels:
            for person, first in label.shown:
                pressed[person].append(first)
        for person, firsts in sorted(pressed.items()):
            share = wilson(sum(firsts), len(firsts))
            if len(firsts) >= FEWEST and (share.low > 0.5 + FIRST or share.high < 0.5 - FIRST):
                side = "first" if share.value > 0.5 else "second"
                value = max(share.value, 1 - share.value)
                reason = f"{person} chose the {side} one shown in {value:.0%} of {share.n:,} pairs"
                remedy = f"talk to {person}; send a sample of these pairs to somebody else"
                yield Finding(self.name, "warning", reason, remedy, None, f"shown: {person}", round(value, 4))

    def _models(self) -> Iterator[Finding]:
        met, won = Counter[str](), Counter[str]()
        for label in self._labels:
            if label.models:
                won[label.models[0]] += 1
                met.update(label.models)
        for model, n in met.most_common():
            share = wilson(won[model], n)
            if n >= FEWEST and share.low > self._wins:
                reason = (
                    f"{model} wins {share.percent} of its {n:,} pairs: "
                    "a model can learn its style instead of what is better"
                )
                remedy = "pair it with stronger models, or with itself"
                yield Finding(
                    self.name, "warning", reason, remedy, None, f"model: {model}", round(share.value, 4)
                )

    def _refusals(self) -> Iterator[Finding]:
        by: dict[str, list[bool]] = defaultdict(list)
        for label in self._labels:
            if label.refusal:
                by[label.refusal[0]].append(label.refusal[1])
        total = [each for values in by.values() for each in values]
        if len(by) < 2 or not total:
            return
        for domain, values in sorted(by.items()):
            share = wilson(sum(values), len(values))
            rest = (sum(total) - sum(values)) / max(1, len(total) - len(values))
            if len(values) >= FEWEST and share.low > max(2 * rest, rest + 0.05):
                reason = f'in "{domain}" {share.percent} of the chosen responses refuse, elsewhere {rest:.0%}'
                remedy = "see that this domain's prompts are ones to refuse"
                yield Finding(
                    self.name, "warning", reason, remedy, None, f"refusals: {domain}", round(share.value, 4)
                )


def _emojis(text: str) -> int:
    return 0 if text.isascii() else len(_EMOJI.findall(text))
