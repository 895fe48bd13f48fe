"""A chat model as a judge.

The richest way of answering the endpoint supports is found by use: JSON
schema with token log-probabilities first, plainer where the endpoint refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pairwright.judging.logprobs import prob_first, verdict_logprobs
from pairwright.judging.parsing import Unreadable
from pairwright.judging.rubric import TEMPLATE_VERSION, ask_again, judge_messages
from pairwright.judging.strategies import STRATEGIES, Name, Strategy
from pairwright.keys import content_key
from pairwright.literals import checked
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.replies import ChatReply
from pairwright.models.settings import ModelSettings
from pairwright.types import Answer, Prompt, Rater

TOP_LOGPROBS = 10


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
        self, client: ChatClient, model: ModelSettings, guidelines: str, options: JudgeOptions
    ) -> None:
        self._client, self._model, self._guidelines, self._options = client, model, guidelines, options
        self._ways = _ways(options)
        self._way, self._known = 0, False

    def messages(
        self, prompt: Prompt, first: str, second: str, unread: str | None, aid: str | None = None
    ) -> list[dict[str, str]]:
        """What is sent; `unread` is an earlier answer that could not be read, `aid` what was prepared."""
        strategy = STRATEGIES[self._options.strategy]
        shown = None if aid is None else (strategy.aid_title, aid)
        messages = judge_messages(prompt, first, second, self._guidelines, answer=strategy.answer, aid=shown)
        if unread is not None:
            messages += ask_again(unread, _problem(unread, strategy), strategy.answer)
        return messages

    async def ask(
        self, messages: Sequence[dict[str, str]], expected_tokens: int, *, repeat_billed: bool = True
    ) -> ChatReply:
        """Send, in the richest way this endpoint takes. Raises CallFailed, EndpointError."""
        way, refused = self._way, None
        while True:
            body = self._body(messages, self._ways[way])
            try:
                reply = await self._client.chat(
                    body, expected_tokens=expected_tokens, repeat_billed=repeat_billed
                )
            except CallFailed as failure:
                # It may be the way of answering that is refused, or this very text: only a
                # success in a plainer way tells, and only then does the plainer way stay.
                refused = refused or failure
                way = max(way + 1, self._way)
                # Some servers break (500) rather than refuse what they cannot do.
                broke = failure.kind == "server" and failure.status is not None
                may_be_the_way = failure.kind == "rejected" or (broke and not self._known)
                if not may_be_the_way or way >= len(self._ways):
                    raise refused from None
                continue
            self._way, self._known = max(self._way, way), True
            return reply

    def _body(self, messages: Sequence[dict[str, str]], way: dict[str, Any]) -> dict[str, Any]:
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
def read_reply(reply: ChatReply, strategy: Name = "plain") -> Answer:
    """The verdict in a judge's reply, about what it was shown. Raises Unreadable saying why."""
    if reply.refused:
        raise Unreadable("the model refused to judge this pair")
    try:
        answer = STRATEGIES[strategy].read(reply.text)
    except Unreadable:
        if reply.finish_reason == "length":
            raise Unreadable("it was cut off at the token limit before a verdict") from None
        raise
    logprobs = verdict_logprobs(reply.text, reply.logprobs)
    return replace(answer, prob_first=prob_first(logprobs), logprobs=logprobs, raw=reply.text)


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
