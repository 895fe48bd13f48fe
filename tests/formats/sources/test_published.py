"""Datasets in the shapes of trainers: as published, told and read without a reader of their own."""

from __future__ import annotations

import csv
import json

import pyarrow
import pyarrow.parquet
import pytest
from formats.sources.said import A, B, Q, asked, read, texts, told

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical
from pairwright.formats.catalog import read_dataset
from pairwright.formats.guess import guess


def chat(*said):
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]


def shared(*said):
    return [{"from": ("human", "gpt")[n % 2], "value": text} for n, text in enumerate(said)]


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
    "microsoft/WildFeedback: an answer is one message": {
        "conversation_hash": "h", "prompt": chat(Q), "chosen": {"content": A, "role": "assistant"},
        "rejected": {"content": B, "role": "assistant"}, "user_preferences": ["short"]},
    "ShareGPT whose conversation goes on to the chosen answer": {
        "conversations": shared(Q, A), "chosen": shared("", A)[1], "rejected": shared("", B)[1]},
    "messages that go on to the chosen answer": {"messages": chat(Q, A), "chosen": A, "rejected": B},
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


# What people hold in a file of another kind says the same there.


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("kind", ["json", "parquet", "csv"])
def test_a_file_of_another_kind_says_the_same(tmp_path, name, kind):
    row = PAIRS[name]
    texts_in_lists = any(isinstance(value, list) and isinstance(value[0], str) for value in row.values())
    if kind == "csv" and texts_in_lists:
        pytest.skip("a cell is text: only messages are read out of one")
    file = in_a_file(tmp_path, row, kind)
    (found,) = read_dataset(file, guess(file, {}))
    better, worse = sorted(found.responses, key=lambda each: each.rank)
    assert (asked(found), better.text, worse.text) == ([("user", Q)], A, B)


def in_a_file(tmp_path, row, kind):
    path = tmp_path / f"rows.{kind}"
    if kind == "json":
        path.write_text(json.dumps([row], indent=1))
    elif kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), path)
    else:
        with path.open("w", newline="") as file:
            cells = [json.dumps(value) if isinstance(value, list | dict) else value for value in row.values()]
            csv.writer(file).writerows([list(row), cells])
    return path


def test_a_message_in_a_cell_as_python_writes_it_is_refused(tmp_path):
    """str() of a message is not JSON, and taken for text it would be trained on as it stands."""
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        cells = [Q, str({"content": A, "role": "assistant"}), str({"content": B, "role": "assistant"})]
        csv.writer(file).writerows([["prompt", "chosen", "rejected"], cells])
    (bad,) = read_dataset(path, "trl-dpo-text")
    assert "as Python writes it" in bad.reason
    with path.open("w", newline="") as file:  # an answer that is code stays an answer
        csv.writer(file).writerows([["prompt", "chosen", "rejected"], [Q, "{'value': 1}", B]])
    (found,) = read_dataset(path, "trl-dpo-text")
    assert found.responses[0].text == "{'value': 1}"


def test_steps_that_are_labelled_are_said_to_be_no_preference(tmp_path):
    row = {"prompt": Q, "completions": ["Look up.", "It is blue."], "labels": [True, True]}
    with pytest.raises(InputError, match="labels the steps of one answer"):
        told(tmp_path, row)


def test_json_in_a_text_is_read_where_a_path_leads_into_it(tmp_path):
    """RLHF-V keeps the question and both answers as JSON in one text."""
    row = {"ds_name": "RLHF-V", "text": json.dumps({"question": Q, "chosen": A, "rejected": B}), "idx": 1}
    columns = {"prompt": "text.question", "chosen": "text.chosen", "rejected": "text.rejected"}
    (found,) = read(tmp_path, "table", row, mapping=columns)
    assert (asked(found), texts(found)) == ([("user", Q)], [A, B])
