"""What is no store is refused in words and left as it is; what can't be written can be read."""

import os
import sqlite3
from contextlib import closing

import pytest
from stores import a_store

from pairwright.errors import InputError, StoreDamaged, StoreError
from pairwright.stages.figures.status import status_of
from pairwright.stages.project.project import Project
from pairwright.store.address import address_of
from pairwright.store.store import Store


def test_an_empty_file_is_not_taken_for_a_new_store(tmp_path):
    path = tmp_path / "pairwright.db"
    path.touch()
    with pytest.raises(StoreDamaged, match=r"is empty \(0 bytes\).*pairwright restore FILE.*init"):
        Store.open(str(path))
    with pytest.raises(StoreDamaged, match="is empty"):
        Project.init(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["pairwright.db"]
    assert path.stat().st_size == 0


@pytest.mark.parametrize(
    "tables",
    ["CREATE TABLE customers (id)", "CREATE TABLE alembic_version (version_num TEXT); CREATE TABLE users (id);"
     "INSERT INTO alembic_version VALUES ('ae1027a6acf')"],
)  # fmt: skip
def test_another_programs_database_is_left_byte_for_byte(tmp_path, tables):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.executescript(tables)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="is not a Pairwright store"):
        Store.open(str(path))
    with pytest.raises(StoreError, match="is not a Pairwright store"):
        Store.open(str(path), create=True)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["other.db"]


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="is a folder, and a store is a file"):
        Store.open(str(tmp_path))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+nodriver://", 'the driver "nodriver" is not known here'),
        ("mysql://me:secret@host/db", '"mysql" is not known here'),
        ("oracle+cx://me:secret@host", '"oracle" is not known here'),
        ("postgresql+psycopg://me:secret@host:port/db", "is no address of a database"),
        ("://", "is no address of a database"),
    ],
)
def test_an_address_that_can_t_be_used_is_an_error_in_words_without_its_password(url, said):
    with pytest.raises(StoreError) as error:
        Store.open(url)
    assert said in str(error.value)
    assert 'store = "postgresql+psycopg://USER@HOST/NAME"' in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_usual_addresses_all_mean_the_driver_that_is_used(scheme):
    assert address_of(f"{scheme}://me@host/db").drivername == "postgresql+psycopg"


def as_nobody(work):
    """Run `work` as a user who may write nothing; gives what it raised, as text, or "" where it did not."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            said = ""
            try:
                work()
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            os.write(write, said.encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def read_only(tmp_path_factory):
    """A project on what is, for the user who reads it, a read-only disk."""
    folder = tmp_path_factory.mktemp("read_only")
    Project.init(folder)
    with a_store(folder) as made:
        made.pair("Is it blue?", "Yes.", "No.", belief="A")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def test_a_project_on_a_read_only_disk_can_be_read(read_only):
    def look():
        with Project.open(read_only) as project:
            assert project.store.read_only
            assert status_of(project).pairs == 1

    before = sorted(path.name for path in read_only.iterdir())
    assert as_nobody(look) == ""
    assert sorted(path.name for path in read_only.iterdir()) == before


def test_writing_to_it_is_an_error_in_words(read_only):
    def write():
        with Project.open(read_only) as project, project.store.write():
            pass

    assert "can be read and not written: the disk or the folder is read-only" in as_nobody(write)


def test_one_of_an_older_version_says_that_it_has_to_be_copied(read_only):
    path = read_only / "pairwright.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0009'")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert "Copy the project to where it can be written" in as_nobody(lambda: Project.open(read_only))


def test_a_project_that_has_a_store_and_no_settings_gets_them(tmp_path):
    Project.init(tmp_path)
    (tmp_path / "pairwright.toml").unlink()
    Project.init(tmp_path)
    with pytest.raises(InputError, match="is a project already"):
        Project.init(tmp_path)
