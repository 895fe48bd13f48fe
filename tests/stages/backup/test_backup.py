"""Backups and copies: whole and sound while others write, back from them, and between databases."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from made_images import png
from postgres import empty_database
from projects import a_project, add_pairs, change, rows
from sqlalchemy import func, select
from states import label, skipped_and_flagged, two_frames

from pairwright.cli.main import run
from pairwright.errors import InputError, StoreError
from pairwright.project import Project as Face
from pairwright.stages.backup.backup import backup, restore
from pairwright.stages.backup.copy import copy
from pairwright.stages.doctor.doctor import doctor
from pairwright.stages.people.answers import Person
from pairwright.stages.project.project import Project
from pairwright.store.schema import metadata
from pairwright.store.store import Store


@pytest.fixture
def project(tmp_path):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 20)
    label(project, {f"pair-{n}": "A" for n in range(5)}, "ann")
    return project


def on_postgresql(project):
    """The same project with its store on a server."""
    url = empty_database()
    copy(os.fspath(project.store.path), url)
    return change(project, f'\n[project]\nstore = "{url}"\n')


def counts(place):
    with Store.open(os.fspath(place)) as store, store.read() as connection:
        return {
            str(table.name): connection.execute(select(func.count()).select_from(table)).scalar()
            for table in metadata.sorted_tables
        }


# --- backup and restore ---------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["a file", "postgresql"])
def test_a_project_comes_back_as_it_was(project, tmp_path, where):
    if where == "postgresql":
        project = on_postgresql(project)
    made = backup(project)
    assert made.sound
    assert made.path.parent == project.root / "backups"
    assert sorted(path.name for path in made.path.parent.iterdir()) == [made.path.name], "nothing beside it"
    label(project, {"pair-7": "B"}, "bob")
    after = len(rows(project, "vote"))
    back = restore(made.path, project.root)
    assert len(rows(project, "vote")) == 5
    assert doctor(project.root).sound
    assert back.differing == []
    assert back.kept is not None
    assert counts(back.kept)["vote"] == after, "what was there is kept"
    label(project, {"pair-8": "B"}, "bob")
    assert doctor(project.root).sound, "and work goes on"


def test_a_lost_project_is_made_again_from_its_backup(project, tmp_path):
    made = backup(project, tmp_path / "kept.db")
    restored = restore(made.path, tmp_path / "new" / "place")
    assert restored.written == ["guidelines.md", "pairwright.toml"]
    assert doctor(tmp_path / "new" / "place").sound
    with Project.open(tmp_path / "new" / "place") as other:
        assert other.guidelines == project.guidelines
        assert len(rows(other, "vote")) == 5


def test_images_are_in_the_backup_and_come_back_with_it(project, tmp_path):
    name, _ = project.media.keep(png("red"), "red")
    kept, _ = project.media.keep(png("blue"), "blue")
    made = backup(project)
    again = tmp_path / "again"
    restore(made.path, again)
    assert Project.open(again).media.names() == {name, kept}
    (project.root / "media" / name).unlink()
    restore(made.path, project.root)
    assert project.media.read(name) == png("red")
    with closing(sqlite3.connect(again / "pairwright.db")) as store:
        assert not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_image'").fetchone()


def test_a_backup_while_people_answer_is_one_moment_and_sound(project):
    answered = threading.Event()

    def work():
        person = Person.sign_in(project, "bob")
        while (task := person.next_task()) is not None and not answered.is_set():
            person.choose(task, "left", 5.0)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for n in range(3):
            made = backup(project, project.root / f"{n}.db")
            assert made.sound, made.found
    finally:
        answered.set()
        worker.join()
    assert doctor(project.root).sound


def test_others_see_the_restored_store_without_opening_it_again(project):
    made = backup(project)
    label(project, {"pair-7": "B"}, "bob")
    code = (
        "import sys; from pathlib import Path; from pairwright.stages.backup.backup import restore;"
        "restore(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(made.path), str(project.root)], check=True)
    assert len(rows(project, "vote")) == 5


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_broken_store_is_kept_aside_and_replaced(project, damage):
    made = backup(project)
    path = project.store.path
    project.close()
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[:5000], "text": b"no database" * 1000, "empty": b""}[damage])
    broken = path.read_bytes()
    assert not doctor(project.root).sound
    back = restore(made.path, project.root)
    assert doctor(project.root).sound
    assert back.kept.read_bytes()[:100] == broken[:100] or damage == "cut"


def test_a_damaged_backup_is_refused_and_changes_nothing(project, tmp_path):
    made = backup(project, tmp_path / "kept.db")
    with closing(sqlite3.connect(made.path)) as connection, connection:
        connection.execute("UPDATE vote SET verdict = 'TIE' WHERE id = 1")
    before = counts(project.store.path)
    with pytest.raises(StoreError, match=r"is damaged \(chain: 1\), so nothing was restored"):
        restore(made.path, project.root)
    made.path.write_bytes(made.path.read_bytes()[:9000])
    with pytest.raises(StoreError):
        restore(made.path, project.root)
    assert counts(project.store.path) == before
    assert not (project.root / "backups").exists()


def test_a_backup_of_a_damaged_store_is_kept_and_says_so(project):
    with closing(sqlite3.connect(project.store.path)) as connection, connection:
        connection.execute("UPDATE vote SET verdict = 'TIE' WHERE id = 1")
    made = backup(project)
    assert (made.sound, made.found) == (False, {"chain": 1})
    assert counts(made.path) == counts(project.store.path)


def test_a_backup_replaces_nothing_and_a_file_that_is_none_is_refused(project, tmp_path):
    (tmp_path / "there.db").write_text("mine")
    with pytest.raises(InputError, match="never replaces"):
        backup(project, tmp_path / "there.db")
    with pytest.raises(StoreError, match="does not begin as a SQLite file"):
        restore(tmp_path / "there.db", project.root)
    with pytest.raises(InputError, match="is no file"):
        restore(tmp_path / "none.db", project.root)
    with pytest.raises(StoreError, match="holds other tables"):
        with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
            other.execute("CREATE TABLE customers (id)")
        restore(tmp_path / "other.db", project.root)


def test_backups_and_stores_kept_in_the_same_second_have_names_of_their_own(project, monkeypatch):
    monkeypatch.setattr("pairwright.stages.backup.backup.time.strftime", lambda *_: "20261130-120000")
    made = [backup(project).path for _ in range(3)]
    assert [path.name for path in made] == [f"20261130-120000{n}.db" for n in ("", "-2", "-3")]
    kept = [restore(made[0], project.root).kept for _ in range(2)]
    assert len({path.name for path in kept if path and path.exists()}) == 2


def test_settings_that_are_there_stay_and_are_told_of(project):
    made = backup(project)
    (project.root / "guidelines.md").write_text("Prefer short answers.")
    assert restore(made.path, project.root).differing == ["guidelines.md"]
    assert (project.root / "guidelines.md").read_text() == "Prefer short answers."


# --- copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [two_frames, skipped_and_flagged], ids=lambda each: each.__name__)
def test_a_store_goes_to_postgresql_and_back_without_a_difference(state, tmp_path):
    project = state(tmp_path)
    there, back = empty_database(), tmp_path / "back.db"
    assert copy(os.fspath(project.store.path), there).sound
    assert copy(there, os.fspath(back)).sound
    assert contents(project.store.path) == contents(back)


def contents(path):
    with closing(sqlite3.connect(path)) as connection:
        return {
            str(table.name): connection.execute(
                f'SELECT {", ".join(chr(34) + c.name + chr(34) for c in table.c)} FROM "{table.name}" ORDER BY 1, 2'
            ).fetchall()
            for table in metadata.sorted_tables
        }


def test_work_goes_on_in_the_copy(project):
    project = on_postgresql(project)
    label(project, {"pair-9": "B"}, "bob")
    assert len(rows(project, "vote")) == 6
    assert doctor(project.root).sound


def test_a_copy_is_made_into_something_empty_only(project, tmp_path):
    path = os.fspath(project.store.path)
    copy(path, os.fspath(tmp_path / "two.db"))
    with pytest.raises(StoreError, match=r"is not empty \(it has rows in \w+\)"):
        copy(path, os.fspath(tmp_path / "two.db"))
    with pytest.raises(StoreError, match="the same store"):
        copy(path, path)
    with pytest.raises(StoreError, match="does not exist"):
        copy(os.fspath(tmp_path / "none.db"), os.fspath(tmp_path / "three.db"))
    assert not (tmp_path / "three.db").exists()


def test_a_text_that_postgresql_can_t_keep_is_named_and_nothing_is_copied(project):
    with closing(sqlite3.connect(project.store.path)) as connection, connection:
        connection.execute("UPDATE response SET text = 'a' || char(0) || 'b' WHERE id = 3")
    url = empty_database()
    with pytest.raises(StoreError, match="response 3: text holds a zero byte"):
        copy(os.fspath(project.store.path), url)
    assert sum(counts(url).values()) == 0


# --- as typed -------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(project, tmp_path, capsys):
    out, new = tmp_path / "kept.db", tmp_path / "new"
    assert run(["-C", str(project.root), "backup", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"Written: {out}" in said
    assert "sound" in said
    assert run(["restore", str(out), str(new)]) == 0
    assert f"Restored: {new} from {out}" in capsys.readouterr().out
    assert run(["-C", str(new), "restore", str(out)]) == 0
    assert "What was there is kept in" in capsys.readouterr().out
    assert run(["copy", str(new / "pairwright.db"), str(tmp_path / "copy.db")]) == 0
    assert f'set store = "{tmp_path / "copy.db"}"' in capsys.readouterr().out
    assert run(["copy", str(new / "pairwright.db"), "postgresql+nodriver://me:secret@h/d"]) == 1
    said = capsys.readouterr().err
    assert '"nodriver" is not known here' in said
    assert "secret" not in said


def test_from_python(project, tmp_path):
    face = Face(project.root)
    made = face.backup(tmp_path / "kept.db", progress=False)
    assert face.doctor(progress=False).sound
    assert Face(tmp_path / "again").restore(made.path, progress=False).folder == Path(tmp_path / "again")
    assert "sound  yes" in " ".join(str(made).split("\n")).replace("   ", "  ")
