"""A project's labels as reward models read them: how long trajectories were thought, where that counts."""

from __future__ import annotations

import json

import pytest
from projects import a_project, add_rows

from pairwright.stages.add.into_project import add
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.reward.labelled_pairs import read_labelled
from pairwright.stages.route.route import run_route

ACCEPT = '\n[route]\naccept = "stated"\n'


def says(text, thought):
    return [{"role": "assistant", "content": text, "reasoning_content": thought}]


def a_thinking(tmp_path, settings=""):
    """One pair whose b is the better one, by a longer thought."""
    project = a_project(tmp_path, settings=settings + ACCEPT)
    row = {
        "id": "one",
        "prompt": "Why?",
        "response_a": says("So.", "Hm."),
        "response_b": says("Thus.", "Let me see."),
    }
    (project.root / "rows.jsonl").write_text(json.dumps(row))
    add(project, [project.root / "rows.jsonl"])
    label(project)
    return project


def label(project):
    (project.root / "labels.jsonl").write_text(json.dumps({"id": "one", "rater": "ada", "label": "B"}))
    import_labels(project, [project.root / "labels.jsonl"])
    run_route(project)


@pytest.mark.parametrize(
    ("settings", "counted"),
    [
        ("", True),
        ("[pair]\nreasoning_counts = false\n", False),
        ('[pair]\nreasoning_counts = false\n[judges.think]\nkind = "shorter"\nshow_reasoning = true\n', True),
    ],
)
def test_the_length_of_reasoning_counts_where_it_makes_another_response_or_is_shown(
    tmp_path, settings, counted
):
    found = read_labelled(a_thinking(tmp_path, settings))
    assert found.pairs.chosen == ("Thus.",)
    assert found.pairs.reasoning == (((len("Let me see."),), (len("Hm."),)) if counted else None)
    assert found.only([0]).pairs.reasoning == found.pairs.reasoning


def test_plain_rows_were_not_thought(tmp_path):
    project = a_project(tmp_path, settings=ACCEPT)
    add_rows(project, [{"id": "one", "prompt": "Why?", "response_a": "So.", "response_b": "Thus."}])
    label(project)
    found = read_labelled(project)
    assert (found.pairs.reasoning, found.pairs.actions) == (None, None)
