"""What an answer means for its call: a reply, something that may be had by sending again, or the end of all.

Of an answer that came, however it came: at once or in a batch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import EndpointError
from pairwright.models.ledger import Tried
from pairwright.models.refusals import Refusal, refusal, remedy
from pairwright.models.replies import (
    BrokeOff,
    ChatReply,
    ReplyContent,
    Usage,
    cached_of,
    error_code,
    message_of,
    name_in,
    parse_json,
    retry_after,
    usage_of,
)
from pairwright.models.transport import HttpAnswer, Kind, Trouble

LONGEST_QUOTE = 300  # characters of an endpoint's words that a message repeats
_RETRIED = frozenset({408, 409, 425, 429})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Meanings:
    """What the answers of one server mean. `name` is the endpoint's, for messages.

    It learns which models have answered: what is refused to these is refused for itself.
    """

    def __init__(self, name: str, key_env: str | None) -> None:
        self.name, self._key_env = name, key_env
        self._spellings: list[str] = []  # of the key
        self._answered: set[object] = set()  # models that have

    def hide(self, key: str) -> None:
        """Let no message show this key."""
        self._spellings = _spellings(key)

    def of(
        self,
        url: str,
        answer: HttpAnswer,
        tries: int,
        read: Callable[[Any], ReplyContent],
        body: Mapping[str, Any],
    ) -> ChatReply | Trouble:
        """What an answer to this request means, however it came. Raises EndpointError."""
        if not 200 <= answer.status < 300:
            return self._refused(url, answer.status, answer, body)
        if code := error_code(answer.raw):  # the error of a host behind this one, handed on with status 200
            return self._refused(url, code, answer, body)
        outcome = self._read(url, answer, tries, read)
        if isinstance(outcome, ChatReply):
            self._answered.add(body.get("model"))
        return outcome

    def _refused(self, url: str, status: int, answer: HttpAnswer, body: Mapping[str, Any]) -> Trouble:
        """Which kind of refusal this is. Raises EndpointError for those that concern every call."""
        said = self.clean(message_of(answer.raw))
        what = f"{self.name} ({url}) answered {status}: {said}"
        if 300 <= status < 400:
            to = self.clean(answer.headers.get("Location", "another address"))
            raise EndpointError(
                f"{self.name} ({url}) answered {status}: it sends calls on to {to}. Nothing was sent there: "
                "set the endpoint's url to it, if you trust it with the key and the texts"
            )
        if status == 403 and self._answered:
            # Some hosts refuse a single moderated prompt this way.
            return Trouble("rejected", what, status, refusal=Refusal("text"))
        if status in (401, 403):
            raise EndpointError(f"{what}. {self._key_remedy()}")
        if status == 404 and re.search(r"support|response_format|parameter", said, re.IGNORECASE):
            # A router that has the model, but nobody who takes what was asked of it.
            return Trouble("rejected", what, status, refusal=refusal(status, said, body))
        if status == 404:
            raise EndpointError(f"{what}. Check the endpoint's url (it ends in /v1) and the model's name.")
        if status == 402 or (status == 429 and b"insufficient_quota" in answer.raw):
            raise EndpointError(f"{what}. The account has no credit left.")
        if status == 429:
            return Trouble("rate_limited", what, status, retry_after(answer.headers))
        if status >= 500 or status in _RETRIED:
            return Trouble("server", what, status, retry_after(answer.headers), _charged(answer.raw))
        found = refusal(status, self.clean(message_of(answer.raw), 2000), body)
        if found.about == "key":
            raise EndpointError(f"{what}. {self._key_remedy()}")
        if found.about == "account":
            raise EndpointError(f"{what}. The account has no credit left.")
        if body.get("model") not in self._answered:  # what was asked of it so far has been refused
            if found.about == "model":
                raise EndpointError(f"{what}. Check the model's name.")
            if found.about == "every":
                raise EndpointError(f"{what}. No request to this model can fare better.")
            if found.about == "parameter" and found.field is not None:
                raise EndpointError(f"{what}. {remedy(found.field, said)}")
        return Trouble("rejected", what, status, billed=_charged(answer.raw), refusal=found)

    def _key_remedy(self) -> str:
        env = self._key_env
        return f"Check the key in {env}." if env else "It wants a key: set api_key_env for this endpoint."

    def _read(
        self, url: str, answer: HttpAnswer, tries: int, read: Callable[[Any], ReplyContent]
    ) -> ChatReply | Trouble:
        what, raw = f"{self.name} ({url}) answered {answer.status}, but", answer.raw

        def bad(message: str, kind: Kind = "bad_reply") -> Trouble:
            return Trouble(kind, message, answer.status, billed=usage, seconds=answer.seconds)

        usage: Usage = None, None
        try:
            reply = parse_json(raw)
        except (ValueError, RecursionError):
            return bad(f"{what} not in JSON: {self.clean(message_of(raw))}")
        usage = usage_of(reply)
        if isinstance(reply, dict) and reply.get("error"):
            return bad(f"{what} with an error: {self.clean(message_of(raw))}")
        try:
            said = read(reply)
        except BrokeOff as error:
            # Half an answer is none; a part of it may be charged for.
            return bad(self.clean(f"{self.name} ({url}) {error}"), "server")
        except ValueError as error:
            return bad(f"{what} {error}: {self.clean(message_of(raw))}")
        return ChatReply(
            text=_storable(said.text),
            finish_reason=said.finish_reason,
            refused=said.refused,
            prompt_tokens=usage[0],
            completion_tokens=usage[1],
            logprobs=said.logprobs,
            seconds=answer.seconds,
            tries=tries,
            reasoning=_storable(said.reasoning) if said.reasoning else None,
            calls=tuple(
                replace(call, name=_storable(call.name), arguments=_storable(call.arguments))
                for call in said.calls
            ),
            cached_tokens=cached_of(reply),
            served=self._name_in(reply, "model"),
            fingerprint=self._name_in(reply, "system_fingerprint"),
        )

    def _name_in(self, reply: Any, field: str) -> str | None:
        name = name_in(reply, field)
        return self.clean(name) if name else None

    def clean(self, said: object, most: int = LONGEST_QUOTE) -> str:
        """The beginning of what was said, storable, and without the key if the endpoint echoed that."""
        text = _storable(str(said))
        for spelling in self._spellings:
            text = text.replace(spelling, "[key]")  # before cutting, which might leave half a key
        return text[:most]


def tried_of(outcome: ChatReply | Trouble, server: str | None = None) -> Tried:
    """What a try came to, for the books; `server` made it, of several."""
    if isinstance(outcome, Trouble):
        return Tried(outcome.billed, failed=True, seconds=outcome.seconds, server=server)
    return Tried(
        (outcome.prompt_tokens, outcome.completion_tokens),
        failed=False,
        seconds=outcome.seconds,
        tries=outcome.tries,
        answer_bytes=sum(
            len(said.encode())
            for said in (outcome.text, outcome.reasoning or "", *(call.arguments for call in outcome.calls))
        ),
        served=outcome.served,
        fingerprint=outcome.fingerprint,
        cached_tokens=outcome.cached_tokens,
        server=server,
    )


def _charged(raw: bytes) -> Usage | None:
    """The usage in an error's body: who counts tokens there charges for them. None where there is none."""
    try:
        usage = usage_of(parse_json(raw))
    except (ValueError, RecursionError):
        return None
    return usage if any(usage) else None


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _spellings(key: str) -> list[str]:
    """The ways a body may repeat a key: as it is, and as JSON or Python write it inside quotes."""
    if not key:
        return []
    escaped = json.dumps(key)[1:-1]
    return sorted({key, escaped, escaped.replace("/", "\\/"), repr(key)[1:-1]}, key=len, reverse=True)
