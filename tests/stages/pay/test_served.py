"""Servers that answer as another model than the one asked for."""

import pytest
from projects import a_project, add_pairs
from stages.check.test_check import kept

from pairwright.models.loopback import LoopbackServer
from pairwright.stages.check.check import run_check
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.pay.served import answered_as, fingerprints, same_model


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("openai/gpt-4o", "gpt-4o"),
        ("gemini-2.0-flash", "models/gemini-2.0-flash-001"),
        ("Qwen/Qwen3-8B", "qwen3-8b"),
    ],
)
def test_a_prefix_and_a_date_make_no_other_model(asked, served):
    assert same_model(asked, served)


@pytest.mark.parametrize(
    ("asked", "served"), [("gpt-4o", "gpt-4o-mini"), ("llama3.1:8b", "llama3.1:70b"), ("small", "large")]
)
def test_another_size_is_another_model(asked, served):
    assert not same_model(asked, served)


def answering_as(*names):
    """Each request in turn is answered by one of the models, each with a set-up of its own."""
    asked = []

    def reply(body, _earlier):
        asked.append(body)
        name = names[len(asked) % len(names)]
        message = {"content": '{"verdict": "A", "confidence": "HIGH"}'}
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        return {
            "model": name, "system_fingerprint": f"fp_{name}", "usage": usage, "choices": [{"message": message}]
        }  # fmt: skip

    return reply


def test_what_replies_call_their_model_is_kept_and_held_against_what_was_asked(tmp_path):
    with LoopbackServer(reply=answering_as("small", "tiny")) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 20)
        run_judge(project, "main")
    with project.store.read() as connection:
        [other] = answered_as(connection, project)
        assert fingerprints(connection) == [("small", 2)]
    assert str(other) == '20 replies say "tiny" where small asks for "small" (judge)'
    run_check(project)
    of_calls = {each.part: each.severity for each in kept(project) if each.check == "judge_health"}
    assert of_calls["answered_as: small (judge) tiny"] == "warning"
    assert of_calls["fingerprints: small"] == "info"


def test_nothing_is_said_of_a_server_that_answers_as_asked(tmp_path):
    with LoopbackServer() as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 5)
        run_judge(project, "main")
    with project.store.read() as connection:
        assert (answered_as(connection, project), fingerprints(connection)) == ([], [])
