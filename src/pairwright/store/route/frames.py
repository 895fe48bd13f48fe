"""SQL for frames: which pairs one certificate is about, what was drawn from them, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, func, insert, select

from pairwright.keys import public_id
from pairwright.literals import checked
from pairwright.store import clock
from pairwright.store.meta import DOMAIN, of_meta
from pairwright.store.schema import draw, frame, frame_event, frame_pair, pair, prompt

Purpose = Literal["calibration", "audit"]
What = Literal["rung", "restored", "retired", "joined"]
CHUNK = 20_000
# Of `folder/file:17` or `folder/file.parquet row 17` the name alone: a folder tells whose disk it was.
_PLACE = re.compile(r"^.*[/\\]|(?::| row )\d+$")


@dataclass(frozen=True, slots=True)
class Frame:
    """The pairs of one certificate. `seed` fixes the order in which they are drawn, `about` what they are."""

    id: int
    seed: int
    about: dict[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Draw:
    """A pair drawn by chance from a frame; `chance` is the probability with which it was."""

    id: int
    frame_id: int
    pair_id: int
    chance: float
    at: float


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a frame: an alarm `rung`; `restored` or `retired` by a person; pairs `joined` it."""

    frame_id: int
    what: What
    detail: dict[str, Any]
    at: float


def add_frame(connection: Connection, pair_ids: Iterable[int], seed: int, about: Mapping[str, Any]) -> int:
    """A new frame of these pairs; gives its number."""
    done = connection.execute(insert(frame).values(seed=seed, about=dict(about), at=clock.now()))
    assert done.inserted_primary_key is not None
    number = int(done.inserted_primary_key[0])
    add_members(connection, number, pair_ids, joined=False)
    return number


def add_members(connection: Connection, frame_id: int, pair_ids: Iterable[int], *, joined: bool) -> None:
    ids = [int(i) for i in pair_ids]
    for at in range(0, len(ids), CHUNK):
        rows = [{"frame_id": frame_id, "pair_id": i, "joined": joined} for i in ids[at : at + CHUNK]]
        connection.execute(insert(frame_pair), rows)


def frames(connection: Connection) -> list[Frame]:
    """Oldest first, retired ones too."""
    rows = connection.execute(
        select(frame.c.id, frame.c.seed, frame.c.about, frame.c.at).order_by(frame.c.id)
    )
    return [Frame(*row) for row in rows]


def members(connection: Connection) -> np.ndarray:
    """(m, 3): frame, pair, whether it joined later; by frame and pair."""
    query = select(frame_pair.c.frame_id, frame_pair.c.pair_id, frame_pair.c.joined).order_by(
        frame_pair.c.frame_id, frame_pair.c.pair_id
    )
    rows = [tuple(row) for row in connection.execute(query)]
    return np.array(rows, np.int64).reshape(-1, 3)


@checked
def add_event(connection: Connection, frame_id: int, what: What, detail: Mapping[str, Any]) -> None:
    connection.execute(
        insert(frame_event).values(frame_id=frame_id, what=what, detail=dict(detail), at=clock.now())
    )


def events(connection: Connection) -> list[Event]:
    """Oldest first."""
    rows = connection.execute(
        select(frame_event.c.frame_id, frame_event.c.what, frame_event.c.detail, frame_event.c.at).order_by(
            frame_event.c.id
        )
    )
    return [Event(*row) for row in rows]


def alarms(connection: Connection) -> list[int]:
    """The frames whose alarm stands: nobody has settled it."""
    last = {each.frame_id: each.what for each in events(connection) if each.what != "joined"}
    return [frame_id for frame_id, what in last.items() if what == "rung"]


@checked
def add_draws(
    connection: Connection, frame_id: int, pair_ids: Sequence[int], purpose: Purpose, chance: Sequence[float]
) -> None:
    """Record pairs as drawn, in this order, each with its chance."""
    now = clock.now()
    rows = [
        {"frame_id": frame_id, "pair_id": int(i), "purpose": purpose, "chance": float(each), "at": now}
        for i, each in zip(pair_ids, chance, strict=True)
    ]
    if rows:
        connection.execute(insert(draw), rows)


@checked
def draws(connection: Connection, purpose: Purpose) -> list[Draw]:
    """In the order drawn."""
    rows = connection.execute(
        select(draw.c.id, draw.c.frame_id, draw.c.pair_id, draw.c.chance, draw.c.at)
        .where(draw.c.purpose == purpose)
        .order_by(draw.c.id)
    )
    return [Draw(*row) for row in rows]


@checked
def drawn_count(connection: Connection, purpose: Purpose) -> int:
    query = select(func.count()).select_from(draw).where(draw.c.purpose == purpose)
    return int(connection.execute(query).scalar_one())


def kinds(connection: Connection, pair_ids: np.ndarray) -> dict[str, list[str]]:
    """The source and the domain of each pair (`pair_ids` sorted); "none" where none is named."""
    query = (
        select(
            pair.c.id,
            pair.c.meta.label("pair_meta"),
            prompt.c.meta,
            pair.c.source,
            prompt.c.source.label("of"),
        )
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .order_by(pair.c.id)
    )
    wanted = set(pair_ids.tolist())
    found: dict[str, list[str]] = {"sources": [], "domains": []}
    for row in connection.execution_options(yield_per=CHUNK).execute(query):
        if row.id in wanted:
            found["sources"].append(_PLACE.sub("", str(row.source or row.of or "none")))
            found["domains"].append(of_meta(row, DOMAIN) or "none")
    return found


def public_ids(connection: Connection, numbers: Sequence[int]) -> list[str]:
    """The shown ids of these pairs (row numbers), in their order."""
    keys: dict[int, bytes] = {}
    for at in range(0, len(numbers), 500):
        page = select(pair.c.id, pair.c.key).where(pair.c.id.in_(numbers[at : at + 500]))
        keys |= {row.id: row.key for row in connection.execute(page)}
    return [public_id("pair", keys[each]) for each in numbers]
