"""The packaged excerpt: complete, consistent with itself, and with the published counts."""

import json
from importlib.resources import files

import pytest

from pairwright.types import as_original

DATA = files("pairwright.demo")


def rows(name):
    return [json.loads(line) for line in DATA.joinpath(name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def pairs():
    return rows("llmbar_natural_pairs.jsonl")


@pytest.fixture(scope="module")
def gold():
    return {row["id"]: row["label"] for row in rows("gold_labels.jsonl")}


@pytest.fixture(scope="module")
def verdicts():
    """{pair id: {order: verdict}}"""
    by_pair = {}
    for row in rows("gpt4_verdicts.jsonl"):
        by_pair.setdefault(row["id"], {})[row["order"]] = row["verdict"]
    return by_pair


def test_every_pair_is_whole_and_distinct(pairs):
    assert len(pairs) == 100
    assert len({pair["id"] for pair in pairs}) == 100
    for pair in pairs:
        assert set(pair) == {"id", "prompt", "response_a", "response_b"}
        assert all(text.strip() for text in pair.values())
        assert pair["response_a"] != pair["response_b"]


def test_every_pair_has_a_gold_label_and_a_verdict_in_each_order(pairs, gold, verdicts):
    ids = {pair["id"] for pair in pairs}
    assert set(gold) == ids
    assert set(verdicts) == ids
    assert set(gold.values()) == {"A", "B"}
    assert sorted(gold.values()).count("A") == 42
    assert all(set(by_order) == {"AB", "BA"} for by_order in verdicts.values())
    assert len(rows("gpt4_verdicts.jsonl")) == 200
    assert {row["annotator"] for row in rows("gold_labels.jsonl")} == {"gold"}


def test_a_verdict_says_what_gpt4_wrote_about_the_order_it_was_shown():
    for row in rows("gpt4_verdicts.jsonl"):
        shown = {"Output (a)": "A", "Output (b)": "B"}[row["raw"]]
        assert row["verdict"] == as_original(shown, row["order"])


def test_gpt4_is_as_good_as_a_plain_count_over_the_full_data_set_says(gold, verdicts):
    right = sum(verdict == gold[pair] for pair, by in verdicts.items() for verdict in by.values())
    assert right == 191  # of 200 single-order verdicts: 95.5 %
    same = {pair: by["AB"] for pair, by in verdicts.items() if by["AB"] == by["BA"]}
    assert len(same) == 95  # of 100 pairs: consistent under swap
    assert (
        sum(verdict == gold[pair] for pair, verdict in same.items()) == 93
    )  # agreeing orders can both be wrong


def test_it_stays_small_and_carries_its_licence():
    assert sum(len(file.read_bytes()) for file in DATA.iterdir() if file.name.endswith(".jsonl")) < 400_000
    notice = DATA.joinpath("NOTICE.md").read_text(encoding="utf-8")
    for words in (
        "github.com/princeton-nlp/LLMBar",
        "MIT License",
        "Permission is hereby granted",
        "Copyright (c)",
    ):
        assert words in notice
