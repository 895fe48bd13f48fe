"""Rows go to the database as columns: what comes back is what was given, on either database."""

import pytest
from postgres import empty_database
from sqlalchemy import select
from stores import a_store

from pairwright.store import schema
from pairwright.store.insert import insert_missing, insert_rows


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    url = empty_database() if request.param == "postgresql" else None
    with a_store(tmp_path, url=url) as made:
        yield made.store


def a_prompt(n, **more):
    row = {"key": n.to_bytes(16), "messages": [{"role": "user", "content": f"Q{n}?"}], "at": n + 0.5}
    return {**row, "meta": None, "tools": None, "external_id": None, **more}


def stored(store):
    table = schema.prompt
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.key)).mappings()]


def test_rows_come_back_as_they_were_given(store):
    rows = [
        a_prompt(1, meta={"é": [1, 2.5, None, "\u2028"]}, external_id="naïve"),
        a_prompt(2),
        a_prompt(3, tools=[{"name": "f"}], external_id=""),
    ]
    with store.write() as connection:
        insert_rows(connection, schema.prompt, rows)
    assert [{name: row[name] for name in rows[0]} for row in stored(store)] == rows


def test_what_is_null_in_every_row_is_null_and_not_the_word_null(store):
    with store.write() as connection:
        insert_rows(connection, schema.prompt, [a_prompt(1), a_prompt(2)])
    with store.read() as connection:
        empty = connection.execute(select(schema.prompt.c.key).where(schema.prompt.c.meta.is_(None))).all()
    assert len(empty) == 2


def test_of_rows_with_one_key_the_first_stays_and_only_new_ones_are_counted(store):
    with store.write() as connection:
        assert insert_missing(connection, schema.prompt, [a_prompt(1), a_prompt(2)]) == 2
        more = [a_prompt(2, external_id="again"), a_prompt(3), a_prompt(3, external_id="twice")]
        assert insert_missing(connection, schema.prompt, more) == 1
    assert [row["external_id"] for row in stored(store)] == [None, None, None]


def test_no_rows_are_no_work(store):
    with store.write() as connection:
        insert_rows(connection, schema.prompt, [])
        assert insert_missing(connection, schema.prompt, []) == 0
    assert stored(store) == []
