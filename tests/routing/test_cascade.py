import numpy as np
import pytest

from pairwright.routing.cascade import certify_cascade, threshold_path


def two_steps(n, seed=0):
    """A cheap judge and a stronger one that knows more: confidence and errors (2, n), calibrated."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(0.6, 1, n)
    second = np.clip(first + rng.uniform(-0.1, 0.3, n), 0.6, 0.995)
    confidence = np.stack([first, second])
    return confidence, (rng.random((2, n)) > confidence).astype(float)


def accepted_at(confidence, thresholds):
    taken = confidence > np.array(thresholds)[:, None]
    return np.where(taken.any(0), taken.argmax(0), len(confidence))


def test_the_path_goes_from_strict_to_loose():
    path = threshold_path(two_steps(200)[0], [0.001, 0.02])
    assert (path[1:] <= path[:-1]).all()


def test_the_dearer_the_strong_judge_the_less_it_is_asked():
    confidence, wrong = two_steps(2000)
    shares = [
        certify_cascade(confidence, wrong, [0.001, cost], 1.0).reached[1] for cost in (0.005, 0.05, 0.5)
    ]
    assert shares[0] > shares[1] > shares[2]


@pytest.mark.parametrize("n", [60, 300])
def test_the_promise_holds_over_all_steps_together(n):
    confidence, wrong = two_steps(20_000)
    rng = np.random.default_rng(1)
    broken, draws = 0, 300
    for _ in range(draws):
        drawn = rng.integers(20_000, size=n)
        found = certify_cascade(confidence[:, drawn], wrong[:, drawn], [0.001, 0.02], 1.0, 0.9, 0.1)
        if found.thresholds is not None:
            at = accepted_at(confidence, found.thresholds)
            inside = np.flatnonzero(at < 2)
            broken += wrong[at[inside], inside].mean() > 0.1
    assert broken / draws <= 0.1 + 3 * np.sqrt(0.09 / draws)


def test_coins_are_never_accepted():
    rng = np.random.default_rng(0)
    found = certify_cascade(rng.random((2, 300)), (rng.random((2, 300)) < 0.5).astype(float), [0, 0.01], 1.0)
    assert (found.thresholds, found.people) == (None, 1.0)


def test_a_pair_that_a_judge_was_not_heard_on_is_never_accepted_there():
    confidence, wrong = two_steps(400)
    confidence[1, :100] = np.nan
    found = certify_cascade(confidence, wrong, [0.001, 0.02], 1.0, 0.8)
    at = accepted_at(confidence, found.thresholds)
    assert (at < 2).sum() == found.accepted
    assert (at[:100] != 1).all()


def test_a_threshold_is_a_confidence_or_accepts_every_pair():
    confidence, wrong = two_steps(500)
    path = threshold_path(confidence, [0.001, 0.9])
    assert ((path == -np.inf) | (path >= confidence.min(1))).all()
    found = certify_cascade(confidence, np.zeros_like(wrong), [0.001, 0.02], 1.0, 0.9)
    assert (found.thresholds[-1], found.people) == (-np.inf, 0)
