"""people_alike: found by the check, told of both people, cleared by gold."""

import json

import numpy as np
from projects import a_project, add_pairs

from pairwright.quality.people_alike import PeopleAlike
from pairwright.stages.check.check import run_check
from pairwright.stages.people.annotators import people_of
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route
from pairwright.store.check.findings import findings

N = 90


def answered(tmp_path, skills, copies=()):
    """A project in which everybody answered every pair; of `copies` (of whom, who) the second copies."""
    project = a_project(tmp_path, settings=f"[annotate]\noverlap = {len(skills)}\n")
    add_pairs(project, N)
    run_route(project)
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=N)
    said = {name: np.where(rng.random(N) < skill, truth, 1 - truth) for name, skill in skills.items()}
    for model, copier in copies:
        said[copier] = said[model]
    for name, verdicts in said.items():
        path = project.root / f"{name}.jsonl"
        lines = [{"id": f"pair-{i}", "annotator": name, "label": "AB"[v]} for i, v in enumerate(verdicts)]
        path.write_text("\n".join(map(json.dumps, lines)))
        import_labels(project, [path])
    return project, truth


def found(project):
    run_check(project, only=["people_alike"], workers=1)
    with project.store.read() as connection:
        return list(findings(connection))


def worries(project):
    return {person.name: person.figures.worries for person in people_of(project)}


def test_two_who_copy_are_a_finding_with_its_reason_and_a_worry_of_both(tmp_path):
    project, _ = answered(tmp_path, {"ann": 0.7, "bob": 0.7, "cyd": 0.9}, copies=[("ann", "bob")])
    (finding,) = found(project)
    assert finding.part == "ann and bob"
    assert "ann and bob agree on 100%" in finding.reason
    assert "answers alone can't tell" in finding.reason
    told = worries(project)
    assert any("ann and bob agree" in each for each in told["ann"])
    assert told["ann"][-1] == told["bob"][-1]
    assert not any("agree on" in each for each in told["cyd"])


def test_people_who_are_simply_right_are_cleared_by_gold(tmp_path):
    project, truth = answered(tmp_path, {"ann": 0.99, "bob": 0.99, "cyd": 0.6})
    assert len(found(project)) == 1
    for pair_id in range(1, 61):
        make_gold(project, pair_id, "AB"[truth[pair_id - 1]])
    assert found(project) == []
    assert not any("ann and bob" in each for each in worries(project)["ann"])


def test_nobody_is_named_where_people_err_independently(tmp_path):
    project, _ = answered(tmp_path, {"ann": 0.8, "bob": 0.8, "cyd": 0.8})
    assert found(project) == []


def test_gold_decides_who_is_believed_and_the_result_says_so(tmp_path):
    project, truth = answered(tmp_path, {"ann": 0.6, "bob": 0.6, "cyd": 0.95}, copies=[("ann", "bob")])
    before = run_label(project)
    assert before.people.get("ann", 1.0) > before.people.get("cyd", 0.0)
    for pair_id in range(1, 41):
        make_gold(project, pair_id, "AB"[truth[pair_id - 1]])
    after = run_label(project, "anchored")
    assert after.people["cyd"] > 0.85 > 0.75 > after.people["ann"] == after.people["bob"]
    assert "gold alone" in after.note
    assert after.assumed == ()


def test_who_was_compared_with_nobody_is_said_to_be_assumed(tmp_path):
    project = a_project(tmp_path, settings="[annotate]\noverlap = 1\n")
    add_pairs(project, 30)
    run_route(project)
    path = project.root / "ann.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": f"pair-{i}", "annotator": "ann", "label": "A"}) for i in range(30))
    )
    import_labels(project, [path])
    assert run_label(project, "anchored").assumed == ("ann",)


def test_it_needs_no_project():
    check = PeopleAlike()
    assert list(check.end()) == []
