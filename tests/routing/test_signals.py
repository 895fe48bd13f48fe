import json
from dataclasses import replace

import numpy as np
import pytest
from recorded import ballots_of

from pairwright.routing.signals import SignalPlan

VERDICTS = {"one": [1, -1, 0, None], "two": [1, 1, -1, 1]}


def swapped(ballots):
    """The same votes with a and b exchanged in every pair."""
    return replace(
        ballots,
        order=-ballots.order,
        verdict=-ballots.verdict,
        prob_a=1 - ballots.prob_a,
        margin=-ballots.margin,
        length_gap=-ballots.length_gap,
    )


def everything():
    rng = np.random.default_rng(0)
    shape = {name: rng.random(4).tolist() for name in VERDICTS}
    return ballots_of(
        VERDICTS,
        prob_a=shape,
        margin={name: rng.normal(size=4).tolist() for name in VERDICTS},
        high={name: [1, 0, 1, 0] for name in VERDICTS},
        lengths=rng.normal(size=4),
    )


def test_signals_change_sign_when_a_and_b_change_places():
    ballots = everything()
    plan = SignalPlan.of(ballots)
    here, there = plan.read(ballots), plan.read(swapped(ballots))
    assert there.x == pytest.approx(-here.x)
    assert there.s == pytest.approx(here.s)


def test_a_judge_that_said_nothing_adds_nothing():
    ballots = ballots_of(VERDICTS)
    signals = SignalPlan.of(ballots).read(ballots)
    assert signals.x[3, signals.names.index("one votes")] == 0
    assert signals.x[3, signals.names.index("votes")] == 1


def test_a_judge_of_pure_position_bias_cancels_itself():
    said = ballots_of({"shown as AB": [1, 1], "shown as BA": [-1, -1]})
    ballots = replace(
        said, judges=("first",), families=("first",), judge=np.zeros(4, int), order=said.verdict
    )
    assert not SignalPlan.of(ballots).read(ballots).x.any()


def test_position_is_a_signal_only_where_orders_are_uneven():
    ballots = ballots_of({"one": [1, -1, 0, 1], "two": [1, 1, -1, 1]})
    assert SignalPlan.of(ballots).one_sided == (0, 1)
    half = replace(ballots, order=np.array([1.0, 1, 1, 1, 1, -1, 1, -1]))
    assert SignalPlan.of(half).one_sided == (0,)


def test_families_are_heard_as_one_before_their_members():
    ballots = ballots_of({**VERDICTS, "three": [1, 1, 1, 1]}, families=("gpt", "gpt", "llama"))
    names = SignalPlan.of(ballots).read(ballots).names
    assert {"votes of gpt", "votes of llama"} <= set(names)


def test_a_plan_written_down_reads_later_pairs_the_same_way():
    ballots = everything()
    plan = SignalPlan.of(ballots)
    again = SignalPlan.from_dict(json.loads(json.dumps(plan.as_dict())))
    assert again == plan
    assert again.read(ballots).x == pytest.approx(plan.read(ballots).x)


def test_a_judge_unknown_to_the_plan_is_not_heard():
    plan = SignalPlan.of(ballots_of({"one": [1, -1, 0, 1]}))
    assert plan.read(ballots_of(VERDICTS)).x.shape[1] == plan.read(ballots_of({"one": [1] * 4})).x.shape[1]


def test_the_votes_on_some_pairs_are_read_as_among_all():
    ballots = everything()
    plan, rows = SignalPlan.of(ballots), np.array([3, 1])
    here, all_ = plan.read(ballots.of_pairs(rows)), plan.read(ballots)
    assert here.x == pytest.approx(all_.x[rows])
    assert here.s == pytest.approx(all_.s[rows])
