"""What is not the same is never taken for one: a judge's versions, prompts by their ids, people by their names."""

from __future__ import annotations

import json
import sys

import pytest
from projects import a_project, rows

from pairwright.errors import InputError
from pairwright.stages.add.add import add_files
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people import accounts
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.store.people.names import looks


def write(path, *given):
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return path


def pairs(n, start=0):
    return [
        {"id": f"p{i}", "prompt": f"Why {i}?", "response_a": f"So {i}.", "response_b": f"No {i}."}
        for i in range(start, start + n)
    ]


# --- judges ------------------------------------------------------------------------------------------

SCORER = "def score(prompt, response):\n    return float(response.startswith({word!r}))\n"
PLUGIN = "class Prefers:\n    def compare(self, prompt, a, b):\n        return 'A' if a.startswith({word!r}) else 'B'\n"


def scorer(project, word):
    (project.root / "mine.py").write_text(SCORER.format(word=word))


def replay(project, word):
    said = {"So": "A", "No": "B"}[word]
    given = ({"id": f"p{i}", "order": order, "verdict": said} for i in range(12) for order in ("AB", "BA"))
    write(project.root / "said.jsonl", *given)


def plugin(project, word):
    place = project.root / "site"
    info = place / "their_judge-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-judge\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pairwright.judges]\ntheirs = their_judge:Prefers\n")
    (place / "their_judge.py").write_text(PLUGIN.format(word=word))
    sys.modules.pop("their_judge", None)
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))


def plugin_version(project, word):
    """The same program under another version: its package says that it changed."""
    plugin(project, "So")
    version = {"So": "1.0", "No": "2.0"}[word]
    (project.root / "site" / "their_judge-1.0.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: their-judge\nVersion: {version}\n"
    )


JUDGES = {
    "scorer": (scorer, 'kind = "scorer"\nscore = "mine.py:score"'),
    "replay": (replay, 'kind = "replay"\npath = "said.jsonl"'),
    "plugin": (plugin, 'kind = "theirs"'),
    "plugin of another version": (plugin_version, 'kind = "theirs"'),
}


