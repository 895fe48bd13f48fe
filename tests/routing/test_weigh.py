"""One look at people's labels: what is learned, tested and applied later."""

import json
from dataclasses import replace

import numpy as np
import pytest
from recorded import noisy_judges

from pairwright.routing.weigh import Sample, Step, apply, retest, weigh

JUDGES = {"good": 0.95, "fair": 0.75}


def drawn_of(n, of, seed=0):
    drawn = np.zeros(of, bool)
    drawn[np.random.default_rng(seed).permutation(of)[:n]] = True
    return drawn


def sample_of(truth, drawn, **more):
    return Sample(np.ones(len(truth), bool), drawn, np.where(drawn, truth, -1).astype(np.int8), **more)


def labels_of(truth, drawn):
    return np.eye(3)[truth] * drawn[:, None]


def weighed(ballots, truth, drawn, *, sample=None, steps=None, groups=None, **more):
    steps = steps or [ballots.judges]
    settings = {"target": 0.9, "delta": 0.1, "seed": 0} | more
    groups = np.arange(len(truth)) if groups is None else groups
    sample = sample or sample_of(truth, drawn)
    return weigh(
        ballots, labels_of(truth, drawn), groups, sample, steps, [0.01] * len(steps), 1.0, **settings
    )


def without(ballots, judge, rows):
    """The same votes, less what one judge said of these pairs."""
    kept = ~((ballots.judge == ballots.judges.index(judge)) & np.isin(ballots.row, rows))
    columns = ("row", "judge", "order", "verdict", "prob_a", "margin", "high")
    return replace(ballots, **{name: getattr(ballots, name)[kept] for name in columns})


def test_what_was_tested_is_what_is_applied_later():
    ballots, truth = noisy_judges(600, JUDGES)
    groups = np.arange(600) // 3
    found = weighed(ballots, truth, drawn_of(200, 600), groups=groups)
    steps = [Step.from_dict(json.loads(json.dumps(step.as_dict()))) for step in found.steps]
    applied = apply(steps, ballots, groups, np.zeros(600, int))
    assert applied.confidence == pytest.approx(found.confidence)
    assert applied.probs[found.rows] == pytest.approx(found.own)
    assert (applied.confidence > applied.threshold).sum() > 300


def test_no_label_changes_what_is_said_of_any_pair_of_its_prompt():
    ballots, truth = noisy_judges(400, JUDGES)
    groups, drawn = np.arange(400) // 4, drawn_of(150, 400)
    before = weighed(ballots, truth, drawn, groups=groups)
    first = np.flatnonzero(drawn)[0]
    other = truth.copy()
    other[first] = 1 - other[first]
    after = weighed(ballots, other, drawn, groups=groups)

    def said(found):
        return apply(found.steps, ballots, groups, np.zeros(400, int)).probs

    same = groups == groups[first]
    assert said(after)[same] == pytest.approx(said(before)[same], abs=1e-12)
    assert np.abs(said(after)[~same] - said(before)[~same]).max() > 1e-6


def test_a_pair_that_joins_later_is_judged_by_the_model_of_its_prompts_fold():
    ballots, truth = noisy_judges(500, JUDGES)
    drawn = drawn_of(150, 300)
    part = replace(
        ballots,
        **{name: getattr(ballots, name)[ballots.row < 300] for name in ("row", "judge", "order", "verdict")},
        **{name: getattr(ballots, name)[ballots.row < 300] for name in ("prob_a", "margin", "high")},
        length_gap=ballots.length_gap[:300],
    )
    found = weighed(part, truth[:300], drawn)
    later = apply(found.steps, ballots, np.arange(500), np.zeros(500, int))
    assert later.confidence[:300] == pytest.approx(found.confidence)
    assert (later.confidence[300:] > later.threshold[300:]).mean() > 0.5


def test_a_drawn_pair_that_nobody_answered_counts_as_an_error():
    ballots, truth = noisy_judges(600, {"good": 0.99})
    drawn = drawn_of(150, 600)
    open_ = np.flatnonzero(drawn)[:30]
    sample = sample_of(truth, drawn)
    sample.label[open_] = -1
    answered = drawn.copy()
    answered[open_] = False
    assert weighed(ballots, truth, answered, sample=sample).certificate.threshold is None
    assert weighed(ballots, truth, drawn).certificate.threshold is not None


@pytest.mark.parametrize(("ties", "accepted"), [("count", False), ("apart", True)])
def test_pairs_people_call_a_tie_can_be_told_apart(ties, accepted):
    ballots, truth = noisy_judges(800, {"good": 0.99})
    truth = np.where(np.random.default_rng(1).random(800) < 0.12, 2, truth)
    drawn = drawn_of(300, 800)
    found = weighed(ballots, truth, drawn, sample=sample_of(truth, drawn, ties=ties))
    assert (found.certificate.threshold is not None) == accepted
    assert found.certificate.labels == (300 if ties == "count" else (truth[drawn] != 2).sum())


