"""The card says how labels came to stand by what is on record of each, not by the rule the project has."""

import pytest
from hub.test_card import judged, made  # noqa: F401
from projects import a_project, change
from pushing import stated
from stages.add.test_labelled_set import ultra, write

from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.export.export import export
from pairwright.stages.export.from_project import export_path
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.route.route import run_route


@pytest.fixture
def given(tmp_path):
    """UltraFeedback as it is added, under the rule a new project has; nobody here was asked."""
    project = a_project(tmp_path, settings='\n[route]\naccept = "guarantee"\n')
    path = write(tmp_path, *(ultra(i, 5, 1) for i in range(30)))
    assert add_dataset(project, [path], source="ultrafeedback").committed
    run_route(project)
    export(project.store, export_path(project, "dpo"))
    return project


def test_labels_that_came_with_the_data_are_said_to_have(given, tmp_path):
    card = made(given, tmp_path).card
    assert facts_of(given)["accepted"] == {"given": 30}
    assert "Labels: 30 came with the data, by the judges below" in card
    assert "30 (100 %) by judges whose votes came with the data" in card
    assert "30 labels came with the data, by judges whose votes they hold: no guarantee was tested" in card
    row = next(line for line in card.splitlines() if line.startswith("| ultrafeedback/gpt-4 |"))
    assert "its votes came with the data; how it was asked, and in which order, is not on record" in row
    assert "in which order ultrafeedback/gpt-4 saw pairs is not on record; its bias is unknown" in card
    for untrue in ("people answered a random draw", "both orders", "went to people"):
        assert untrue not in card


def test_labels_by_certificate_by_people_and_by_the_data_are_told_apart(judged, tmp_path):  # noqa: F811
    path = write(tmp_path, *(ultra(i, 5, 1) for i in range(7)), name="ultra.jsonl")
    before = facts_of(judged)["accepted"]
    project = change(judged, "")
    text = (project.root / "pairwright.toml").read_text()
    (project.root / "pairwright.toml").write_text(text.split("[judges.good]")[0])
    project = change(project, "")
    add_dataset(project, [path], source="ultrafeedback")
    assert facts_of(project)["accepted"] == {**before, "given": 7}
    export(project.store, export_path(project, "dpo"))
    card = made(project, tmp_path).card
    n, people = before["guarantee"], before["people"]
    assert f"{n:,} without a person, under a guarantee: people answered a random draw of pairs" in card
    assert f"{people:,} by people" in card
    assert "7 came with the data, by the judges below" in card
    # The judges that were certified are no longer in the project.
    assert (
        f"{n:,} labels by judges alone were accepted under a guarantee that does not stand at present" in card
    )
    assert "**Nobody tested how often the judges' 7 other labels agree with people.**" in card


def test_the_rule_that_was_changed_since_does_not_tell_how_labels_came_about(tmp_path):
    project = stated(tmp_path)
    text = (project.root / "pairwright.toml").read_text()
    (project.root / "pairwright.toml").write_text(text.replace('"stated"', '"guarantee"'))
    project = change(project, "")
    export(project.store, export_path(project, "dpo"))
    card = made(project, tmp_path).card
    assert "Labels: 30 by a judge's own word" in card
    assert "30 labels rest on judges alone, by their own word: no guarantee was tested" in card
    assert "random draw" not in card
