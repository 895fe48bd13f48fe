"""What a judge is worth: the figures of its two orders."""

from dataclasses import replace

import numpy as np
from recorded import ballots_of

from pairwright.routing.judge_accuracy import judges_worth

# Six pairs in one order and then in the other: alike (A, B, a tie), and not.
FIRST, SECOND = [1, -1, 0, 1, 1, 0], [1, -1, 0, -1, 0, -1]


def in_both_orders():
    once = ballots_of({"j": FIRST})
    again = ballots_of({"j": SECOND})
    both = {
        name: np.concatenate([getattr(once, name), getattr(again, name)])
        for name in ("row", "judge", "verdict", "prob_a", "margin", "high")
    }
    return replace(once, **both, order=np.repeat([1.0, -1.0], 6))


def test_a_tie_in_both_orders_is_the_same_verdict():
    [worth] = judges_worth(in_both_orders(), np.zeros((6, 3)))
    assert (worth.consistent.value, worth.consistent.n) == (0.5, 6)


def test_without_peoples_answers_only_the_judge_itself_is_told():
    [worth] = judges_worth(in_both_orders(), np.zeros((6, 3)))
    assert (worth.standing, worth.right, worth.decided) == ("not known yet", None, None)
    assert worth.first_shown.n == 6
