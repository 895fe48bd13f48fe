"""OpenAI's batch API, and Together's, which has its shape.

Requests and replies are files of JSON lines. Sources: OpenAI's API reference (`/v1/files`, `/v1/batches`) and
its Python package 3.57; Together's Python package 3.1.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from pairwright.models.batch.http import BatchHttp
from pairwright.models.batch.provider import (
    MARK,
    BatchLimits,
    BatchReply,
    BatchRequest,
    RemoteBatch,
    mark_of,
    replies_in,
    state_of,
)

PATH = "/v1/chat/completions"
MB = 1024**2
# Of calls that may be sent again; the last is our own, of `pairwright calls make`.
_NOT_MADE = ("batch_expired", "batch_cancelled", "no_reply")


class OpenAI:
    limits = BatchLimits(requests=50_000, bytes=200 * MB, keeps_hours=30 * 24)

    def line(self, request: BatchRequest) -> bytes:
        line = {"custom_id": request.id, "method": "POST", "url": PATH, "body": request.body}
        return orjson.dumps(line)

    async def submit(self, http: BatchHttp, lines: bytes, mark: str, model: str) -> RemoteBatch:
        fields = {"purpose": "batch"}
        file = await http.upload(f"{http.base}/files", f"{mark}.jsonl", lines, fields)
        return await self._create(http, str(file["id"]), mark)

    async def _create(self, http: BatchHttp, file_id: str, mark: str) -> RemoteBatch:
        body = {
            "input_file_id": file_id,
            "endpoint": PATH,
            "completion_window": "24h",
            "metadata": {MARK: mark},
        }
        return _remote(await http.post(f"{http.base}/batches", body))

    async def find(
        self, http: BatchHttp, mark: str, *, since: float, calls: int, others: set[str]
    ) -> RemoteBatch | None:
        params = {"limit": "100"}
        while True:
            page = await http.get(f"{http.base}/batches", **params)
            for batch in page["data"]:
                if mark_of(batch) == mark:
                    return _remote(batch)
            # Newest first; an hour for clocks that differ.
            old = bool(page["data"]) and _seconds(page["data"][-1].get("created_at")) < since - 3600
            if not page.get("has_more") or old:
                return None
            params["after"] = page["data"][-1]["id"]

    async def state(self, http: BatchHttp, id: str) -> RemoteBatch:
        return _remote(await http.get(f"{http.base}/batches/{id}"))

    def replies(self, http: BatchHttp, batch: RemoteBatch) -> AsyncIterator[BatchReply]:
        urls = [f"{http.base}/files/{file_id}/content" for file_id in batch.results]
        return replies_in(http, urls, reply_of)

    async def cancel(self, http: BatchHttp, id: str) -> None:
        await http.post(f"{http.base}/batches/{id}/cancel", {}, again=True)


class Together(OpenAI):
    """Its batches carry no metadata: the name of the uploaded file is the mark."""

    limits = BatchLimits(requests=50_000, bytes=100 * MB, keeps_hours=30 * 24)

    async def submit(self, http: BatchHttp, lines: bytes, mark: str, model: str) -> RemoteBatch:
        fields = {"purpose": "batch-api", "file_name": f"{mark}.jsonl", "file_type": "jsonl"}
        file = await http.upload(f"{http.base}/files/upload", f"{mark}.jsonl", lines, fields)
        body = {"input_file_id": file["id"], "endpoint": PATH, "completion_window": "24h"}
        made = await http.post(f"{http.base}/batches", body)
        return _remote(made.get("job") or made)

    async def find(
        self, http: BatchHttp, mark: str, *, since: float, calls: int, others: set[str]
    ) -> RemoteBatch | None:
        files = await http.get(f"{http.base}/files")
        named = {
            str(file["id"])
            for file in (files["data"] if isinstance(files, dict) else files)
            if file.get("filename") == f"{mark}.jsonl"
        }
        if not named:
            return None
        batches = await http.get(f"{http.base}/batches")
        found = [batch for batch in batches if batch.get("input_file_id") in named]
        return _remote(found[0]) if found else None


def reply_of(line: Mapping[str, Any]) -> BatchReply:
    """A line of a results file, as OpenAI, Together, Mistral and `vllm run-batch` write it."""
    response, error = line.get("response"), line.get("error")
    if isinstance(response, Mapping) and response.get("body") is not None:
        # `vllm run-batch` says 400 and more in the response too, with the error's own shape beside it.
        return BatchReply(
            str(line["custom_id"]),
            int(response.get("status_code") or 200),
            orjson.dumps(response["body"]).decode(),
        )
    said = error if isinstance(error, Mapping) else {"message": str(error)}
    if said.get("code") in _NOT_MADE or error is None:
        return BatchReply(str(line["custom_id"]), None)
    status = said.get("status_code") or said.get("code")
    known = isinstance(status, int) and 400 <= status < 600
    return BatchReply(
        str(line["custom_id"]),
        int(status) if known else 500,  # type: ignore[arg-type]
        orjson.dumps({"error": said}).decode(),
    )


def _remote(batch: Mapping[str, Any]) -> RemoteBatch:
    counts = batch.get("request_counts") or {}
    errors = (batch.get("errors") or {}).get("data") or []
    told = "; ".join(str(each.get("message")) for each in errors[:3]) or str(batch.get("error") or "")
    return RemoteBatch(
        str(batch["id"]),
        # An expired or cancelled batch has replies to what was made before, and is charged for it.
        state_of(batch.get("status"), ended=("COMPLETED", "EXPIRED", "CANCELLED"), failed=("FAILED",)),
        done=int(counts.get("completed") or 0) + int(counts.get("failed") or 0),
        total=counts.get("total"),
        expires_at=_seconds(batch.get("expires_at") or batch.get("job_deadline")) or None,
        results=tuple(str(batch[name]) for name in ("output_file_id", "error_file_id") if batch.get(name)),
        problem=told,
    )


def _seconds(when: Any) -> float:
    """Seconds since 1970, of a number or a date; 0 where there is none."""
    if isinstance(when, str):
        return datetime.fromisoformat(when).timestamp()
    return float(when or 0)
