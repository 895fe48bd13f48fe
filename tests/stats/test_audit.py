import numpy as np
import pytest

from pairwright.stats.audit import audit_share, audited_accuracy, completed, most_audited
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


def test_only_the_completed_part_counts_however_people_chose_what_to_answer_first():
    """The least certain are answered first, as a queue would serve them."""
    forecast, right = dataset(3000, (6, 1))
    rng = np.random.default_rng(3)
    held = []
    for _ in range(200):
        drawn = rng.choice(3000, 168, replace=False)
        answered = np.full(168, np.nan)
        answered[:60] = right[drawn[:60]]
        first = np.argsort(forecast[drawn])[:40]
        answered[first] = right[drawn[first]]
        found = audited_accuracy(answered, forecast[drawn], forecast)
        assert found.n < 100
        held.append(found.low <= right.mean() <= found.high)
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)


def test_an_open_audit_early_on_does_not_stop_all_that_follow():
    done = np.ones(200)
    done[0] = np.nan
    assert completed(done) == 200
    done[:10] = np.nan
    assert completed(done) == 0
    assert completed(np.array([1.0, 0.0, np.nan, 1.0])) == 2
    assert completed(np.array([])) == 0


def test_what_people_skip_may_be_right_or_wrong():
    rng = np.random.default_rng(4)
    forecast, right = dataset(4000, (6, 1))
    held, wider = [], []
    for _ in range(200):
        drawn = rng.choice(4000, 200, replace=False)
        seen = right[drawn].astype(float)
        skipped = (seen == 0) & (rng.random(200) < 0.5)  # errors are what is hard
        every = audited_accuracy(seen, forecast[drawn], forecast)
        seen[skipped] = np.nan
        found = audited_accuracy(seen, forecast[drawn], forecast, skipped=skipped)
        held.append(found.low <= right.mean() <= found.high)
        wider.append(found.high - found.low > every.high - every.low)
        assert found.low <= found.value <= found.high
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)
    assert np.mean(wider) > 0.95


def test_pairs_audited_more_often_count_less():
    """Half of the pairs are worse and audited four times as often: unweighted the set looks worse than it is."""
    rng = np.random.default_rng(5)
    bad = np.arange(4000) < 2000
    forecast = np.where(bad, 0.8, 0.9)
    right = rng.random(4000) < np.where(bad, 0.7, 0.95)
    chance = np.where(bad, 0.08, 0.02)
    held, plain = [], []
    for _ in range(300):
        drawn = rng.permutation(np.flatnonzero(rng.random(4000) < chance))
        given = right[drawn], forecast[drawn], forecast
        found = audited_accuracy(*given, chance=chance[drawn])
        held.append(found.low <= right.mean() <= found.high)
        plain.append(audited_accuracy(*given).low <= right.mean() <= audited_accuracy(*given).high)
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)
    assert np.mean(plain) < 0.9


def test_chances_that_leave_little_to_go_by_are_refused():
    chance = np.full(40, 0.5)
    chance[0] = 0.001
    with pytest.raises(ValueError, match="tell as much as 1 with"):
        audited_accuracy(np.ones(40), np.full(40, 0.9), np.full(1000, 0.9), chance=chance)


def test_equal_chances_change_nothing():
    forecast, right = dataset(500, (3, 1))
    plain = audited_accuracy(right[:100], forecast[:100], forecast)
    weighted = audited_accuracy(right[:100], forecast[:100], forecast, chance=np.full(100, 0.02))
    assert (weighted.value, weighted.low, weighted.high) == pytest.approx(
        (plain.value, plain.low, plain.high)
    )


def test_less_is_audited_the_more_is_known_and_more_after_a_shift():
    shares = [audit_share(n, 0.05, False) for n in (0, 5, 20, 100, 400, 5000)]
    assert shares == pytest.approx([0.2, 0.2, 0.05 * 5**0.5, 0.05, 0.025, 0.0125])
    assert audit_share(5000, 0.05, True) == 0.2
    assert audit_share(0, 0.5, False) == 1.0
    assert audit_share(0, 0.0, True) == 0.0
    with pytest.raises(ValueError, match="got -0.1"):
        audit_share(0, -0.1, False)


@pytest.mark.parametrize(("base", "shifted"), [(0.05, False), (0.15, False), (0.05, True), (0.3, False)])
def test_audits_seldom_draw_more_than_the_most_that_is_counted_with(base, shifted):
    rng, accepted = np.random.default_rng(0), np.array([20, 100, 1_000, 6_000])
    over = np.zeros(len(accepted))
    for _ in range(200):
        lot, drawn, before = rng.random(accepted[-1]), 0, []
        for each in lot:
            before.append(drawn)
            drawn += each < audit_share(drawn, base, shifted)
        audited = np.minimum(np.append(before, drawn)[accepted], accepted // 2)
        over += audited > most_audited(accepted, base, shifted)
    assert (over / 200 <= 0.05).all()
    assert (most_audited(accepted, base, shifted) <= accepted / 2).all()
    assert (most_audited(accepted, 0.0, shifted) == 0).all()


@pytest.mark.parametrize("shifted", [False, True])
def test_knowing_more_never_means_auditing_more(shifted):
    shares = np.array([audit_share(c, 0.05, shifted) for c in (0, 1, 10, 90, 300, 2000, 50_000)])
    assert (np.diff(shares) <= 0).all()
    assert (shares <= 0.2).all()
