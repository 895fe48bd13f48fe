"""Reasons the lead defined and marked spans go with a vote, and nothing else does."""

import json

import pytest
from projects import a_project, add_rows, rows

from pairwright.errors import ConfigError, InputError
from pairwright.formats.writing import meta_path
from pairwright.stages.export.export import export
from pairwright.stages.figures.show import chain_of
from pairwright.stages.people.answers import Person
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import run_route

SETTINGS = '[annotate]\nreasons = ["accuracy", "style"]\noverlap = 2\n'
CALLS = [
    {
        "role": "assistant",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "21"},
    {"role": "assistant", "content": "It is 21 degrees."},
]


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings=SETTINGS) as project:
        add_rows(
            project,
            [{"id": "p", "prompt": "How warm?", "response_a": CALLS, "response_b": "Warm 😀 enough."}],
        )
        run_route(project)
        yield project


def side_of(person, task, letter):
    return "left" if (letter == "a") == (person.order(task) == "AB") else "right"


def choose(person, letter="a", **why):
    task = person.task_on(1)
    return person.choose(task, side_of(person, task, letter), 5, **why)


def mark(person, letter, turn, start, end):
    return {"side": side_of(person, person.task_on(1), letter), "turn": turn, "start": start, "end": end}


def test_reasons_and_spans_are_kept_in_terms_of_the_pairs_own_sides(project):
    for name in ("ann", "bob", "cat"):  # whatever side each of them was shown
        person = Person.sign_in(project, name)
        spans = [mark(person, "b", 0, 5, 6), mark(person, "a", 2, 0, 5)]
        choose(person, reasons=["style", "accuracy"], spans=spans)
    for vote in rows(project, "vote"):
        assert vote.reasons == ["accuracy", "style"]
        assert vote.spans == [
            {"side": "a", "turn": 2, "start": 0, "end": 5},
            {"side": "b", "turn": 0, "start": 5, "end": 6},
        ]


def test_they_are_shown_with_their_words_and_exported_beside_the_row(project):
    ann, bob = Person.sign_in(project, "ann"), Person.sign_in(project, "bob")
    choose(ann, reasons=["accuracy"], spans=[mark(ann, "a", 2, 6, 8), mark(ann, "b", 0, 5, 6)])
    choose(bob, reasons=["accuracy", "style"])
    first, second = chain_of(project, "p")["votes"]
    assert [each["text"] for each in first["spans"]] == ["21", "😀"]
    assert second["reasons"] == ["accuracy", "style"]
    assert "spans" not in second
    export(project.store, project.root / "out.jsonl")
    (side,) = map(json.loads, meta_path(project.root / "out.jsonl").read_text().splitlines())
    assert side["reasons"] == {"accuracy": 2, "style": 1}
    assert side["spans"] == [
        {"side": "chosen", "turn": 2, "start": 6, "end": 8, "text": "21"},
        {"side": "rejected", "turn": 0, "start": 5, "end": 6, "text": "😀"},
    ]


def test_a_pair_without_them_has_no_such_fields_in_its_side_line(project):
    for name in ("ann", "bob"):
        choose(Person.sign_in(project, name))
    export(project.store, project.root / "out.jsonl")
    (side,) = map(json.loads, meta_path(project.root / "out.jsonl").read_text().splitlines())
    assert not {"reasons", "spans"} & set(side)


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ({"reasons": ["accuracy", "mood"]}, "a reason is one of accuracy, style; got 'mood'"),
        ({"spans": [{"side": "a", "turn": 0, "start": 0, "end": 1}]}, "a span is"),
        ({"spans": [{"side": "left", "turn": 0, "start": "0", "end": 1}]}, "whole numbers"),
        ({"spans": [{"side": "left", "turn": True, "start": 0, "end": 1}]}, "whole numbers"),
        ({"spans": [{"side": "left", "turn": 7, "start": 0, "end": 1}]}, "lies within its text"),
        ({"spans": [{"side": "left", "turn": -1, "start": 0, "end": 1}]}, "lies within its text"),
        ({"spans": [{"side": "left", "turn": 2, "start": 5, "end": 5}]}, "lies within its text"),
        ({"spans": [{"side": "left", "turn": 2, "start": 0, "end": 10**30}]}, "lies within its text"),
        ({"spans": [{"side": "left", "turn": 0, "start": 0, "end": 1}] * 21}, "at most 20 spans"),
    ],
)
def test_what_fits_neither_the_settings_nor_the_texts_is_refused(project, why, says):
    with pytest.raises(InputError, match=says):
        choose(Person.sign_in(project, "ann"), **why)
    assert rows(project, "vote") == []


def test_spans_that_overlap_are_refused(project):
    ann = Person.sign_in(project, "ann")
    with pytest.raises(InputError, match="don't overlap; got 0-5 and 4-8"):
        choose(ann, spans=[mark(ann, "a", 2, 4, 8), mark(ann, "a", 2, 0, 5)])


@pytest.mark.parametrize(
    "reasons", ['["a", "a"]', '[""]', '["1","2","3","4","5","6","7","8","9"]', '["' + "x" * 41 + '"]']
)
def test_reasons_that_can_have_no_key_or_name_are_refused_in_the_settings(project, reasons):
    path = project.root / "pairwright.toml"
    path.write_text(path.read_text().replace('["accuracy", "style"]', reasons))
    with pytest.raises(ConfigError, match="reasons"):
        Project.open(project.root)
