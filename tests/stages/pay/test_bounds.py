"""How many tokens a call may be charged for."""

import pytest

from pairwright.stages.pay.bounds import TokenBound


def test_a_byte_is_a_token_at_worst_and_an_answer_ends_at_its_limit():
    assert TokenBound().of(1000, 300) == (1064, 300)


def test_texts_in_a_sparse_script_say_nothing_about_those_in_a_dense_one():
    bound = TokenBound()
    for _ in range(100):
        bound.learn(1000, 300, 220, 40)
    assert bound.of(1000, 300) == (1064, 300)


def test_an_endpoint_that_counts_more_is_believed_from_then_on():
    bound = TokenBound()
    assert bound.learn(1000, 300, 2064, 700)
    assert bound.of(1000, 300) == (1064 + 1250, 300 + 500)
    assert bound.of(10, 0) == (74 + 1250, 500)
    assert not bound.learn(1000, 300, 1000, 600)


@pytest.mark.parametrize("said", [(None, None), (None, 10), (10, None)])
def test_what_was_not_counted_corrects_nothing(said):
    bound = TokenBound()
    assert not bound.learn(1000, 300, *said)
    assert (bound.of(1000, 300), bound.counted) == ((1064, 300), 1)
