"""The books: every try that was charged is a row of `call`, whether it gave an answer or failed.

The worst case of each try is held back from the budget before it is sent. What an endpoint did not
count is booked at the worst case too, and marked so (`counted`, `cost_known`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from pairwright.amounts import counted
from pairwright.errors import BudgetReached, ConfigError, EndpointError
from pairwright.keys import content_key
from pairwright.models.budget import Budget
from pairwright.models.chat import CallFailed
from pairwright.models.ledger import Ledger, Tried
from pairwright.models.prices import Price
from pairwright.models.replies import ChatReply
from pairwright.stages.pay.bounds import TokenBound
from pairwright.stages.pay.paid_calls import Run
from pairwright.stages.project.project import Project
from pairwright.store import clock, schema
from pairwright.store.figures import totals
from pairwright.store.pay.planned import held_usd
from pairwright.store.writer import GroupCommit

Send = Callable[[Ledger], Awaitable[ChatReply]]
Row = tuple[Any, dict[str, Any]]  # a table and its columns


@dataclass
class Payer:
    """Paid calls of one stage to one model."""

    run: Run
    stage: str
    model: str
    price: Price | None
    writer: GroupCommit
    bound: TokenBound = field(default_factory=TokenBound)
    _out: dict[Account, float] = field(default_factory=dict)  # tries in flight, with what is held for each
    _unbooked: set[Account] = field(default_factory=set)  # have an answer that nothing was made of yet

    def __post_init__(self) -> None:
        self.run.at_end.append(self._book_left)

    def account(self, key: bytes, attempt: int, about: Hashable = None) -> Account:
        """The account of one piece of work, whose next row is `attempt`; `about` tells its pair or prompt."""
        return Account(self, key, attempt, about)

    async def hold(self, account: Account) -> None:
        self._out[account] = await self.run.hold(lambda: self.worst(account), self._may_go)

    def reserve(self, worst_usd: float) -> None:
        """Hold back a call that is planned. Raises BudgetReached where it does not fit."""
        try:
            self.run.budget.reserve(worst_usd)
        except BudgetReached as error:
            self.run.stop_for(error)
            raise

    def arrived(self, account: Account, held_usd: float) -> None:
        """The reply to a planned call is here; `held_usd` has been held back since it was planned."""
        self._out[account] = held_usd
        self.run.in_flight += 1

    def settle(self, account: Account, cost_usd: float) -> None:
        self.run.settle(self._out.pop(account), cost_usd)

    def learn(self, size: int, most: int, tokens_in: int | None, tokens_out: int | None) -> None:
        """Correct the bound, also of what is in flight."""
        if self.bound.learn(size, most, tokens_in, tokens_out):
            for each, held in self._out.items():
                self._out[each] = max(held, self.worst(each))
                self.run.budget.hold_more(self._out[each] - held)

    def answered(self, account: Account, *, booked: bool) -> None:
        """An answer came, or was booked with what was made of it."""
        (self._unbooked.discard if booked else self._unbooked.add)(account)

    def _book_left(self) -> None:
        """Answers that an error came between: paid for, though nothing was made of them."""
        for account in list(self._unbooked):
            self.writer.hand_over([account.row("failed")])

    def worst(self, account: Account) -> float:
        """What a try may cost, in USD; 0 where no price is known."""
        return self.price.cost(*self.bound.of(account.size, account.most)) if self.price else 0.0

    def _may_go(self) -> bool:
        """Under a budget no more are in flight than were counted, and one.

        Of so many, one is longer than all that were counted by an even chance: what nobody could foresee
        is a call or two, not all that are in flight.
        """
        free = self.run.budget.limit is None or self.price is None or self.price.cost(1, 1) == 0
        return free or len(self._out) <= self.bound.counted


class Account(Ledger):
    """Pays for one piece of work, call after call, and books each try."""

    def __init__(self, payer: Payer, key: bytes, attempt: int, about: Hashable) -> None:
        self._payer, self._key, self._attempt, self._about = payer, key, attempt, about
        self._answer: dict[str, Any] = {}  # columns of the answer that `row` will be about
        self._sent = False
        self.size = self.images = self.most = 0
        self.model = payer.model

    async def pay(self, send: Send, size: int, most: int, *, images: int = 0) -> ChatReply:
        """Make a call of `size` bytes, of which `images` are no text, answered with `most` tokens at worst.

        Raises CallFailed, BudgetReached, EndpointError (also where calls about others were refused too),
        and after any stop.
        """
        run, self.size, self.most, self._sent = self._payer.run, size, most, False
        self.images = images
        try:
            reply = await send(self)
            run.refused.answered = True
            return reply
        except CallFailed as failed:
            if (every := run.refused.also(failed, self._about, size)) is not None:
                run.stop_for(every)
                raise every from None
            raise
        except EndpointError as error:
            run.stop_for(error)
            raise

    def row(self, outcome: str, raw: str | None = None) -> Row:
        """The answer that came last as a row, to be written with what was made of it."""
        self._payer.answered(self, booked=True)
        return self._book(outcome, self._answer, raw)

    async def wait(self, waiting: Awaitable[Any]) -> None:
        await self._payer.run.unless_stopped(waiting)

    def planned_key(self, path: str, body: str) -> bytes:
        """What a call that is planned is known by: the next try of this work, with this request."""
        return content_key("call", self._key, self._attempt, path, body)

    async def plan(self, endpoint: str, path: str, body: str, price_share: float, tries: int) -> None:
        """Write down a call that is to be made later, and hold its worst case back. Raises BudgetReached."""
        worst = self._payer.worst(self) * price_share
        self._payer.reserve(worst)
        row = {
            "key": self.planned_key(path, body),
            "work_key": self._key,
            "attempt": self._attempt,
            "stage": self._payer.stage,
            "model": self._payer.model,
            "endpoint": endpoint,
            "path": path,
            "body": body,
            "worst_usd": worst,
            "price_share": price_share,
            "tries": tries,
            "at": clock.now(),
        }
        await self._payer.writer.put([(schema.planned_call, row)])

    def arrived(self, held_usd: float) -> None:
        """The reply to a planned call is here, to be told of by `after`; this much was held back for it."""
        self._payer.arrived(self, held_usd)
        self._payer.run.calls += not self._sent
        self._sent = True

    def planned_again(self, held_usd: float) -> None:
        """A planned call goes once more."""
        self._payer.run.budget.hold_more(held_usd)

    async def before(self) -> None:
        await self._payer.hold(self)
        self._payer.run.calls += not self._sent
        self._sent = True

    def after(self, tried: Tried) -> None:
        payer = self._payer
        if tried.usage is None:
            payer.settle(self, 0.0)
            return
        columns = self._columns(tried)
        payer.settle(self, columns["cost_usd"] or 0.0)
        payer.run.uncounted_usd += 0.0 if columns["counted"] else columns["cost_usd"] or 0.0
        if columns["counted"] or not tried.failed:
            payer.learn(self.size, self.most, *tried.usage)
        if tried.failed:
            payer.writer.hand_over([self._book("failed", columns)])
        else:
            self._answer = columns
            payer.answered(self, booked=False)

    def _columns(self, tried: Tried) -> dict[str, Any]:
        given_in, given_out = tried.usage or (None, None)
        most_in, most_out = self._payer.bound.of(self.size, self.most or tried.answer_bytes)
        tokens_in, tokens_out = given_in or most_in, given_out or most_out
        price, counted = self._payer.price, given_in is not None and given_out is not None
        cached = None if tried.cached_tokens is None else min(tried.cached_tokens, tokens_in)
        return {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "counted": counted,
            "cost_usd": price.cost(tokens_in, tokens_out, cached or 0) * tried.price_share if price else None,
            "cost_known": counted and price is not None,
            "prompt_bytes": self.size - self.images,
            "seconds": tried.seconds,
            "tries": tried.tries,
            "served": tried.served,
            "fingerprint": tried.fingerprint,
            "price_share": tried.price_share,
            "cached_tokens": cached,
            "server": tried.server,
        }

    def _book(
        self, outcome: str, columns: dict[str, Any], raw: str | None = None
    ) -> tuple[Any, dict[str, Any]]:
        attempt, self._attempt = self._attempt, self._attempt + 1
        return schema.call, {
            "work_key": self._key,
            "attempt": attempt,
            "stage": self._payer.stage,
            "model": self._payer.model,
            "outcome": outcome,
            "raw": raw,
            **columns,
            "at": clock.now(),
            "worker_id": self._payer.run.worker_id,
        }


def open_budget(project: Project, connection: Connection, limit: float | None) -> Budget:
    """The project's budget: what it has paid so far is spent, what is planned or in a batch is held back.

    Raises ConfigError where a budget is to hold and some price still is not known.
    """
    budget = Budget(limit, spent_before(project, connection, limit))
    budget.hold_more(held_usd(connection))
    return budget


def spent_before(project: Project, connection: Connection, limit: float | None) -> float:
    """What the project has paid, with calls made before their price was known at the price known now.

    Raises ConfigError where a budget is to hold and some price still is not known.
    """
    spent = totals.spent_usd(connection)
    for each in totals.unpriced(connection):
        price = project.price(each.model) if each.model in project.settings.models else None
        if price is not None:
            spent += price.cost(each.prompt_tokens, each.completion_tokens)
        elif limit is not None:
            raise ConfigError(
                f"no price is known for {counted(each.calls, 'call')} to {each.model}, so what "
                "is spent is not known. "
                f"Set price_in and price_out (USD per million tokens) under [models.{each.model}]."
            )
    return spent


def unlimited(prices: Mapping[str, Price | None], limit: float | None) -> tuple[str, ...]:
    """A note on each model that a budget can't limit, since its calls are said to cost nothing."""
    if limit is None:
        return ()
    free = [name for name, price in prices.items() if price is not None and price.cost(1, 1) == 0]
    return tuple(f"the price of {name} is 0, so the budget does not limit its calls" for name in free)


def unknown_price(name: str, model: str) -> str:
    return (
        f'a budget needs a price, and the price of "{model}" is not known. Set price_in and price_out '
        f"(USD per million tokens; 0 for a model of your own) under [models.{name}]."
    )
