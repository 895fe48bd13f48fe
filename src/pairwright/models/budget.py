"""A hard stop on spending: a call starts only if its worst case still fits."""

from __future__ import annotations

from pairwright.amounts import exact_usd
from pairwright.errors import BudgetReached


def budget_reached(limit_usd: float, spent_usd: float, next_usd: float, beside: str = "") -> BudgetReached:
    """The error of a call that may cost `next_usd` where it does not fit; `beside` says who else spends."""
    return BudgetReached(
        f"the budget of {exact_usd(limit_usd)} is reached: {exact_usd(spent_usd)} is spent{beside} and the "
        f"next call may cost {exact_usd(next_usd)}. All that was paid for is kept; raise --budget to go on."
    )


class Budget:
    """What may be spent, what was, and what calls in flight may still cost. All in USD.

    `limit_usd` None: no limit. `spent_usd` is what was spent before.
    """

    def __init__(self, limit_usd: float | None, spent_usd: float = 0.0) -> None:
        self.limit = limit_usd
        self.spent = spent_usd
        self._held = 0.0

    @property
    def left(self) -> float | None:
        """What new calls may still cost at worst; None without a limit."""
        return None if self.limit is None else max(0.0, self.limit - self.spent - self._held)

    def reserve(self, worst_case_usd: float) -> None:
        """Hold back what a call may cost at worst. Raises BudgetReached if it does not fit."""
        if self.limit is not None and worst_case_usd > 0:
            after = self.spent + self._held + worst_case_usd
            # A cent's billionth of rounding is no reason to stop.
            if after > self.limit + 1e-11:
                raise budget_reached(self.limit, self.spent, worst_case_usd)
        self._held += worst_case_usd

    def hold_more(self, usd: float) -> None:
        """What is in flight may cost that much more than was held back for it, as has turned out since."""
        self._held += usd

    def settle(self, reserved_usd: float, actual_usd: float) -> None:
        """A call ended: give back what was held and book what it cost."""
        self._held = max(0.0, self._held - reserved_usd)
        self.spent += actual_usd
