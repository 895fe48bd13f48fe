"""A sound project in any state is found sound; each kind of damage is named, with its place and the way on."""

import json
import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from projects import JUDGE, a_project, add_pairs, rows
from sqlalchemy import select, update
from states import STATES, label

from pairwright.cli.main import run
from pairwright.errors import InputError, StoreError
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.add.add import add_files
from pairwright.stages.doctor.doctor import doctor, problems
from pairwright.stages.export.from_project import export_project
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.generate.pair import pair
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.answers import Person
from pairwright.stages.project.project import Project
from pairwright.stages.publish.dataset import WantedExports
from pairwright.stages.publish.push import How, push
from pairwright.stages.route.route import run_route
from pairwright.store.chain import bury
from pairwright.store.schema import rater, vote

GENERATE = '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder with everything in it: given and drawn responses, paid and people's votes, a queue, an export."""
    folder = tmp_path_factory.mktemp("sound")
    with LoopbackServer(Behaviour(tie_rate=0, low_rate=0.5)) as server:
        project = a_project(folder, server, JUDGE + GENERATE)
        add_pairs(project, 12)
        (project.root / "more.jsonl").write_text('{"prompt": "What is rain?"}\n')
        add_files(project.store, [project.root / "more.jsonl"])
        run_generate(project)
        pair(project)
        run_judge(project, "main")
    run_route(project)
    label(project, {"pair-1": "A", "pair-2": "B"}, "ann")
    person = Person.sign_in(project, "bob")
    task = person.next_task()
    person.choose(task, "left", 5.0)
    person.choose(task, "right", 5.0)
    export_project(project)
    assert rows(project, "call")
    assert rows(project, "retraction")
    project.close()
    assert doctor(project.root).sound
    return project.root


@pytest.fixture
def folder(sound, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(sound, tmp_path / "copy")


def by_hand(folder, *statements):
    with closing(sqlite3.connect(folder / "pairwright.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


def edit_export(folder):
    path = folder / "export" / "dpo.jsonl"
    path.write_text(path.read_text().replace("yes", "no"))


def edit_manifest(folder):
    (folder / "export" / "dpo.jsonl.manifest.json").write_text("{}")


def drop_side(folder):
    (folder / "export" / "dpo.jsonl.meta.jsonl").unlink()


def lose_manifest(folder):
    (folder / "export" / "dpo.jsonl.manifest.json").unlink()


def leave_partial(folder):
    (folder / "export" / ".orpo.jsonl.partial").mkdir()


def corrupt_page(folder):
    """Zeros over pages in the middle of the file."""
    path = folder / "pairwright.db"
    with path.open("r+b") as file:
        file.seek(4096 * 20)
        file.write(bytes(4096 * 3))


def cut_file(folder):
    path = folder / "pairwright.db"
    path.write_bytes(path.read_bytes()[: 4096 * 3 + 100])


def text_file(folder):
    (folder / "pairwright.db").write_text("no database " * 1000)


def empty_file(folder):
    (folder / "pairwright.db").write_bytes(b"")


def break_index(folder):
    """The rows of an index taken out of it, as a failing disk may do."""
    by_hand(
        folder,
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX vote_by_pair ON vote (rater_id, pair_id)' "
        "WHERE name = 'vote_by_pair'",
    )


def swapped_vote(folder):
    """The newest belief rests on a vote of another pair, and its sum says so, too."""
    with closing(sqlite3.connect(folder / "pairwright.db")) as connection, connection:
        number, pair_id, basis = connection.execute(
            "SELECT id, pair_id, basis FROM belief WHERE basis LIKE '%\"votes\":[_%' ORDER BY id DESC"
        ).fetchone()
        (other,) = connection.execute("SELECT id FROM vote WHERE pair_id != ?", (pair_id,)).fetchone()
        changed = json.dumps({**json.loads(basis), "votes": [other]})
        connection.execute(
            "UPDATE belief SET basis = ?, votes_sum = ? WHERE id = ?", (changed, other, number)
        )


DRAWN = "slot IS NOT NULL"
OTHER_TEXT = "UPDATE response SET text = 'Something else.' WHERE id = "
HEX = "X'00112233445566778899aabbccddeeff'"
# name: what somebody does, the checks that see it, what is said of where and what.
DAMAGES = {
    "a given text overwritten": (OTHER_TEXT + "1", {"content"}, r"response r-\w+ \(row 1\): its text"),
    "a paired text overwritten": (OTHER_TEXT + "1", {"content"}, r"pair x-\w+ .*one of its two texts"),
    "a drawn text overwritten": (
        f"UPDATE response SET text = 'x' WHERE {DRAWN}",
        {"chain", "content"},
        r"response r-\w+ .*was edited",
    ),
    "a prompt overwritten": (
        """UPDATE prompt SET messages = '[{"role": "user", "content": "Else?"}]' WHERE id = 3""",
        {"content"},
        r"prompt p-\w+ \(row 3\): its messages",
    ),
    "a prompt is JSON no more": (
        "UPDATE prompt SET messages = '[{\"role' WHERE id = 3",
        {"pages"},
        r"what `content` reads: can't be read",
    ),
    "a judge renamed": ("UPDATE rater SET name = 'm' WHERE kind = 'judge'", {"content"}, "rater .*its name"),
    "guidelines overwritten": (
        "UPDATE guideline SET text = 'Be kind.'",
        {"content"},
        r"guideline .*its text",
    ),
    "a vote edited": (
        "UPDATE vote SET verdict = CASE verdict WHEN 'A' THEN 'B' ELSE 'A' END WHERE id = 5",
        {"chain"},
        r"vote v-\w+ \(row 5\): was edited",
    ),
    "a vote's reason edited": ("UPDATE vote SET reason = 'x' WHERE id = 5", {"chain"}, r"vote .*was edited"),
    "a vote deleted": (
        "DELETE FROM vote WHERE id = 5",
        {"chain", "calls", "beliefs"},
        r"vote \(row 5\): was deleted",
    ),
    "the newest vote deleted": (
        "DELETE FROM vote WHERE id = (SELECT max(id) FROM vote)",
        {"chain", "beliefs", "references"},
        r"vote \(row \d+\): was deleted",
    ),
    "a vote put in by hand": (
        f"INSERT INTO vote (key, pair_id, rater_id, 'order', verdict, at) VALUES ({HEX}, 1, 1, 'AB', 'A', 0)",
        {"chain", "calls"},
        r"vote v-001122334455 .*has no seal",
    ),
    "a retraction deleted": (
        "DELETE FROM retraction",
        {"chain"},
        r"retraction \(row 1\): was deleted",
    ),
    "a belief edited": (
        "UPDATE belief SET verdict = 'TIE' WHERE id = 2",
        {"chain"},
        r"belief \(row 2\): was edited",
    ),
    "a belief on a vote of another pair": (
        swapped_vote,
        {"chain", "beliefs"},
        r"rests on vote .*is about pair",
    ),
    "a wrong sum of votes": (
        "UPDATE belief SET votes_sum = votes_sum + 1 WHERE id = 2",
        {"beliefs"},
        r"belief \(row 2\) on pair 2: counts its votes as",
    ),
    "a seal edited": (
        "UPDATE seal SET at = at + 1 WHERE id = 2",
        {"chain"},
        r"seal \w+ \(row 2\): was edited",
    ),
    "a seal deleted": ("DELETE FROM seal WHERE id = 2", {"chain"}, r"seal \w+: is gone"),
    "an answer's call deleted": ("DELETE FROM call WHERE id = 4", {"calls"}, "pays a call for each vote"),
    "a pair's response deleted": (
        "DELETE FROM response WHERE id = 1",
        {"references"},
        r"pair \(row 1\): (a|b)_id names response 1, which is not there",
    ),
    "a task missing": (
        "DELETE FROM task WHERE pair_id = (SELECT min(pair_id) FROM task)",
        {"queue"},
        "is not in the queue|not in the queue",
    ),
    "a task too many": (
        "INSERT INTO task (pair_id, rank, open) SELECT id, 1, 1 FROM pair "
        "WHERE id NOT IN (SELECT pair_id FROM task) LIMIT 1",
        {"queue"},
        "in the queue and not open",
    ),
    "a wrong count of open places": (
        "UPDATE task SET open = 9",
        {"queue"},
        "stands in the queue with another open",
    ),
    "an index dropped": ("DROP INDEX vote_by_pair", {"tables"}, "index vote_by_pair: is missing"),
    "a table dropped": ("DROP TABLE task", {"tables", "pages"}, "table task: is missing"),
    "an index out of step": (break_index, {"pages"}, "missing from index|wrong # of entries"),
    "pages overwritten": (corrupt_page, {"pages"}, "the database file|can't be read"),
    "the file cut off": (cut_file, {"pages"}, "malformed|can't be read|the database file"),
    "another file in its place": (text_file, {"pages"}, "does not begin as a SQLite file"),
    "an empty file in its place": (empty_file, {"pages"}, r"is empty \(0 bytes\)"),
    "an export's line changed": (edit_export, {"exports"}, r"dpo.jsonl.*was changed after the export"),
    "an export's side file gone": (drop_side, {"exports"}, r"dpo.jsonl.meta.jsonl is missing"),
    "a manifest overwritten": (edit_manifest, {"exports"}, "is no manifest of an export"),
    "a manifest gone": (lose_manifest, {"exports"}, "no manifest tells of it"),
    "an export stopped half-way": (leave_partial, {"exports"}, "an export that was stopped left behind"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_project_in_any_state_is_sound(state, tmp_path):
    project = STATES[state](tmp_path)
    assert doctor(project.root).damages == []


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_named_with_its_place_and_the_way_forward(name, folder):
    damage, checks, said = DAMAGES[name]
    by_hand(folder, damage) if isinstance(damage, str) else damage(folder)
    result = doctor(folder)
    assert result.found.keys() >= checks
    lines = [f"{each.where}: {each.what}" for each in result.damages]
    assert any(re.search(said, line) for line in lines), lines
    assert all(each.remedy for each in result.damages)


# --- the way forward ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "a wrong sum of votes",
        "a task missing",
        "a task too many",
        "a wrong count of open places",
        "an index dropped",
        "an export stopped half-way",
    ],
)
def test_what_can_be_derived_is_made_again(name, folder):
    damage, *_ = DAMAGES[name]
    by_hand(folder, damage) if isinstance(damage, str) else damage(folder)
    mended = doctor(folder, repair=True)
    assert mended.repaired
    assert mended.damages == []
    assert doctor(folder).damages == []


def test_an_index_out_of_step_is_made_again(folder):
    """SQLite leaves rows out of an index where a function it is told of lies."""
    with closing(sqlite3.connect(folder / "pairwright.db")) as connection, connection:
        pages = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name IN ('vote_by_rater')"
        ).fetchone()
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'vote_by_rater'")
    with closing(sqlite3.connect(folder / "pairwright.db")) as connection, connection:
        connection.execute("DELETE FROM lease")
        connection.execute("UPDATE vote SET rater_id = rater_id")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('index', 'vote_by_rater', 'vote', ?, "
            "'CREATE INDEX vote_by_rater ON vote (id, rater_id)')",
            pages,
        )
    assert not doctor(folder).sound
    assert doctor(folder, repair=True).sound


@pytest.mark.parametrize(
    "name",
    [
        "a vote edited",
        "the newest vote deleted",
        "a vote put in by hand",
        "a given text overwritten",
        "a drawn text overwritten",
        "a belief on a vote of another pair",
        "an answer's call deleted",
    ],
)
def test_a_change_that_was_meant_is_put_on_record_and_the_next_one_shows(name, folder):
    damage, *_ = DAMAGES[name]
    by_hand(folder, damage) if isinstance(damage, str) else damage(folder)
    assert doctor(folder, repair=True).errors, "nothing of this can be derived"
    accepted = doctor(folder, accept="corrected with the customer", by="lee")
    assert (accepted.sound, accepted.accepted > 0) == (True, True)
    assert doctor(folder).damages == []
    by_hand(folder, "UPDATE vote SET verdict = 'TIE' WHERE id = 5")
    assert doctor(folder).found["chain"] == 1


def test_what_was_accepted_can_itself_not_be_edited(folder):
    by_hand(folder, "UPDATE vote SET verdict = 'TIE' WHERE id = 5")
    doctor(folder, accept="why not", by="lee")
    by_hand(folder, "UPDATE tombstone SET because = 'asked by the customer'")
    assert any("tombstone" in each.where for each in doctor(folder).damages)


def test_a_reason_is_asked_for(folder):
    with pytest.raises(InputError, match="with a reason"):
        doctor(folder, accept=" ")


def test_a_persons_words_can_be_erased_and_the_chain_holds(folder):
    with Project.open(folder) as project, project.store.write() as connection:
        people = select(vote.c.id).where(
            vote.c.rater_id.in_(select(rater.c.id).where(rater.c.kind == "person"))
        )
        theirs = list(connection.execute(people).scalars())
        connection.execute(update(vote).where(vote.c.id.in_(theirs)).values(reason=None, seconds=None))
        bury(connection, vote, theirs, because="erased on request", by="lee")
    assert doctor(folder).damages == []
    by_hand(folder, f"UPDATE vote SET verdict = 'TIE' WHERE id = {theirs[0]}")
    assert doctor(folder).found == {"chain": 1}


def test_since_when_is_told_by_the_row_and_by_the_last_run_that_found_all_right(folder):
    by_hand(folder, "UPDATE vote SET verdict = 'TIE' WHERE id = 5")
    (found,) = doctor(folder).damages
    assert "when the row was written; doctor found all right on 20" in found.since


def test_the_end_of_the_chain_says_whether_later_rows_were_cut_off(folder):
    """All that came after a backup gone, seals too, leaves a sound store: only the noted end tells."""
    ends = doctor(folder).heads
    by_hand(
        folder,
        "DELETE FROM retraction",
        "DELETE FROM seal WHERE id = (SELECT max(id) FROM seal)",
    )
    assert doctor(folder).heads != ends


# --- before a push --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a given text overwritten", "a vote edited", "an export's line changed"])
def test_nothing_damaged_is_pushed(name, folder):
    damage, *_ = DAMAGES[name]
    by_hand(folder, damage) if isinstance(damage, str) else damage(folder)
    refused = pytest.raises(InputError, match="nothing is pushed|was changed after the export")
    with Project.open(folder) as project, refused:
        push(project, WantedExports("me/mine"), How(fail_on="off"))


def test_a_quick_look_passes_over_what_no_exported_row_rests_on(folder):
    by_hand(folder, "DELETE FROM call WHERE id = 4")
    assert doctor(folder, quick=True).damages == []
    with Project.open(folder) as project:
        assert problems(project, []) == []
    by_hand(folder, "UPDATE vote SET verdict = 'TIE' WHERE id = 5")
    with Project.open(folder) as project:
        assert "was edited" in problems(project, [])[0]


# --- not damage -----------------------------------------------------------------------------------


def test_a_store_that_somebody_writes_to_is_sound(folder):
    with Project.open(folder) as project, project.store.write() as connection:
        connection.execute(update(vote).values(reason="not yet committed"))
        assert doctor(folder, quick=True).sound
        connection.rollback()


def test_a_server_that_is_away_is_no_damage(folder):
    settings = '[project]\nstore = "postgresql+psycopg://me@127.0.0.1:9/none"\n'
    (folder / "pairwright.toml").write_text(settings)
    with pytest.raises(StoreError, match="cannot be opened"):
        doctor(folder)


def test_the_command_prints_each_damage_and_ends_with_2(folder, capsys):
    assert run(["-C", str(folder), "doctor"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Sound: pages, tables, references, content, chain, calls, beliefs, queue, exports")
    assert "The chain of votes and decisions ends in" in said
    by_hand(folder, "UPDATE vote SET verdict = 'TIE' WHERE id = 5")
    assert run(["-C", str(folder), "doctor"]) == 2
    said = capsys.readouterr().out
    assert "chain  vote v-" in said
    assert 'pairwright doctor --accept "WHY"' in said
    assert run(["-C", str(folder), "doctor", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["found"]) == (False, {"chain": 1})
    assert run(["-C", str(folder), "doctor", "--accept", "as agreed"]) == 0
    assert "Accepted: 1 row" in capsys.readouterr().out
