"""10,000 calls, a fifth of them faulty, against a stand-in's bill: `make test-money` prints what was booked."""

from dataclasses import replace

import pytest
from bills import EVERY_FAULT, agree, judged

from pairwright.models.loopback import Behaviour

pytestmark = pytest.mark.slow

BEHAVIOUR = replace(EVERY_FAULT, late_rate=0.002)
CALLS = 10_000


def told(name, settled, budget_usd):
    counted = sum(call.cost_usd for call in settled.calls if call.counted)
    over = f"{settled.bill / budget_usd - 1:+.2%} of the budget" if budget_usd else ""
    print(
        f"\n{name}: {settled.result.votes:,} votes, {settled.result.failures:,} failures; "
        f"billed ${settled.bill:.6f}, booked ${counted:.6f} as counted and "
        f"${settled.booked - counted:.6f} at the worst case ({len(settled.calls):,} rows) {over}"
    )


@pytest.mark.parametrize("budget_usd", [None, 100.0], ids=["without a budget", "with one"])
def test_10000_calls_end_complete_with_the_books_equal_to_the_bill(tmp_path, budget_usd, request):
    settled = judged(tmp_path, BEHAVIOUR, CALLS // 2, budget_usd=budget_usd, patience_s=20)
    told(f"faults, {request.node.callspec.id}", settled, None)
    assert (settled.result.votes, settled.result.failures, settled.result.stopped) == (CALLS, 0, None)
    agree(settled)


@pytest.mark.parametrize(
    ("name", "behaviour", "answer"),
    [
        ("hidden thinking", Behaviour(hidden_tokens=4000), "yes it is so "),
        ("no usage", Behaviour(no_usage=True), "yes it is so "),
        ("dense texts after English ones", Behaviour(dense=True), "༄༅ཨོཾ"),
        ("every fault", EVERY_FAULT, "yes it is so "),
    ],
)
@pytest.mark.parametrize("budget_usd", [0.25, 1.0, 4.0])
def test_a_budget_is_overrun_by_less_than_2_percent(tmp_path, name, behaviour, answer, budget_usd):
    settled = judged(tmp_path, replace(behaviour, latency_ms=5), 8000, budget_usd=budget_usd, answer=answer)
    told(f"{name}, ${budget_usd:g}", settled, budget_usd)
    assert "budget" in settled.result.stopped
    assert settled.bill <= 1.02 * budget_usd
