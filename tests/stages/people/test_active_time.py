"""What an answer can have taken by the server's own clock."""

import pytest

from pairwright.stages.people.active_time import bounded
from pairwright.store.people.timed import Timed


def others(*answers):
    return [Timed(n, *each) for n, each in enumerate(answers)]


def test_a_claim_that_fits_is_believed():
    assert bounded(40, offered_at=0, until=60, others=[]) == 40


def test_no_answer_takes_longer_than_its_pair_was_held():
    assert bounded(600, offered_at=0, until=1.5, others=[]) == 1.5


def test_two_pairs_offered_together_are_read_one_after_the_other():
    assert bounded(600, offered_at=0, until=100, others=others((0, 60, 60))) == 40


def test_three_answers_given_offline_and_sent_at_once_keep_their_time():
    """Offered together, answered over three minutes without a network, sent in the same second."""
    first = bounded(60, 0, 180, [])
    second = bounded(60, 0, 180, others((0, 180, first)))
    third = bounded(60, 0, 180, others((0, 180, first), (0, 180, second)))
    assert (first, second, third) == (60, 60, 60)


def test_a_pair_loaded_ahead_while_another_was_read_loses_nothing():
    """The first was on the screen from 0 to 60; the second was loaded at 30 and read from 60 to 80."""
    assert bounded(20, offered_at=30, until=80, others=others((0, 60, 60))) == 20


def test_time_that_is_taken_up_further_back_is_not_counted_again():
    """All from 0 to 100 is taken by the two before, though neither alone overlaps the whole of it."""
    assert bounded(50, offered_at=40, until=100, others=others((0, 100, 60), (0, 100, 40))) == 0


@pytest.mark.parametrize("until", [-5, 0])
def test_a_clock_that_was_set_back_gives_no_time_and_no_error(until):
    assert bounded(10, offered_at=0, until=until, others=[]) == 0
