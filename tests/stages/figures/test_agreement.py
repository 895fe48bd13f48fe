"""Agreement by domain, over time, on strength and with judges; each person closely; the report's sections."""

import json

import numpy as np
from projects import a_project, add_rows

from pairwright.stages.figures.agreement import agreement_of
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route

N = 120


def a_studio(tmp_path, skills):
    """A project in two domains and with two models, answered by people right with this probability a domain."""
    replay = tmp_path / "replay.jsonl"
    rng = np.random.default_rng(0)
    truth = {f"pair-{i}": "AB"[rng.integers(2)] for i in range(N)}
    replay.write_text("\n".join(
        json.dumps({"id": p, "order": order, "verdict": t}) for p, t in truth.items() for order in ("AB", "BA")
    ))  # fmt: skip
    settings = f'[annotate]\noverlap = {len(skills)}\n[judges.right]\nkind = "replay"\npath = "{replay}"\n'
    project = a_project(tmp_path, settings=settings)
    add_rows(project, (
        {"id": f"pair-{i}", "prompt": f"Q{i}?", "response_a": f"yes {i}", "response_b": f"no {i}", "model_a": "x",
         "model_b": "y", "domain": ("code", "chat")[i % 2]} for i in range(N)
    ))  # fmt: skip
    run_judge(project, "right")
    for name, skill in skills.items():
        path = project.root / f"{name}.jsonl"
        said = {
            p: t if rng.random() < skill[i % 2] else "BA"["AB".index(t)]
            for i, (p, t) in enumerate(truth.items())
        }
        path.write_text("\n".join(json.dumps({"id": p, "rater": name, "label": v}) for p, v in said.items()))
        import_labels(project, [path])
    run_route(project)
    return project


def test_agreement_by_domain_least_first(tmp_path):
    project = a_studio(tmp_path, {"ada": (0.98, 0.6), "bob": (0.98, 0.6), "cyd": (0.98, 0.6)})
    found = agreement_of(project)
    assert [each["domain"] for each in found["domains"]] == ["chat", "code"]
    chat, code = found["domains"]
    assert chat["answers"] == 180
    assert chat["alpha"]["high"] < code["alpha"]["low"]
    assert len(found["periods"]) == 6


def test_people_beside_judges_and_closely(tmp_path):
    project = a_studio(tmp_path, {"ada": (0.95, 0.95), "bob": (0.95, 0.95), "cyd": (0.5, 0.5)})
    found = agreement_of(project)
    with_judge = {each["person"]: each["agreement"]["value"] for each in found["judges"]}
    assert with_judge["ada"] > 0.9 > 0.65 > with_judge["cyd"]
    ada, cyd = found["people"]["ada"], found["people"]["cyd"]
    assert ada["reliability"] > cyd["reliability"]
    assert np.trace(ada["confusion"]) / np.sum(ada["confusion"]) > 0.75
    assert np.sum(cyd["confusion"]) > 90
    assert len(ada["over_time"]) >= 2


def test_strength_has_an_ordinal_alpha(tmp_path):
    project = a_project(tmp_path, settings="[annotate]\noverlap = 2\n")
    add_rows(
        project,
        (
            {"id": f"p{i}", "prompt": f"Q{i}", "response_a": f"a {i}", "response_b": f"b {i}"}
            for i in range(30)
        ),
    )
    run_route(project)
    assert agreement_of(project)["strength"] is None
    for name in ("ada", "bob"):
        person = Person.sign_in(project, name)
        for i in range(30):
            task = person.next_task()
            side = "left" if person.order(task) == "AB" else "right"
            person.choose(task, side, 20.0, strength=1 + i % 3)
    alpha = agreement_of(project)["strength"]
    assert "ordinal" in alpha["method"]
    assert alpha["value"] == 1


def test_the_report_shows_it(tmp_path):
    project = a_studio(tmp_path, {"ada": (0.95, 0.95), "bob": (0.95, 0.6), "cyd": (0.5, 0.5)})
    from pairwright.stages.check.check import run_check

    run_check(project)
    numbers = numbers_of(project)
    json.dumps(numbers)
    page = page_of(numbers)
    for text in (
        "Domain, least agreement first",
        "Over time",
        "when it was A",
        "Taken to be right in",
        "Issues",
        "Same as the judge",
    ):
        assert text in page


def test_nobody_has_answered(tmp_path):
    project = a_project(tmp_path, settings="")
    found = agreement_of(project)
    assert (found["domains"], found["periods"], found["strength"], found["people"]) == ([], [], None, {})
