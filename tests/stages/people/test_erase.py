"""A person's data erased on request: their name is nowhere any more, and the chain still proves the rest."""

import json
import sqlite3
from contextlib import closing

import pytest
from projects import a_project, add_pairs, add_rows, rows
from sites import TheSite

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.stages.backup.backup import backup
from pairwright.stages.check.check import run_check
from pairwright.stages.doctor.doctor import doctor
from pairwright.stages.export.export import export
from pairwright.stages.figures.report import write_report
from pairwright.stages.figures.status import status_of
from pairwright.stages.generate.pair import pair
from pairwright.stages.people import accounts, adjudicate, gold, review
from pairwright.stages.people.annotators import person_named
from pairwright.stages.people.answers import Person
from pairwright.stages.people.erase import erase
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.people.requeue import requeue, take_back
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route
from pairwright.store.people.erase import votes_of

NAME = "Wilhelmina Ørsted"
SECRET = "my neighbour wrote this"


def answer(person, pair_id, verdict, note=None):
    task = person.task_on(pair_id)
    return person.choose(
        task, "left" if (verdict == "A") == (person.order(task) == "AB") else "right", 9, note=note
    )


@pytest.fixture
def project(tmp_path):
    """Wilhelmina led and annotated: her name and words are wherever the program puts them."""
    settings = "[annotate]\noverlap = 2\noverlap_most = 2\nqualify_pairs = 0\n"
    with a_project(tmp_path, settings=settings) as project:
        add_pairs(project, 40)
        run_route(project)
        lea = accounts.known_or_new(project, "lea", "lead")
        her = accounts.known_or_new(project, NAME, "lead")
        accounts.set_password(project, her, "a short sentence")
        accounts.start_session(project, her)
        accounts.invite(project, "annotator", account=her, by=lea, note=NAME)
        accounts.change(project, her, lea, tags=["law"])
        people = [Person.sign_in(project, name) for name in (NAME, "bob", "cyd")]
        for person in people[:2]:
            for pair_id in range(1, 31):
                answer(person, pair_id, "A", SECRET if person.name == NAME and pair_id < 4 else None)
        answer(people[0], 31, "A")
        answer(people[1], 31, "B")
        people[0].skip(people[0].task_on(32), SECRET)
        people[0].flag(people[0].task_on(33), "personal", SECRET)
        adjudicate.decide(project, 31, "A", her, reason=SECRET)
        gold.make_gold(project, 34, "A", by=her)
        review.settle(project, 33, "kept out", lea, comment="Thank you, dear.")
        requeue(project, person_named(project, "bob"), her)
        labels = project.root / "from a file.jsonl"
        labels.write_text(json.dumps({"id": "pair-36", "label": "A", "annotator": NAME}) + "\n")
        import_labels(project, [labels])
        labels.unlink()
        run_label(project)
        run_check(project)
        run_route(project)
        yield project


def files_with(project, *words):
    """By raw bytes, past everything the program does."""
    found = set()
    for path in project.root.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            written = {each for word in words for each in (word, json.dumps(word)[1:-1])}
            found |= {path.name for each in written if each.encode() in text}
    return found


def all_rows(project):
    """Every row of every table as text."""
    with closing(sqlite3.connect(project.root / "pairwright.db")) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def labels_of(project):
    export(project.store, project.root / "dpo.jsonl", shape="dpo")
    return (project.root / "dpo.jsonl").read_text()


def test_after_it_no_file_holds_the_name_or_the_notes_and_labels_are_as_before(project):
    before = labels_of(project)
    write_report(project)
    assert before
    assert {each.partition("-")[0] for each in files_with(project, NAME, SECRET)} == {
        "pairwright.db", "dpo.jsonl.meta.jsonl", "report.html"
    }  # fmt: skip
    done = erase(project, NAME, votes="keep", confirm=NAME)
    assert (done.pseudonym, done.rewritten, done.left) == ("erased-1", True, {})
    assert done.notes == 6, "of three votes, a decision, a skip and a flag"
    assert "dpo.jsonl.meta.jsonl" in done.files
    assert labels_of(project) == before
    write_report(project)
    project.close()
    assert files_with(project, NAME, SECRET) == set()
    found = doctor(project.root)
    assert found.sound, found.sentences()
    assert files_with(project, NAME, SECRET) == set()


