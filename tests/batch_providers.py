"""Stand-ins for providers' batch APIs, each with the paths and shapes of its reference.

Replies come in another order than requests. A batch goes on for some looks at it, calls may fail or expire
within it, and an answer to the caller may be lost after the batch was made.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import orjson
from aiohttp import web

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


SMALL = 5000  # calls of a batch that are made at once


@dataclass
class Made:
    """A batch as the provider has it; `lines` are (id of the call, body or parameters)."""

    id: str
    lines: list[tuple[str, dict[str, Any]]]
    told: dict[str, Any]
    at: float
    looks: int = 0
    cancelled: bool = False
    replies: list[dict[str, Any]] | None = None
    making: Future[list[dict[str, Any]]] | None = None


@dataclass
class BatchServer:
    """`answer` gives the whole reply to a body, in the provider's own shape, or {"status": 4xx, "error": ...}.

    `looks`: how often a batch is asked about before it has ended. `expires(id)`: this call is not made.
    `lose`: so many answers to the making of a batch are lost after it was made, and each takes `slow_s`; `refuse`: the batch fails as a
    whole, with these words. `junk` are lines of results that name no call, `gone` batches that nobody knows any
    more; `early` looks see a batch that has ended without its results; `away`: once a batch is made, so many requests get a 503. `made` are the batches, `bill` the ids of calls that were made and are charged.
    """

    answer: Answer
    looks: int = 1
    expires: Callable[[str], bool] = lambda _id: False
    lose: int = 0
    slow_s: float = 0.0
    refuse: str = ""
    key: str = ""
    junk: list[bytes] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    early: int = 0
    away: int = 0
    made: list[Made] = field(default_factory=list)
    bill: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    maker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    root = "/v1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.root}"

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=2**30, middlewares=[self._see])
        app.add_routes(self.routes())
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    @web.middleware
    async def _see(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        if self.key and self.key not in "".join(request.headers.values()):
            return web.json_response({"error": {"message": "Incorrect API key provided"}}, status=401)
        if self.made and self.away:
            self.away -= 1
            return web.json_response({"error": {"message": "overloaded"}}, status=503)
        return await handler(request)

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    # --- what all have in common

    def make(self, lines: list[tuple[str, dict[str, Any]]], **told: Any) -> Made:
        now = datetime.now(UTC).timestamp()
        made = Made(f"batch_{len(self.made) + 1}", lines, told, now)
        self.made.append(made)
        return made

    async def sent(self, request: web.Request, body: Any) -> web.StreamResponse:
        """The answer to the making of a batch, which takes `slow_s`, or a connection that breaks off."""
        await asyncio.sleep(self.slow_s)
        if self.lose:
            self.lose -= 1
            assert request.transport is not None
            request.transport.close()
        return web.json_response(body)

    def of(self, id: str) -> Made:
        found = next((each for each in self.made if each.id == id and id not in self.gone), None)
        if found is None:
            raise web.HTTPNotFound(text='{"error": {"message": "no such batch"}}')
        return found

    def shown(self, made: Made) -> dict[str, Any]:
        raise NotImplementedError

    async def state(self, request: web.Request) -> web.StreamResponse:
        made = self.of(request.match_info["id"])
        self.ended(made)
        return web.json_response(self.shown(made))

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        made = self.of(request.match_info["id"])
        made.cancelled = True
        return web.json_response(self.shown(made))

    def ended(self, made: Made) -> bool:
        """Whether it has ended, having been looked at once more; its calls are made then."""
        made.looks += 1
        if made.replies is None and (made.looks > self.looks or made.cancelled) and not self.refuse:
            if made.making is None:  # a large one takes minutes, in which the server answers others
                made.making = self.maker.submit(self._all_made, made)
            if len(made.lines) <= SMALL or made.making.done():
                made.replies = made.making.result()
        return made.replies is not None

    def _all_made(self, made: Made) -> list[dict[str, Any]]:
        return [self._made_of(id, body, made) for id, body in made.lines][::-1]

    def _made_of(self, id: str, body: dict[str, Any], made: Made) -> dict[str, Any]:
        if made.cancelled or self.expires(id):
            return self.not_made(id)
        reply = self.answer(body)
        status = reply.pop("status", 200)
        if status == 200:
            self.bill.append(id)
            return self.line(id, reply)
        return self.error_line(id, status, reply)

    def line(self, id: str, reply: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def error_line(self, id: str, status: int, reply: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def not_made(self, id: str) -> dict[str, Any]:
        raise NotImplementedError

    def too_early(self) -> bool:
        self.early -= 1
        return self.early >= 0

    def keep(self, data: bytes, name: str) -> str:
        id = f"file-{len(self.files) + 1}"
        self.files[id], self.names[id] = data, name
        return id

    def results(self, lines: list[dict[str, Any]], name: str) -> str:
        """A file of results; what does not belong there stands first."""
        self.files[name] = b"\n".join([*self.junk, *map(orjson.dumps, lines)]) + b"\n"
        return name

    async def uploaded(self, request: web.Request) -> tuple[str, dict[str, str]]:
        form = await request.post()
        file: Any = form["file"]
        fields = {name: str(value) for name, value in form.items() if name != "file"}
        return self.keep(file.file.read(), file.filename), fields

    async def content(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.files[request.match_info["id"]])


class OpenAIBatches(BatchServer):
    """`/v1/files` and `/v1/batches`. What failed or expired stands in a file of its own."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/files", self.upload),
            web.post("/v1/batches", self.create),
            web.get("/v1/batches", self.list),
            web.get("/v1/batches/{id}", self.state),
            web.post("/v1/batches/{id}/cancel", self.cancel),
            web.get("/v1/files/{id}/content", self.content),
        ]

    async def upload(self, request: web.Request) -> web.StreamResponse:
        id, fields = await self.uploaded(request)
        assert fields == {"purpose": "batch"}
        return web.json_response({"id": id, "object": "file", "purpose": "batch"})

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["endpoint"] == "/v1/chat/completions"
        assert body["completion_window"] == "24h"
        lines = [orjson.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        assert all(each["method"] == "POST" and each["url"] == body["endpoint"] for each in lines)
        assert len({each["body"]["model"] for each in lines}) == 1
        made = self.make(
            [(each["custom_id"], each["body"]) for each in lines],
            metadata=body["metadata"],
            input_file_id=body["input_file_id"],
        )
        return await self.sent(request, self.shown(made))

    async def list(self, request: web.Request) -> web.StreamResponse:
        """Two on a page, newest first."""
        newest = self.made[::-1]
        if after := request.query.get("after"):
            newest = newest[[each.id for each in newest].index(after) + 1 :]
        page = [self.shown(each) for each in newest[:2]]
        return web.json_response({"object": "list", "data": page, "has_more": len(newest) > 2})

    def shown(self, made: Made) -> dict[str, Any]:
        status = "failed" if self.refuse else "in_progress"
        told: dict[str, Any] = {
            "id": made.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": int(made.at),
            "expires_at": int(made.at) + 86400,
            "request_counts": {"total": len(made.lines), "completed": len(made.replies or []), "failed": 0},
            **made.told,
        }
        if self.refuse:
            told["errors"] = {"object": "list", "data": [{"code": "invalid", "message": self.refuse}]}
        if made.replies is not None:
            good = [
                each for each in made.replies if not each["error"] and each["response"]["status_code"] == 200
            ]
            bad = [each for each in made.replies if each not in good]
            expired = any((each["error"] or {}).get("code") == "batch_expired" for each in bad)
            status = "expired" if expired else "cancelled" if made.cancelled else "completed"
            for name, lines in (("output_file_id", good), ("error_file_id", bad)):
                if lines and not self.too_early():
                    told[name] = self.results(lines, f"{name}-{made.id}")
        return {**told, "status": status}

    def line(self, id: str, reply: dict[str, Any]) -> dict[str, Any]:
        response = {"status_code": 200, "request_id": "r", "body": reply}
        return {"id": f"line-{id}", "custom_id": id, "response": response, "error": None}

    def error_line(self, id: str, status: int, reply: dict[str, Any]) -> dict[str, Any]:
        response = {"status_code": status, "request_id": "r", "body": reply}
        return {"id": f"line-{id}", "custom_id": id, "response": response, "error": None}

    def not_made(self, id: str) -> dict[str, Any]:
        error = {"code": "batch_expired", "message": "This request could not be executed in time."}
        return {"id": f"line-{id}", "custom_id": id, "response": None, "error": error}


class TogetherBatches(OpenAIBatches):
    """The same, but for uploads, upper case, and that a batch carries no metadata."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/files/upload", self.upload),
            web.get("/v1/files", self.list_files),
            *(each for each in super().routes() if each.path != "/v1/files"),
        ]

    async def upload(self, request: web.Request) -> web.StreamResponse:
        id, fields = await self.uploaded(request)
        assert fields["purpose"] == "batch-api"
        return web.json_response({"id": id, "object": "file", "filename": fields["file_name"]})

    async def list_files(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": id, "filename": name} for id, name in self.names.items()]})

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert "metadata" not in body
        lines = [orjson.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        made = self.make(
            [(each["custom_id"], each["body"]) for each in lines], input_file_id=body["input_file_id"]
        )
        return await self.sent(request, {"job": self.shown(made), "warning": None})

    async def list(self, request: web.Request) -> web.StreamResponse:
        return web.json_response([self.shown(each) for each in self.made])

    def shown(self, made: Made) -> dict[str, Any]:
        told = super().shown(made)
        for name in ("request_counts", "expires_at", "created_at", "errors"):
            told.pop(name, None)
        if self.refuse:
            told["error"] = self.refuse
        return {**told, "status": told["status"].upper(), "job_deadline": iso(made.at + 86400)}


class MistralBatches(BatchServer):
    """`/v1/files` and `/v1/batch/jobs`: one model a job, pages of jobs by number."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/files", self.upload),
            web.post("/v1/batch/jobs", self.create),
            web.get("/v1/batch/jobs", self.list),
            web.get("/v1/batch/jobs/{id}", self.state),
            web.post("/v1/batch/jobs/{id}/cancel", self.cancel),
            web.get("/v1/files/{id}/content", self.content),
        ]

    async def upload(self, request: web.Request) -> web.StreamResponse:
        id, fields = await self.uploaded(request)
        assert fields == {"purpose": "batch"}
        return web.json_response({"id": id, "object": "file"})

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["model"] == "small"
        assert body["timeout_hours"] == 24
        lines = [orjson.loads(line) for line in self.files[body["input_files"][0]].splitlines()]
        assert all(set(each) == {"custom_id", "body"} for each in lines)
        made = self.make([(each["custom_id"], each["body"]) for each in lines], metadata=body["metadata"])
        return await self.sent(request, self.shown(made))

    async def list(self, request: web.Request) -> web.StreamResponse:
        page = int(request.query["page"])
        data = [self.shown(each) for each in self.made[page : page + 1]]
        return web.json_response({"data": data, "total": len(self.made), "object": "list"})

    def shown(self, made: Made) -> dict[str, Any]:
        told = {
            "id": made.id,
            "object": "batch",
            "status": "FAILED" if self.refuse else "RUNNING",
            "errors": [{"message": self.refuse, "count": 1}] if self.refuse else [],
            "created_at": int(made.at),
            "total_requests": len(made.lines),
            "completed_requests": 0,
            **made.told,
        }
        if made.replies is None:
            return told
        good = [each for each in made.replies if each["error"] is None]
        bad = [each for each in made.replies if each["error"] is not None]
        late = len(good) + len(bad) < len(made.lines)
        status = "CANCELLED" if made.cancelled else "TIMEOUT_EXCEEDED" if late else "SUCCESS"
        if not self.too_early():
            for name, lines in (("output_file", good), ("error_file", bad)):
                told[name] = self.results(lines, f"{name}-{made.id}")
        return {**told, "status": status, "completed_requests": len(made.replies)}

    def ended(self, made: Made) -> bool:
        """Calls that were not made are not in the files at all."""
        if super().ended(made):
            made.replies = [each for each in made.replies or [] if each]
        return made.replies is not None

    def line(self, id: str, reply: dict[str, Any]) -> dict[str, Any]:
        return {"id": id, "custom_id": id, "response": {"status_code": 200, "body": reply}, "error": None}

    def error_line(self, id: str, status: int, reply: dict[str, Any]) -> dict[str, Any]:
        error = {"status_code": status, "message": reply["error"]["message"]}
        return {"id": id, "custom_id": id, "response": None, "error": error}

    def not_made(self, id: str) -> dict[str, Any]:
        return {}


