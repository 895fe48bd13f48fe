"""Calls that are planned before they are made: what waits to be sent, what was sent, what came back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from pairwright.amounts import counted
from pairwright.store import clock
from pairwright.store.schema import batch, call, failure, planned_call

PAGE = 500
_UNSENT = planned_call.c.batch_id.is_(None), planned_call.c.status.is_(None)


@dataclass(frozen=True, slots=True)
class Planned:
    """One call. `status` and `reply` are what came back, None until then; `sent`: it is in a batch."""

    key: bytes
    worst_usd: float
    price_share: float
    tries: int
    sent: bool
    status: int | None
    reply: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it is to be sent."""

    key: bytes
    path: str
    body: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Calls of one stage to one model that were not read yet: to be sent, sent, and answered."""

    stage: str
    model: str
    endpoint: str
    unsent: int
    sent: int
    answered: int
    worst_usd: float

    @property
    def calls(self) -> int:
        return self.unsent + self.sent + self.answered

    @property
    def in_words(self) -> str:
        """`1,200 calls: 200 to send, 1,000 sent`."""
        parts = (("to send", self.unsent), ("sent", self.sent), ("answered, to be read", self.answered))
        return f"{counted(self.calls, 'call')}: " + ", ".join(f"{n:,} {what}" for what, n in parts if n)


def planned(connection: Connection, key: bytes) -> Planned | None:
    """The call under this key, None where it is not planned."""
    row = connection.execute(
        select(
            planned_call.c.worst_usd,
            planned_call.c.price_share,
            planned_call.c.tries,
            planned_call.c.batch_id,
            planned_call.c.status,
            planned_call.c.reply,
            planned_call.c.at,
        ).where(planned_call.c.key == key)
    ).first()
    if row is None:
        return None
    return Planned(
        key,
        row.worst_usd,
        row.price_share,
        row.tries,
        row.batch_id is not None,
        row.status,
        row.reply,
        row.at,
    )


def all_keys(connection: Connection) -> set[bytes]:
    """The keys of all calls that are planned: 100 bytes of memory each."""
    return set(connection.execution_options(yield_per=PAGE).scalars(select(planned_call.c.key)))


def any_planned(connection: Connection) -> bool:
    return connection.execute(select(exists().select_from(planned_call))).scalar_one()


def held_usd(connection: Connection) -> float:
    """What all that is planned may cost at worst: a budget holds it back."""
    held = select(func.coalesce(func.sum(planned_call.c.worst_usd), 0.0))
    return float(connection.execute(held).scalar_one())


def waiting(connection: Connection) -> list[Waiting]:
    """What is planned and was not read yet, by stage and model."""
    answered = planned_call.c.status.is_not(None)
    sent = planned_call.c.batch_id.is_not(None)
    rows = connection.execute(
        select(
            planned_call.c.stage,
            planned_call.c.model,
            planned_call.c.endpoint,
            func.count().filter(~answered, ~sent),
            func.count().filter(~answered, sent),
            func.count().filter(answered),
            func.sum(planned_call.c.worst_usd),
        )
        .group_by(planned_call.c.stage, planned_call.c.model, planned_call.c.endpoint)
        .order_by(planned_call.c.stage, planned_call.c.model)
    )
    return [Waiting(*row) for row in rows]


def unsent(
    connection: Connection, endpoint: str, model: str, *, since: float = 0.0, stage: str | None = None
) -> Iterator[Request]:
    """The calls to one model that wait to be sent, in the order planned; those that a run came to since."""
    return _requests(
        connection,
        planned_call.c.endpoint == endpoint,
        planned_call.c.model == model,
        planned_call.c.at >= since,
        *([] if stage is None else [planned_call.c.stage == stage]),
        *_UNSENT,
    )


def in_batch(connection: Connection, batch_id: int) -> Iterator[Request]:
    """The calls of one batch, in the order planned."""
    return _requests(connection, planned_call.c.batch_id == batch_id)


def _requests(connection: Connection, *where: Any) -> Iterator[Request]:
    last = 0
    while True:
        rows = connection.execute(
            select(planned_call.c.id, planned_call.c.key, planned_call.c.path, planned_call.c.body)
            .where(planned_call.c.id > last, *where)
            .order_by(planned_call.c.id)
            .limit(PAGE)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            yield Request(row.key, row.path, row.body)


def touch(connection: Connection, key: bytes) -> None:
    """A run has come to this call again."""
    connection.execute(update(planned_call).where(planned_call.c.key == key).values(at=clock.now()))


def assign(connection: Connection, keys: Sequence[bytes], batch_id: int | None) -> None:
    """Put calls into a batch, or take them out of theirs."""
    connection.execute(
        update(planned_call).where(planned_call.c.key == bindparam("of")).values(batch_id=batch_id),
        [{"of": key} for key in keys],
    )


def reprice(connection: Connection, batch_id: int, share: float) -> None:
    """The calls of a batch cost this much of the list price."""
    mine = planned_call.c.batch_id == batch_id
    connection.execute(update(planned_call).where(mine).values(price_share=share))


def answer(connection: Connection, replies: Sequence[tuple[bytes, int, str]], batch_id: int) -> int:
    """Keep replies of (key, HTTP status, body) to calls of a batch; gives how many were new.

    The first reply to a call counts, and calls of other batches are left alone.
    """
    return _answer(connection, replies, planned_call.c.batch_id == batch_id)


def _answer(connection: Connection, replies: Sequence[tuple[bytes, int, str]], where: Any) -> int:
    statement = (
        update(planned_call)
        .where(planned_call.c.key == bindparam("of"), planned_call.c.status.is_(None), where)
        .values(status=bindparam("with_status"), reply=bindparam("said"))
    )
    rows = [{"of": key, "with_status": status, "said": body} for key, status, body in replies]
    options = {"preserve_rowcount": True}
    return connection.execute(statement, rows, execution_options=options).rowcount if rows else 0


def answer_from_files(connection: Connection, replies: Sequence[tuple[bytes, int, str]]) -> int:
    """As `answer`, of calls that are in files, or were not sent: a provider's batch has its own replies."""
    at_a_provider = exists().where(batch.c.id == planned_call.c.batch_id, batch.c.via == "batch")
    return _answer(connection, replies, ~at_a_provider)


