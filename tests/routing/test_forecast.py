import json

import numpy as np
import pytest
from recorded import noisy_judges

from pairwright.routing import forecast


def labels_of(truth, n):
    labels = np.zeros((len(truth), 3))
    labels[:n] = np.eye(3)[truth[:n]]
    return labels


def test_beliefs_beat_the_best_judge_and_mean_what_they_say():
    ballots, truth = noisy_judges(3000, {"good": 0.8, "fair": 0.7, "weak": 0.6})
    probs = forecast.fit(ballots, labels_of(truth, 500)).predict(ballots)[500:]
    label, confidence = forecast.best_label(probs)
    right = label == truth[500:]
    assert right.mean() > 0.84
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.03)


def test_a_judge_that_is_wrong_most_of_the_time_counts_the_other_way():
    ballots, truth = noisy_judges(1000, {"contrary": 0.2})
    label, _ = forecast.best_label(forecast.fit(ballots, labels_of(truth, 300)).predict(ballots))
    assert (label == truth).mean() > 0.75


def test_a_coin_teaches_nothing():
    ballots, truth = noisy_judges(1000, {"coin": 0.5})
    _, confidence = forecast.best_label(forecast.fit(ballots, labels_of(truth, 300)).predict(ballots))
    assert confidence.mean() < 0.6


def test_no_pair_is_forecast_from_its_own_label():
    ballots, truth = noisy_judges(200, {"coin": 0.5})
    own = forecast.cross_fit(ballots, labels_of(truth, 200), np.arange(200))
    label = own.probs.argmax(1)
    assert abs((label == truth).mean() - 0.5) < 0.1


def test_changing_a_label_leaves_the_forecasts_of_its_group_alone():
    ballots, truth = noisy_judges(60, {"fair": 0.95})
    groups = np.repeat(np.arange(30), 2)
    labels = labels_of(truth, 60)
    before = forecast.cross_fit(ballots, labels, groups).probs
    labels[0] = labels[0][[1, 0, 2]]
    after = forecast.cross_fit(ballots, labels, groups).probs
    assert before[:2] == pytest.approx(after[:2], abs=1e-12)
    assert np.abs(before[2:] - after[2:]).max() > 1e-6


def test_a_fold_full_of_errors_is_not_the_surest():
    ballots, truth = noisy_judges(300, {"one": 0.95}, both_orders=False)
    crossed = forecast.cross_fit(ballots, labels_of(truth, 200), np.arange(300))
    # One judge shown one order: it says A or it says B, and there is nothing more to rank by
    # than which of the two a fold's labels make surer.
    assert len(np.unique(crossed.confidence)) <= 4


def test_few_labels_are_refused_with_the_number_needed():
    ballots, truth = noisy_judges(50, {"fair": 0.7})
    with pytest.raises(ValueError, match="9 labelled pairs .* 10 at least"):
        forecast.fit(ballots, labels_of(truth, 9))


def test_a_forecaster_written_down_says_the_same():
    ballots, truth = noisy_judges(100, {"fair": 0.7, "good": 0.8})
    forecaster = forecast.fit(ballots, labels_of(truth, 60))
    again = forecast.Forecaster.from_dict(json.loads(json.dumps(forecaster.as_dict())))
    assert again.predict(ballots) == pytest.approx(forecaster.predict(ballots))
