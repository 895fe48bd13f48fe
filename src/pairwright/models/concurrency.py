"""How many calls a server is sent at once: found by trying, within an upper bound.

Doubling from a low start and a cut where calls are refused are TCP's (Jacobson, SIGCOMM 1988; Chiu and Jain
1989), halving the way to a number that was refused is BIC's (Xu, Harfoush and Rhee, INFOCOM 2004), and a step
that brings no more answers a second is taken back, as in BBR (Cardwell et al., ACM Queue 2016). That a call
takes longer says nothing by itself: servers that batch answer each call later and more of them in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

FIRST = 8  # calls at once to begin with
STEP = 1.25  # from one number that is tried to the next, once doubling has ended
WORTH = 0.25  # of the gain there would be if nothing slowed down: what a step up has to bring
CUT = 0.75  # of a number that worked before and is refused now
TOLERATED = 0.25  # refusals for each answer of a round; fewer count as calls that were not answered
FEWEST = 16  # answers by which a number is measured
LONGEST_REST = 32  # rounds until the next try, at most
SATURATED = 0.8  # of the limit was in flight: else an answer says nothing about the limit

Found = Literal["bound", "refused", "no_faster", "open"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A call on its way: in which round it was sent, and how many were under way with it."""

    round: int
    at_once: int


class Concurrency:
    """The limit of one server, at most `most`: `sent` for each call, then `answered` or `refused`.

    A round is one number of calls at once, until it has been measured by as many answers. It ends early
    where many of its calls are refused.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = min(FIRST, most)
        self._kept = self.limit  # the number that is known to work
        self._rate: float | None = None  # answers a second at that number
        self._refused_at: int | None = None
        self._no_faster_at: int | None = None
        self._doubling, self._down, self._in_vain = True, False, False
        self._rest, self._next_rest = 0, 1  # rounds
        self._round = self._answers = self._at_once = self._refusals = 0
        self._seconds = 0.0

    def sent(self, at_once: int) -> Sent:
        """A call was sent, by which so many are under way."""
        return Sent(self._round, at_once)

    def answered(self, call: Sent, seconds: float) -> None:
        if call.round != self._round or call.at_once < SATURATED * self.limit:
            return
        self._answers += 1
        self._seconds += seconds
        self._at_once += call.at_once
        if self._answers >= max(self.limit, FEWEST):
            # By Little's law: how many are under way, by how long one is.
            answered = self._answers / (self._answers + self._refusals)
            self._measured(answered * self._at_once / max(self._seconds, 1e-9))
            self._next_round()

    def refused(self, call: Sent) -> None:
        """The server said that it is sent too much, or did not answer in time."""
        if call.round != self._round:
            return  # sent before the limit was changed, or others were answered meanwhile
        self._refusals += 1
        if self._refusals <= TOLERATED * max(self.limit, FEWEST):
            return  # some hosts refuse a call now and then however few there are
        self._refused_at = self.limit
        if self.limit <= self._kept:
            self._kept, self._rate = max(1, int(self.limit * CUT)), None
        self._doubling, self._down = False, False
        self._put_off()
        self._next_round()

    @property
    def found(self) -> tuple[int, Found]:
        """The number found, and what keeps it from being larger: "open" where nothing was seen to."""
        if self._kept == self.most and self._rate is not None:
            return self._kept, "bound"
        if self._refused_at is not None:
            return self._kept, "refused"
        return self._kept, "open" if self._no_faster_at is None else "no_faster"

    def _measured(self, rate: float) -> None:
        if self.limit == self._kept or self._rate is None:
            self._rate = rate if self._rate is None else (self._rate + rate) / 2
        elif self.limit > self._kept:
            self._measured_more(rate, self._rate)
        elif rate >= self._rate:
            self._keep(rate)
        else:
            self._down = False
            self._put_off()

    def _measured_more(self, rate: float, before: float) -> None:
        """More at once are kept where they bring more, and given up where they do not twice in a row."""
        if rate >= before * (1 + WORTH * (self.limit / self._kept - 1)):
            if self._refused_at is not None and self.limit >= self._refused_at:
                self._refused_at = None
            self._no_faster_at, self._doubling = None, self._refused_at is None
            self._keep(rate)
            return
        if self._refusals:
            self._refused_at, self._doubling = self.limit, False
            self._put_off()
            return
        if not self._in_vain:
            self._in_vain, self._rest = True, 1  # a machine may just have been busy
            return
        self._in_vain, self._no_faster_at = False, self.limit
        self._doubling, self._down = False, True
        self._put_off()

    def _keep(self, rate: float) -> None:
        self._kept, self._rate, self._next_rest, self._in_vain = self.limit, rate, 1, False

    def _put_off(self) -> None:
        """The next try comes later than this one did."""
        self._rest, self._next_rest = self._next_rest, min(2 * self._next_rest, LONGEST_REST)

    def _next_round(self) -> None:
        self._round += 1
        self._answers = self._at_once = self._refusals = 0
        self._seconds = 0.0
        self.limit = self._kept
        if self._rest:
            self._rest -= 1
        elif self._rate is not None:
            self.limit = max(1, min(self.most, self._next_try()))

    def _next_try(self) -> int:
        if self._doubling:
            return 2 * self._kept
        if self._down:
            return min(self._kept - 1, round(self._kept / STEP))
        up = max(self._kept + 1, ceil(self._kept * STEP))
        if self._refused_at is None:
            return up
        return min(up, max(self._kept + 1, (self._kept + self._refused_at) // 2))
