"""Money counted to the cent, and a budget that is a hard stop. `make test-money` does it with 10,000 calls."""

import pytest
from bills import EVERY_FAULT, agree, judged
from postgres import empty_database

from pairwright.models.loopback import Behaviour

OVERSHOOT = 0.02  # most that may be spent over a budget


@pytest.mark.parametrize("budget_usd", [None, 50.0], ids=["without a budget", "with one"])
def test_the_books_are_the_bill_whatever_goes_wrong(tmp_path, budget_usd):
    settled = judged(tmp_path, EVERY_FAULT, 200, budget_usd=budget_usd)
    assert (settled.result.votes, settled.result.failures, settled.result.stopped) == (400, 0, None)
    assert sum(call.outcome == "failed" for call in settled.calls) > 20
    agree(settled)


def test_the_books_are_the_bill_on_postgresql_too(tmp_path):
    settled = judged(tmp_path, EVERY_FAULT, 100, budget_usd=50.0, store=empty_database())
    assert (settled.result.votes, settled.result.failures) == (200, 0)
    agree(settled)


@pytest.mark.parametrize(
    ("behaviour", "answer"),
    [
        (Behaviour(latency_ms=2, hidden_tokens=4000), "yes it is so "),
        (Behaviour(latency_ms=2, no_usage=True), "yes it is so "),
        (Behaviour(latency_ms=2, dense=True), "༄༅ཨོཾ"),
        (EVERY_FAULT, "yes it is so "),
    ],
    ids=["hidden thinking", "no usage", "dense texts after English ones", "faults"],
)
def test_a_budget_is_a_hard_stop(tmp_path, behaviour, answer):
    budget_usd = 0.5
    settled = judged(tmp_path, behaviour, 600, budget_usd=budget_usd, answer=answer)
    assert "budget of $0.50 is reached" in settled.result.stopped
    assert settled.bill <= settled.booked + 1e-9
    assert settled.bill <= budget_usd * (1 + OVERSHOOT)
    assert settled.booked > 0.9 * budget_usd
