"""Mistral's batch API. Source: its API reference (`/v1/batch/jobs`) and Python package 3.7.

A job has one model for all its lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from pairwright.models.batch.http import BatchHttp
from pairwright.models.batch.openai import MB, PATH, reply_of
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

PAGE = 100
ENDED = ("SUCCESS", "TIMEOUT_EXCEEDED", "CANCELLED")


class Mistral:
    limits = BatchLimits(requests=1_000_000, bytes=100 * MB, keeps_hours=24)

    def line(self, request: BatchRequest) -> bytes:
        return orjson.dumps({"custom_id": request.id, "body": request.body})

    async def submit(self, http: BatchHttp, lines: bytes, mark: str, model: str) -> RemoteBatch:
        file = await http.upload(f"{http.base}/files", f"{mark}.jsonl", lines, {"purpose": "batch"})
        body = {
            "input_files": [file["id"]],
            "endpoint": PATH,
            "model": model,
            "metadata": {MARK: mark},
            "timeout_hours": 24,
        }
        return _remote(await http.post(f"{http.base}/batch/jobs", body))

    async def find(
        self, http: BatchHttp, mark: str, *, since: float, calls: int, others: set[str]
    ) -> RemoteBatch | None:
        page, seen = 0, 0
        while True:
            found = await http.get(f"{http.base}/batch/jobs", page=str(page), page_size=str(PAGE))
            jobs = found.get("data") or []
            for job in jobs:
                if mark_of(job) == mark:
                    return _remote(job)
            page, seen = page + 1, seen + len(jobs)
            if not jobs or seen >= int(found.get("total") or 0):
                return None

    async def state(self, http: BatchHttp, id: str) -> RemoteBatch:
        return _remote(await http.get(f"{http.base}/batch/jobs/{id}"))

    def replies(self, http: BatchHttp, batch: RemoteBatch) -> AsyncIterator[BatchReply]:
        urls = [f"{http.base}/files/{file_id}/content" for file_id in batch.results]
        return replies_in(http, urls, reply_of)

    async def cancel(self, http: BatchHttp, id: str) -> None:
        await http.post(f"{http.base}/batch/jobs/{id}/cancel", {}, again=True)


def _remote(job: Mapping[str, Any]) -> RemoteBatch:
    errors = job.get("errors") or []
    return RemoteBatch(
        str(job["id"]),
        state_of(job.get("status"), ended=ENDED, failed=("FAILED",)),
        done=int(job.get("completed_requests") or 0),
        total=job.get("total_requests"),
        expires_at=float(job["created_at"]) + 24 * 3600 if job.get("created_at") else None,
        results=tuple(str(job[name]) for name in ("output_file", "error_file") if job.get(name)),
        problem="; ".join(str(each.get("message")) for each in errors[:3]),
    )
