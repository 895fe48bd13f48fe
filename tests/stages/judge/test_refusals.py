"""What endpoints refuse, cut and mix up, and what a run of a judge makes of it."""

import json
import math

import pytest
from projects import JUDGE, a_project, add_pairs, add_rows, rows

from pairwright.errors import EndpointError
from pairwright.models.loopback import LoopbackServer
from pairwright.quality.checks import CHECKS
from pairwright.stages.check.check import run_check
from pairwright.stages.figures.status import status_of
from pairwright.stages.judge.judge import run_judge
from pairwright.store.judge.cut_prompts import cut_prompts

GOOD = json.dumps({"verdict": "A", "confidence": "HIGH", "reason": "short"})
CHAT = {"role": "assistant", "content": GOOD}


def answering(message=None, tokens=None, logprobs=None, finish="stop"):
    choice = {
        "index": 0,
        "message": {**CHAT, **(message or {})},
        "finish_reason": finish,
        "logprobs": logprobs,
    }
    usage = {"prompt_tokens": tokens, "completion_tokens": 20} if tokens else None
    return {"choices": [choice], "usage": usage}


def refusing(said, status=400):
    return {"status": status, "error": {"message": said}}


def judged(tmp_path, reply, pairs=4, settings=JUDGE):
    with LoopbackServer(reply=reply) as server:
        project = a_project(tmp_path, server, settings)
        path = project.root / "pairwright.toml"
        path.write_text(path.read_text().replace("concurrency = 8", "concurrency = 1"))
        project = type(project).open(project.root)
        add_pairs(project, pairs)
        try:
            return project, server, run_judge(project, "main")
        except EndpointError as error:
            return project, server, error


@pytest.mark.parametrize(
    "said",
    [
        "API key not valid. Please pass a valid API key.",
        "Unsupported value: 'temperature' does not support 0 with this model.",
        "This model's maximum context length is 512 tokens. However, you requested 900 tokens.",
        "System role not supported",
    ],
)
@pytest.mark.parametrize("strategy", ["plain", "cot", "rating", "reference", "ranking"])
def test_what_is_refused_to_every_call_is_not_paid_for_by_every_answer(tmp_path, said, strategy):
    settings = JUDGE + f'strategy = "{strategy}"\n'
    project, server, error = judged(tmp_path, lambda body, n: refusing(said), settings=settings)
    assert isinstance(error, EndpointError)
    assert said[:20] in str(error)
    assert len(server.requests) <= 3
    assert len(rows(project, "failure")) <= 2


def test_words_that_are_not_known_are_taken_for_this_text_until_many_were_refused(tmp_path):
    _, server, result = judged(tmp_path, lambda body, n: refusing("computer says no"), pairs=4)
    assert (result.failures, len(server.requests)) == (8, 16)
    _, server, error = judged(tmp_path / "more", lambda body, n: refusing("computer says no"), pairs=50)
    assert isinstance(error, EndpointError)
    assert len(server.requests) < 50


def test_texts_that_are_too_long_do_not_stop_those_that_are_not(tmp_path):
    def reply(body, n):
        return refusing("prompt is too long") if "long" in str(body["messages"]) else GOOD

    with LoopbackServer(reply=reply) as server:
        project = a_project(tmp_path, server)
        add_rows(project, [
            {"prompt": f"Q{i}?", "response_a": "long " * 3000 * (i + 1) if i < 3 else "a", "response_b": "b"} for i in range(9)
        ])  # fmt: skip
        result = run_judge(project, "main")
    assert (result.votes, result.failures) == (12, 6)


@pytest.mark.parametrize("poisoned", [0, 1, 5])
@pytest.mark.parametrize("said", ["Failed to generate JSON. See 'failed_generation'.", "computer says no"])
def test_a_text_that_is_refused_changes_nothing_for_the_others(tmp_path, poisoned, said):
    def reply(body, n):
        asked = f"Question {poisoned}?" in str(body["messages"])
        return refusing(said) if asked and "response_format" in body else GOOD

    _, server, result = judged(tmp_path, reply, pairs=6)
    assert (result.votes, result.failures) == (12, 0)
    others = [body for body in server.requests if f"Question {poisoned}?" not in str(body["messages"])]
    assert len(others) == 10
    assert all(body["response_format"]["type"] == "json_schema" and body["logprobs"] for body in others)


def test_a_server_that_can_do_less_is_soon_asked_for_less(tmp_path):
    """It does not say what it refuses: a few texts tell that it is not the texts."""

    def reply(body, n):
        return refusing("computer says no") if body.get("logprobs") else GOOD

    _, server, result = judged(tmp_path, reply, pairs=20)
    assert (result.votes, result.failures) == (40, 0)
    assert len(server.requests) < 48
    assert server.requests[-1]["response_format"]["type"] == "json_schema"
    assert "logprobs" not in server.requests[-1]


