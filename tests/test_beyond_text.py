"""Rows beyond text through every stage: two models call tools, a judge and people choose, rows come out."""

from __future__ import annotations

import json

import pytest
from projects import a_project, add_rows, change, rows

from pairwright.formats.reading import Rows
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.export.convert import Selection
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.generate.pair import pair
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.route.route import run_route
from pairwright.types import ToolCall, messages_from

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ASKED = {
    "prompt": [{"role": "user", "content": "What is the weather in Paris?"}],
    "tools": [TOOL],
    "chat_template_kwargs": {"enable_thinking": True},
}
MODELS = """
[models.other]
endpoint = "loopback"
model = "other"
price_in = 1.0
price_out = 2.0

[generate]
models = ["small", "other"]
responses_per_prompt = 2
"""
JUDGE = '\n[judges.main]\nmodel = "small"\n'


def reply(body, earlier):
    """`small` calls the tool, `other` answers from memory; the judge prefers whoever called."""
    if "response_format" in body or "verdict" in str(body["messages"][0]["content"]):
        first = body["messages"][1]["content"].partition("<response B")[0].partition("<response A")[2]
        verdict = "A" if "⟦call get_weather⟧" in first else "B"
        return json.dumps({"verdict": verdict, "confidence": "HIGH", "reason": "It looked it up."})
    message = {"role": "assistant", "content": "Surely about 20 degrees."}
    if body["model"] == "small":
        call = {
            "id": "c1",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
        }
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [call],
            "reasoning_content": "I have to look.",
        }
    usage = {"prompt_tokens": 50, "completion_tokens": 10}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": usage}


@pytest.fixture
def generated(tmp_path):
    with LoopbackServer(reply=reply) as server:
        project = a_project(tmp_path, server, MODELS + JUDGE)
        add_rows(project, [ASKED])
        yield project, server, run_generate(project)


def exported(project, tmp_path, to, name="out.jsonl", **options):
    result = export_dataset(project.store, tmp_path / name, to=to, **options)
    return [json.loads(line) for line in (tmp_path / name).read_text().splitlines()], result


def test_models_are_offered_the_tools_and_their_calls_are_kept_as_calls(generated):
    project, server, result = generated
    assert (result.responses, result.failures) == (2, 0)
    sent = server.requests[0]
    assert (sent["tools"], sent["chat_template_kwargs"]) == ([TOOL], {"enable_thinking": True})
    responses = {each.model: each for each in rows(project, "response")}
    (turn,) = messages_from(responses["small"].turns)
    assert turn.tool_calls == (ToolCall("get_weather", '{"city":"Paris"}', "c1"),)
    assert turn.reasoning == "I have to look."
    assert responses["other"].turns is None
    assert responses["other"].text == "Surely about 20 degrees."


@pytest.mark.parametrize("answer", ["<think>Easy.</think>4", "[THINK]Easy.[/THINK]4"])
@pytest.mark.parametrize("keep", [True, False])
def test_thinking_in_the_text_ends_in_the_field_for_it(tmp_path, answer, keep):
    settings = (
        f'[generate]\nmodels = ["small"]\nresponses_per_prompt = 1\nkeep_reasoning = {str(keep).lower()}\n'
    )
    with LoopbackServer(reply=lambda body, earlier: answer) as server:
        project = a_project(tmp_path, server, settings)
        add_rows(project, [{"prompt": "2+2?"}])
        run_generate(project)
    (response,) = rows(project, "response")
    assert response.text == "4"
    kept = {"role": "assistant", "content": "4", "reasoning_content": "Easy."}
    assert response.turns == ([kept] if keep else None)


def test_a_judge_is_shown_calls_between_marks_and_no_reasoning(generated):
    project, server, _ = generated
    pair(project)
    run_judge(project, "main")
    shown = server.requests[-1]["messages"][1]["content"]
    assert "⟦tool get_weather⟧" in shown
    assert '⟦call get_weather⟧\n{\n  "city": "Paris"\n}\n⟦/call⟧' in shown
    assert shown.count("a response can't write them") == 1
    assert "I have to look." not in shown


def test_a_judge_may_be_shown_the_reasoning_and_is_another_rater_then(generated):
    project, server, _ = generated
    pair(project)
    run_judge(project, "main")
    project = change(project, '\n[judges.thorough]\nmodel = "small"\nshow_reasoning = true\n')
    run_judge(project, "thorough")
    assert "I have to look." in server.requests[-1]["messages"][1]["content"]
    specs = {each.name: each.spec for each in rows(project, "rater")}
    assert specs["thorough"] == {**specs["main"], "shown": "reasoning"}


