import numpy as np
import pytest

from pairwright.stats.audit import audited_accuracy
from pairwright.stats.intervals import clopper_pearson


def dataset(n, shape, off=0.0, seed=0):
    """(forecast, right): labels that are right as often as forecast, or `off` less often."""
    rng = np.random.default_rng(seed)
    forecast = rng.beta(*shape, n)
    return np.clip(forecast + off, 0, 1), rng.random(n) < forecast


@pytest.mark.parametrize("shape", [(3, 1), (6, 1), (30, 1)])
@pytest.mark.parametrize("off", [0.0, 0.15])
@pytest.mark.parametrize("n", [30, 200])
def test_the_interval_holds_the_truth_as_often_as_stated_even_with_wrong_forecasts(shape, off, n):
    forecast, right = dataset(3000, shape, off)
    rng = np.random.default_rng(1)
    held = []
    for _ in range(600):
        drawn = rng.choice(3000, n, replace=False)
        found = audited_accuracy(right[drawn], forecast[drawn], forecast)
        held.append(found.low <= right.mean() <= found.high)
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 600)


def test_forecasts_that_tell_something_make_it_narrower_than_the_audit_alone():
    forecast, right = dataset(3000, (3, 1))
    rng = np.random.default_rng(2)
    ours, alone = [], []
    for _ in range(100):
        drawn = rng.choice(3000, 100, replace=False)
        found, bare = (
            audited_accuracy(right[drawn], forecast[drawn], forecast),
            clopper_pearson(int(right[drawn].sum()), 100),
        )
        ours.append(found.high - found.low)
        alone.append(bare.high - bare.low)
    assert np.mean(ours) < 0.92 * np.mean(alone)


def test_an_audit_without_an_error_does_not_claim_perfection():
    found = audited_accuracy(np.ones(50), np.full(50, 0.9), np.full(1000, 0.9))
    assert found.value == 1.0
    assert found.low < 0.95


def test_too_few_audited_pairs_are_refused():
    with pytest.raises(ValueError, match="29 audited pairs"):
        audited_accuracy(np.ones(29), np.ones(29), np.ones(100))
