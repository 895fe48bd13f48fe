"""A reward model of a project's own as the cheap first step: the strong judge hears only what it leaves open."""

import json

import numpy as np
from made_up import comparisons
from projects import a_project, add_rows, change, rows
from stages.check.test_check import label
from stages.route.test_calibrate import accepted, people_answer

from pairwright.stages.run import run_all

N, LABELLED = 900, 300
JUDGES = """
[judges.light]
kind = "light"
[judges.strong]
kind = "replay"
path = "strong.jsonl"
[route]
target = 0.9
audit = 0.0
cascade = ["light", "strong"]
"""


def test_the_light_model_is_the_first_step_of_a_cascade_and_the_promise_holds(tmp_path):
    pairs, _ = comparisons(N)
    rng = np.random.default_rng(0)
    turned = rng.random(N) < 0.5
    truth = {f"p{i}": "B" if turned[i] else "A" for i in range(N)}
    project = a_project(tmp_path, settings="")
    sides = [(r, c) if t else (c, r) for c, r, t in zip(pairs.chosen, pairs.rejected, turned, strict=True)]
    add_rows(project, (
        {"id": f"p{i}", "prompt": f"What about {i}?", "response_a": a, "response_b": b}
        for i, (a, b) in enumerate(sides)
    ))  # fmt: skip
    label(project, {name: truth[name] for name in list(truth)[:LABELLED]})
    said = [
        {"id": name, "order": order, "verdict": better if rng.random() < 0.97 else "AB"["BA".index(better)]}
        for name, better in truth.items()
        for order in ("AB", "BA")
    ]
    (project.root / "strong.jsonl").write_text("\n".join(map(json.dumps, said)))
    settings = project.root / "pairwright.toml"
    settings.write_text(settings.read_text().replace('[route]\naccept = "stated"\n', ""))
    project = change(project, JUDGES)

    run_all(project)
    people_answer(project, truth)
    run_all(project)
    names = {row.id: row.name for row in rows(project, "rater")}
    heard = {
        name: {vote.pair_id for vote in rows(project, "vote") if names[vote.rater_id] == name}
        for name in ("light", "strong")
    }
    assert len(heard["light"]) == N
    assert len(heard["strong"]) < (N - LABELLED) / 2
    found = accepted(project)
    assert len(found) > 300
    assert np.mean([truth[name] == verdict for name, verdict in found.items()]) >= 0.9
