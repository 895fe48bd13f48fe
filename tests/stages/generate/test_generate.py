"""prompts -> responses, from one model or a mix."""

import asyncio
from collections import Counter

import pytest
from projects import a_project, add_rows, rows

from pairwright.errors import ConfigError
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.figures.status import status_of
from pairwright.stages.generate.generate import model_of_slot, run_generate
from pairwright.stages.project.settings import GenerateSettings
from pairwright.store.writer import GroupCommit

ONE = '[generate]\nmodels = ["small"]\n'
OTHER = '\n[models.other]\nendpoint = "loopback"\nmodel = "other"\ntemperature = 0.5\nmax_tokens = 99\nprice_in=1\nprice_out=1\n'


def prompts(project, n):
    add_rows(project, ({"prompt": f"Question {i}?"} for i in range(n)))


@pytest.fixture
def server():
    with LoopbackServer() as server:
        yield server


def drawn(tmp_path, behaviour=None, reply=None, settings=ONE, n=5, **options):
    with LoopbackServer(behaviour or Behaviour(), reply=reply) as server:
        project = a_project(tmp_path, server, settings)
        prompts(project, n)
        return project, server, run_generate(project, **options)


def test_each_prompt_gets_four_different_responses_by_default(tmp_path):
    project, server, result = drawn(tmp_path)
    assert (result.responses, result.failures) == (20, 0)
    texts = Counter((response.prompt_id, response.text) for response in rows(project, "response"))
    assert len(texts) == 20
    assert {(body["temperature"], body["max_tokens"]) for body in server.requests} == {(1.0, 1024)}


def test_what_drew_a_response_is_kept_with_it(tmp_path):
    project, _, _ = drawn(tmp_path, n=1)
    response = rows(project, "response")[0]
    assert (response.model, response.slot) == ("small", 0)
    assert response.params == {"model": "small", "temperature": 1.0, "max_tokens": 1024}
    call = rows(project, "call")[0]
    assert call.work_key == response.key
    assert call.cost_usd > 0


def test_a_mix_of_all_lets_the_models_take_turns(tmp_path):
    project, server, _ = drawn(tmp_path, settings=OTHER + '[generate]\nmodels = ["small", "other"]\n')
    assert Counter(response.model for response in rows(project, "response")) == {"small": 10, "other": 10}
    assert {(b["model"], b["temperature"], b["max_tokens"]) for b in server.requests} == {
        ("small", 1.0, 1024),
        ("other", 0.5, 99),
    }


