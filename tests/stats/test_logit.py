import numpy as np
import pytest
from scipy.optimize import minimize

from pairwright.stats import logit


def drawn(n=400, seed=0, ties=True):
    rng = np.random.default_rng(seed)
    x, s = rng.normal(size=(n, 3)), np.column_stack([np.ones(n), rng.random(n)])
    z, u = x @ [1.5, -0.5, 0.0], s @ ([-1.5, 1.0] if ties else [-30.0, 0.0])
    p = np.exp(np.stack([z / 2, -z / 2, u], 1))
    p /= p.sum(1, keepdims=True)
    chosen = (p.cumsum(1) > rng.random(n)[:, None]).argmax(1)
    return x, s, np.eye(3)[chosen], np.full(3, 2.0), np.full(2, 2.0)


def test_the_mode_is_the_one_a_general_optimiser_finds():
    x, s, labels, x_scale, s_scale = drawn()

    def loss(weights):
        z, u = x @ weights[:3], s @ weights[3:]
        logits = np.stack([z / 2, -z / 2, u], 1)
        log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return -(labels * log_p).sum() + 0.5 * (weights**2 / 4).sum()

    fitted = logit.fit(x, s, labels, x_scale, s_scale)
    assert np.concatenate([fitted.w, fitted.v]) == pytest.approx(minimize(loss, np.zeros(5)).x, abs=1e-4)


def test_exchanging_the_sides_exchanges_the_probabilities():
    x, s, labels, *scales = drawn()
    p = logit.fit(x, s, labels, *scales).predict(x, s)
    swapped = logit.fit(-x, s, labels[:, [1, 0, 2]], *scales).predict(-x, s)
    assert p == pytest.approx(swapped[:, [1, 0, 2]], abs=1e-9)


def test_no_signal_is_no_preference():
    x, s, labels, *scales = drawn()
    p = logit.fit(x, s, labels, *scales).predict(np.zeros((1, 3)), s[:1])
    assert p[0, 0] == p[0, 1]


def test_few_labels_give_timid_probabilities():
    x, s, labels, *scales = drawn(ties=False)
    few = logit.fit(x[:5], s[:5], labels[:5], *scales).predict(x, s)[:, :2].max(1)
    many = logit.fit(x, s, labels, *scales).predict(x, s)[:, :2].max(1)
    assert few.mean() < many.mean()


def test_probabilities_mean_what_they_say():
    x, s, labels, *scales = drawn(4000)
    p = logit.fit(x[:2000], s[:2000], labels[:2000], *scales).predict(x[2000:], s[2000:])
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (p >= low) & (p < low + 0.2)
        assert labels[2000:][inside].mean() == pytest.approx(p[inside].mean(), abs=0.04)


def test_a_soft_label_counts_for_each_side_as_much_as_it_says():
    x, s, labels, *scales = drawn(50)
    twice = logit.fit(np.vstack([x, x]), np.vstack([s, s]), np.vstack([labels, labels]) / 2, *scales)
    once = logit.fit(x, s, labels, *scales)
    assert twice.w == pytest.approx(once.w, abs=1e-6)
