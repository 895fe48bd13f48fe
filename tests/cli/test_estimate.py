from rich.console import Console

from pairwright.cli import estimate
from pairwright.routing.plan import Plan
from pairwright.types import Estimate


def test_no_figure_of_a_plan_is_cut_off_in_a_window_of_80_columns(monkeypatch, capsys):
    monkeypatch.setattr(estimate, "out", Console(width=80, file=None))
    usd, agreement = Estimate(1234, 838, 12095, 3, "usual"), Estimate(0.9, 0.867, 0.925, 176, "wilson")
    plans = [
        Plan("experts", 1.0, usd, 1234.5, agreement, measured=False),
        Plan("people on the least certain 20%", 0.2, usd, 0.55, agreement, measured=True, certified=True),
        Plan("people on the least certain 30%", 0.3, usd, 0.55, agreement, measured=True, certified=False),
    ]
    estimate.print_plans(plans)
    printed = capsys.readouterr().out
    assert "\u2026" not in printed
    assert max(map(len, printed.splitlines())) <= 80
    for figure in ("$838-12,095", "1,234.5 h", "33.0 min", "90.0% [86.7%, 92.5%]", "20%", "30%", "yes", "no"):
        assert figure in printed
