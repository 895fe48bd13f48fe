"""Several people's answers become one label, with real stages."""

import json

import numpy as np
import pytest
from projects import a_project, add_pairs, change, rows
from stages.route.test_calibrate import people_answer, replayed

from pairwright.cli.main import run
from pairwright.errors import NotConverged
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route

MANY = "\n[annotate]\noverlap = {overlap}\n"


def answered(tmp_path, skills, n=120, overlap=None, settings=""):
    """(project, truth): everybody answers every pair, right with this probability; no judge."""
    project = a_project(tmp_path, settings=MANY.format(overlap=overlap or len(skills)) + settings)
    add_pairs(project, n)
    run_route(project)
    rng = np.random.default_rng(0)
    truth = {f"pair-{i}": "AB"[rng.integers(2)] for i in range(n)}
    for name, skill in skills.items():
        path = project.root / f"{name}.jsonl"
        said = {p: t if rng.random() < skill else "AB"["BA".index(t)] for p, t in truth.items()}
        path.write_text(
            "\n".join(json.dumps({"id": p, "annotator": name, "label": v}) for p, v in said.items())
        )
        import_labels(project, [path])
    return project, truth


def labels(project):
    """pair id -> verdict, of what is accepted."""
    ids = {row.id: row.external_id for row in rows(project, "pair")}
    newest = {row.pair_id: row for row in rows(project, "belief")}
    return {ids[p]: b.verdict for p, b in newest.items() if b.decision == "accept"}


def right(project, truth):
    found = labels(project)
    return np.mean([truth[pair] == verdict for pair, verdict in found.items()])


def test_the_careful_count_more_than_the_careless(tmp_path):
    project, truth = answered(tmp_path, {"ada": 0.98, "bob": 0.6, "cyd": 0.6}, n=500)
    assert run_label(project, "majority").people == {}
    before = right(project, truth)
    result = run_label(project)
    assert result.method == "dawid-skene"
    assert result.people["ada"] > 0.8 > 0.75 > max(result.people["bob"], result.people["cyd"])
    assert result.changed > 0
    assert right(project, truth) > before + 0.05


def test_dawid_skene_gives_everybody_a_confusion_matrix(tmp_path):
    project, _ = answered(tmp_path, {"ada": 0.95, "bob": 0.8, "cyd": 0.7}, n=300)
    result = run_label(project, "dawid-skene")
    assert result.people["ada"] > result.people["bob"] > result.people["cyd"]
    kept = rows(project, "combination")[-1].result
    assert np.array(kept["people"]["ada"]).shape == (3, 3)
    assert len(kept["prior"]) == 3


def test_with_judges_people_are_anchored_on_their_forecast(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.9)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    result = run_label(project)
    assert result.method == "anchored"
    assert result.people["ann"] > 0.85
    assert result.contested <= result.answers * 0.05
    assert run_label(project).changed == 0  # the same answers, the same labels


def test_judges_break_a_tie_between_people_but_never_overrule_them(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.97)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    ids = {row.id: row.external_id for row in rows(project, "pair")}
    newest = {row.pair_id: row for row in rows(project, "belief")}
    by_judges = [pair for pair, belief in newest.items() if belief.source == "judge"]
    split, agreed, alone = (ids[pair] for pair in by_judges[:3])
    judged = labels(project)
    other = {"A": "B", "B": "A"}
    answers = [
        {"id": split, "annotator": "ann", "label": judged[split]},
        {"id": split, "annotator": "bob", "label": other[judged[split]]},
        {"id": agreed, "annotator": "ann", "label": other[judged[agreed]]},
        {"id": alone, "annotator": "bob", "label": other[judged[alone]]},
    ]
    path = project.root / "more.jsonl"
    path.write_text("\n".join(map(json.dumps, answers)))
    import_labels(project, [path])
    result = run_label(project)
    found = labels(project)
    assert found[split] == judged[split]
    assert found[agreed] == other[judged[agreed]]
    assert result.settled == 1
    assert found[alone] == other[judged[alone]]
    assert result.contested == 1  # bob has been wrong before, and here the judges are against him


def test_a_method_asked_for_by_name_never_gives_way(tmp_path):
    project, _ = answered(tmp_path, {"ada": 0.9})
    with pytest.raises(NotConverged, match="two people or more"):
        run_label(project, "dawid-skene")
    assert run_label(project).method == "majority"


def test_the_setting_is_used_and_route_agrees_with_label(tmp_path):
    project, _ = answered(tmp_path, {"ada": 0.98, "bob": 0.6, "cyd": 0.6})
    project = change(project, '\n[label]\nmethod = "dawid-skene"\n')
    run_label(project)
    before = labels(project)
    assert run_route(project).changed == 0
    assert labels(project) == before


def test_the_command_says_what_came_of_it(tmp_path, capsys):
    project, _ = answered(tmp_path, {"ada": 0.98, "bob": 0.7, "cyd": 0.7})
    assert run(["-C", str(project.root), "label"]) == 0
    shown = capsys.readouterr()
    said = " ".join((shown.out + shown.err).split())
    assert "360 answers on 120 pairs, by anchored" in said
    assert "Taken to be right: ada" in said
    assert run(["-C", str(project.root), "label", "--method", "gold"]) == 1
    assert "nobody answered a gold pair" in " ".join(capsys.readouterr().err.split())
    assert run(["-C", str(project.root), "label", "--method", "best"]) == 1
    assert "--method is one of majority, gold" in " ".join(capsys.readouterr().err.split())


def test_with_no_answers_the_command_says_what_to_do(tmp_path, capsys):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 3)
    assert run(["-C", str(project.root), "label", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["method"] == "none"