@pytest.fixture
def own_path(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    sys.modules.pop("their_judge", None)


@pytest.mark.parametrize("kind", JUDGES)
def test_a_judge_whose_file_or_version_changed_is_another_rater(tmp_path, own_path, kind):
    put, settings = JUDGES[kind]
    project = a_project(tmp_path, settings=f"[judges.one]\n{settings}\n")
    put(project, "So")
    add_files(project.store, [write(tmp_path / "a.jsonl", *pairs(6))])
    assert run_judge(project, "one").notes == ()
    put(project, "So")  # written again and not changed
    add_files(project.store, [write(tmp_path / "b.jsonl", *pairs(1, 6))])
    assert run_judge(project, "one").notes == ()
    assert len(rows(project, "rater")) == 1
    votes = len(rows(project, "vote"))
    put(project, "No")
    add_files(project.store, [write(tmp_path / "c.jsonl", *pairs(5, 7))])
    (note,) = run_judge(project, "one").notes
    assert f"{votes} votes of one were cast under other settings" in note
    assert len(rows(project, "rater")) == 2
    if kind != "plugin of another version":
        by = {(vote.rater_id, vote.verdict) for vote in rows(project, "vote")}
        assert len(by) == 2  # neither of the two said both


@pytest.mark.parametrize("more", ["further pairs", "another answer on an old pair"])
def test_a_recording_that_grew_is_the_same_judge_unless_it_takes_something_back(tmp_path, more):
    project = a_project(tmp_path, settings='[judges.one]\nkind = "replay"\npath = "said.jsonl"\n')
    said = [{"id": f"p{i}", "order": order, "verdict": "A"} for i in range(8) for order in ("AB", "BA")]
    write(project.root / "said.jsonl", *said[:12])
    add_files(project.store, [write(tmp_path / "a.jsonl", *pairs(6))])
    run_judge(project, "one")
    grown = more == "further pairs"
    write(project.root / "said.jsonl", *said, *([] if grown else [{**said[0], "verdict": "B"}]))
    add_files(project.store, [write(tmp_path / "b.jsonl", *pairs(2, 6))])
    notes = run_judge(project, "one").notes
    assert len(rows(project, "vote")) == 16
    assert len(rows(project, "rater")) == (1 if grown else 2)
    assert bool(notes) != grown


# --- prompts -----------------------------------------------------------------------------------------


def added(project, path):
    return add_files(project.store, [path])


def added_with_labels(project, path):
    return add_dataset(project, [path], source="table")


@pytest.mark.parametrize("add", [added, added_with_labels])
@pytest.mark.parametrize("files", [1, 2])
def test_one_id_is_for_one_prompt(tmp_path, add, files):
    project = a_project(tmp_path, settings="")
    first, second, third = (
        {
            "id": 1 if n < 2 else 2,
            "prompt": f"Why {n}?",
            "response_a": "So.",
            "response_b": "No.",
            "label": "A",
        }
        for n in range(3)
    )
    if files == 2:
        assert add(project, write(tmp_path / "a.jsonl", first)).committed
        given = [second, third, first]
    else:
        given = [first, third, second, first]
    result = add(project, write(tmp_path / "b.jsonl", *given))
    assert not result.committed
    (bad,) = result.bad
    place = "a.jsonl:1" if files == 2 else "b.jsonl:1"
    assert bad.place.endswith(f"b.jsonl:{given.index(second) + 1}")
    assert 'the id "1" names another prompt already (' in bad.reason
    assert place in bad.reason
    assert "give it an id of its own" in bad.reason


def test_one_prompt_may_come_under_its_id_as_often_as_it_likes(tmp_path):
    project = a_project(tmp_path, settings="")
    one = {"id": 1, "prompt": "Why?"}
    given = [{**one, "response": f"So {n}."} for n in range(3)]
    result = add_files(project.store, [write(tmp_path / "a.jsonl", *given)])
    assert (result.committed, result.prompts.added, result.responses.added) == (True, 1, 3)


# --- people ------------------------------------------------------------------------------------------

ALIKE = {
    "Cyrillic letters": ("Anna", "Аnnа"),
    "all in Cyrillic": ("ROCK", "РОСК".replace("Р", "R")),
    "Greek letters": ("Eva", "Εvα"),
    "capitals": ("root", "ROOT"),
    "capitals of another script": ("Вера", "ВЕРА"),
    "Greek capitals": ("νίκος", "ΝΊΚΟΣ"),
    "quotes": ("O'Brien", "O’Brien"),
    "in quotes": ("ann", '"ann"'),
    "white space": ("Ann Lee", "Ann  Lee"),
    "a space that doesn't show": ("Ann Lee", "Ann\u00a0Lee "),
    "nothing to be seen": ("Ann", "A\u200bnn"),
    "digits for letters": ("bob", "b0b"),
    "dashes": ("Ann-Lee", "Ann–Lee"),
    "wide letters": ("Ann", "ＡＮＮ"),
}
APART = [
    ("Anna", "Anne"),
    ("José", "Jose"),
    ("ann1", "ann2"),
    ("Ann B", "Ann C"),
    ("Иван", "Инна"),
    ("Ila", "Lia"),
]


@pytest.mark.parametrize("how", ALIKE)
def test_names_that_look_alike_have_one_look(how):
    one, other = ALIKE[how]
    assert looks(one) == looks(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_differ_to_the_eye_stay_two(one, other):
    assert looks(one) != looks(other)


def joins(project, name):
    accounts.join(project, accounts.invite(project, "annotator"), name)


def signs_in(project, name):
    Person.sign_in(project, name)


def is_known(project, name):
    accounts.known_or_new(project, name, "annotator")


def imports(project, name):
    pair = rows(project, "pair")[0]
    path = write(
        project.root / "labels.jsonl", {"id": f"x-{pair.key.hex()}", "label": "A", "annotator": name}
    )
    result = import_labels(project, [path])
    if not result.added:
        raise InputError(*result.problems)


def adds_labels(project, name):
    row = {"prompt": "Why 0?", "response_a": "So 0.", "response_b": "No 0.", "label": "A", "annotator": name}
    result = add_dataset(project, [write(project.root / "more.jsonl", row)], source="table")
    if not result.committed:
        raise InputError(*(row.reason for row in result.bad))


WAYS_IN = [joins, signs_in, is_known, imports, adds_labels]


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("how", ["Cyrillic letters", "capitals", "quotes", "in quotes"])
@pytest.mark.parametrize("turned", [False, True])
def test_nobody_comes_in_under_a_name_that_looks_like_anothers(tmp_path, way, how, turned):
    project = a_project(tmp_path, settings="")
    add_files(project.store, [write(tmp_path / "a.jsonl", *pairs(1))])
    first, second = reversed(ALIKE[how]) if turned else ALIKE[how]
    imports(project, first)
    with pytest.raises(InputError, match="looks like .* who is here already: one person would count as two"):
        way(project, second)
    assert [row.name for row in rows(project, "rater")] == [first]


@pytest.mark.parametrize("way", WAYS_IN)
def test_the_same_name_is_the_same_person_however_unicode_writes_it(tmp_path, way):
    project = a_project(tmp_path, settings="")
    add_files(project.store, [write(tmp_path / "a.jsonl", *pairs(1))])
    imports(project, "José")
    way(project, "Jose\u0301 ")
    assert [row.name for row in rows(project, "rater")] == ["José"]
    assert len(rows(project, "vote")) == 1


def test_a_name_that_looks_alike_is_told_sign_by_sign(tmp_path):
    project = a_project(tmp_path, settings="")
    signs_in(project, "Ann")
    with pytest.raises(InputError, match=r'"Аnn" \(А is CYRILLIC CAPITAL LETTER A\) looks like "Ann"'):
        signs_in(project, "Аnn")