def test_a_weighted_mix_follows_its_weights_and_the_seed():
    settings = GenerateSettings(models=["a", "b"], mix="weighted", weights={"a": 3, "b": 1})
    slots = [model_of_slot(settings, 0, bytes([n // 256, n % 256]), 0) for n in range(2000)]
    assert 0.70 < slots.count("a") / 2000 < 0.80
    assert slots == [model_of_slot(settings, 0, bytes([n // 256, n % 256]), 0) for n in range(2000)]
    assert slots != [model_of_slot(settings, 1, bytes([n // 256, n % 256]), 0) for n in range(2000)]


def test_generating_again_draws_nothing_new(tmp_path, server):
    project = a_project(tmp_path, server, ONE)
    prompts(project, 3)
    run_generate(project)
    again = run_generate(project)
    assert (again.pending, again.calls, len(server.requests)) == (0, 0, 12)


def test_given_responses_count(tmp_path, server):
    project = a_project(tmp_path, server, ONE)
    add_rows(project, [{"prompt": "q", "responses": ["one", "two"]}])
    assert run_generate(project).responses == 2


def test_a_response_that_repeats_another_is_drawn_again(tmp_path):
    texts = ["same", "same ", "same", "new"]
    project, _, result = drawn(
        tmp_path,
        reply=lambda body, n: texts[min(n, 3)] if n < 4 else f"more {n}",
        n=1,
        settings=ONE + "responses_per_prompt = 2\n",
    )
    assert sorted(response.text for response in rows(project, "response")) == ["new", "same"]
    assert (result.responses, result.calls) == (2, 4)
    assert Counter(call.outcome for call in rows(project, "call")) == {"used": 2, "duplicate": 2}


def test_drawing_again_is_bounded_and_then_a_failure(tmp_path):
    project, _, result = drawn(
        tmp_path, reply=lambda body, n: "same", n=1, settings=ONE + "responses_per_prompt = 2\nredraws = 2\n"
    )
    assert (result.responses, result.failures, result.calls) == (1, 1, 4)
    failure = rows(project, "failure")[0]
    assert failure.kind == "duplicate"
    assert "3 draws from small repeated" in failure.message


def test_an_empty_response_is_no_response(tmp_path):
    project, _, result = drawn(
        tmp_path, reply=lambda body, n: "  ", n=1, settings=ONE + "responses_per_prompt = 1\n"
    )
    assert (result.responses, result.failures) == (0, 1)
    assert rows(project, "failure")[0].kind == "empty"


def test_truncated_and_refused_responses_are_marked(tmp_path):
    project, _, _ = drawn(tmp_path, Behaviour(length_rate=1), n=2)
    assert {response.mark for response in rows(project, "response")} == {"truncated"}
    assert status_of(project).truncated == 8


def test_a_refusal_is_marked_by_its_words(tmp_path):
    project, _, _ = drawn(
        tmp_path,
        reply=lambda body, n: "I'm sorry, but I can't help with that.",
        n=1,
        settings=ONE + "responses_per_prompt = 1\n",
    )
    assert rows(project, "response")[0].mark == "refused"


def test_failures_are_counted_and_tried_again_on_demand(tmp_path):
    with LoopbackServer(Behaviour(reject_rate=1)) as server:
        project = a_project(tmp_path, server, ONE)
        prompts(project, 2)
        assert run_generate(project).failures == 8
        assert status_of(project).responses_failed == 8
        assert run_generate(project).calls == 0
        server.behaviour = Behaviour()
        assert run_generate(project, retry_failed=True).responses == 8
    assert status_of(project).responses_failed == 0


def test_the_budget_stops_generation(tmp_path):
    project, server, result = drawn(tmp_path, n=50, budget_usd=0.005)
    assert "budget" in result.stopped
    assert 0 < sum(call.cost_usd for call in rows(project, "call")) <= 0.005
    assert len(rows(project, "response")) == len(server.requests)


def test_no_more_is_answered_and_not_yet_written_than_may_be_in_flight(tmp_path, monkeypatch):
    """A kill costs that much: each prompt has four calls, and the endpoint takes eight at once."""
    put, waiting, most = GroupCommit.put, 0, 0

    async def put_late(self, rows):
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.02)
        await put(self, rows)
        waiting -= 1

    monkeypatch.setattr(GroupCommit, "put", put_late)
    drawn(tmp_path, n=20)
    assert 4 < most <= 8


def test_a_system_message_is_put_before_prompts_that_have_none(tmp_path, server):
    settings = '[models.polite]\nendpoint = "loopback"\nmodel = "m"\nsystem = "Be polite."\n[generate]\nmodels = ["polite"]\nresponses_per_prompt = 1\n'
    project = a_project(tmp_path, server, settings)
    own = [{"role": "system", "content": "Be rude."}, {"role": "user", "content": "Hi"}]
    add_rows(project, [{"prompt": "Hello"}, {"prompt": own}])
    run_generate(project)
    assert sorted(body["messages"][0]["content"] for body in server.requests) == ["Be polite.", "Be rude."]


def test_without_a_model_the_way_out_is_named(tmp_path, server):
    with pytest.raises(ConfigError, match=r"models = \[.NAME.\] under \[generate\]"):
        run_generate(a_project(tmp_path, server, ""))