def test_the_chain_still_shows_any_other_change(project):
    erase(project, NAME, votes="keep", confirm=NAME)
    project.close()
    hers = next(row.id for row in rows(project, "rater") if row.name == "erased-1")
    noted = min(row.id for row in rows(project, "vote") if row.rater_id == hers)
    for statement, table in (
        (f"UPDATE vote SET verdict = 'B' WHERE id = {noted}", "vote"),
        ("UPDATE belief SET reason = 'decided by erased-1: B' WHERE reason LIKE 'decided by%'", "belief"),
        ("UPDATE rater SET name = 'bob again' WHERE name = 'erased-1'", "rater"),
    ):
        with closing(sqlite3.connect(project.root / "pairwright.db")) as connection, connection:
            connection.execute(statement)
        assert any(damage.where.startswith(table) for damage in doctor(project.root).damages), statement
        doctor(project.root, accept="put back by the test")


def test_without_votes_the_rest_of_the_store_is_untouched(project):
    """Anonymising changes her rows and those that named her, and adds tombstones and one seal."""
    before, her = all_rows(project), next(row.id for row in rows(project, "rater") if row.name == NAME)
    erase(project, NAME, votes="keep", confirm=NAME)
    after = all_rows(project)
    changed = {
        name: len(set(map(str, before[name])) - set(map(str, after[name])))
        for name in before
        if before[name] != after[name]
    }
    votes = [row for row in rows(project, "vote") if row.rater_id == her]
    assert changed.pop("vote") == 4
    assert len(votes) == 34
    assert (
        changed.pop("rater") == changed.pop("account") == changed.pop("flag") == changed.pop("failure") == 1
    )
    assert changed.keys() <= {
        "belief", "retraction", "lead_action", "review", "lease", "session", "invitation", "combination",
        "check_run", "finding", "seal", "tombstone",
    }  # fmt: skip
    assert changed["belief"] == sum("decided by" in str(row) for row in before["belief"])


def test_retracted_votes_count_no_longer_and_labels_are_decided_again(project):
    assert status_of(project).accepted_from_people > 0
    done = erase(project, NAME, votes="retract", confirm=NAME)
    assert done.retracted == 34
    assert done.withdrawn == 2
    with project.store.read() as connection:
        her = next(row.id for row in rows(project, "rater") if row.name == "erased-1")
        assert votes_of(connection, her) == []
    after = status_of(project)
    assert after.accepted_from_people == 0
    assert run_route(project).changed == 0
    project.close()
    assert files_with(project, NAME, SECRET) == set()
    assert doctor(project.root).sound


def test_a_dry_run_says_what_would_be_and_changes_nothing(project):
    before = all_rows(project)
    would = {
        votes: erase(project, NAME, votes=votes, dry_run=True).as_dict() for votes in ("keep", "retract")
    }
    assert all_rows(project) == before
    for each in ("rewritten", "dry_run", "files"):
        assert would["keep"].pop(each) in (None, True, [])
    did = erase(project, NAME, votes="keep", confirm=NAME).as_dict()
    assert {name: did[name] for name in would["keep"]} == would["keep"]
    assert would["retract"]["retracted"] == 34


def test_it_is_confirmed_by_the_name_and_there_is_somebody_of_that_name(project):
    before = all_rows(project)
    for confirm in (None, "", "wilhelmina"):
        with pytest.raises(InputError, match="give the name once more.*Nothing was erased"):
            erase(project, NAME, votes="keep", confirm=confirm)
    with pytest.raises(InputError, match='nobody here is called "Wilhelm"'):
        erase(project, "Wilhelm", votes="keep", confirm="Wilhelm")
    assert all_rows(project) == before


def test_who_only_ever_came_by_a_file_is_erased_too_and_pseudonyms_count_on(project):
    erase(project, NAME, votes="keep", confirm=NAME)
    labels = project.root / "more.jsonl"
    labels.write_text('{"id": "pair-37", "label": "A", "annotator": "Zebulon"}\n')
    import_labels(project, [labels])
    done = erase(project, "Zebulon", votes="retract", confirm="Zebulon")
    assert (done.pseudonym, done.retracted, done.files) == ("erased-2", 1, ["more.jsonl"])
    assert doctor(project.root).sound


def test_what_they_did_as_a_lead_can_still_be_taken_back(project):
    lea = accounts.known_or_new(project, "lea", "lead")
    (action,) = [row.id for row in rows(project, "lead_action") if row.what == "re-queued votes"]
    erase(project, NAME, votes="keep", confirm=NAME)
    assert take_back(project, action, lea) == (31, 0)


def test_names_in_what_others_wrote_are_counted_and_left(project):
    cyd = Person.sign_in(project, "cyd")
    answer(cyd, 40, "A", f"{NAME} told me so")
    done = erase(project, NAME, votes="keep", confirm=NAME)
    assert done.left == {"vote.reason": 1}
    assert (
        "The name is also a word in what others wrote, and stays there: vote.reason (1)." in done.sentences()
    )


