"""Small real judges whose faults are known."""

import pytest

import pairwright as pw
from pairwright.judging.doubles import NotRecorded
from pairwright.judging.parsing import Unreadable


def test_the_noisy_judge_is_right_as_often_as_it_says():
    better = {f"question {i}": f"good {i}" for i in range(2000)}
    judge = pw.Noisy(better, accuracy=0.8, seed=3)
    right = sum(judge.compare(q, good, "bad").verdict == "A" for q, good in better.items())
    assert 0.77 < right / 2000 < 0.83


def test_the_noisy_judge_answers_the_same_question_the_same_way():
    judge = pw.Noisy({"q": "good"}, accuracy=0.5)
    assert judge.compare("q", "good", "bad") == judge.compare("q", "good", "bad")


def recorded(**row):
    return pw.Replay([("verdicts.jsonl:1", {"id": "1", "order": "AB", "verdict": "A", **row})])


def test_a_recorded_verdict_is_turned_to_what_was_shown():
    assert recorded(order="AB").recorded("1", "AB").verdict == "A"
    assert recorded(order="BA").recorded("1", "BA").verdict == "B"


def test_a_recorded_null_is_a_failure_not_a_tie():
    with pytest.raises(Unreadable):
        recorded(verdict=None).recorded("1", "AB")


def test_a_verdict_that_was_never_recorded_is_missing():
    with pytest.raises(NotRecorded):
        recorded().recorded("2", "AB")


def test_a_bad_recording_is_named_by_its_place():
    with pytest.raises(pw.InputError, match=r"verdicts.jsonl:1.*'C'"):
        recorded(verdict="C")
