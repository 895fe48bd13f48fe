"""What each trainer's rule leaves of a row, and that every default has its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairwright.errors import InputError
from pairwright.tokens.report import LengthLimits, TokenReport, emptied_when_cut, equal_when_cut
from pairwright.tokens.trainers import TRAINERS, KeptTokens, Lengths, chosen_trainers


@pytest.mark.parametrize(
    ("trainer", "lengths", "limit", "kept"),
    [
        ("trl-dpo", Lengths(10, 5, 9, 0), 19, KeptTokens(10, 5, 9)),
        ("trl-dpo", Lengths(10, 5, 9, 0), 13, KeptTokens(10, 3, 3)),
        ("trl-dpo", Lengths(10, 5, 9, 0), 11, KeptTokens(10, 1, 1)),
        ("trl-dpo", Lengths(10, 5, 9, 0), 10, None),
        ("trl-kto", Lengths(10, 5, 9, 0), 16, KeptTokens(10, 5, 6)),
        ("trl-orpo", Lengths(10, 5, 9, 0), 10, KeptTokens(10, 0, 0)),
        ("trl-reward", Lengths(10, 5, 9, 0), 19, KeptTokens(10, 5, 9)),
        ("trl-reward", Lengths(10, 5, 9, 0), 18, None),
        ("axolotl", Lengths(10, 5, 9, 0), 18, None),
        ("ms-swift", Lengths(10, 5, 9, 0), 18, None),
        ("openrlhf", Lengths(10, 5, 9, 0), 13, KeptTokens(10, 3, 3)),
        ("openrlhf", Lengths(10, 5, 9, 0), 12, None),
        # LLaMA-Factory: short responses cut the prompt, a short prompt cuts the responses, else both.
        ("llama-factory", Lengths(100, 5, 9, 0), 20, KeptTokens(11, 5, 9)),
        ("llama-factory", Lengths(4, 50, 30, 0), 20, KeptTokens(4, 16, 16)),
        ("llama-factory", Lengths(30, 30, 10, 0), 20, KeptTokens(10, 10, 10)),
    ],
)
def test_what_is_left_of_a_row(trainer, lengths, limit, kept):
    assert TRAINERS[trainer].cut(lengths, limit) == kept


@pytest.mark.parametrize("trainer", TRAINERS)
def test_nothing_is_cut_of_a_row_that_fits(trainer):
    fits = Lengths(10, 5, 9, 3)
    assert TRAINERS[trainer].cut(fits, fits.whole) == KeptTokens(10, 5, 9)
    assert TRAINERS[trainer].source
    assert TRAINERS[trainer].cuts


def test_responses_that_part_after_the_cut_become_equal():
    late = Lengths(10, 20, 30, 15)
    assert equal_when_cut("trl-dpo", late, 25)
    assert not equal_when_cut("trl-dpo", late, 26)
    assert not equal_when_cut("trl-dpo", Lengths(10, 20, 20, 20), 25), "they were equal before"
    assert equal_when_cut("trl-dpo", Lengths(10, 12, 30, 12), 22), "one is how the other begins"
    assert not equal_when_cut("trl-dpo", Lengths(10, 12, 30, 12), 23)
    assert not equal_when_cut("trl-dpo", late, 10), "the row is dropped"


def test_a_response_is_emptied_where_the_prompt_leaves_no_room():
    assert emptied_when_cut("trl-orpo", Lengths(10, 5, 9, 0), 10)
    assert not emptied_when_cut("trl-orpo", Lengths(10, 5, 9, 0), 11)
    assert not emptied_when_cut("trl-orpo", Lengths(10, 0, 1, 0), 11), "it was empty before"


def test_the_lengths_that_keep_shares_of_rows_whole_and_what_a_trainer_cuts_of_them():
    report = TokenReport(LengthLimits.default(["trl-dpo", "ms-swift"], None, None))
    for n in range(1, 101):
        report.add(f"r{n}", Lengths(1000, n, 1, 0))
    told = report.as_dict()
    assert told["lengths"]["whole"] == {"95%": 1095, "99%": 1099, "100%": 1100}
    assert told["lengths"]["rejected"] == {"95%": 1, "99%": 1, "100%": 1}
    dpo, swift = told["trainers"]
    assert (dpo["limit"], dpo["cut"], dpo["chosen"], dpo["rejected"], dpo["dropped"]) == (1024, 76, 76, 0, 0)
    assert dpo["first"] == ["r25", "r26", "r27", "r28", "r29"]
    assert (swift["limit"], swift["cut"]) == (None, 0)
    assert LengthLimits.default(["ms-swift"], None, 4096).of == {"ms-swift": 4096}
    assert LengthLimits.default(["ms-swift", "trl-dpo"], 300, 4096).of == {"ms-swift": 300, "trl-dpo": 300}


def test_a_trainer_there_is_not_is_an_error_with_all_names():
    assert chosen_trainers(["axolotl", "trl-dpo"]) == ("trl-dpo", "axolotl")
    with pytest.raises(InputError, match='no trainer "trl". There are trl-dpo, trl-kto'):
        chosen_trainers(["trl"])


def test_the_docs_have_every_trainer_with_its_default_and_source():
    page = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    for name, each in TRAINERS.items():
        default = "the model's context" if each.default is None else each.default
        row = f"| `{name}` | {each.name} | `{each.setting}` | {default} | {each.cuts} | {each.source} |"
        assert row in page
