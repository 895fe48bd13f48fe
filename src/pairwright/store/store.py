"""Opening the store: one SQLite file by default, PostgreSQL by URL.

`Store.read()` and `Store.write()` hand out SQLAlchemy connections; the
modules beside this one hold all SQL that runs on them.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import orjson
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from pairwright.errors import StoreDamaged, StoreError
from pairwright.extras import needed
from pairwright.store import clock
from pairwright.store.address import address_of, check_file, read_only_uri, writable
from pairwright.store.chain import Noted, write_seal

BUSY_TIMEOUT_S = 30
PAGE_CACHE_KIB = 64 * 1024


def _on_read_only(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    """WAL so that readers never wait; FULL so that a commit survives a power cut."""
    # We begin transactions ourselves (below): the driver's own way would take
    # the write lock late, after a read, and then fail instead of waiting.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal" and _ours(cursor):
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")
    cursor.close()


def _ours(cursor: Any) -> bool:
    """Whether a file is a store or is to become one: another program's is left as it is."""
    tables = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master")}
    return not tables or "vote" in tables


class Store:
    """The project's database: the only thing that holds state."""

    def __init__(self, engine: Engine, path: Path | None, *, read_only: bool = False) -> None:
        self.engine = engine
        self.path = path
        self.read_only = read_only
        # Threads of this process wait here for each other: woken in turn, where SQLite would look again
        # only every so often.
        self._writing = threading.Lock()

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> Self:
        """Open the store at `url` (a file path, or a `postgresql://` URL), migrating it if needed.

        A file that can't be written, as on a read-only disk, can be read. Raises StoreError when the file
        is missing (and `create` is false), is not a Pairwright store, or was written by a newer version.
        """
        path = None if "://" in url else Path(url)
        if path is not None:
            check_file(path, create=create)
        read_only = path is not None and path.exists() and not writable(path)
        engine = _engine(url, path, read_only=read_only)
        store = cls(engine, path, read_only=read_only)
        try:
            store._migrate()
            if path is None:
                with engine.connect() as connection:
                    clock.ask(connection)
        except StoreError:
            engine.dispose()
            raise
        except DBAPIError as error:
            engine.dispose()
            raise _unopened(error, url, path) from error
        return store

    @property
    def name(self) -> str:
        """What tells this store from every other: where its file is, or its database without a password."""
        if self.path is not None:
            return str(self.path.resolve())
        return self.engine.url.render_as_string(hide_password=True)

    def _migrate(self) -> None:
        from pairwright.store.migrations import FIRST, HEAD, create, upgrade

        with self.engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            version = None
            if "alembic_version" in tables:
                version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if tables and not ({"prompt", "vote"} <= tables and re.fullmatch(r"\d{4}", version or "")):
            raise StoreDamaged(
                f"{self.path or 'the database'} holds other tables ({', '.join(sorted(tables)[:3])}): "
                "it is not a Pairwright store. Choose another file or database."
            )
        if version is None:
            create(self.engine)
        elif version != HEAD and self.read_only and FIRST <= version < HEAD:
            raise StoreError(
                f"{self.path} can't be written, and its schema, version {version}, has to be brought to "
                f"{HEAD} before this Pairwright reads it. Copy the project to where it can be written."
            )
        elif version != HEAD:
            upgrade(self.engine, version)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state of the store."""
        with self.engine.connect() as connection:
            if self.path is None:  # SQLite always reads one state; PostgreSQL has to be asked for it
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is on disk when the block ends, none of it if the block raises."""
        if self.read_only:
            raise StoreError(
                f"{self.path} can be read and not written: the disk or the folder is read-only for this "
                "user. Nothing was changed. Copy the project to where it can be written."
            )
        with self.in_turn(), self.engine.connect() as connection:
            noted: list[Noted] = []
            connection = connection.execution_options(write=True, noted=noted)
            with connection.begin():
                yield connection
                write_seal(connection, noted)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Wait until no other thread of this process writes to the file."""
        if self.path is None:  # PostgreSQL has many writers
            yield
            return
        if not self._writing.acquire(timeout=BUSY_TIMEOUT_S):
            raise StoreError(f"another thread has been writing to {self.path} for {BUSY_TIMEOUT_S} s")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def exclusively(self, stage: str, *, beside_others: bool = False) -> Iterator[None]:
        """Hold `stage` of this project for this process, so that no work is done (and paid) twice.

        `spending` is held by whatever pays, for a budget is the whole project's. On PostgreSQL several may
        hold it `beside_others`, which keep out of each other's way by themselves.

        Raises StoreError at once when another process holds it.
        """
        running = "generating or judging" if stage == "spending" else f"running `pairwright {stage}`"
        busy = (
            f"another process is {running} on this project. "
            "Wait for it or stop it: two at once would pay twice for the same calls."
        )
        if self.path is not None:
            lock = FileLock(f"{self.path}.{stage}.lock", blocking=False)
            try:
                with lock:
                    yield
            except Timeout:
                raise StoreError(busy) from None
            return
        kind = "_shared" if beside_others else ""
        # The connection holds it. A transaction open for hours would keep old rows from being swept.
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            number = int.from_bytes(stage.encode()[:7].ljust(7, b"\0"))
            if not connection.execute(text(f"SELECT pg_try_advisory_lock{kind}(:n)"), {"n": number}).scalar():
                raise StoreError(busy)
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock{kind}(:n)"), {"n": number})

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _engine(url: str, path: Path | None, *, read_only: bool) -> Engine:
    def dump(value: Any) -> str:
        return orjson.dumps(value).decode()

    kept = {"json_serializer": dump, "json_deserializer": orjson.loads}
    if path is None:
        address = address_of(url)
        with needed("postgres", "a store on PostgreSQL"):
            return create_engine(address, **kept)
    engine = create_engine(f"sqlite:///{read_only_uri(path) if read_only else os.fspath(path)}", **kept)
    event.listen(engine, "connect", _on_read_only if read_only else _on_connect)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("write", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # waits for nobody and can't fail, so that the driver alone can be asked, which is quicker
            connection.connection.cursor().execute("BEGIN")

    return engine


def _unopened(error: DBAPIError, url: str, path: Path | None) -> StoreError:
    place = path or make_url(url).render_as_string(hide_password=True)
    what = f"{place} cannot be opened as a Pairwright store: {error.orig}"
    if path is not None and not isinstance(error, OperationalError):
        return StoreDamaged(f"{what}. Bring it back from a backup: `pairwright restore FILE`.")
    return StoreError(what)
