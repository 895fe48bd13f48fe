"""Counts, money, time and shares as people read them."""

from __future__ import annotations


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 pair`, `2 pairs`; with both forms whole phrases: `1 pair waits`, `2 pairs wait`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def usd(amount: float | None) -> str:
    """Money as people read it: cents from ten cents up, more digits below."""
    if amount is None:
        return "price unknown"
    if amount == 0 or amount >= 0.1:
        return f"${amount:,.2f}"
    return f"${amount:.4f}" if amount >= 0.0001 else "under $0.0001"


def spent(amount: float | None, uncounted: float) -> str:
    """What was spent, and how much of it nobody counted: that is no measurement."""
    told = f" ({usd(uncounted)} of it at the worst case, since no tokens were counted)" if uncounted else ""
    return usd(amount) + told


def hours(value: float) -> str:
    """A duration as people read it."""
    if value >= 1:
        return f"{value:,.1f} h"
    return f"{value * 60:.1f} min" if value * 60 >= 1 else f"{value * 3600:.0f} s"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
