"""Datasets in the shapes of trainers: as published, told and read without a reader of their own."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, asked, read, texts, told

from pairwright.formats.canonical import Canonical


def chat(*said):
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]


# In each of these A is the better answer to Q.
PAIRS = {
    "allenai/reward-bench": {"id": 1, "prompt": Q, "chosen": A, "chosen_model": "GPT4-Turbo", "rejected": B,
                             "rejected_model": "alpaca-7b", "subset": "alpacaeval-easy"},
    "allenai/llama-3.1-tulu-3-8b-preference-mixture": {
        "id": "x_1", "source": "ai2-adapt-dev/off-policy", "prompt": Q, "chosen": chat(Q, A),
        "rejected": chat(Q, B), "chosen_rating": 5.0, "rejected_rating": 2.0, "chosen_model": "gpt-4o",
        "rejected_model": "olmo"},
    "Skywork/Skywork-Reward-Preference-80K-v0.2": {"chosen": chat(Q, A), "rejected": chat(Q, B),
                                                   "source": "magpie_pro"},
    "mlabonne/orpo-dpo-mix-40k": {"source": "Airoboros", "chosen": chat(Q, A), "rejected": chat(Q, B),
                                  "prompt": Q, "question": Q},
    "Magpie-Align/Magpie-Llama-3.1-Pro-DPO-100K-v0.1": {
        "uuid": "u", "instruction": Q, "gen_input_configs": {"temperature": 1.0}, "task_category": "Physics",
        "responses": [A, B], "rewards_armorm": [{"score": 0.2}, {"score": 0.1}], "chosen": chat(Q, A),
        "rejected": chat(Q, B)},
    "trl-lib/ultrafeedback_binarized": {"chosen": chat(Q, A), "rejected": chat(Q, B), "score_chosen": 8.0,
                                        "score_rejected": 5.0},
    "trl-lib/tldr-preference": {"prompt": Q, "chosen": A, "rejected": B},
    "trl-lib/hh-rlhf-helpful-base": {"prompt": chat(Q), "chosen": chat(Q, A)[1:], "rejected": chat(Q, B)[1:]},
    "ms-swift rejected_messages": {"messages": chat(Q, A), "rejected_messages": chat(Q, B)},
    "LLaMA-Factory output: [good, bad]": {"instruction": Q, "input": "", "output": [A, B]},
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_a_is_chosen_over_b(tmp_path, name):
    row = PAIRS[name]
    (found,) = read(tmp_path, told(tmp_path, row), row)
    assert asked(found) == [("user", Q)]
    better, worse = sorted(found.responses, key=lambda each: each.rank)
    assert (better.text, better.rank, worse.text, worse.rank) == (A, 1, B, 2)


def test_models_beside_chosen_and_rejected_are_kept(tmp_path):
    row = PAIRS["allenai/reward-bench"]
    (found,) = read(tmp_path, told(tmp_path, row), row)
    assert [each.model for each in found.responses] == ["GPT4-Turbo", "alpaca-7b"]
    assert (found.id, found.source, found.beside) == ("1", "alpacaeval-easy", ())


def test_reward_bench_2_gives_every_chosen_with_every_rejected(tmp_path):
    """Three rejected answers to one chosen; in the subset Ties several are chosen, all as good."""
    row = {"id": "7", "prompt": Q, "chosen": [A], "rejected": [B, "Red.", "Grey."], "num_correct": 1,
           "num_rejected": 3, "total_completions": 4, "models": ["m1", "m2", "m3", "m4"], "subset": "Factuality",
           "additional_metadata": None}  # fmt: skip
    found = read(tmp_path, told(tmp_path, row), row)
    assert [texts(each) for each in found] == [[A, B], [A, "Red."], [A, "Grey."]]
    assert ([each.id for each in found], found[0].source) == (["7/1", "7/2", "7/3"], "Factuality")
    assert "models" in found[0].beside
    ties = {**row, "chosen": [A, "Azure."], "rejected": [B], "subset": "Ties"}
    assert [texts(each) for each in read(tmp_path, told(tmp_path, ties), ties)] == [[A, B], ["Azure.", B]]


def test_more_than_one_bad_output_is_as_many_pairs(tmp_path):
    row = {"instruction": Q, "input": "", "output": [A, B, "Red."]}
    found = read(tmp_path, "llama-factory-dpo", row)
    assert [texts(each) for each in found if isinstance(each, Canonical)] == [[A, B], [A, "Red."]]


def test_thumbs_as_kto_rows(tmp_path):
    """trl-lib/kto-mix-14k: the label is about the completion."""
    row = {"prompt": chat(Q), "completion": chat(Q, A)[1:], "label": False}
    assert told(tmp_path, row) == "trl-kto"
    (found,) = read(tmp_path, "trl-kto", row)
    assert (texts(found), found.responses[0].good) == ([A], False)
