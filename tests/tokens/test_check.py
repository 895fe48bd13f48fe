"""token_length over examples: pairs that a cut makes equal or empties, and a template that refuses a row."""

from __future__ import annotations

import pytest
from byte_tokenizer import saved

from pairwright.errors import InputError
from pairwright.quality.example import Example
from pairwright.quality.run import run_checks
from pairwright.tokens.check import TokenLength, cut_by
from pairwright.types import Image, Message

PROMPT = "<user>|<assistant>"  # around the question
LATE = ("x" * 1100 + "yes", "x" * 1100 + "no")


def example(name, asked="Why?", a="Yes.", b="No.", verdict="A", **more) -> Example:
    return Example(name, "", "", a, b, verdict, messages=(Message("user", asked),), **more)


def checked(check, *examples, workers=1):
    return list(run_checks(examples, [check], workers=workers))


@pytest.mark.parametrize("verdict", ["A", "B"])
def test_a_pair_that_a_cut_makes_equal_is_told_once_with_every_trainer_it_is_about(tmp_path, verdict):
    check = TokenLength(saved(tmp_path))
    found = checked(check, example("late", a=LATE[0], b=LATE[1], verdict=verdict), example("short"))
    pairs = [each for each in found if each.example is not None]
    (equal,) = pairs
    assert (equal.example, equal.part, equal.severity) == ("late", "equal_when_cut", "warning")
    assert "TRL DPO at 1,024, TRL KTO at 1,024, TRL ORPO/CPO at 1,024, OpenRLHF DPO at 512" in equal.reason
    whole = len(PROMPT) + len("Why?") + 1100 + len("yes|")
    assert f"{whole:,} or more" in equal.remedy
    assert equal.value == whole


def test_a_response_that_is_cut_away_names_the_length_of_the_prompt(tmp_path):
    check = TokenLength(saved(tmp_path), trainers=["trl-orpo", "trl-dpo"])
    (gone, dpo, orpo) = checked(check, example("long", asked="q" * 2000))
    assert (gone.part, gone.example) == ("emptied_when_cut", "long")
    assert "the prompt alone has 2,018 tokens (TRL ORPO/CPO at 1,024)" in gone.reason
    assert (dpo.part, dpo.reason) == ("cut: trl-dpo", "TRL DPO drops 1 row (max_length 1,024)")
    assert orpo.reason == "TRL ORPO/CPO cuts 1 row (1 chosen, 1 rejected) (max_length 1,024)"
    assert "2,023 keeps 100% of rows whole" in orpo.remedy


def test_max_length_goes_over_every_default(tmp_path):
    check = TokenLength(saved(tmp_path), max_length=5000)
    assert checked(check, example("late", a=LATE[0], b=LATE[1])) == []
    assert {each["limit"] for each in check.report()["trainers"]} == {5000}


def test_pairs_without_a_label_images_and_rows_the_template_refuses_are_counted(tmp_path):
    refusing = "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools here') }}{% endif %}{{ m.content }}{% endfor %}"
    check = TokenLength(saved(tmp_path, refusing))
    turns = (Message("tool", "21"), Message("assistant", "21"))
    seen = (Message("user", "What is it?", images=(Image("a.png"),)),)
    (found,) = checked(
        check,
        example("open", verdict=None),
        example("tools", turns_a=turns),
        Example("image", "", "", "A cat.", "A dog.", "A", messages=seen),
    )
    assert (found.example, found.part) == ("tools", "template_fails")
    assert "no tools here" in found.reason
    told = check.report()
    assert (told["rows"], told["unlabelled"], told["refused"], told["with_images"]) == (1, 1, 1, 1)


def test_without_a_template_the_report_says_what_was_assumed(tmp_path):
    check = TokenLength(saved(tmp_path, None))
    checked(check, example("x"))
    assert not check.report()["chat_template"]
    assert "it has no chat template: messages are joined by a blank line" in check.report()["assumed"]


def test_several_processes_measure_the_same(tmp_path):
    folder = saved(tmp_path)
    examples = [example(f"r{n}", a="y" * n, b="n" * (n // 2)) for n in range(600)]
    alone, together = TokenLength(folder, max_length=300), TokenLength(folder, max_length=300)
    assert checked(alone, *examples) == checked(together, *examples, workers=2)
    assert alone.report() == together.report()


def test_what_a_trainer_cuts_in_words():
    said = {"name": "TRL DPO", "cut": 3, "prompt": 0, "chosen": 2, "rejected": 3, "dropped": 1}
    assert cut_by(said) == "TRL DPO cuts 3 rows (2 chosen, 3 rejected) and drops 1 row"
    assert cut_by({**said, "cut": 0, "dropped": 0}) == ""


def test_a_trainer_there_is_not_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match='no trainer "trl"'):
        TokenLength(saved(tmp_path), trainers=["trl"])
