"""The packaged excerpt: complete, consistent with itself, and with the published counts."""

import json
from importlib.resources import files

import pytest

from pairwright.types import as_original

DATA = files("pairwright.demo")


def rows(name):
    return [json.loads(line) for line in DATA.joinpath(name).read_text(encoding="utf-8").splitlines()]


JUDGES = ("gpt4_verdicts.jsonl", "gpt4_rating_verdicts.jsonl", "chatgpt_verdicts.jsonl")


@pytest.fixture(scope="module")
def pairs():
    return rows("llmbar_pairs.jsonl")


@pytest.fixture(scope="module")
def gold():
    return {row["id"]: row["label"] for row in rows("gold_labels.jsonl")}


def by_pair(name):
    """{pair id: {order: verdict}}"""
    found = {}
    for row in rows(name):
        found.setdefault(row["id"], {})[row["order"]] = row["verdict"]
    return found


def test_every_pair_is_whole_and_distinct(pairs):
    assert len(pairs) == len({pair["id"] for pair in pairs}) == 419
    assert sum(pair["subset"] == "Natural" for pair in pairs) == 100
    for pair in pairs:
        assert set(pair) == {"id", "subset", "prompt", "response_a", "response_b"}
        assert all(text.strip() for text in pair.values())
        assert pair["response_a"] != pair["response_b"]


@pytest.mark.parametrize("name", JUDGES)
def test_every_pair_has_a_gold_label_and_a_verdict_in_each_order(pairs, gold, name):
    ids = {pair["id"] for pair in pairs}
    assert set(gold) == set(by_pair(name)) == ids
    assert set(gold.values()) == {"A", "B"}
    assert all(set(by_order) == {"AB", "BA"} for by_order in by_pair(name).values())
    assert {row["annotator"] for row in rows("gold_labels.jsonl")} == {"gold"}


@pytest.mark.parametrize("name", ["gpt4_verdicts.jsonl", "chatgpt_verdicts.jsonl"])
def test_a_verdict_says_what_the_judge_wrote_about_the_order_it_was_shown(name):
    for row in rows(name):
        shown = {"Output (a)": "A", "Output (b)": "B"}[row["raw"]]
        assert row["verdict"] == as_original(shown, row["order"])


def test_a_score_says_the_same_as_its_verdict_and_equal_scores_are_a_tie():
    for row in rows("gpt4_rating_verdicts.jsonl"):
        if "scores" in row:
            a, b = row["scores"]
            assert row["verdict"] == ("A" if a > b else "B" if b > a else "TIE")


def test_judges_are_as_good_as_a_plain_count_over_the_full_data_set_says(gold):
    # GPT-4: right in 84.5 % of single-order verdicts, consistent under swap on 92.8 %, of these right on 87.1 %.
    verdicts = by_pair("gpt4_verdicts.jsonl")
    right = sum(verdict == gold[pair] for pair, by in verdicts.items() for verdict in by.values())
    same = {pair: by["AB"] for pair, by in verdicts.items() if by["AB"] == by["BA"]}
    agreeing = sum(verdict == gold[pair] for pair, verdict in same.items())
    assert (right, len(same), agreeing) == (708, 389, 339)
    # ChatGPT is worse than a coin on the adversarial subsets.
    chatgpt = [v == gold[pair] for pair, by in by_pair("chatgpt_verdicts.jsonl").items() for v in by.values()]
    assert 0.35 < sum(chatgpt) / len(chatgpt) < 0.5


def test_it_stays_small_and_carries_its_licence():
    assert sum(len(file.read_bytes()) for file in DATA.iterdir() if file.name.endswith(".jsonl")) < 900_000
    notice = DATA.joinpath("NOTICE.md").read_text(encoding="utf-8")
    for words in (
        "github.com/princeton-nlp/LLMBar",
        "MIT License",
        "Permission is hereby granted",
        "Copyright (c)",
    ):
        assert words in notice