def test_the_rows_that_come_out_hold_what_went_in(generated, tmp_path):
    project, _, _ = generated
    pair(project)
    run_judge(project, "main")
    run_route(project)
    (row,), _ = exported(project, tmp_path, "trl-dpo")
    assert row["tools"] == [TOOL]
    assert row["chat_template_kwargs"] == {"enable_thinking": True}
    (chosen,) = row["chosen"]
    assert chosen["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": {"city": "Paris"}}
    assert chosen["reasoning_content"] == "I have to look."
    assert row["rejected"] == [{"role": "assistant", "content": "Surely about 20 degrees."}]
    (row,), result = exported(project, tmp_path, "trl-dpo", selection=Selection(reasoning="drop"))
    assert "reasoning_content" not in row["chosen"][0]
    assert result.not_carried == {"reasoning_content": 1}


LABELLED = [
    {
        **ASKED,
        "prompt": [{"role": "user", "content": f"What is the weather in {city}?"}],
        "chosen": [
            {
                "role": "assistant",
                "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": city}}}],
            },
            {"role": "tool", "name": "get_weather", "content": "21"},
            {"role": "assistant", "content": f"It is 21 degrees in {city}."},
        ],
        "rejected": [{"role": "assistant", "content": f"It rains in {city}."}],
    }
    for city in ("Paris", "Rome", "Oslo")
]


def test_a_labelled_set_of_trajectories_goes_in_and_comes_out_the_same(tmp_path):
    project = a_project(tmp_path, settings="")
    added = add_dataset(project, [Rows("rows", LABELLED)], source="trl-dpo", labels_by="person")
    assert (added.pairs.added, added.votes.added, dict(added.not_carried)) == (3, 3, {})
    again = add_dataset(project, [Rows("rows", LABELLED)], source="trl-dpo", labels_by="person")
    assert (again.pairs.added, again.responses.added, again.votes.added) == (0, 0, 0)
    run_route(project)
    found, _ = exported(project, tmp_path, "trl-dpo")
    for row, given in zip(found, LABELLED, strict=True):
        assert row["tools"] == [TOOL]
        call, result, answer = row["chosen"]
        assert call["tool_calls"][0]["function"] == given["chosen"][0]["tool_calls"][0]["function"]
        assert (result["content"], answer["content"]) == ("21", given["chosen"][2]["content"])
        assert row["rejected"] == given["rejected"]


def test_a_format_without_a_place_for_calls_leaves_such_pairs_out_by_name(tmp_path):
    project = a_project(tmp_path, settings="")
    plain = {"prompt": "2+2?", "chosen": "4", "rejected": "5"}
    add_dataset(project, [Rows("rows", [plain])], source="trl-dpo-text", labels_by="person")
    add_dataset(project, [Rows("rows", LABELLED)], source="trl-dpo", labels_by="person")
    run_route(project)
    found, result = exported(project, tmp_path, "axolotl-dpo")
    assert len(found) == 1
    assert result.dropped.counts["template_arguments_not_supported"] == 3


def test_parquet_has_no_type_for_calls_and_says_so(tmp_path):
    project = a_project(tmp_path, settings="")
    plain = {
        "prompt": [{"role": "user", "content": "2+2?"}],
        **{s: [{"role": "assistant", "content": s}] for s in ("chosen", "rejected")},
    }
    add_dataset(project, [Rows("rows", [plain, *LABELLED])], source="trl-dpo", labels_by="person")
    run_route(project)
    result = export_dataset(project.store, tmp_path / "out.parquet", to="trl-dpo")
    assert (result.rows, result.dropped.counts["needs_jsonl"]) == (1, 3)


def test_two_answers_that_differ_only_in_their_call_are_two(tmp_path):
    project = a_project(tmp_path, settings="")
    calls = [
        {
            "role": "assistant",
            "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": city}}}],
        }
        for city in ("Paris", "Lyon")
    ]
    add_rows(project, [{**ASKED, "response_a": calls[0], "response_b": [calls[1]]}])
    assert len(rows(project, "pair")) == 1
    assert len({each.text for each in rows(project, "response")}) == 2


def test_a_judge_sees_a_long_trajectory_by_its_two_ends_and_it_is_said(tmp_path):
    def turns(city):
        called = [
            {
                "role": "assistant",
                "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": f"{city} {i}"}}}],
            }
            for i in range(40)
        ]
        return [*called, {"role": "assistant", "content": f"It is 21 degrees in {city}."}]

    with LoopbackServer(reply=reply) as server:
        project = a_project(tmp_path, server, MODELS + '\n[judges.main]\nmodel = "small"\nlongest = 800\n')
        add_rows(project, [{**ASKED, "response_a": turns("Paris"), "response_b": turns("Rome")}])
        result = run_judge(project, "main")
    shown = server.requests[-1]["messages"][1]["content"]
    assert shown.count("⟦cut ") == 2
    assert "It is 21 degrees in Paris." in shown
    assert result.notes[-1] == "2 responses over 800 characters had the middle left out: [judges] longest"