def test_backups_that_hold_the_person_are_named_and_packed_files_too(project):
    old = backup(project, project.root / "backups" / "old.db")
    (project.root / "notes.txt.gz").write_bytes(b"\x1f\x8b")
    (project.root / "other.db").write_bytes(b"SQLite format 3\0 and then nothing")
    done = erase(project, NAME, votes="keep", confirm=NAME)
    assert old
    assert done.files == ["backups/old.db"]
    assert done.packed == ["notes.txt.gz", "other.db"]
    assert any("delete old backups" in each for each in done.sentences())


@pytest.mark.parametrize("name", ["A", "people", "TIE", "decided by"])
def test_a_name_that_is_a_word_of_the_records_spoils_none_of_them(tmp_path, name):
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 0\n") as project:
        add_pairs(project, 3)
        run_route(project)
        lead = accounts.known_or_new(project, name, "lead")
        for person in (Person.sign_in(project, name), Person.sign_in(project, "bob")):
            answer(person, 1, "A")
        adjudicate.decide(project, 2, "A", lead)
        before = [row.reason for row in rows(project, "belief")]
        erase(project, name, votes="keep", confirm=name)
        after = [row.reason for row in rows(project, "belief")]
        assert after == [
            "decided by erased-1: A" if each == f"decided by {name}: A" else each for each in before
        ]
        assert doctor(project.root).sound


def test_the_command_asks_for_the_name_and_says_what_it_did(project, capsys):
    command = ["-C", str(project.root), "people", "erase", NAME]
    assert run([*command, "--votes", "keep"]) == 1
    assert "to confirm it, give the name once more" in capsys.readouterr().err
    assert run([*command, "--votes", "keep", "--dry-run"]) == 0
    assert "Goes: 6 notes beside votes, flags and skips." in capsys.readouterr().out
    assert run([*command, "--votes", "keep", "--confirm", NAME, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pseudonym"] == "erased-1"
    assert run([*command, "--votes", "keep", "--confirm", NAME]) == 1
    assert "nobody here is called" in capsys.readouterr().err
    (mine,) = [row for row in rows(project, "tombstone") if row.table == "rater"]
    assert mine.because == "a person's data erased on request, votes kept"


@pytest.mark.parametrize("votes", ["keep", "retract"])
def test_reasons_and_spans_stay_with_the_vote_since_they_are_no_words_of_theirs(tmp_path, votes):
    with a_project(tmp_path, settings='[annotate]\nreasons = ["style"]\nqualify_pairs = 0\n') as project:
        add_pairs(project, 1)
        run_route(project)
        her = Person.sign_in(project, NAME)
        spans = [{"side": "left", "turn": 0, "start": 0, "end": 2}]
        her.choose(her.task_on(1), "left", 9, note=SECRET, reasons=["style"], spans=spans)
        (before,) = rows(project, "vote")
        done = erase(project, NAME, votes=votes, confirm=NAME)
        (vote,) = rows(project, "vote")
        assert (vote.reason, vote.reasons, vote.spans) == (None, ["style"], before.spans)
        assert "with the reasons chosen, the spans marked" in " ".join(done.sentences())
        project.close()
        assert doctor(project.root).sound


@pytest.mark.parametrize(("votes", "left"), [("keep", 3), ("retract", 0)])
def test_a_ranking_stays_under_the_pseudonym_and_its_votes_count_or_not_without_its_note(
    tmp_path, votes, left
):
    with a_project(tmp_path, settings='[annotate]\nform = "rank"\nqualify_pairs = 0\n') as project:
        add_rows(project, [{"prompt": "Q?", "responses": ["a", "b", "c"]}])
        pair(project)
        run_route(project)
        her = TheSite(project).annotator(NAME)
        (task,) = her.call("/api/rank?n=1").json()["tasks"]
        places = {each["id"]: place for place, each in enumerate(task["responses"], 1)}
        told = {"id": task["id"], "key": "1" * 32, "places": places, "seconds": 9, "note": SECRET}
        assert her.call("/api/rank", told).json()["saved"]
        assert erase(project, NAME, votes=votes, confirm=NAME).notes == 1
        (person,) = (row.id for row in rows(project, "rater") if row.name == "erased-1")
        assert [row.rater_id for row in rows(project, "ranking")] == [person]
        with project.store.read() as connection:
            assert len(votes_of(connection, person)) == left
        project.close()
        assert files_with(project, NAME, SECRET) == set()
        assert doctor(project.root).sound
