"""Group commit: everything handed over is written, together and in order, or the run stops."""

import asyncio

import pytest
from sqlalchemy import func, select

from pairwright.errors import StoreError
from pairwright.store import schema
from pairwright.store.store import Store
from pairwright.store.writer import GroupCommit


@pytest.fixture
def store(tmp_path):
    with Store.open(str(tmp_path / "pairwright.db"), create=True) as store:
        yield store


def a_row(n):
    return schema.guideline, {"key": n.to_bytes(16), "text": str(n), "at": 0.0}


def written(store):
    with store.read() as connection:
        return list(connection.scalars(select(schema.guideline.c.text).order_by(schema.guideline.c.id)))


def test_everything_handed_over_is_on_disk_when_the_writer_closes(store):
    async def put():
        for n in range(500):
            await writer.put([a_row(n)])

    with GroupCommit(store) as writer:
        asyncio.run(put())
    assert written(store) == [str(n) for n in range(500)]


def test_rows_reach_the_disk_while_the_writer_is_open(store):
    async def put_and_look():
        await writer.put([a_row(1)])
        for _ in range(200):
            await asyncio.sleep(0.02)
            if written(store):
                return True
        return False

    with GroupCommit(store) as writer:
        assert asyncio.run(put_and_look())


def test_rows_of_one_put_are_written_together_or_not_at_all(store):
    with pytest.raises(StoreError, match="could not be written"), GroupCommit(store) as writer:
        asyncio.run(writer.put([a_row(1), a_row(1)]))
    assert written(store) == []


def test_after_a_failed_write_nothing_more_is_taken(store):
    async def put_on():
        await writer.put([a_row(1), a_row(1)])
        for n in range(2, 1000):
            await writer.put([a_row(n)])
            await asyncio.sleep(0.01)

    with pytest.raises(StoreError), GroupCommit(store) as writer:
        asyncio.run(put_on())
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.guideline)).scalar() == 0
