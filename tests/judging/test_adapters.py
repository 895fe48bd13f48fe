import math

import pytest

import pairwright as pw
from pairwright.errors import VerdictError


class LikeTRL:
    """What `trl.BasePairwiseJudge` asked of its children."""

    def __init__(self, answer):
        self.answer = answer

    def judge(self, prompts, completions, shuffle_order=True):
        assert not shuffle_order
        return [self.answer(pair) for pair in completions]


def test_a_trl_judge_is_a_judge():
    longer = pw.FromTRL(LikeTRL(lambda pair: int(len(pair[1]) > len(pair[0]))))
    rows = pw.create_dpo_dataset(longer, [("Q?", "short", "rather long")])
    assert rows == [{"prompt": "Q?", "chosen": "rather long", "rejected": "short"}]


def test_its_failure_is_no_verdict():
    with pytest.raises(VerdictError, match="-1"):
        pw.FromTRL(LikeTRL(lambda pair: -1)).compare("Q?", "a", "b")


def test_scores_make_a_judge_with_a_margin():
    judge = pw.FromScores(lambda prompt, response: len(response))
    answer = judge.compare("Q?", "four", "to")
    assert (answer.verdict, answer.margin) == ("A", 2)
    assert pw.FromScores(lambda p, r: len(r), tie=2).compare("Q?", "four", "to").verdict == "TIE"


def test_a_score_that_is_no_number_is_no_verdict():
    with pytest.raises(VerdictError):
        pw.FromScores(lambda prompt, response: math.nan).compare("Q?", "a", "b")
