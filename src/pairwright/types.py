"""The frozen values everything else speaks in.

prompt -> response -> pair -> vote -> belief. See docs/concepts.md for the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import orjson

from pairwright.frozen import frozen
from pairwright.keys import content_key
from pairwright.literals import checked

Role = Literal["system", "developer", "user", "assistant", "tool"]
Verdict = Literal["A", "B", "TIE"]
Confidence = Literal["HIGH", "LOW"]
Order = Literal["AB", "BA"]
RaterKind = Literal["person", "judge", "reward_model", "rule", "unknown"]
Decision = Literal["accept", "ask", "drop", "wait"]
Purpose = Literal["decision", "given"]
Source = Literal["judge", "people", "unknown"]
Maker = Literal["person", "judge", "unknown"]  # of a dataset's labels
RatedBy = Literal["annotate", "people", "judges", "unknown"]  # whose ratings: ours, or a dataset's
OnError = Literal["stop", "skip"]  # with a row that can't be used: add nothing, or add the others
Assist = Literal["before", "revised"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
ROLES: tuple[Role, ...] = get_args(Role)
ORDERS: tuple[Order, ...] = get_args(Order)
MAKERS: tuple[Maker, ...] = get_args(Maker)
# Who settled a label, as one reads it.
SETTLED_BY: dict[str, str] = {"judge": "judges", "people": "people", "unknown": "unknown raters"}

_SWAPPED: dict[Verdict, Verdict] = {"A": "B", "B": "A", "TIE": "TIE"}


@checked
def swap(verdict: Verdict) -> Verdict:
    """The same verdict with the two sides exchanged: A <-> B, a tie stays a tie."""
    return _SWAPPED[verdict]


@checked
def as_original(verdict: Verdict, order: Order) -> Verdict:
    """A verdict about what was *shown*, in terms of the pair's own a and b."""
    return verdict if order == "AB" else _SWAPPED[verdict]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's call of a tool. `arguments` are what it wrote, in its shortest form where that is JSON."""

    name: str
    arguments: str = "{}"
    id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        function = {"name": self.name, "arguments": self.arguments}
        return {**({"id": self.id} if self.id else {}), "type": "function", "function": function}

    @property
    def values(self) -> dict[str, Any] | None:
        """The arguments as an object; None where the model wrote no JSON object."""
        try:
            found = orjson.loads(self.arguments)
        except orjson.JSONDecodeError:
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a message: `ref` is a path, a URL, or its name in the project's `media/`.

    `at` is the place in the message's text before which it stands.
    """

    ref: str
    at: int = 0


@frozen
class Message:
    """One chat message.

    `tool_calls` are an assistant's, `tool_call_id` and `name` tell which call the message of a tool
    answers. `reasoning` is what a model thought before it answered: never part of `content`.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None
    images: tuple[Image, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether role and content are all there is."""
        return not (self.tool_calls or self.reasoning or self.images or self.name or self.tool_call_id)

    def as_dict(self) -> dict[str, Any]:
        """As chat endpoints take it, with what the message does not have left out."""
        said: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.is_plain:
            return said
        if self.images:
            said["content"] = self._parts()
        if self.reasoning:
            said["reasoning_content"] = self.reasoning
        if self.tool_calls:
            said["tool_calls"] = [call.as_dict() for call in self.tool_calls]
        more = {"tool_call_id": self.tool_call_id, "name": self.name}
        return said | {name: value for name, value in more.items() if value}

    def _parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        at = 0
        for image in self.images:
            if self.content[at : image.at]:
                parts.append({"type": "text", "text": self.content[at : image.at]})
            parts.append({"type": "image_url", "image_url": {"url": image.ref}})
            at = image.at
        return [*parts, {"type": "text", "text": self.content[at:]}] if self.content[at:] else parts

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Message:
        """The message that `as_dict` wrote."""
        content = said["content"]
        if len(said) == 2 and type(content) is str:
            return cls(said["role"], content)
        images: list[Image] = []
        if type(content) is not str:
            text = ""
            for part in content:
                if part["type"] == "text":
                    text += part["text"]
                else:
                    images.append(Image(part["image_url"]["url"], len(text)))
            content = text
        calls = tuple(
            ToolCall(call["function"]["name"], call["function"]["arguments"], call.get("id"))
            for call in said.get("tool_calls", ())
        )
        named = (said.get("tool_call_id"), said.get("name"), said.get("reasoning_content"))
        return cls(said["role"], content, calls, *named, tuple(images))


def messages_from(dicts: Iterable[Mapping[str, Any]]) -> tuple[Message, ...]:
    """The messages that `as_dict` wrote."""
    return tuple(map(Message.from_dict, dicts))


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: chat messages, and the tools it may call.

    `tools` are JSON schemas as chat endpoints take them, `template` further arguments of the chat
    template (`enable_thinking`, ...). `external_id` is the id the row had in the user's file; `meta` what
    else the row carried (domain, reference answer, ...); `source` where it stood (file:line).
    """

    messages: tuple[Message, ...]
    external_id: str | None = None
    meta: Mapping[str, Any] | None = None
    source: str | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    template: Mapping[str, Any] | None = None

    @property
    def key(self) -> bytes:
        return prompt_key(self.as_dicts(), self.tools, self.template)

    def as_dicts(self) -> list[dict[str, Any]]:
        return [message.as_dict() for message in self.messages]

    @classmethod
    def of(cls, text: str) -> Prompt:
        """A bare string is one user message."""
        return cls((Message("user", text),))


def prompt_key(
    messages: list[dict[str, Any]],
    tools: Sequence[Mapping[str, Any]] = (),
    template: Mapping[str, Any] | None = None,
) -> bytes:
    """The key of what a model was asked and nothing else, so metadata never makes a second prompt."""
    if tools or template:
        return content_key("prompt", messages, list(tools), dict(template or {}))
    return content_key("prompt", messages)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer to a prompt: what a model did until it handed back.

    `turns` are its messages where they are more than one text of the assistant's: calls of tools, their
    results, reasoning, images. `text` is all of it laid out (see `pairwright.turns`), but for the
    reasoning. `mark` says what is wrong with it as a draw: truncated, refused.
    """

    text: str
    model: str | None = None
    params: Mapping[str, Any] | None = None
    slot: int | None = None
    mark: Literal["truncated", "refused"] | None = None
    source: str | None = None
    turns: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Rater:
    """Whoever casts votes: a person, a judge model, a reward model, a rule.

    "unknown" is whoever made a dataset's labels where nobody says who: it counts for neither.

    `spec` is all that could change the votes (model, parameters, template,
    guideline version): a changed spec is another rater of the same name.
    """

    kind: RaterKind
    name: str
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> bytes:
        return content_key("rater", self.kind, self.name, dict(self.spec))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a judge or person said about two shown responses, before it is recorded as a vote.

    `verdict` is about what was shown (A = shown first). `confidence` is what
    was stated, None if nothing was. `prob_first` is the probability the
    judge's own token probabilities give to the response shown first, and
    `logprobs` are these: token -> log-probability where the verdict was decided.
    `margin` is the score of the one shown first minus that of the other, in the
    judge's own units, where it scores.
    """

    verdict: Verdict
    confidence: Confidence | None = None
    reason: str | None = None
    prob_first: float | None = None
    logprobs: Mapping[str, float] | None = None
    raw: str | None = None
    margin: float | None = None


class Vote(NamedTuple):
    """One immutable row: which pair, which rater, shown in which order, and the verdict.

    `verdict` and `prob_a` are in terms of the pair's own a and b, whatever the
    order shown; `logprobs` and `raw` are as the rater gave them, about what it
    was shown. `both` tells the two kinds of tie apart that matter to KTO.
    `strength` is -3..3, positive towards b. `margin` is the score of a minus
    that of b, in the rater's own units. `seconds` is active time. `purpose` is
    "decision" where a lead decides over other people's votes, "given" where a label of a
    judge or of somebody unknown came with a dataset that was added. `assist` says that
    the judge's verdict was shown before the choice, or that the choice was
    changed after seeing it. `ratings` are `{"a": {criterion: 1..5}, "b": {...}}`.
    `claimed_seconds` is what a browser said, where `seconds` is bounded by the server's own
    clock, which offered the pair at `offered_at`. A vote that follows from what the rater said of each
    response by itself names the two votes on these: `better_id` and `worse_id`; one of a ranking names it.
    `reasons` are those the lead defined, `spans` what decided in the responses (see `pairwright.spans`).
    """

    pair_id: int
    rater_id: int
    order: Order
    verdict: Verdict
    confidence: Confidence | None = None
    prob_a: float | None = None
    logprobs: Mapping[str, float] | None = None
    strength: int | None = None
    both: Literal["good", "bad"] | None = None
    seconds: float | None = None
    reason: str | None = None
    raw: str | None = None
    guideline_id: int | None = None
    margin: float | None = None
    purpose: Purpose | None = None
    assist: Assist | None = None
    ratings: Mapping[str, Any] | None = None
    claimed_seconds: float | None = None
    offered_at: float | None = None
    better_id: int | None = None
    worse_id: int | None = None
    ranking_id: int | None = None
    reasons: Sequence[str] | None = None
    spans: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class ResponseVote:
    """What a rater said of one response by itself: good or bad, or a `rating` on the dataset's own scale."""

    response_id: int
    rater_id: int
    good: bool | None = None
    rating: float | None = None
    reason: str | None = None
    source: str | None = None

    @property
    def says(self) -> tuple[bool | None, float | None]:
        return self.good, self.rating


@dataclass(frozen=True, slots=True)
class Failure:
    """A result that did not come about: recorded and counted, never a tie, never a zero."""

    stage: Literal["generate", "judge", "annotate"]
    kind: str
    message: str
    prompt_id: int | None = None
    pair_id: int | None = None
    rater_id: int | None = None
    order: Order | None = None
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """What the votes on a pair add up to, and what happens next.

    `prob_a` is the calibrated probability that a is better and `prob_tie` that
    neither is, None while nothing has been calibrated; what is left is b's.
    The decision `wait` stands where an earlier belief lost the votes it rested on.
    `asks` is who is to be asked next where the decision is to ask: "people",
    "lead" where people disagree, or a judge's name. `basis` names the votes and
    failures it rests on; its `open` is how many more people are wanted.
    """

    pair_id: int
    decision: Decision
    verdict: Verdict | None
    source: Source | Literal["none"]
    reason: str
    prob_a: float | None = None
    both: Literal["good", "bad"] | None = None
    basis: Mapping[str, Any] = field(default_factory=dict)
    prob_tie: float | None = None
    asks: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and how sure it is: `low` and `high` bound it at the stated level, from `n` cases."""

    value: float
    low: float
    high: float
    n: int
    method: str

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"

    @property
    def percent(self) -> str:
        """A share as people read it: `84% [83%, 85%]`."""
        return f"{self.value:.0%} [{self.low:.0%}, {self.high:.0%}]"


@dataclass(frozen=True, slots=True)
class Flag:
    """A quality finding on a pair: the check's name and its reason."""

    pair_id: int
    check: str
    reason: str
    severity: Literal["info", "warning", "error"] = "warning"
    rater_id: int | None = None
