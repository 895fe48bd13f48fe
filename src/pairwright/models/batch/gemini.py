"""Gemini's batch API. Source: its API reference (`batchGenerateContent`) and Python package 3.6.

Requests are uploaded as a file; the mark is the batch's display name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from pairwright.errors import EndpointError
from pairwright.models.batch.generate_content import chat_body, content_request
from pairwright.models.batch.http import BatchHttp
from pairwright.models.batch.openai import MB
from pairwright.models.batch.provider import (
    BatchLimits,
    BatchReply,
    BatchRequest,
    RemoteBatch,
    replies_in,
    state_of,
)

KIND = "application/jsonl"
HOURS = 48  # after which a batch expires


def headers(key: str) -> dict[str, str]:
    return {"x-goog-api-key": key} if key else {}


class Gemini:
    limits = BatchLimits(requests=1_000_000, bytes=200 * MB, keeps_hours=48)  # uploads are kept for 48 hours

    def line(self, request: BatchRequest) -> bytes:
        return orjson.dumps({"key": request.id, "request": content_request(request.body)})

    async def submit(self, http: BatchHttp, lines: bytes, mark: str, model: str) -> RemoteBatch:
        file = await self._upload(http, lines, mark)
        body = {"batch": {"displayName": mark, "inputConfig": {"fileName": file}}}
        name = model.removeprefix("models/")
        return _remote(await http.post(f"{_base(http)}/models/{name}:batchGenerateContent", body))

    async def _upload(self, http: BatchHttp, lines: bytes, mark: str) -> str:
        start = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(len(lines)),
            "X-Goog-Upload-Header-Content-Type": KIND,
            "Content-Type": "application/json",
        }
        about = orjson.dumps({"file": {"display_name": mark, "mime_type": KIND}})
        _, told = await http.post_bytes(f"{_beside(http, 'upload')}/files", about, start)
        if not (url := told.get("X-Goog-Upload-URL")):
            raise EndpointError(f"{http.name} named no address to upload to")
        last = {"X-Goog-Upload-Command": "upload, finalize", "X-Goog-Upload-Offset": "0"}
        made, _ = await http.post_bytes(url, lines, last)
        return str(made["file"]["name"])

    async def find(
        self, http: BatchHttp, mark: str, *, since: float, calls: int, others: set[str]
    ) -> RemoteBatch | None:
        params = {"pageSize": "100"}
        while True:
            page = await http.get(f"{_base(http)}/batches", **params)
            for operation in page.get("operations") or []:
                if operation["metadata"].get("displayName") == mark:
                    return _remote(operation)
            if not page.get("nextPageToken"):
                return None
            params["pageToken"] = page["nextPageToken"]

    async def state(self, http: BatchHttp, id: str) -> RemoteBatch:
        return _remote(await http.get(f"{_base(http)}/{id}"))

    def replies(self, http: BatchHttp, batch: RemoteBatch) -> AsyncIterator[BatchReply]:
        urls = [f"{_beside(http, 'download')}/{file}:download" for file in batch.results]
        return replies_in(http, urls, _reply, alt="media")

    async def cancel(self, http: BatchHttp, id: str) -> None:
        await http.post(f"{_base(http)}/{id}:cancel", {}, again=True)


def _base(http: BatchHttp) -> str:
    """The API itself: chat endpoints end in /openai, for its own shape of requests."""
    return http.base.removesuffix("/openai")


def _beside(http: BatchHttp, what: str) -> str:
    """Files go up and come down beside the API: .../upload/v1beta."""
    root, _, version = _base(http).rpartition("/")
    return f"{root}/{what}/{version}"


def _reply(line: Mapping[str, Any]) -> BatchReply:
    if line.get("response"):
        return BatchReply(str(line["key"]), 200, orjson.dumps(chat_body(line["response"])).decode())
    error = line.get("error") or {}
    code = error.get("code")
    # Codes are those of gRPC or of HTTP: 1 and 4 are calls that were not made in time.
    if code in (1, 4):
        return BatchReply(str(line["key"]), None)
    status = code if isinstance(code, int) and 400 <= code < 600 else 400 if code in (3, 9, 11) else 500
    return BatchReply(str(line["key"]), status, orjson.dumps({"error": error}).decode())


def _remote(operation: Mapping[str, Any]) -> RemoteBatch:
    batch = operation.get("metadata") or {}
    stats = batch.get("batchStats") or {}
    state = str(batch.get("state") or "").rpartition("_STATE_")[2]
    output = batch.get("output") or operation.get("response") or {}
    made = datetime.fromisoformat(batch["createTime"]).timestamp() if batch.get("createTime") else None
    done = [int(stats.get(name) or 0) for name in ("successfulRequestCount", "failedRequestCount")]
    return RemoteBatch(
        str(operation["name"]),
        state_of(
            state, ended=("SUCCEEDED", "PARTIALLY_SUCCEEDED", "CANCELLED", "EXPIRED"), failed=("FAILED",)
        ),
        done=sum(done),
        total=int(stats["requestCount"]) if stats.get("requestCount") else None,
        expires_at=made + HOURS * 3600 if made else None,
        results=(str(output["responsesFile"]),) if output.get("responsesFile") else (),
        problem=str((operation.get("error") or {}).get("message") or ""),
    )