class AnthropicBatches(BatchServer):
    """`/v1/messages/batches`: requests in the body, no metadata, results at a URL."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/messages/batches", self.create),
            web.get("/v1/messages/batches", self.list),
            web.get("/v1/messages/batches/{id}", self.state),
            web.get("/v1/messages/batches/{id}/results", self.download),
            web.post("/v1/messages/batches/{id}/cancel", self.cancel),
        ]

    async def create(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["anthropic-version"] == "2023-06-01"
        body = await request.json()
        made = self.make([(each["custom_id"], each["params"]) for each in body["requests"]])
        assert all({"model", "max_tokens", "messages"} <= set(params) for _, params in made.lines)
        return await self.sent(request, self.shown(made))

    async def list(self, request: web.Request) -> web.StreamResponse:
        newest = self.made[::-1]
        if after := request.query.get("after_id"):
            newest = newest[[each.id for each in newest].index(after) + 1 :]
        page = [self.shown(each) for each in newest[:2]]
        last = page[-1]["id"] if page else None
        return web.json_response({"data": page, "has_more": len(newest) > 2, "last_id": last})

    async def download(self, request: web.Request) -> web.StreamResponse:
        made = self.of(request.match_info["id"])
        return web.Response(body=self.files[self.results(made.replies or [], "results")])

    def shown(self, made: Made) -> dict[str, Any]:
        counts = {"processing": len(made.lines), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        ended = made.replies is not None
        for each in made.replies or []:
            counts["processing"] -= 1
            counts[each["result"]["type"]] += 1
        return {
            "id": made.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts,
            "created_at": iso(made.at),
            "expires_at": iso(made.at + 86400),
            "ended_at": iso(made.at) if ended else None,
            "results_url": None
            if not ended or self.too_early()
            else f"{self.url}/messages/batches/{made.id}/results",
        }

    def line(self, id: str, reply: dict[str, Any]) -> dict[str, Any]:
        return {"custom_id": id, "result": {"type": "succeeded", "message": reply}}

    def error_line(self, id: str, status: int, reply: dict[str, Any]) -> dict[str, Any]:
        kind = {400: "invalid_request_error", 529: "overloaded_error"}.get(status, "api_error")
        error = {"type": "error", "error": {"type": kind, "message": reply["error"]["message"]}}
        return {"custom_id": id, "result": {"type": "errored", "error": error}}

    def not_made(self, id: str) -> dict[str, Any]:
        return {"custom_id": id, "result": {"type": "expired"}}


class GeminiBatches(BatchServer):
    """`models/NAME:batchGenerateContent`, resumable uploads beside it, operations as states."""

    root = "/v1beta/openai"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/upload/v1beta/files", self.start),
            web.post("/upload/v1beta/files/{id}", self.upload),
            web.post("/v1beta/models/{model}", self.create),
            web.get("/v1beta/batches", self.list),
            web.get("/v1beta/batches/{id}", self.state),
            web.post("/v1beta/batches/{id}", self.cancel),
            web.get("/download/v1beta/files/{id}", self.download),
        ]

    async def start(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["X-Goog-Upload-Command"] == "start"
        about = (await request.json())["file"]
        url = f"http://127.0.0.1:{self.port}/upload/v1beta/files/{about['display_name']}"
        return web.Response(headers={"X-Goog-Upload-URL": url})

    async def upload(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["X-Goog-Upload-Command"] == "upload, finalize"
        id = self.keep(await request.read(), request.match_info["id"])
        return web.json_response({"file": {"name": f"files/{id}"}})

    async def create(self, request: web.Request) -> web.StreamResponse:
        assert request.match_info["model"] == "small:batchGenerateContent"
        batch = (await request.json())["batch"]
        file = batch["inputConfig"]["fileName"].removeprefix("files/")
        lines = [orjson.loads(line) for line in self.files[file].splitlines()]
        made = self.make([(each["key"], each["request"]) for each in lines], displayName=batch["displayName"])
        return await self.sent(request, self.shown(made))

    async def list(self, request: web.Request) -> web.StreamResponse:
        at = int(request.query.get("pageToken") or 0)
        told: dict[str, Any] = {"operations": [self.shown(each) for each in self.made[at : at + 1]]}
        return web.json_response({**told, "nextPageToken": str(at + 1)} if at + 1 < len(self.made) else told)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        id, _, what = request.match_info["id"].partition(":")
        assert what == "cancel"
        self.of(id).cancelled = True
        return web.json_response({})

    async def download(self, request: web.Request) -> web.StreamResponse:
        assert request.query["alt"] == "media"
        return web.Response(body=self.files[request.match_info["id"].removesuffix(":download")])

    def shown(self, made: Made) -> dict[str, Any]:
        state = "FAILED" if self.refuse else "RUNNING" if made.replies is None else "SUCCEEDED"
        batch = {
            "state": f"BATCH_STATE_{state}",
            "createTime": iso(made.at),
            "endTime": iso(made.at + timedelta(days=2).total_seconds()),
            "batchStats": {
                "requestCount": str(len(made.lines)),
                "successfulRequestCount": str(len(made.replies or [])),
            },
            **made.told,
        }
        told: dict[str, Any] = {
            "name": f"batches/{made.id}",
            "metadata": batch,
            "done": made.replies is not None,
        }
        if made.replies is not None and not self.too_early():
            name = self.results(made.replies, f"results-{made.id}")
            batch["output"] = {"responsesFile": f"files/{name}"}
        if self.refuse:
            told["error"] = {"code": 3, "message": self.refuse}
        return told

    def line(self, id: str, reply: dict[str, Any]) -> dict[str, Any]:
        return {"key": id, "response": reply}

    def error_line(self, id: str, status: int, reply: dict[str, Any]) -> dict[str, Any]:
        code = {400: 3}.get(status, 13)
        return {"key": id, "error": {"code": code, "message": reply["error"]["message"]}}

    def not_made(self, id: str) -> dict[str, Any]:
        return {"key": id, "error": {"code": 1, "message": "cancelled"}}


SERVERS = {
    "openai": OpenAIBatches,
    "together": TogetherBatches,
    "mistral": MistralBatches,
    "anthropic": AnthropicBatches,
    "gemini": GeminiBatches,
}


def reply_in(kind: str, text: str, tokens_in: int = 100, tokens_out: int = 10) -> dict[str, Any]:
    """An answer in the shape of this provider."""
    if kind == "anthropic":
        return {
            "type": "message",
            "role": "assistant",
            "model": "small",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out},
        }
    if kind == "gemini":
        return {
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": tokens_in, "candidatesTokenCount": tokens_out},
            "modelVersion": "small",
        }
    return {
        "object": "chat.completion",
        "model": "small",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out},
    }
