"""What a check looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, get_args

from pairwright.types import Message, Order, RaterKind, Verdict

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # from least to most


@dataclass(frozen=True, slots=True)
class RaterVote:
    """One rater's word on a pair, in terms of its own a and b; `verdict` is None where the rater failed.

    `seconds` is active time, `at` seconds since 1970. `counts` is False for what was
    retracted: it tells how a judge drifted from one run to the next. `believed` is False
    for a judge found no better than chance: its word speaks against nobody. `once` is False where it follows
    from a ranking and another of its votes stands for it: a ranking is one answer.
    """

    rater: str
    kind: RaterKind
    order: Order
    verdict: Verdict | None
    seconds: float | None = None
    at: float | None = None
    counts: bool = True
    problem: str | None = None
    believed: bool = True
    once: bool = True


@dataclass(frozen=True)
class Example:
    """A pair as checks see it. `verdict` is None while nothing is decided.

    `prompt` is the whole conversation as text, `messages` its turns, `asked` its last user turn, `tools`
    what was on offer, `template` further arguments of the chat template. `a` and `b` are the responses laid
    out; `turns_a` and `turns_b` their messages where they are more than a text. `reference` is a right
    answer, `split` the part of the dataset, `gold` the verdict of a gold pair, where they are known.
    """

    id: str
    prompt: str
    asked: str
    a: str
    b: str
    verdict: Verdict | None = None
    model_a: str | None = None
    model_b: str | None = None
    reference: str | None = None
    domain: str | None = None
    split: str | None = None
    source: str | None = None
    said: tuple[RaterVote, ...] = ()
    messages: tuple[Message, ...] = ()
    gold: Verdict | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    turns_a: tuple[Message, ...] = ()
    turns_b: tuple[Message, ...] = ()
    template: Mapping[str, Any] | None = None

    @property
    def decided(self) -> bool:
        """Whether one of the two was chosen."""
        return self.verdict in ("A", "B")

    @property
    def chosen(self) -> str:
        """The better response; only where `decided`."""
        return self.a if self.verdict == "A" else self.b

    @property
    def rejected(self) -> str:
        return self.b if self.verdict == "A" else self.a

    @property
    def turns_chosen(self) -> tuple[Message, ...]:
        return self.turns_a if self.verdict == "A" else self.turns_b

    @property
    def turns_rejected(self) -> tuple[Message, ...]:
        return self.turns_b if self.verdict == "A" else self.turns_a

    @property
    def chosen_model(self) -> str | None:
        return self.model_a if self.verdict == "A" else self.model_b

    @property
    def rejected_model(self) -> str | None:
        return self.model_b if self.verdict == "A" else self.model_a

    @cached_property
    def words_a(self) -> list[str]:
        return self.a.split()

    @cached_property
    def words_b(self) -> list[str]:
        return self.b.split()

    @property
    def words_chosen(self) -> list[str]:
        return self.words_a if self.verdict == "A" else self.words_b


@dataclass(frozen=True, slots=True)
class Problem:
    """What a part of a check saw in a text: why it is wrong, in one sentence with the value seen."""

    part: str
    reason: str
    value: float | int | str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is off. `example` is the id of its pair, None where it is the whole set.

    `part` is which part of the check found it, `value` the value seen, `remedy` what
    to do. The check's `name` and `severity` are what the project file may change.
    """

    check: str
    severity: Severity
    reason: str
    remedy: str
    example: str | None = None
    part: str | None = None
    value: float | int | str | None = None


class PairCheck(Protocol):
    """A check that needs one pair at a time."""

    name: str

    def look(self, example: Example, /) -> Iterable[Finding]: ...


class SetCheck(Protocol):
    """A check that has to see all pairs.

    `note` gives what it needs to know of a pair (None: nothing), small and able to be
    pickled, for it may be made in another process; `see` gets every note, in the
    order of the pairs; `end` says what was found.
    """

    name: str

    def note(self, example: Example, /) -> Any: ...

    def see(self, note: Any, /) -> None: ...

    def end(self) -> Iterator[Finding]: ...


Check = Any  # a PairCheck, a SetCheck, or both in one
