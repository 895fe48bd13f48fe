"""A real PostgreSQL for tests: one server a test process, gone with it.

Debian's `postgresql` package brings it; PAIRWRIGHT_TEST_POSTGRES names an empty
database to use instead. Without either the tests that need it say so and skip.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

USER = "pairwright"


def empty_database() -> str:
    """The URL of a database with nothing in it. Skips the test where there is no PostgreSQL."""
    url = os.environ.get("PAIRWRIGHT_TEST_POSTGRES") or _server()
    if url is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or set PAIRWRIGHT_TEST_POSTGRES to a URL")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


def copied_database(url: str) -> str:
    """A database of its own with all that is in this one, which nobody may be using."""
    name = f"copy_{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    template = engine.url.database
    administrating = create_engine(engine.url.set(database="template1"), isolation_level="AUTOCOMMIT")
    with administrating.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    administrating.dispose()
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


class Server:
    """A server of a test's own, which may die."""

    def __init__(self, programs: Path, options: str = "") -> None:
        self._programs, self._port, self._options = programs, free_port(), options
        self._folder = Path(tempfile.mkdtemp(prefix="pairwright-pg-"))
        if os.getuid() == 0:  # it refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        self.url = f"postgresql+psycopg://{USER}@127.0.0.1:{self._port}/postgres"
        named = ("-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8")
        _run(programs / "initdb", "-D", self._folder / "data", *named)
        self.come_back()

    def come_back(self) -> None:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 {self._options}"
        data, log = self._folder / "data", self._folder / "log"
        _run(self._programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")

    def die(self) -> None:
        _run(self._programs / "pg_ctl", "-D", self._folder / "data", "-m", "immediate", "stop")

    def end(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.die()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def a_server() -> Iterator[Server]:
    """Skips the test where there is no PostgreSQL to start."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    server = Server(programs)
    try:
        yield server
    finally:
        server.end()


@cache
def _server() -> str | None:
    """Start a server of our own; None if there is none to start."""
    programs = _programs()
    if programs is None:
        return None
    server = Server(programs, "-c fsync=off")
    atexit.register(server.end)
    return server.url


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


def _run(*command: object) -> None:
    arguments = [str(each) for each in command]
    if os.getuid() == 0:
        arguments = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *arguments]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
