"""A run that leaves something missing ends with 2, the first time and every time after."""

import json

import pytest
from projects import a_project, add_pairs, add_rows

from pairwright.cli.main import run
from pairwright.models.loopback import LoopbackServer

GENERATE = '[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'


def some_are_flagged(body, _earlier):
    if "7" in body["messages"][-1]["content"]:
        return {"status": 400, "error": {"message": "flagged by our moderation"}}
    return '{"verdict": "A", "confidence": "HIGH"}'


def others_are_not(body, earlier):
    return '{"verdict": "A", "confidence": "HIGH"}'


def code_of(capsys, project, *verb):
    code = run(["-C", str(project.root), *verb, "--json"])
    json.loads(capsys.readouterr().out)
    return code


@pytest.mark.parametrize("verb", ["judge", "run"])
def test_votes_that_are_missing(tmp_path, capsys, verb):
    with LoopbackServer(reply=some_are_flagged) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 20)
        for _ in range(3):
            assert code_of(capsys, project, verb) == 2
        asked = len(server.requests)
        assert code_of(capsys, project, verb) == 2
        assert len(server.requests) == asked  # what failed is not asked again unasked
        server.reply = others_are_not
        assert code_of(capsys, project, verb, "--retry-failed") == 0
        assert code_of(capsys, project, verb) == 0


@pytest.mark.parametrize("verb", ["generate", "run"])
def test_responses_that_are_missing(tmp_path, capsys, verb):
    def answering(body, n):
        said = some_are_flagged(body, n)
        return said if isinstance(said, dict) else f"answer {n}"

    with LoopbackServer(reply=answering) as server:
        project = a_project(tmp_path, server, GENERATE)
        add_rows(project, ({"prompt": f"Question {n}?"} for n in range(10)))
        for _ in range(3):
            assert code_of(capsys, project, verb) == 2


@pytest.mark.parametrize("verb", ["judge", "run"])
def test_a_budget_that_is_reached(tmp_path, capsys, verb):
    with LoopbackServer() as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 50)
        for _ in range(2):
            assert code_of(capsys, project, verb, "--budget", "0.01") == 2
        assert code_of(capsys, project, verb, "--budget", "10") == 0
