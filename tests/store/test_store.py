"""Opening, migrating, sharing and refusing stores."""

import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import empty_database
from sqlalchemy import create_engine, func, insert, inspect, select, text

from pairwright.errors import StoreError
from pairwright.store import schema
from pairwright.store.doctor.chain import chain
from pairwright.store.migrations import HEAD, alembic_version
from pairwright.store.store import Store

FIRST_VERSION = Path(__file__).with_name("store_0009.sql")  # what `.dump` wrote of one with rows in it


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a folder" / "pairwright.db"


@pytest.fixture
def store(path):
    path.parent.mkdir()
    with Store.open(str(path), create=True) as store:
        yield store


def a_guideline(n=1):
    return {"key": bytes([n]) * 16, "text": "be fair", "at": 0.0}


def difference(store):
    with store.read() as connection:
        return compare_metadata(MigrationContext.configure(connection), schema.metadata)


def test_a_new_store_has_exactly_the_schema(store):
    assert difference(store) == []


def of_first_version(path):
    """A store of the first version with rows in every table, and these rows by table."""
    with closing(sqlite3.connect(path)) as first:
        first.executescript(FIRST_VERSION.read_text())
        names = [name for (name,) in first.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: first.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()
            for name in names
            if name != "alembic_version"
        }


def test_a_store_of_the_first_version_is_upgraded_to_exactly_the_schema(tmp_path):
    path = tmp_path / "first.db"
    before = of_first_version(path)
    assert [name for name, rows in before.items() if not rows] == ["task"]
    with Store.open(str(path)) as store:
        assert difference(store) == []
        with store.read() as connection:
            assert connection.execute(select(alembic_version.c.version_num)).scalar() == HEAD
            assert list(chain(connection)) == [], "what was there is sealed"
            assert connection.execute(select(schema.seal)).first()
    with closing(sqlite3.connect(path)) as after:
        for name, rows in before.items():
            width = len(rows[0]) if rows else 0
            now = after.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()
            assert [row[:width] for row in now] == rows, name


def test_a_store_of_the_first_version_on_postgresql_is_upgraded_with_its_rows(tmp_path):
    path, url = tmp_path / "first.db", empty_database()
    before = of_first_version(path)
    kept = [table for table in schema.metadata.sorted_tables if table.name in before]
    first, source = create_engine(url), create_engine(f"sqlite:///{path}")
    with first.begin() as connection, source.connect() as reader:
        for table in kept:
            table.create(connection)
            then = {column["name"] for column in inspect(reader).get_columns(table.name)}
            for column in table.c:
                if column.name not in then:
                    connection.execute(text(f'ALTER TABLE "{table.name}" DROP COLUMN "{column.name}"'))
            had = {index["name"] for index in inspect(reader).get_indexes(table.name)}
            for index in inspect(connection).get_indexes(table.name):
                if index["name"] not in had and not index.get("duplicates_constraint"):
                    connection.execute(text(f'DROP INDEX "{index["name"]}"'))
            rows = reader.execute(select(*(table.c[name] for name in then))).mappings().all()
            if rows:
                connection.execute(insert(table), [dict(row) for row in rows])
        alembic_version.create(connection)
        connection.execute(insert(alembic_version).values(version_num="0009"))
    first.dispose()
    source.dispose()
    with Store.open(url) as store, store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        assert list(chain(connection)) == []
        for name, rows in before.items():
            table = schema.metadata.tables[name]
            assert connection.execute(select(func.count()).select_from(table)).scalar() == len(rows), name


OLD_CALLS = """
INSERT INTO call VALUES
(1, x'01', 1, 'judge', 'm', 'used', NULL, 10, 2, 0.1, 1, 30, 0.5, 1, 0.0),
(2, x'02', 1, 'judge', 'm', 'used', NULL, 10, 2, 0.1, 0, 30, 0.5, 1, 0.0),
(3, x'03', 1, 'judge', 'm', 'used', NULL, 10, 2, NULL, 0, 30, 0.5, 1, 0.0),
(4, x'04', 1, 'judge', 'm', 'failed', NULL, 10, 2, NULL, 0, 30, 0.5, 1, 0.0);
"""


def test_calls_of_the_first_version_keep_whether_their_tokens_were_counted(tmp_path):
    path = tmp_path / "first.db"
    with closing(sqlite3.connect(path)) as first:
        first.executescript(FIRST_VERSION.read_text() + "DELETE FROM call;" + OLD_CALLS)
    with Store.open(str(path)) as store, store.read() as connection:
        calls = connection.execute(select(schema.call).order_by(schema.call.c.id)).all()
    assert [call.counted for call in calls] == [True, False, True, False]
    assert {(call.served, call.fingerprint) for call in calls} == {(None, None)}


def test_what_alembic_reads_of_a_new_store_is_its_version(store):
    with store.read() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == HEAD


def test_a_store_is_durable_and_readable_while_written(store):
    with store.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_transaction_that_raises_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.write() as connection:
        connection.execute(insert(schema.guideline), [a_guideline()])
        raise RuntimeError
    with store.read() as connection:
        assert connection.execute(select(schema.guideline)).all() == []


def test_a_reader_sees_one_state_while_others_write(store):
    with store.read() as reader:
        assert reader.execute(select(schema.guideline)).all() == []
        with store.write() as writer:
            writer.execute(insert(schema.guideline), [a_guideline()])
        assert reader.execute(select(schema.guideline)).all() == []
    with store.read() as reader:
        assert len(reader.execute(select(schema.guideline)).all()) == 1


def test_a_missing_store_is_not_made_by_accident(tmp_path):
    with pytest.raises(StoreError, match="pairwright init"):
        Store.open(str(tmp_path / "pairwright.db"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "pairwright.db"
    path.write_text("hello, this is a text file" * 100)
    with pytest.raises(StoreError, match="pairwright.db"):
        Store.open(str(path))
    assert path.read_text().startswith("hello")


def test_another_programs_database_is_refused(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (id)")
    with pytest.raises(StoreError, match="customers"):
        Store.open(str(path))


def test_a_store_of_a_newer_version_is_refused(store, path):
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=f"version 9999.*{HEAD}.*Upgrade"):
        Store.open(str(path))


def test_a_store_from_before_the_first_release_is_refused(store, path):
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    with pytest.raises(StoreError, match="version 0004.*first release.*Start a new project"):
        Store.open(str(path))


def test_a_store_is_made_once_when_two_open_it_at_the_same_moment(tmp_path):
    path = str(tmp_path / "pairwright.db")
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: Store.open(path, create=True), range(4)):
            assert difference(store) == []
            store.close()


def test_a_stage_is_held_by_one_process_at_a_time(store, path):
    code = f"""
        from pairwright.store.store import Store
        with Store.open({str(path)!r}) as store, store.exclusively("judge"):
            print("held")
    """
    other = [sys.executable, "-c", textwrap.dedent(code)]
    with store.exclusively("judge"):
        refused = subprocess.run(other, capture_output=True, text=True)
    assert "another process is running `pairwright judge`" in refused.stderr
    assert "held" not in refused.stdout
    assert subprocess.run(other, capture_output=True, text=True).stdout == "held\n"


def test_another_stage_may_run_meanwhile(store):
    with store.exclusively("judge"), store.exclusively("generate"):
        pass
