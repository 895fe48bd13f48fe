"""Several ways of asking one model, as a user sets them, against a real loopback server."""

import json

import pytest
from projects import a_project, add_pairs, add_rows, rows

from pairwright.errors import ConfigError
from pairwright.judging.parsing import Unreadable, parse_scores
from pairwright.judging.strategies import STRATEGIES
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.project.project import Project


def answering(body, _n):
    """A model that answers in whatever form it is asked for; the one shown as A is always better."""
    system = body["messages"][0]["content"]
    if "score_a" in system:
        return json.dumps({"reason": "A is clearer.", "score_a": 8, "score_b": 5})
    if '"reasoning"' in system:
        return json.dumps({"reasoning": "A answers.", "verdict": "A", "confidence": "HIGH"})
    if "verdict" in system:
        return json.dumps({"verdict": "A", "confidence": "LOW", "reason": "A is clearer."})
    return "Does it answer?" if "questions" in body["messages"][-1]["content"] else "My own answer."


@pytest.fixture
def server():
    with LoopbackServer(reply=answering) as server:
        yield server


def judged(tmp_path, server, settings, n=2):
    project = a_project(tmp_path, server, f'\n[judges.main]\nmodel = "small"\n{settings}\n')
    add_pairs(project, n)
    for name in project.settings.judges:
        run_judge(project, name)
    return project


def test_each_strategy_is_a_judge_of_its_own(tmp_path, server):
    project = judged(tmp_path, server, 'strategies = ["plain", "cot", "rating"]')
    assert list(project.settings.judges) == ["main/plain", "main/cot", "main/rating"]
    names = {row.id: row.name for row in rows(project, "rater")}
    said = {(names[v.rater_id], v.order): v for v in rows(project, "vote") if v.pair_id == 1}
    assert said["main/plain", "AB"].confidence == "LOW"
    assert said["main/cot", "AB"].reason == "A answers."
    assert [said["main/rating", order].margin for order in ("AB", "BA")] == [3.0, -3.0]
    assert [said["main/rating", order].verdict for order in ("AB", "BA")] == ["A", "B"]


def test_a_plain_judge_is_the_same_rater_as_before_there_were_strategies(tmp_path, server):
    project = judged(tmp_path, server, "")
    spec = rows(project, "rater")[0].spec
    assert not {"strategy", "sample"} & set(spec)


@pytest.mark.parametrize(
    ("strategy", "shown"), [("reference", "My own answer."), ("metrics", "Does it answer?")]
)
def test_what_a_strategy_prepares_is_made_once_a_prompt_and_shown(tmp_path, server, strategy, shown):
    project = a_project(tmp_path, server, f'\n[judges.main]\nmodel = "small"\nstrategy = "{strategy}"\n')
    add_rows(project, [{"prompt": "Q?", "response_a": a, "response_b": "no"} for a in ("x", "y", "z")])
    run_judge(project, "main")
    prepared = [body for body in server.requests if "verdict" not in body["messages"][0]["content"]]
    assert len(prepared) == 1
    judging = [body for body in server.requests if "verdict" in body["messages"][0]["content"]]
    assert len(judging) == 6
    assert all(shown in body["messages"][-1]["content"] for body in judging)
    calls = rows(project, "call")
    assert len(calls) == 7
    assert all(call.cost_usd > 0 for call in calls)


def test_what_was_prepared_is_not_paid_for_again(tmp_path, server):
    project = a_project(tmp_path, server, '\n[judges.main]\nmodel = "small"\nstrategy = "reference"\n')
    add_rows(project, [{"prompt": "Q?", "response_a": "x", "response_b": "no"}])
    run_judge(project, "main")
    run_judge(project, "main", rejudge=True)
    prepared = [body for body in server.requests if "verdict" not in body["messages"][0]["content"]]
    assert len(prepared) == 1


def test_samples_are_judges_and_need_a_temperature(tmp_path, server):
    project = judged(tmp_path, server, "samples = 3\ntemperature = 1.0", n=1)
    assert list(project.settings.judges) == ["main/1", "main/2", "main/3"]
    assert len(rows(project, "vote")) == 6
    (project.root / "pairwright.toml").write_text(
        (project.root / "pairwright.toml").read_text().replace("temperature = 1.0", "temperature = 0.0")
    )
    with pytest.raises(ConfigError, match="all the same"):
        Project.open(project.root)


def test_a_cascade_and_trust_name_the_judge_as_it_stands_in_the_file(tmp_path, server):
    settings = 'strategies = ["plain", "cot"]\n[route]\ncascade = ["main"]\ntrust = ["main"]'
    project = a_project(tmp_path, server, f'\n[judges.main]\nmodel = "small"\n{settings}\n')
    assert project.settings.route.cascade == ["main/plain", "main/cot"]
    assert project.settings.route.trust == ["main/plain", "main/cot"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("8 and 5", "no JSON object"),
        ('{"score_a": 8}', "not a number"),
        ('{"score_a": 8, "score_b": "good"}', "not a number"),
        ('{"score_a": 80, "score_b": 5}', "not a number from 1 to 10"),
        ('{"score_a": true, "score_b": 5}', "not a number"),
        ('{"score_a": 8, "score_b": 5} or {"score_a": 5, "score_b": 8}', "different scores"),
        ('{"score_a": 8, "score_b": 5} but B is better', "may be a quotation"),
    ],
)
def test_scores_are_never_guessed(raw, why):
    with pytest.raises(Unreadable, match=why):
        parse_scores(raw)


def test_equal_scores_are_a_tie():
    answer = parse_scores('{"score_a": 7, "score_b": "7"}')
    assert (answer.verdict, answer.margin) == ("TIE", 0)


def test_every_strategy_reads_what_it_asks_for():
    for strategy in STRATEGIES.values():
        if strategy.ranks:
            continue  # tests/test_judging_ranking.py
        example = {name: {"score_a": 9, "score_b": 2}.get(name, "A") for name in strategy.schema["required"]}
        if "confidence" in example:
            example["confidence"] = "HIGH"
        assert strategy.read(json.dumps(example)).verdict == "A"
