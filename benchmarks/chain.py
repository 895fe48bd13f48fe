"""What the chain costs a vote: the same votes with a seal per transaction, and without.

python benchmarks/chain.py [--store postgresql+psycopg://...]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from pairwright.keys import content_key
from pairwright.store import schema
from pairwright.store.chain import append
from pairwright.store.store import Store
from pairwright.store.votes import rater_id, vote_row
from pairwright.types import Rater, Vote

SIZES = (1, 64, 1000)
VOTES = {1: 2_000, 64: 25_600, 1000: 50_000}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store")
    asked = parser.parse_args()
    head = ("votes a commit", "without", "with chain", "CPU without", "CPU with")
    print("  ".join(f"{name:>14}" for name in head), "  (us a vote)")
    for size in SIZES:
        wall, cpu = zip(
            *(timed(asked.store, size, chained=chained) for chained in (False, True)), strict=True
        )
        print("  ".join(f"{value:>14,.0f}" for value in (size, *wall, *cpu)))


def timed(url: str | None, size: int, *, chained: bool) -> tuple[float, float]:
    """Microseconds a vote: on the clock, and of this process's CPU."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(url or str(Path(folder) / "a.db"), create=True) as store,
    ):
        with store.write() as connection:
            judge = rater_id(connection, Rater("judge", "main"))
            pair = a_pair(connection)
        rows = [
            vote_row(
                Vote(pair, judge, "AB", "A", "HIGH", 0.8, reason="Clearer and complete. " * 10),
                key(n, chained),
            )
            for n in range(VOTES[size])
        ]
        begun, used = time.perf_counter(), cpu_seconds()
        for at in range(0, len(rows), size):
            with store.write() as connection:
                if chained:
                    append(connection, schema.vote, rows[at : at + size])
                else:
                    connection.execute(insert(schema.vote), rows[at : at + size])
        n = len(rows) / 1e6
        return (time.perf_counter() - begun) / n, (cpu_seconds() - used) / n


def a_pair(connection: Any) -> int:
    kept = {"at": 0.0}
    prompt = connection.execute(
        insert(schema.prompt).values(key=key(0, time.time()), messages=[], **kept)
    ).inserted_primary_key[0]
    ids = [
        connection.execute(
            insert(schema.response).values(key=key(side, time.time()), prompt_id=prompt, text="t", **kept)
        ).inserted_primary_key[0]
        for side in (1, 2)
    ]
    ends = {"prompt_id": prompt, "a_id": ids[0], "b_id": ids[1], "policy": "given"}
    made = connection.execute(insert(schema.pair).values(key=key(3, time.time()), **ends, **kept))
    return int(made.inserted_primary_key[0])


def key(*parts: Any) -> bytes:
    return content_key("benchmark", *parts, time.time_ns())


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
