"""A chat model as a judge.

The richest way of answering the endpoint supports is found by use: JSON
schema with token log-probabilities first, plainer where the endpoint refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pairwright.judging.logprobs import fits, prob_first, verdict_logprobs
from pairwright.judging.parsing import Unreadable, read_verdict
from pairwright.judging.rubric import TEMPLATE_VERSION, ask_again, judge_messages
from pairwright.judging.strategies import STRATEGIES, Name, Strategy
from pairwright.judging.thinking import thinking_in
from pairwright.keys import content_key
from pairwright.literals import checked
from pairwright.models.chat import CallFailed, Client
from pairwright.models.ledger import Ledger
from pairwright.models.replies import ChatReply
from pairwright.models.settings import ModelSettings
from pairwright.types import Answer, Prompt, Rater

TOP_LOGPROBS = 10
# Texts that must have been refused before a way of asking counts as refused: more where it may be the texts.
_ENOUGH = {"broke": 2, "text": 10}
Read = TypeVar("Read")


def _formats(strategy: Strategy) -> dict[str, dict[str, Any]]:
    schema = {"name": "verdict", "strict": True, "schema": dict(strategy.schema)}
    return {
        "json_schema": {"response_format": {"type": "json_schema", "json_schema": schema}},
        "json_object": {"response_format": {"type": "json_object"}},
        "text": {},
    }


_LOGPROBS: dict[str, Any] = {"logprobs": True, "top_logprobs": TOP_LOGPROBS}


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """How a chat model is asked to judge."""

    temperature: float = 0.0
    max_tokens: int = 300
    answer_format: str = "auto"
    logprobs: str = "auto"
    extra: tuple[tuple[str, Any], ...] = ()
    strategy: Name = "plain"
    sample: int = 0  # of several from one judge: 1, 2, ...; 0 where there is one


class ChatJudge:
    """Asks one model through one client. Holds what the endpoint was found to support."""

    def __init__(
        self,
        client: Client,
        model: ModelSettings,
        guidelines: str,
        options: JudgeOptions,
        *,
        secret: bytes | None = None,
    ) -> None:
        self._client, self._model, self._guidelines, self._options = client, model, guidelines, options
        self._secret = secret
        self._ways = _ways(options)
        self._way = 0  # that is tried first
        self._worked: set[int] = set()
        self._doubts: Counter[int] = Counter()

    def messages(
        self, prompt: Prompt, first: str, second: str, unread: str | None, aid: str | None = None
    ) -> list[dict[str, str]]:
        """What is sent; `unread` is an earlier answer that could not be read, `aid` what was prepared."""
        strategy = STRATEGIES[self._options.strategy]
        shown = None if aid is None else (strategy.aid_title, aid)
        messages = judge_messages(
            prompt,
            first,
            second,
            self._guidelines,
            answer=strategy.answer,
            aid=shown,
            secret=self._secret,
        )
        if unread is not None:
            messages += ask_again(unread, _problem(unread, strategy), strategy.answer)
        return messages

    async def ask(
        self, messages: Sequence[Mapping[str, Any]], expected_tokens: int, ledger: Ledger | None = None
    ) -> ChatReply:
        """Send, in the richest way this endpoint takes. Raises CallFailed, EndpointError."""
        begun = way = self._way
        refusals: list[CallFailed] = []
        while True:
            body = self._body(messages, self._ways[way])
            try:
                reply = await self._client.chat(body, expected_tokens=expected_tokens, ledger=ledger)
            except CallFailed as failure:
                refusals.append(failure)
                plainer = self._plainer(way, failure)
                if plainer is None:
                    raise refusals[0] from None
                way = plainer
                continue
            self._learn(begun, way, refusals)
            return reply

    def _plainer(self, way: int, failure: CallFailed) -> int | None:
        """The way to try after this failure: without what it names, or the plainest. None: none helps."""
        about = failure.refusal.about if failure.refusal else "unknown"
        # Some servers break (500) rather than refuse what they cannot do.
        broke = failure.kind == "server" and (failure.status or 0) >= 500 and way not in self._worked
        if way + 1 >= len(self._ways) or about == "length" or not (failure.kind == "rejected" or broke):
            return None
        field = failure.refusal.field if failure.refusal else None
        if about == "way" and field in self._ways[way]:
            now = self._ways[way][field]
            return next((w for w in range(way + 1, len(self._ways)) if self._ways[w].get(field) != now), None)
        return len(self._ways) - 1

    def _learn(self, begun: int, way: int, refusals: list[CallFailed]) -> None:
        """A richer way is given up where it is that which was refused, and not this very text.

        That is so where the endpoint names it, or where several texts were refused and none ever worked.
        """
        self._worked.add(way)
        if way == begun or begun != self._way or begun in self._worked:
            return
        about = [each.refusal.about if each.refusal else "broke" for each in refusals]
        if all(each == "way" for each in about):
            self._way = way
            return
        self._doubts[begun] += 1
        if self._doubts[begun] >= max(_ENOUGH.get(each, 3) for each in about):
            self._way = begun + 1

    def _body(self, messages: Sequence[Mapping[str, Any]], way: dict[str, Any]) -> dict[str, Any]:
        return {
            "model": self._model.model,
            "messages": list(messages),
            **_without(way, self._model.omit),
            **request_limits(self._model, self._options),
        }


def request_limits(model: ModelSettings, options: JudgeOptions) -> dict[str, Any]:
    """All fields of a request besides the messages and the way of answering."""
    fields = {
        "temperature": options.temperature,
        model.max_tokens_field: options.max_tokens,
        **model.extra,
        **dict(options.extra),
    }
    return _without(fields, model.omit)


def _without(fields: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


@checked
def read_reply(reply: ChatReply, strategy: Name = "plain", *, sampled: bool = False) -> Answer:
    """The verdict in a judge's reply, about what it was shown. Raises Unreadable saying why.

    `sampled`: it was asked at a temperature over 0, so that its verdict need not be the likeliest.
    """
    if reply.declined:
        raise Unreadable(f"{reply.declined} to judge this pair" if reply.refused else reply.declined)
    answer = read_text(reply, STRATEGIES[strategy].read, "a verdict")
    if answer.margin is not None or reply.logprobs is None:
        return replace(answer, raw=reply.raw)
    cut = reply.finish_reason == "length"
    place = read_verdict(reply.said, cut=cut, alone=not reply.text.strip()).place
    logprobs = verdict_logprobs(reply.said, reply.logprobs, place, answer.verdict)
    if not (sampled or fits(logprobs, answer.verdict)):
        logprobs = None
    return replace(answer, prob_first=prob_first(logprobs), logprobs=logprobs, raw=reply.raw)


def read_text(reply: ChatReply, read: Callable[..., Read], what: str) -> Read:
    """What `read` makes of a reply's text: of all models' answers, verdicts or not. Raises Unreadable.

    Where the endpoint took the whole answer for thinking, it is read there, and has to be all that is said.
    """
    cut = reply.finish_reason == "length"
    try:
        return read(reply.said, cut=cut, alone=not reply.text.strip())
    except Unreadable:
        if cut:
            remedy = "raise max_tokens"
            if reply.reasoning or thinking_in(reply.text).spans:
                remedy = "set thinks = true under its [models.NAME], or raise max_tokens"
            raise Unreadable(f"it was cut off at the token limit before {what}: {remedy}") from None
        if reply.reasoning and not reply.text.strip():
            raise Unreadable("the endpoint gave thinking but no answer") from None
        raise


def chat_rater(
    name: str, model: ModelSettings, guidelines: str, options: JudgeOptions, *, single_order: bool
) -> Rater:
    """A chat judge as a rater: its spec is what is sent, whichever endpoint it is sent to.

    Fields under `extra` stand over those of the same name.
    """
    spec = {
        "model": model.model,
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
        "answer_format": options.answer_format,
        "template": TEMPLATE_VERSION,
        "guideline": content_key("guideline", guidelines).hex(),
        "single_order": single_order,
        "extra": {**model.extra, **dict(options.extra)},
        **_as_asked(options),
        **({"omit": sorted(model.omit)} if model.omit else {}),
    }
    return Rater("judge", name, spec)


def _as_asked(options: JudgeOptions) -> dict[str, Any]:
    """What tells this way of asking from the plain one; nothing where it is the plain one."""
    found: dict[str, Any] = {}
    if options.strategy != "plain":
        found["strategy"] = f"{options.strategy}-{STRATEGIES[options.strategy].version}"
    if options.sample:
        found["sample"] = options.sample
    return found


def _ways(options: JudgeOptions) -> list[dict[str, Any]]:
    """From the richest to the plainest way of asking that the options allow."""
    every = _formats(STRATEGIES[options.strategy])
    formats = ["json_schema", "json_object", "text"]
    if options.answer_format != "auto":
        formats = [options.answer_format]
    if options.logprobs == "off":
        return [every[name] for name in formats]
    # A refused schema is likelier than refused log-probabilities to be the cause, but either may be.
    first = every[formats[0]]
    ways = [{**first, **_LOGPROBS}, first]
    for name in formats[1:]:
        ways += [{**every[name], **_LOGPROBS}, every[name]]
    return ways


def _problem(raw: str, strategy: Strategy) -> str:
    try:
        strategy.read(raw)
    except Unreadable as problem:
        return str(problem)
    return "it was cut off"
