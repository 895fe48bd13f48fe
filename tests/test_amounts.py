"""Counts as people read them."""

import pytest

from pairwright.amounts import counted, exact_usd, hours, usd_range
from pairwright.cli.run import print_run


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 prompts"), (1, "1 prompt"), (2, "2 prompts"), (1234, "1,234 prompts")]
)
def test_one_is_singular(n, said):
    assert counted(n, "prompt") == said


def test_whole_phrases_have_both_forms():
    said = [counted(n, "pair waits", "pairs wait") for n in (1, 2)]
    assert said == ["1 pair waits", "2 pairs wait"]


def test_what_run_did_once_is_singular(capsys):
    print_run([("pair", {"pairs_added": 1, "pairs_already": 2, "votes": 1})])
    assert capsys.readouterr().out == "pair: 1 pair added, 2 pairs already, 1 vote\n"


def test_money_held_against_money_has_all_its_digits():
    amounts = (0.5, 0.004, 1.9999, 0.00199, 1234.0, 1e-7, 0.0)
    shown = ["$0.50", "$0.004", "$1.9999", "$0.00199", "$1,234.00", "under $0.0001", "$0.00"]
    assert [exact_usd(each) for each in amounts] == shown


def test_money_and_time_that_are_there_are_never_shown_as_none():
    assert [usd_range(*each) for each in ((0.006, 0.06), (8.38, 41.9), (67, 67))] == [
        "$0.0060-0.06",
        "$8.38-42",
        "$67",
    ]
    assert [hours(seconds / 3600) for seconds in (0, 0.1, 40, 90)] == ["0 s", "under 1 s", "40 s", "1.5 min"]
