"""Every kind of reply that docs/reliability.md names, as bytes on a socket."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from time import time
from typing import Any

VERDICT = '{"verdict": "A", "confidence": "HIGH", "reason": "It is clearer."}'
USAGE = {"prompt_tokens": 40, "completion_tokens": 20}


def saying(content: Any = VERDICT, finish: str | None = "stop", usage: Any = USAGE, **message: Any) -> Any:
    choice = {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    reply: dict[str, Any] = {"model": "small", "choices": [choice]}
    return reply if usage is None else {**reply, "usage": usage}


def http(body: Any, status: int = 200, **headers: str) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"Content-Length": str(len(raw)), "Connection": "close"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} said", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


GOOD = http(saying())
CHUNKED = b"HTTP/1.1 200 said\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def in_chunks(raw: bytes) -> bytes:
    return CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in raw) + b"0\r\n\r\n"


async def hang(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def too_much(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 said\r\nConnection: close\r\n\r\n")
    for _ in range(17):
        writer.write(b" " * 1024**2)
        await writer.drain()


def events(*replies: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in replies)


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
BROKEN = json.dumps(saying(VERDICT.replace("clearer", "clearer@"))).encode()
IN_TOTAL = {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 60}
CALL = [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]

REPLIES: dict[str, Answer] = {
    # --- read ---
    "an answer with its usage": GOOD,
    "status 201": http(saying(), 201),
    "compressed": http(gzip.compress(json.dumps(saying()).encode()), Content_Encoding="gzip"),
    "byte by byte": in_chunks(json.dumps(saying()).encode()),
    "usage as strings": http(saying(usage={"prompt_tokens": "40", "completion_tokens": "20"})),
    "usage by other names": http(saying(usage={"input_tokens": 40, "output_tokens": 20})),
    "thinking counted in the total only": http(saying(usage=IN_TOTAL)),
    "no usage": http(saying(usage=None)),
    "a usage of zeros": http(saying(usage={"prompt_tokens": 0, "completion_tokens": 0})),
    "usage of half the call": http(saying(usage={"prompt_tokens": 40})),
    "an invalid byte": http(BROKEN.replace(b"@", b"\xff")),
    "half an emoji": http(BROKEN.replace(b"@", rb"\ud83d")),
    "a byte order mark": http(b"\xef\xbb\xbf" + json.dumps(saying()).encode()),
    "a raw line end in a string": http(json.dumps(saying(VERDICT + "|")).encode().replace(b"|", b"\n")),
    "content in parts": http(saying([{"type": "text", "text": VERDICT}])),
    "thinking beside the answer": http(saying(reasoning_content="Let me see.")),
    "thinking in the answer": http(saying(f"<think>B is better?</think>{VERDICT}")),
    "all of it taken for thinking": http(saying("", reasoning_content=VERDICT)),
    "a fenced block": http(saying(f"```json\n{VERDICT}\n```")),
    "another model's name": http({**saying(), "model": "tiny"}),
    # --- sent again ---
    "500": http(error("crashed"), 500),
    "500 with a usage": http({**error("crashed"), "usage": USAGE}, 500),
    "502 with a web page": http(b"<html>Bad gateway</html>", 502),
    "503 with Retry-After": http(error("overloaded"), 503, Retry_After="0"),
    "529": http(error("overloaded"), 529),
    "408": http(error("too slow"), 408),
    "409": http(error("busy"), 409),
    "429": http(error("slow down"), 429),
    "429 with Retry-After in seconds": http(error("slow down"), 429, Retry_After="0.01"),
    "429 with Retry-After as a date": http(error("slow down"), 429, Retry_After=formatdate(time(), usegmt=True)),
    "429 with retry-after-ms": http(error("slow down"), 429, retry_after_ms="10"),
    "a web page with status 200": http(b"<html>Sign in to the network</html>"),
    "nothing with status 200": http(b""),
    "status 204": http(b"", 204),
    "half of the JSON": http(b'{"choices": [{"mess'),
    "JSON that is no object": http(b"null"),
    "JSON in JSON in JSON": http(b"[" * 100_000),
    "no choices": http({"choices": [], "usage": USAGE}),
    "a choice without a message": http({"choices": [{}], "usage": USAGE}),
    "an answer that is no text": http(saying(3)),
    "an error with status 200": http(error("upstream failed")),
    "an error 502 with status 200": http(error("upstream failed", code=502)),
    "an answer that broke off": http(saying("The better one", "error")),
    "an event stream": http(events(saying()), Content_Type="text/event-stream"),
    "cut in the middle of the body": http(saying())[:-30],
    "closed before an answer": b"",
    "no answer in time": hang,
    "more than 16 MB": too_much,
    "wrongly compressed": http(b"not gzip at all", Content_Encoding="gzip"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    # --- asked again, or more plainly ---
    "an answer without a verdict": http(saying("Both have their merits.")),
    "two verdicts": http(saying(VERDICT + VERDICT.replace("A", "B"))),
    "no text": http(saying(None)),
    "cut off at the token limit": http(saying('{"verdict": "A', "length")),
    "400 for the form of the answer": http(error("response_format is not supported"), 400),
    # --- failures of this call ---
    "a refusal": http(saying(None, refusal="I can't help with that.")),
    "a content filter": http(saying("", "content_filter")),
    "a tool call": http(saying(None, "tool_calls", tool_calls=CALL)),
    "400 for a flagged text": http(error("Your request was flagged by our moderation"), 400),
    "400 for a text that is too long": http(error("maximum context length is 4096 tokens"), 400),
    "413": http(error("Payload Too Large"), 413),
    # --- the end of the run ---
    "401": http(error("Incorrect API key"), 401),
    "403": http(error("No access"), 403),
    "402": http(error("pay first"), 402),
    "404": http(error("no such model"), 404),
    "a redirect": http(b"", 307, Location="https://elsewhere.example/v1"),
    "429 without credit": http(error("Quota", type="insufficient_quota"), 429),
    "429 with Retry-After of a day": http(error("daily limit"), 429, Retry_After="86400"),
    "400 for a field": http(error("'temperature' is not supported with this model"), 400),
    "400 for the model": http(error("The model `x` does not exist"), 400),
}  # fmt: skip


class Provider:
    """Gives one answer to the first `times` requests and a good one to all others."""

    def __init__(self, answer: Answer, times: float) -> None:
        self.answer, self.times = answer, times
        self.requests: list[dict[str, Any]] = []

    def __enter__(self) -> Provider:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, ready: threading.Event) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.splitlines() if line.lower().startswith("content-length"))
            self.requests.append(json.loads(await reader.readexactly(int(length.split(":")[1]))))
            answer = self.answer if len(self.requests) <= self.times else GOOD
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