def test_a_pair_whose_judge_was_not_heard_is_never_accepted():
    ballots, truth = noisy_judges(600, JUDGES)
    missing = np.arange(0, 600, 7)
    ballots = without(ballots, "fair", missing)
    found = weighed(ballots, truth, drawn_of(200, 600))
    applied = apply(found.steps, ballots, np.arange(600), np.zeros(600, int))
    taken = applied.confidence > applied.threshold
    assert taken.any()
    assert not taken[missing].any()


def test_judges_no_better_than_chance_are_not_heard_unless_trusted():
    ballots, truth = noisy_judges(600, {"good": 0.95, "coin": 0.5})
    drawn = drawn_of(250, 600)
    assert weighed(ballots, truth, drawn).refused == ("coin",)
    trusting = weighed(ballots, truth, drawn, trust=["coin"])
    assert trusting.refused == ()
    assert trusting.steps[0].forecaster.forecasters[0].plan.judges == ("good", "coin")


def test_where_every_judge_is_a_coin_nothing_is_accepted():
    ballots, truth = noisy_judges(500, {"one": 0.5, "two": 0.5})
    found = weighed(ballots, truth, drawn_of(300, 500))
    assert found.certificate.threshold is None
    assert found.refused == ("one",)  # what some fold still hears is asked on


def test_labels_that_change_can_make_a_recorded_certificate_stricter_and_never_looser():
    ballots, truth = noisy_judges(900, JUDGES)
    drawn = drawn_of(300, 900)
    found = weighed(ballots, truth, drawn)
    rest = np.stack([found.confidence[~drawn]])

    def now(label):
        return retest(
            [step.threshold for step in found.steps],
            found.tested_confidence,
            found.tested_verdict,
            label,
            rest,
            [0.01],
            1.0,
            target=0.9,
            delta=0.1,
        )

    label = truth[drawn]
    assert now(label).certificate.threshold == found.certificate.threshold
    better = found.tested_verdict[-1]
    assert now(better).thresholds[0] == found.certificate.threshold
    worse = np.where(np.random.default_rng(0).random(300) < 0.2, 1 - label, label)
    assert now(worse).certificate.threshold is None


def test_a_cascade_is_applied_as_it_was_tested():
    ballots, truth = noisy_judges(900, {"cheap": 0.8, "strong": 0.95})
    drawn = drawn_of(300, 900)
    found = weighed(ballots, truth, drawn, steps=[("cheap",), ("cheap", "strong")])
    assert [step.threshold is None for step in found.steps] == [False, False]
    for step in found.steps:
        assert step.threshold == -np.inf or 1 / 3 <= step.threshold <= 1
    first = apply(found.steps, ballots, np.arange(900), np.zeros(900, int))
    last = apply(found.steps, ballots, np.arange(900), np.ones(900, int))
    taken = np.where(first.confidence > first.threshold, 0, np.where(last.confidence > last.threshold, 1, 2))[
        drawn
    ]
    assert (taken < 2).sum() == found.certificate.accepted


# 40 prompts of 28 pairs each, 15 % of them at 40 % right: pairs of a prompt share their luck.
def clustered(seed, right=0.95):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(40), 28)
    share = np.where(rng.random(40) < 0.15, 0.4, right)[groups]
    ballots, truth = noisy_judges(len(groups), {"one": 0.5}, seed=seed, both_orders=False)
    verdict = np.where((rng.random(len(groups)) < share) == (truth == 0), 1.0, -1.0)
    stated = rng.uniform(0.6, 0.99, len(groups))
    prob_a = np.where(verdict > 0, stated, 1 - stated)
    return replace(ballots, verdict=verdict, prob_a=prob_a), truth, groups


def test_the_promise_holds_for_the_frame_where_pairs_of_a_prompt_share_their_luck():
    broken, certified, draws = 0, 0, 25
    for seed in range(draws):
        ballots, truth, groups = clustered(seed, right=0.98)
        drawn = drawn_of(120, len(truth), seed)
        found = weighed(ballots, truth, drawn, groups=groups, target=0.85)
        applied = apply(found.steps, ballots, groups, np.zeros(len(truth), int))
        taken = (applied.confidence > applied.threshold) & ~drawn
        certified += taken.any()
        broken += taken.any() and (applied.probs.argmax(1) != truth)[taken].mean() > 0.15
    assert certified > 2
    assert broken / draws <= 0.1 + 2 * np.sqrt(0.09 / draws)
