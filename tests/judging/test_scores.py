"""Reward models and classifiers as judges: behind an endpoint, or a function of one's own."""

import json

import pytest
from projects import a_project, add_rows, rows

from pairwright.errors import ConfigError
from pairwright.judging.scores import compared, read_score, score_request
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.judge.judge import run_judge
from pairwright.types import Prompt


def endpoint(server, api, more=""):
    return f"""
[endpoints.rm]
url = "http://127.0.0.1:{server.port}"

[models.reward]
endpoint = "rm"
model = "reward"
price_in = 1.0
price_out = 0.0

[judges.rm]
kind = "scores"
model = "reward"
api = "{api}"
{more}"""


def by_length(body, _n):
    """A reward model that likes long responses."""
    if "messages" in body:
        return str(len(body["messages"][-1]["content"]))
    if "input" in body:
        return str(len(body["input"]))
    return str(len(body["inputs"][0][1]))


THREE = [("short", "a longer one"), ("short", "the longest of all"), ("a longer one", "the longest of all")]


@pytest.mark.parametrize("api", ["pooling", "classify", "predict"])
def test_every_response_is_scored_once_and_pairs_take_the_difference(tmp_path, api):
    with LoopbackServer(reply=by_length) as server:
        project = a_project(tmp_path, settings=endpoint(server, api))
        add_rows(project, [{"prompt": "Q?", "response_a": a, "response_b": b} for a, b in THREE])
        before = estimate(project, stages=["judge"]).stages[0]
        result = run_judge(project, "rm")
        assert (result.votes, result.calls, len(server.requests)) == (3, 3, 3)
        assert before.calls == 3
    votes = sorted(rows(project, "vote"), key=lambda vote: vote.pair_id)
    assert [vote.verdict for vote in votes] == ["B", "B", "B"]
    assert [vote.margin for vote in votes] == [-7.0, -13.0, -6.0]
    assert all(call.cost_usd > 0 for call in rows(project, "call"))


def test_a_response_that_cannot_be_scored_fails_its_pairs_and_no_others(tmp_path):
    def answer(body, _n):
        text = body["messages"][-1]["content"]
        return "nan" if text == "short" else "1.5"

    with LoopbackServer(reply=answer) as server:
        project = a_project(tmp_path, settings=endpoint(server, "pooling"))
        add_rows(project, [{"prompt": "Q?", "response_a": a, "response_b": b} for a, b in THREE])
        result = run_judge(project, "rm")
    assert (result.votes, result.failures) == (1, 2)
    assert rows(project, "vote")[0].verdict == "TIE"
    assert all("score that is no number" in row.message for row in rows(project, "failure"))


def test_a_score_in_one_order_says_it_all(tmp_path):
    with LoopbackServer(Behaviour(seed=1)) as server:
        project = a_project(tmp_path, settings=endpoint(server, "pooling"))
        assert project.settings.judges["rm"].single_order


@pytest.mark.parametrize(
    ("reply", "label", "score"),
    [
        ({"data": [{"index": 0, "data": [2.5]}]}, None, 2.5),
        ({"data": [{"index": 0, "data": 2.5}]}, None, 2.5),
        ({"data": [{"index": 0, "label": "LABEL_0", "probs": [0.7], "num_classes": 1}]}, None, 0.7),
        ({"data": [{"index": 0, "label": "x", "probs": [0.2, 0.8], "num_classes": 2}]}, "1", 1.386294),
        ([[{"label": "LABEL_0", "score": -3.25}]], None, -3.25),
        ([{"label": "bad", "score": 0.2}, {"label": "good", "score": 0.8}], "good", 1.386294),
        ([[{"label": "bad", "score": 4.0}, {"label": "good", "score": 7.0}]], "good", 7.0),
    ],
)
def test_scores_are_read_from_what_servers_give(reply, label, score):
    assert read_score(reply, label) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(
    ("reply", "label", "why"),
    [
        ({"choices": []}, None, "without a score|no number"),
        ({"data": []}, None, "without a score"),
        ([{"label": "bad", "score": 0.2}, {"label": "good", "score": 0.8}], None, "several classes"),
        ([{"label": "bad", "score": 0.2}], "good", 'class "good"'),
        ({"data": [{"data": [None]}]}, None, "no number"),
        ({"data": [{"data": [True]}]}, None, "no number"),
    ],
)
def test_a_score_is_never_guessed(reply, label, why):
    with pytest.raises(ValueError, match=why):
        read_score(reply, label)


def test_requests_carry_the_conversation_and_the_response():
    prompt = Prompt.of("Q?")
    assert score_request("pooling", "m", prompt, "R")["messages"][-1] == {"role": "assistant", "content": "R"}
    assert score_request("classify", "m", prompt, "R")["input"] == "Q?\n\nR"
    assert score_request("predict", "m", prompt, "R")["inputs"] == [["Q?", "R"]]
    assert json.dumps(score_request("text-classification", "m", prompt, "R"))


def test_equal_scores_are_a_tie():
    assert compared(1.0, 1.0).verdict == "TIE"


SCORER = '[judges.mine]\nkind = "scorer"\nscore = "rm.py:score"\n'


def test_a_function_of_ones_own_is_a_judge_in_two_lines(tmp_path):
    project = a_project(tmp_path, settings=SCORER)
    (project.root / "rm.py").write_text("def score(prompt, response):\n    return -len(response)\n")
    add_rows(project, [{"prompt": "Q?", "response_a": a, "response_b": b} for a, b in THREE])
    result = run_judge(project, "mine")
    assert (result.votes, result.failures) == (3, 0)
    assert [vote.verdict for vote in rows(project, "vote")] == ["A", "A", "A"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "there is no file"),
        ("x = 1\n", 'no function "score"'),
        ("import nothing_like_it\n", "could not be imported"),
    ],
)
def test_a_scorer_that_cannot_be_loaded_is_named(tmp_path, text, why):
    project = a_project(tmp_path, settings=SCORER)
    if text is not None:
        (project.root / "rm.py").write_text(text)
    add_rows(project, [{"prompt": "Q?", "response_a": "x", "response_b": "y"}])
    with pytest.raises(ConfigError, match=why):
        run_judge(project, "mine")


def test_a_scorer_needs_a_file_and_a_function(tmp_path):
    with pytest.raises(ConfigError, match="needs score"):
        a_project(tmp_path, settings='[judges.mine]\nkind = "scorer"\n')


def test_a_score_that_is_no_number_fails_its_pair_and_the_others_go_on(tmp_path):
    project = a_project(tmp_path, settings=SCORER)
    code = "def score(prompt, response):\n    return float('nan') if response == 'short' else len(response)\n"
    (project.root / "rm.py").write_text(code)
    add_rows(project, [{"prompt": "Q?", "response_a": a, "response_b": b} for a, b in THREE])
    result = run_judge(project, "mine")
    assert (result.votes, result.failures) == (1, 2)
