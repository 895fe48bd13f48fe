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


def exact_usd(amount: float) -> str:
    """Money that is held against other money, with all its digits: `$0.50`, `$0.004`, `$1.9999`."""
    whole, _, digits = f"{amount:,.6f}".partition(".")
    text = f"${whole}.{digits.rstrip('0'):0<2}"
    return usd(amount) if text == "$0.00" else text


def round_usd(amount: float) -> str:
    """Money that is compared: whole dollars from ten up, cents below."""
    return f"${amount:,.0f}" if amount >= 10 else f"${amount:,.2f}" if amount >= 0.01 else usd(amount)


def usd_range(low: float, high: float) -> str:
    """`$67`, or `$8.40-42`."""
    return round_usd(low) if low == high else f"{round_usd(low)}-{round_usd(high)[1:]}"


def spent(amount: float | None, uncounted: float) -> str:
    """What was spent, and how much of it nobody counted: that is no measurement."""
    told = f" ({usd(uncounted)} of it at the worst case, since no tokens were counted)" if uncounted else ""
    return usd(amount) + told


def hours(value: float) -> str:
    """A duration as people read it."""
    if value >= 1:
        return f"{value:,.1f} h"
    seconds = value * 3600
    if seconds >= 60:
        return f"{value * 60:.1f} min"
    return f"{seconds:.0f} s" if seconds >= 0.5 or not seconds else "under 1 s"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
