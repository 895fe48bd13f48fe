"""An OpenAI-compatible chat server on this machine that misbehaves as told.

For trying a project without a key, for tests and for benchmarks. It answers
judge requests with a verdict and others with text, and can be slow, fail,
rate-limit, hang and lie. What it does with a request depends on the request's
own content and the seed, not on timing, unless it is told to take only so many at once.

    python -m pairwright.models.loopback --port 0 --latency-ms 50
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import string
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import orjson
from aiohttp import web

_MARK = re.compile(rb"The mark is ([0-9a-f]{12})\.")
Reply = Callable[[dict[str, Any], int], str | dict[str, Any]]


@dataclass(frozen=True)
class Behaviour:
    """Rates are shares of calls in [0, 1], drawn by content: the same request meets the same fate.

    Faults of transport (`error_rate`, `rate_limit_rate`, `garbage_rate`, `cut_rate`, `reset_rate`,
    `malformed_rate`, `late_rate`) pass: the same request sent again is answered. All but the first two
    come after the model has run, so they are charged for. `unreadable_rate` is of judge answers; each
    asking draws anew. Requests over `most_at_once` in flight are refused (429), and over `slow_over` all
    take longer, so that no more are answered a second.
    """

    latency_ms: float = 0.0
    seed: int = 0
    error_rate: float = 0.0  # 500
    rate_limit_rate: float = 0.0  # 429 with Retry-After
    retry_after_s: float = 0.05
    most_at_once: int = 0  # 0: any number
    slow_over: int = 0  # 0: never
    garbage_rate: float = 0.0  # 200 with HTML
    cut_rate: float = 0.0  # connection closed in the middle of the body
    reset_rate: float = 0.0  # connection closed before the answer
    malformed_rate: float = 0.0  # 200 with usage, but without an answer
    late_rate: float = 0.0  # no answer for an hour
    hang_rate: float = 0.0  # no answer at all, every time
    reject_rate: float = 0.0  # 400, every time
    unreadable_rate: float = 0.0
    tie_rate: float = 0.1
    low_rate: float = 0.2
    first_bias: float = 0.0  # how often the first shown is chosen whatever it says
    same_rate: float = 0.0  # generations that repeat "Same again."
    length_rate: float = 0.0  # finish_reason "length"
    refusal_rate: float = 0.0
    no_usage: bool = False
    hidden_tokens: int = 0  # thinking of up to so many tokens, beyond max_tokens and charged for
    dense: bool = False  # a token a byte where a text is not ASCII
    no_json_schema: bool = False
    no_logprobs: bool = False
    api_key: str = ""
    log: str = ""  # file that gets a line for every request and every answer


@dataclass(frozen=True, slots=True)
class Charge:
    """An answer that was made: on the bill, whether or not its usage reached the caller (`told`)."""

    prompt_tokens: int
    completion_tokens: int
    told: bool


@dataclass
class LoopbackServer:
    """The server in a thread of this process: `with LoopbackServer(Behaviour(...)) as server: server.url`.

    `reply(body, n)` replaces the built-in answers: the request, and how often
    this very request has come before. It gives a text, or the whole JSON of an answer,
    with "status" where that is not 200. `requests` are the bodies received, `bill` what is charged.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    reply: Reply | None = None
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    bill: list[Charge] = field(default_factory=list)
    answered: int = 0
    most_in_flight: int = 0
    refused: int = 0  # for there being too many at once
    keep_requests: bool = True

    def __post_init__(self) -> None:
        self._seen: Counter[bytes] = Counter()
        self._in_flight = 0
        self._ready = threading.Event()
        self._trouble: OSError | None = None
        self._log = Path(self.behaviour.log).open("ab", buffering=0) if self.behaviour.log else None  # noqa: SIM115

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._trouble is not None:
            self._close_log()
            raise self._trouble
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._told.set)
        self._thread.join(5)
        self._close_log()

    def _serve(self) -> None:
        try:
            asyncio.run(self._until_told())
        except OSError as error:  # the port is taken
            self._trouble = error
        finally:
            self._ready.set()

    async def _until_told(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        runner = await self.start()
        self._ready.set()
        await self._told.wait()
        await runner.cleanup()

    async def start(self) -> web.AppRunner:
        """Listen on 127.0.0.1; the port is in `self.port` afterwards."""
        app = web.Application(client_max_size=64 * 1024**2)
        for path in ("/v1/chat/completions", "/pooling", "/classify", "/predict"):
            app.router.add_post(path, self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        raw = await request.read()
        digest = _digest(raw)
        earlier = self._seen[digest]
        self._seen[digest] += 1
        self._note(b"asked", digest)
        body = orjson.loads(raw)
        if self.keep_requests:
            self.requests.append(body)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        at_once, be = self._in_flight, self.behaviour
        try:
            if be.most_at_once and at_once > be.most_at_once:
                self.refused += 1
                return _error(429, "too many requests at once")
            # Made before the wait, and the wait counts from arrival: an answer takes as long as told.
            said = _scored(request.path, self._draw("score", digest), body, self.reply, earlier)
            said = said or self._answer(body, digest, earlier)
            tokens = self._counted(said)
            status = said.pop("status", 200) if isinstance(said, dict) else 200
            answer = web.Response(body=orjson.dumps(said), status=status)
            answer.content_type = "application/json"
            if be.latency_ms:
                slower = max(1.0, at_once / be.slow_over) if be.slow_over else 1.0
                spent = asyncio.get_running_loop().time() - arrived
                await asyncio.sleep(slower * be.latency_ms / 1000 - spent)
            refused = await self._refusal(request, body, digest, earlier)
            if refused is not None:
                return refused
            fault = None if earlier else self._fault(digest)
            if status == 200:
                told = fault in (None, "malformed") and not self.behaviour.no_usage
                self.bill.append(Charge(*tokens, told))
            if fault is not None:
                return await self._broken(request, fault, said)
            self.answered += 1
            self._note(b"answered", digest)
            return answer
        finally:
            self._in_flight -= 1

    def _close_log(self) -> None:
        if self._log:
            self._log.close()

    def _note(self, what: bytes, digest: bytes) -> None:
        if self._log:
            self._log.write(what + b" " + digest.hex().encode() + b"\n")

    def _draw(self, what: str, digest: bytes, earlier: int = 0) -> float:
        data = f"{self.behaviour.seed} {what} {earlier}".encode() + digest
        return int.from_bytes(blake2b(data, digest_size=7).digest()) / 2**56

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        """What this request is answered with, without its being sent: for batches."""
        digest = _digest(orjson.dumps(body))
        earlier = self._seen[digest]
        self._seen[digest] += 1
        return self._answer(body, digest, earlier)

    async def _refusal(
        self, request: web.Request, body: dict[str, Any], digest: bytes, earlier: int
    ) -> web.StreamResponse | None:
        """What is sent where no answer is made."""
        be = self.behaviour
        if be.api_key and request.headers.get("Authorization") != f"Bearer {be.api_key}":
            given = request.headers.get("Authorization", "none")
            return _error(401, f"Incorrect API key provided: {given}")
        if be.no_json_schema and (body.get("response_format") or {}).get("type") == "json_schema":
            return _error(400, "response_format json_schema is not supported")
        if be.no_logprobs and body.get("logprobs"):
            return _error(400, "logprobs are not supported by this model")
        if self._draw("hang", digest) < be.hang_rate:
            await asyncio.sleep(3600)
        if self._draw("reject", digest) < be.reject_rate:
            return _error(400, "this request cannot be processed")
        if not earlier and self._draw("error", digest) < be.error_rate:
            return _error(500, "the model has crashed")
        if not earlier and self._draw("limit", digest) < be.rate_limit_rate:
            return _error(429, "slow down", {"Retry-After": f"{be.retry_after_s:g}"})
        return None

    def _fault(self, digest: bytes) -> str | None:
        """What happens to an answer that was made, if anything."""
        faults = ("garbage", "cut", "reset", "malformed", "late")
        return next(
            (name for name in faults if self._draw(name, digest) < getattr(self.behaviour, f"{name}_rate")),
            None,
        )

    async def _broken(self, request: web.Request, fault: str, said: Any) -> web.StreamResponse:
        if fault == "garbage":
            return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")
        if fault == "malformed":
            return web.json_response({**said, "choices": []})
        if fault == "late":
            await asyncio.sleep(3600)
        answer = web.StreamResponse(headers={"Content-Length": "500"})
        if fault == "cut":
            await answer.prepare(request)
            await answer.write(b'{"choices": [{"mess')
        if request.transport is not None:
            request.transport.close()
        return answer

    def _usage(self, body: dict[str, Any], text: str, digest: bytes) -> dict[str, int]:
        asked = "".join(str(each["content"]) for each in body["messages"])
        sparse = sum(char.isascii() for char in asked) if self.behaviour.dense else len(asked)
        dense = len(asked.encode()) - sparse if self.behaviour.dense else 0
        hidden = int(self.behaviour.hidden_tokens * self._draw("hidden", digest))
        return {"prompt_tokens": sparse // 4 + dense + 1, "completion_tokens": len(text) // 4 + 1 + hidden}

    def _counted(self, said: Any) -> tuple[int, int]:
        """The tokens of an answer, which it tells unless it is not to."""
        if not isinstance(said, dict):
            return 0, 0
        usage = said.pop("usage", None) if self.behaviour.no_usage else said.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        count = (usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
        tokens_in, tokens_out = (each if isinstance(each, int) else 0 for each in count)
        return tokens_in, tokens_out

    def _answer(self, body: dict[str, Any], digest: bytes, earlier: int) -> dict[str, Any]:
        be, finish, refusal = self.behaviour, "stop", None
        logprobs = None
        if self.reply is not None:
            told = self.reply(body, earlier)
            if isinstance(told, dict):
                return dict(told)
            text = told
        elif _is_judging(body):
            asked = str(body["messages"][0]["content"])
            shown = str(body["messages"][1]["content"]).count("\n</response ") if "ranking" in asked else None
            text, first = self._verdict(digest, earlier, shown)
            if body.get("logprobs") and first is not None:
                logprobs = _verdict_tokens(text, first)
        else:
            text = self._generation(body, digest, earlier)
            if self._draw("length", digest, earlier) < be.length_rate:
                finish = "length"
            if self._draw("refusal", digest, earlier) < be.refusal_rate:
                text, refusal = "", "I'm sorry, but I can't help with that."
        message = {"role": "assistant", "content": text, "refusal": refusal}
        return {
            "object": "chat.completion",
            "model": body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": logprobs}],
            "usage": self._usage(body, text, digest),
        }

    def _verdict(self, digest: bytes, earlier: int, shown: int | None) -> tuple[str, float | None]:
        """A judge's answer and the probability of the first, None if it can't be read.

        A ranking where that was asked for: `shown` is how many responses there are.
        """
        be = self.behaviour
        if self._draw("unreadable", digest, earlier) < be.unreadable_rate:
            return "Both responses have their merits.", None
        if shown is not None:
            names = sorted(string.ascii_uppercase[:shown], key=lambda name: self._draw(name, digest))
            return json.dumps({"reason": "It is clearer.", "ranking": [[name] for name in names]}), None
        if self._draw("biased", digest) < be.first_bias:
            verdict = "A"
        elif self._draw("tie", digest) < be.tie_rate:
            verdict = "TIE"
        else:
            verdict = "A" if self._draw("verdict", digest) < 0.5 else "B"
        confidence = "LOW" if self._draw("low", digest) < be.low_rate else "HIGH"
        text = json.dumps({"verdict": verdict, "confidence": confidence, "reason": "It is clearer."})
        return text, {"A": 0.9, "B": 0.1, "TIE": 0.5}[verdict]

    def _generation(self, body: dict[str, Any], digest: bytes, earlier: int) -> str:
        if self._draw("same", digest, earlier) < self.behaviour.same_rate:
            return "Same again."
        asked = str(body["messages"][-1]["content"])[:60]
        return f"Answer {earlier + 1} to {asked!r}: {digest.hex()}"


def _digest(raw: bytes) -> bytes:
    """What tells requests apart: all but the mark of a judge's fences, which is another in every project."""
    if (mark := _MARK.search(raw)) is not None:
        raw = raw.replace(mark[1], b"")
    return blake2b(raw, digest_size=8).digest()


def _scored(
    path: str, drawn: float, body: dict[str, Any], reply: Reply | None, earlier: int
) -> dict[str, Any] | list[Any] | None:
    """A reward model's answer in the shape of the server that has this path; None for a chat."""
    if path.endswith("/chat/completions"):
        return None
    score = float(str(reply(body, earlier))) if reply is not None else round(8 * drawn - 4, 4)
    if path == "/predict":
        return [[{"score": score, "label": "LABEL_0"}]]
    usage = {"prompt_tokens": len(str(body)) // 4 + 1, "completion_tokens": 0}
    name = "data" if path == "/pooling" else "probs"
    return {"data": [{"index": 0, name: [score]}], "model": body.get("model"), "usage": usage}


def _is_judging(body: dict[str, Any]) -> bool:
    system = str(body["messages"][0]["content"])
    return "response_format" in body or '"verdict"' in system or '"ranking"' in system


def _verdict_tokens(text: str, first: float) -> dict[str, Any]:
    """Token log-probabilities as endpoints give them, with alternatives at the verdict."""
    from math import log

    head = '{"verdict": "'
    options = [("A", first), ("B", 1 - first)]
    rest = text[len(head) :]
    word = "TIE" if rest.startswith("TIE") else rest[0]
    if word == "TIE":
        options = [("TIE", 0.9), ("A", 0.05), ("B", 0.05)]
    top = [{"token": token, "logprob": log(p)} for token, p in options if p > 0]
    middle = {"token": word, "logprob": log(dict(options)[word]), "top_logprobs": top}

    def plain(token: str) -> dict[str, Any]:
        return {"token": token, "logprob": 0.0, "top_logprobs": [{"token": token, "logprob": 0.0}]}

    return {"content": [plain(head), middle, plain(rest[len(word) :])]}


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status, headers=headers)


def main() -> None:
    """Serve until stopped; prints {"port": ...} when ready."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0)
    for each in fields(Behaviour):
        flag = "--" + each.name.replace("_", "-")
        if isinstance(each.default, bool):
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=type(each.default), default=each.default)
    options = vars(parser.parse_args())
    server = LoopbackServer(port=options.pop("port"), behaviour=Behaviour(**options), keep_requests=False)

    async def serve() -> None:
        await server.start()
        print(json.dumps({"port": server.port, "url": server.url}), flush=True)
        await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve())
        except OSError as error:
            parser.error(f"cannot listen on port {server.port}: {error.strerror}")


if __name__ == "__main__":
    main()
