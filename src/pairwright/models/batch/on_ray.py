"""Exported calls made by the workers of a Ray cluster.

Ray Data spreads them over workers, starts again what a lost worker had, and writes Parquet; each worker makes
its calls through the same client as everywhere. Workers see no project and no store. Source: Ray's reference
of `ray.data` (2.60).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from pairwright.extras import needed
from pairwright.models.batch.make import MadeCalls, read_calls, replies_to
from pairwright.models.settings import EndpointSettings

BATCH = 64  # calls a worker has at once, and loses if it is lost


class Worker:
    """One worker's part: a batch of calls in, their replies out."""

    def __init__(self, endpoint: dict[str, Any]) -> None:
        self._endpoint = EndpointSettings(**endpoint)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        calls = [orjson.loads(call) for call in batch["call"]]
        made = asyncio.run(self._make(calls))
        return {
            "custom_id": [each.id for each in made],
            "status": [each.status or 0 for each in made],  # 0: no reply
            "body": [orjson.dumps(each.body).decode() for each in made],
        }

    async def _make(self, calls: Sequence[dict[str, Any]]) -> list[Any]:
        return [each async for each in replies_to(calls, self._endpoint)]


def make_calls_on_ray(
    sources: Sequence[Path], out: Path, endpoint: EndpointSettings, *, address: str | None, workers: int
) -> MadeCalls:
    """Make the calls of these files on the cluster at `address`, or on one started here, by so many workers.

    Parquet files in `out` have the replies; what is there already is not asked again. Raises MissingExtra,
    InputError, and what Ray raises where a worker fails for good.
    """
    with needed("ray", "calls on a Ray cluster"):
        import ray
        import ray.data
    known = _known(out)
    calls = [call for source in sources for call in read_calls(source)]
    todo = [{"call": orjson.dumps(call)} for call in calls if call["custom_id"] not in known]
    done = MadeCalls(lines=len(calls), known=len(calls) - len(todo))
    if not todo:
        return done
    began = not ray.is_initialized()
    if began:
        ray.init(address, log_to_driver=False, num_cpus=None if address else workers)
    try:
        data = ray.data.from_items(todo, override_num_blocks=-(-len(todo) // BATCH))
        replies = data.map_batches(
            Worker,
            fn_constructor_args=(endpoint.model_dump(),),
            batch_size=BATCH,
            concurrency=workers,
            num_cpus=1,
        )
        out.mkdir(parents=True, exist_ok=True)
        replies.write_parquet(str(out.resolve()))
    finally:
        if began:
            ray.shutdown()
    made = _known(out) - known
    done.made, done.no_reply = len(made), len(todo) - len(made)
    return done


def _known(out: Path) -> set[str]:
    """The calls that have a reply in this folder."""
    import pyarrow.parquet as parquet

    found: set[str] = set()
    for path in out.glob("*.parquet"):
        table = parquet.read_table(path, columns=["custom_id", "status"])
        ids, statuses = table.column("custom_id").to_pylist(), table.column("status").to_pylist()
        found.update(id for id, status in zip(ids, statuses, strict=True) if status)
    return found