def unanswered(connection: Connection, batch_id: int) -> int:
    """How many calls of a batch have no reply."""
    mine = planned_call.c.batch_id == batch_id, planned_call.c.status.is_(None)
    return int(connection.execute(select(func.count()).where(*mine)).scalar_one())


def call_key(id: str) -> bytes | None:
    """The key of a call by the name it was sent with; None for a name that is none of ours."""
    try:
        return bytes.fromhex(id)
    except ValueError:
        return None


def known_keys(connection: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Which of these calls are planned."""
    return set(connection.scalars(select(planned_call.c.key).where(planned_call.c.key.in_(keys))))


def again(connection: Connection, where: Any, *, tried: bool = True) -> int:
    """Have calls that got no reply of use sent once more; gives how many."""
    statement = (
        update(planned_call)
        .where(where)
        .values(batch_id=None, status=None, reply=None, tries=planned_call.c.tries + tried, at=clock.now())
    )
    return connection.execute(statement).rowcount


def forget_read(connection: Connection) -> int:
    """Delete what has been read: its call is in the books, or its work has failed. Gives how many."""
    booked = exists().where(
        call.c.work_key == planned_call.c.work_key, call.c.attempt >= planned_call.c.attempt
    )
    # A refusal is not charged for: it is in no books, but its work has a failure on record since.
    failed = exists().where(failure.c.key == planned_call.c.work_key, failure.c.at >= planned_call.c.at)
    flying = planned_call.c.batch_id.is_not(None) & planned_call.c.status.is_(None)
    return connection.execute(delete(planned_call).where(booked | failed, ~flying)).rowcount


def forget_refused(connection: Connection, endpoint: str, model: str) -> None:
    """Delete calls to a model that were refused: nothing was charged for them."""
    mine = (planned_call.c.endpoint == endpoint) & (planned_call.c.model == model)
    connection.execute(delete(planned_call).where(mine, planned_call.c.status >= 400))


def forget_unsent(connection: Connection, *where: Any) -> int:
    """Delete the plans of calls that nobody has; gives how many."""
    return connection.execute(delete(planned_call).where(*_UNSENT, *where)).rowcount