def test_an_answer_in_the_thinking_is_read_and_kept(tmp_path):
    project, _, result = judged(
        tmp_path, lambda body, n: answering({"content": None, "reasoning_content": GOOD})
    )
    assert (result.votes, result.failures) == (8, 0)
    assert {vote.raw for vote in rows(project, "vote")} == {GOOD}


def test_what_was_paid_for_is_kept_where_it_was_thinking_only(tmp_path):
    thinking = "I think that A, or rather"
    project, _, result = judged(
        tmp_path,
        lambda body, n: answering({"content": "", "reasoning_content": thinking}, finish="MAX_TOKENS"),
        pairs=1,
    )
    assert result.failures == 2
    assert {call.raw for call in rows(project, "call")} == {thinking}
    assert "raise max_tokens" in rows(project, "failure")[0].message


def token(text, **top):
    options = [{"token": name, "logprob": math.log(p)} for name, p in (top or {text: 0.99}).items()]
    return {"token": text, "logprob": options[0]["logprob"], "top_logprobs": options}


HEAD = ['{"', "verdict", '":', ' "']
TAIL = ['",', ' "confidence": "HIGH", "reason": "short"}']


@pytest.mark.parametrize(
    ("tokens", "prob"),
    [
        ([*map(token, HEAD), token("A", A=0.9, B=0.1), *map(token, TAIL)], 0.9),
        # The thinking first, with another answer in it.
        ([*map(token, ["<think>", *HEAD]), token("B", B=0.98, A=0.02), *map(token, [*TAIL, "</think>"]), *map(token, HEAD),
          token("A", A=0.9, B=0.1), *map(token, TAIL)], 0.9),
        ([*map(token, HEAD), token("A", A=0.9, B=0.1), *map(token, [*TAIL, "<|im_end|>"])], 0.9),
        # Of the thinking only; of another text; beside the verdict; of somebody else's distribution.
        ([*map(token, ["<think>", "I", " see", " that", " "]), token("B", B=0.98, A=0.02), *map(token, [" is", " fine", " so"])], None),
        ([*map(token, HEAD), token("B", B=0.9, A=0.1), *map(token, TAIL)], None),
        ([*map(token, HEAD), token("A", B=0.9, A=0.1), *map(token, TAIL)], None),
        ([*map(token, HEAD[:2]), token("A", A=0.9, B=0.1), *map(token, TAIL)], None),
    ],
)  # fmt: skip
def test_a_probability_is_that_of_the_verdict_or_none(tmp_path, tokens, prob):
    project, _, _ = judged(tmp_path, lambda body, n: answering(logprobs={"content": tokens}), pairs=1)
    votes = {vote.order: vote.prob_a for vote in rows(project, "vote")}
    assert votes["AB"] == (None if prob is None else pytest.approx(prob))


def cut(tmp_path, reply, sizes):
    with LoopbackServer(reply=reply) as server:
        project = a_project(tmp_path, server)
        add_rows(project, [
            {"prompt": f"Sum up {i}: " + "word salad " * n, "response_a": "a good one", "response_b": "another"} for i, n in enumerate(sizes)
        ])  # fmt: skip
        return project, run_judge(project, "main")


@pytest.mark.parametrize(
    "sizes", [[3000] * 4, [900, 1100, 1300, 1500]], ids=["far too long", "a little too long"]
)
def test_a_server_that_cuts_prompts_is_named_by_judge_status_and_check(tmp_path, sizes):
    project, result = cut(tmp_path, lambda body, n: answering(tokens=2048), sizes)
    run_check(project, only=["judge_health"])
    with project.store.read() as connection:
        assert cut_prompts(connection)[0].tokens == 2048
    told = [
        *result.notes,
        *status_of(project).cut_prompts,
        *(each.reason for each in rows(project, "finding")),
    ]
    assert sum("counted 2,048 tokens for" in text for text in told) == 3


def test_a_server_that_reads_prompts_whole_is_not(tmp_path):
    def reply(body, n):
        return answering(tokens=len(str(body["messages"])) // 5)

    project, result = cut(tmp_path, reply, [10, 10, 10, 100, 2000, 3000])
    assert (result.notes, status_of(project).cut_prompts) == ((), ())
    project, result = cut(tmp_path / "uncounted", lambda body, n: GOOD, [10, 10, 3000])
    assert result.notes == ()


def test_checks_know_of_thinking():
    assert "thinking_trace" in CHECKS
