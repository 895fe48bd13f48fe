import numpy as np
import pytest

from pairwright.stats.calibration import brier, expected_calibration_error, reliability


def test_a_confidence_that_means_what_it_says_has_next_to_no_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 50_000)
    right = rng.random(50_000) < confidence
    assert expected_calibration_error(confidence, right) < 0.01
    assert expected_calibration_error(np.sqrt(confidence), right) > 0.1


def test_the_error_of_four_cases_by_hand():
    # Two bins: (0.6, 0.6) right once, (0.9, 0.9) right twice: |0.6 - 0.5| / 2 + |0.9 - 1| / 2.
    found = expected_calibration_error(np.array([0.6, 0.6, 0.9, 0.9]), np.array([1, 0, 1, 1]), bins=2)
    assert found == pytest.approx(0.1)


def test_equal_confidences_stand_in_one_bin():
    assert len(reliability(np.full(100, 0.8), np.ones(100))) == 1


def test_brier_by_hand():
    assert brier(np.array([[0.7, 0.3, 0.0]]), np.array([[1, 0, 0]])) == pytest.approx(0.09 + 0.09)


def test_no_cases_are_refused():
    with pytest.raises(ValueError, match="no cases"):
        reliability(np.array([]), np.array([]))
