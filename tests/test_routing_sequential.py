import numpy as np
import pytest

from pairwright.routing.sequential import Alarm, Wagers


def population(seed=0, n=5000):
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1, n)
    return confidence, rng.random(n) < 0.7 * (1 - confidence)


@pytest.mark.parametrize("choosy", [False, True])
def test_looking_after_every_label_breaks_the_promise_no_more_often_than_said(choosy):
    confidence, wrong = population()
    chance = np.clip(4 * (1 - confidence), 0.25, 1.0) if choosy else np.ones(len(confidence))
    draws, broken = 150, 0
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        wagers = Wagers.on(confidence, 0.85, 0.1, least_chance=float(chance.min()))
        for i in rng.permutation(len(confidence))[:300]:
            if rng.random() < chance[i]:
                wagers.see(confidence[i], bool(wrong[i]), float(chance[i]))
        # Capital once won is kept, so the last look stands for all of them.
        threshold = wagers.certificate().threshold
        if threshold is not None:
            broken += wrong[confidence > threshold].mean() > 0.15
    assert broken / draws <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / draws)


def test_a_good_judge_is_accepted_after_some_labels_and_not_before():
    wagers = Wagers.on(np.linspace(0.5, 1, 1000), 0.9, 0.1)
    assert wagers.certificate().threshold is None
    for confidence in np.random.default_rng(0).uniform(0.5, 1, 200):
        wagers.see(confidence, wrong=False)
    assert wagers.certificate().threshold == -np.inf


def test_a_pair_drawn_with_less_than_the_least_chance_is_refused():
    wagers = Wagers.on(np.linspace(0.5, 1, 10), 0.9, 0.1, least_chance=0.5)
    with pytest.raises(ValueError, match="least chance"):
        wagers.see(0.9, False, 0.1)


def test_the_alarm_rings_when_the_accepted_get_worse_and_seldom_otherwise():
    rng = np.random.default_rng(0)

    def rings(rate, n=500):
        alarm = Alarm(0.9, 0.05)
        for wrong in rng.random(n) < rate:
            alarm.see(bool(wrong))
        return alarm.rings

    assert np.mean([rings(0.2) for _ in range(50)]) > 0.95
    assert np.mean([rings(0.1) for _ in range(400)]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
