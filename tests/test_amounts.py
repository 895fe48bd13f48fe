"""Counts as people read them."""

import pytest

from pairwright.amounts import counted
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
