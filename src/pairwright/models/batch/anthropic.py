"""Anthropic's message batches. Source: its API reference (`/v1/messages/batches`) and Python package 2.14.

It speaks its own messages: requests are translated from the chat API's, and replies to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from pairwright.models.batch.http import BatchHttp
from pairwright.models.batch.messages_api import chat_body, messages_params
from pairwright.models.batch.openai import MB
from pairwright.models.batch.provider import (
    BatchLimits,
    BatchReply,
    BatchRequest,
    RemoteBatch,
    replies_in,
)

VERSION = "2023-06-01"
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
CLOCKS_DIFFER_S = 600.0


def headers(key: str) -> dict[str, str]:
    return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}


class Anthropic:
    limits = BatchLimits(requests=100_000, bytes=256 * MB, keeps_hours=29 * 24)

    def line(self, request: BatchRequest) -> bytes:
        return orjson.dumps({"custom_id": request.id, "params": messages_params(request.body)})

    async def submit(self, http: BatchHttp, lines: bytes, mark: str, model: str) -> RemoteBatch:
        # The body is one JSON object: the lines between brackets are its list.
        body = b'{"requests":[' + lines.strip().replace(b"\n", b",") + b"]}"
        made, _ = await http.post_bytes(
            f"{http.base}/messages/batches", body, {"Content-Type": "application/json"}
        )
        return _remote(made)

    async def find(
        self, http: BatchHttp, mark: str, *, since: float, calls: int, others: set[str]
    ) -> RemoteBatch | None:
        """A batch carries no mark: one of as many calls, made since, that is not known, is taken for it.

        Its replies name our calls or they don't: another's are not counted, and ours go again then.
        """
        params = {"limit": "100"}
        while True:
            page = await http.get(f"{http.base}/messages/batches", **params)
            for batch in page["data"]:
                if _time(batch["created_at"]) < since - CLOCKS_DIFFER_S:
                    return None
                if batch["id"] not in others and sum(batch["request_counts"].values()) == calls:
                    return _remote(batch)
            if not page.get("has_more"):
                return None
            params["after_id"] = page["last_id"]

    async def state(self, http: BatchHttp, id: str) -> RemoteBatch:
        return _remote(await http.get(f"{http.base}/messages/batches/{id}"))

    def replies(self, http: BatchHttp, batch: RemoteBatch) -> AsyncIterator[BatchReply]:
        return replies_in(http, batch.results, _reply)

    async def cancel(self, http: BatchHttp, id: str) -> None:
        await http.post(f"{http.base}/messages/batches/{id}/cancel", {}, again=True)


def _reply(line: Mapping[str, Any]) -> BatchReply:
    result, id = line["result"], str(line["custom_id"])
    if result["type"] == "succeeded":
        return BatchReply(id, 200, orjson.dumps(chat_body(result["message"])).decode())
    if result["type"] == "errored":
        error = result["error"].get("error") or result["error"]
        return BatchReply(id, _STATUS.get(error.get("type"), 500), orjson.dumps({"error": error}).decode())
    return BatchReply(id, None)  # expired, canceled


def _remote(batch: Mapping[str, Any]) -> RemoteBatch:
    counts = batch["request_counts"]
    total = sum(counts.values())
    return RemoteBatch(
        str(batch["id"]),
        "ended" if batch["processing_status"] == "ended" else "running",
        done=total - counts["processing"],
        total=total,
        expires_at=_time(batch["expires_at"]),
        results=(str(batch["results_url"]),) if batch.get("results_url") else (),
    )


def _time(when: str) -> float:
    return datetime.fromisoformat(when).timestamp()
