"""Who pays for a call: asked before every try, told of each what it came to.

One place sees all tries, those that gave an answer and those that failed, so what is
charged is booked in one way.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol

from pairwright.models.replies import Usage


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try came to. `usage` is None where nothing can have been charged, with None in it for
    what the endpoint did not say.

    `answer_bytes` is how long the answer is, 0 where there is none.
    """

    usage: Usage | None
    failed: bool
    seconds: float = 0.0
    tries: int = 1
    answer_bytes: int = 0
    served: str | None = None
    fingerprint: str | None = None
    price_share: float = 1.0  # of the list price
    cached_tokens: int | None = None  # of the prompt's
    server: str | None = None  # which one it was, where the endpoint has several


class Ledger(Protocol):
    """Of one call after the other, never of two at once."""

    async def before(self) -> None:
        """Right before a try is sent. May wait, and raises where nothing may be sent any more."""

    def after(self, tried: Tried) -> None:
        """Told once for every `before` that did not raise, also where the try was cancelled."""

    async def wait(self, waiting: Awaitable[Any]) -> None:
        """Await before a try is sent, but no longer than anything may be sent at all: raises then."""


class NoLedger:
    """Where nobody counts."""

    async def before(self) -> None: ...

    def after(self, tried: Tried) -> None: ...

    async def wait(self, waiting: Awaitable[Any]) -> None:
        await waiting
