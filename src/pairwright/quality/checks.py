"""All checks by name, with what each is told of the project's thresholds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pairwright.errors import InputError
from pairwright.quality import near_duplicates, shortcuts, similarity, timing
from pairwright.quality.chosen_errors import ChosenHasErrors
from pairwright.quality.contested import Contested
from pairwright.quality.duplicates import Duplicates
from pairwright.quality.example import Check
from pairwright.quality.identity import IdentityLeak
from pairwright.quality.images import Images
from pairwright.quality.injection import Injection
from pairwright.quality.judge_health import CONTRADICTS, DRIFTS, FAILS, JudgeHealth
from pairwright.quality.language import LanguageMismatch
from pairwright.quality.near_duplicates import NearDuplicates
from pairwright.quality.overlap import Contamination, SplitOverlap
from pairwright.quality.people_alike import PeopleAlike
from pairwright.quality.privacy import PersonalData, Secrets
from pairwright.quality.safety import HarmfulCompliance, OverRefusal
from pairwright.quality.shortcuts import Shortcuts
from pairwright.quality.similarity import TooSimilar
from pairwright.quality.thinking_trace import ThinkingTrace
from pairwright.quality.timing import TooFast
from pairwright.quality.tool_calls import ToolCalls


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is off. Shares are 0 to 1. `contamination` are a benchmark's texts.

    `images` are those that are there, where that is known. `reasoning_counts` where responses that differ in
    their reasoning only are two.
    """

    similar: float = similarity.MOST
    seconds: float = timing.SECONDS
    words_per_second: float = timing.WORDS_PER_SECOND
    near: float = near_duplicates.LEAST
    longer: float = shortcuts.LONGER
    markup: float = shortcuts.MARKED_UP
    wins: float = shortcuts.WINS
    judge_fails: float = FAILS
    judge_contradicts: float = CONTRADICTS
    judge_drifts: float = DRIFTS
    contamination: tuple[str, ...] = ()
    images: frozenset[str] | None = None
    reasoning_counts: bool = True


# In the order they are shown: what is wrong with a pair first, then with the set.
CHECKS: dict[str, Callable[[Limits], Check]] = {
    "chosen_has_errors": lambda _: ChosenHasErrors(),
    "tool_calls": lambda _: ToolCalls(),
    "images": lambda limits: Images(limits.images),
    "too_similar": lambda limits: TooSimilar(limits.similar, reasoning_counts=limits.reasoning_counts),
    "too_fast": lambda limits: TooFast(limits.seconds, limits.words_per_second),
    "contested": lambda _: Contested(),
    "duplicates": lambda _: Duplicates(),
    "near_duplicates": lambda limits: NearDuplicates(limits.near),
    "split_overlap": lambda limits: SplitOverlap(limits.near),
    "contamination": lambda limits: Contamination(limits.contamination),
    "secrets": lambda _: Secrets(),
    "personal_data": lambda _: PersonalData(),
    "injection": lambda _: Injection(),
    "harmful_compliance": lambda _: HarmfulCompliance(),
    "over_refusal": lambda _: OverRefusal(),
    "identity_leak": lambda _: IdentityLeak(),
    "thinking_trace": lambda _: ThinkingTrace(),
    "language_mismatch": lambda _: LanguageMismatch(),
    "people_alike": lambda _: PeopleAlike(),
    "shortcuts": lambda limits: Shortcuts(limits.longer, limits.markup, limits.wins),
    "judge_health": lambda limits: JudgeHealth(
        limits.judge_fails, limits.judge_contradicts, limits.judge_drifts
    ),
}


def make_checks(limits: Limits | None = None, only: Collection[str] = ()) -> list[Check]:
    """The built-in checks, fresh. Raises InputError for a name there is not."""
    for name in only:
        if name not in CHECKS:
            raise InputError(f'there is no check "{name}". There are {", ".join(CHECKS)}.')
    return [make(limits or Limits()) for name, make in CHECKS.items() if not only or name in only]
