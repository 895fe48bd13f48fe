"""Who wins, and labels that contradict each other, over a real store."""

import pytest
from projects import a_project, add_rows
from stages.route.test_label import answered

from pairwright.stages.figures.kappas import kappas_of
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.figures.wins import wins_of
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route


def labelled(tmp_path, rows):
    """A project of these pairs, each with the label people gave: (prompt, a, b, model a, model b, label)."""
    project = a_project(tmp_path, settings="")
    named = [
        {"id": f"p{i}", "prompt": p, "response_a": a, "response_b": b, "model_a": ma, "model_b": mb}
        for i, (p, a, b, ma, mb, _) in enumerate(rows)
    ]
    add_rows(project, named)
    run_route(project)
    path = project.root / "labels.csv"
    path.write_text("id,annotator,label\n" + "".join(f"p{i},ann,{row[-1]}\n" for i, row in enumerate(rows)))
    import_labels(project, [path])
    return project


def test_the_model_that_wins_more_stands_first_with_its_chance(tmp_path):
    rows = [(f"q{i}", f"x{i}", f"y{i}", "big", "small", "A" if i % 4 else "B") for i in range(40)]
    found = wins_of(labelled(tmp_path, rows))
    assert [each["model"] for each in found["models"]] == ["big", "small"]
    beats = found["models"][0]["beats"]
    assert beats["value"] == pytest.approx(0.75)
    assert 0.5 < beats["low"] < 0.75 < beats["high"] < 1
    assert (found["note"], found["n_cycles"]) == (None, 0)


def test_a_model_that_never_loses_has_a_finite_strength_and_a_note(tmp_path):
    found = wins_of(labelled(tmp_path, [(f"q{i}", "x", "y", "big", "small", "A") for i in range(10)]))
    assert 0.5 < found["models"][0]["beats"]["value"] < 1
    assert "never lost" in found["note"]


def test_labels_that_go_round_in_a_circle_are_listed_and_reported(tmp_path):
    circle = [("q", "x", "y", "m", "n", "A"), ("q", "y", "z", "n", "o", "A"), ("q", "z", "x", "o", "m", "A")]
    project = labelled(tmp_path, [*circle, ("r", "x", "y", "m", "n", "A")])
    found = wins_of(project)
    assert [sorted(cycle) for cycle in found["cycles"]] == [[1, 2, 3]]
    numbers = numbers_of(project)
    assert any("round in a circle" in each["text"] for each in numbers["todo"])
    assert 'id="cycles"' in page_of(numbers)
    assert 'id="models"' in page_of(numbers)


def test_every_two_people_have_a_kappa(tmp_path):
    project, _ = answered(tmp_path, {"ada": 0.95, "bob": 0.95, "cyd": 0.5})
    found = kappas_of(project)
    kappa = {(one, other): each["value"] for one, other, each in found["cohen"]}
    assert kappa["ada", "bob"] > 0.6 > 0.3 > max(kappa["ada", "cyd"], kappa["bob", "cyd"])
    assert 0 < found["fleiss"]["value"] < kappa["ada", "bob"]


def test_nobody_to_compare_is_no_kappa(tmp_path):
    assert kappas_of(a_project(tmp_path, settings="")) == {"fleiss": None, "cohen": []}
