"""A stand-in's bill held against the books of a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from projects import a_project, add_rows, rows

from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.prices import Price
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.judge.result import JudgeResult
from pairwright.stages.pay.bounds import TokenBound

PRICE = Price(1.0, 4.0, "")
MAX_TOKENS = 300
SETTINGS = """
[endpoints.loopback]
url = "{url}"
concurrency = {in_flight}
max_tries = 4
read_timeout_s = {patience_s}

[models.small]
endpoint = "loopback"
model = "small"
price_in = 1.0
price_out = 4.0

[judges.main]
model = "small"
attempts = 5
"""
EVERY_FAULT = Behaviour(
    latency_ms=2, error_rate=0.04, rate_limit_rate=0.03, garbage_rate=0.03, cut_rate=0.03, reset_rate=0.03,
    malformed_rate=0.04, unreadable_rate=0.02,
)  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """What was billed, and what was booked for it."""

    server: LoopbackServer
    result: JudgeResult
    calls: list[Any]

    @property
    def bill(self) -> float:
        return sum(PRICE.cost(each.prompt_tokens, each.completion_tokens) for each in self.server.bill)

    @property
    def booked(self) -> float:
        return sum(call.cost_usd for call in self.calls)


def judged(
    folder: Path,
    behaviour: Behaviour,
    pairs: int,
    *,
    budget_usd: float | None = None,
    in_flight: int = 64,
    patience_s: float = 120,
    answer: str = "yes it is so ",
    store: str | None = None,
) -> Settled:
    """Judge so many pairs and compare; `answer` is what later pairs' responses are made of."""
    with LoopbackServer(behaviour, keep_requests=False) as server:
        settings = SETTINGS.format(url=server.url, in_flight=in_flight, patience_s=patience_s)
        settings += f'\n[project]\nstore = "{store}"\n' if store else ""
        project = a_project(folder, None, settings)
        add_rows(project, (_pair(n, answer if n > pairs // 4 else "yes it is so ") for n in range(pairs)))
        result = run_judge(project, "main", budget_usd=budget_usd)
        return Settled(server, result, rows(project, "call"))


def _pair(n: int, answer: str) -> dict[str, str]:
    return {
        "id": f"pair-{n}",
        "prompt": f"Question {n}?",
        "response_a": answer * 20 + str(n),
        "response_b": f"no {n}",
    }


def agree(settled: Settled) -> None:
    """The books are the bill: to the hundredth of a cent where tokens were told, at the worst case elsewhere."""
    told = [each for each in settled.server.bill if each.told]
    counted = [call for call in settled.calls if call.counted]
    assert sorted((each.prompt_tokens, each.completion_tokens) for each in told) == sorted(
        (call.prompt_tokens, call.completion_tokens) for call in counted
    )
    billed = sum(PRICE.cost(each.prompt_tokens, each.completion_tokens) for each in told)
    assert abs(sum(call.cost_usd for call in counted) - billed) < 1e-9
    uncounted = [call for call in settled.calls if not call.counted]
    assert len(uncounted) == len(settled.server.bill) - len(told)
    for call in uncounted:
        worst = PRICE.cost(call.prompt_bytes + TokenBound.TEMPLATE, MAX_TOKENS)
        assert (call.cost_usd, call.cost_known) == (worst, False)
    assert abs(settled.result.spent_usd - settled.booked) < 1e-9
    assert abs(settled.result.uncounted_usd - sum(call.cost_usd for call in uncounted)) < 1e-9
    assert settled.booked >= settled.bill
