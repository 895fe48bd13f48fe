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
from functools import cache
from pathlib import Path

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


@cache
def _server() -> str | None:
    """Start a server of our own; None if there is none to start."""
    programs = _programs()
    if programs is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="pairwright-pg-"))
    if os.getuid() == 0:  # it refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, port = folder / "data", _free_port()
    _run(programs / "initdb", "-D", data, "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
    atexit.register(_stop, programs / "pg_ctl", data, folder)
    return f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"


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


def _stop(pg_ctl: Path, data: Path, folder: Path) -> None:
    _run(pg_ctl, "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
