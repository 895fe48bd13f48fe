"""Finding how many calls a server takes at once, against servers of a simulated clock."""

import heapq
import random
from itertools import count

import pytest

from pairwright.models.concurrency import FIRST, Concurrency

BACK_OFF_S = 0.5


class Simulated:
    """A server on a clock of its own: refuses what is over `limit`, and is `slow(at_once)` times slower."""

    def __init__(self, limit=10**9, slow=lambda at_once: 1.0, spread=0.0, seed=0, moods=(1.0,), picky=0.0):
        self.limit, self.slow, self.spread, self.moods = limit, slow, spread, moods
        self.picky = picky  # share of calls that it refuses however few there are
        self.random = random.Random(seed)
        self.refused = self.most = 0
        self.seconds = 0.0

    def run(self, concurrency, calls):
        """Answer that many calls, as many at once as `concurrency` says; gives the time it took."""
        events, number = [], count()
        left, now, at_once = calls, 0.0, 0
        while left or events:
            while left and at_once < concurrency.limit:
                left, at_once = left - 1, at_once + 1
                heapq.heappush(events, self._end(now, at_once, concurrency.sent(at_once), next(number)))
            now, _, what, sent, seconds = heapq.heappop(events)
            if what == "back":
                left += 1
                continue
            at_once -= 1
            if what == "refused":
                self.refused += 1
                concurrency.refused(sent)
                heapq.heappush(events, (now + BACK_OFF_S, next(number), "back", None, 0.0))
            else:
                self.seconds += seconds
                concurrency.answered(sent, seconds)
        return now

    def _end(self, now, at_once, sent, number):
        self.most = max(self.most, at_once)
        if at_once > self.limit or self.random.random() < self.picky:
            return (now + 0.01, number, "refused", sent, 0.0)
        mood = self.moods[int(now / 3) % len(self.moods)]  # of the machine, which others use too
        seconds = mood * self.slow(at_once) * (1 + self.spread * (2 * self.random.random() - 1))
        return (now + seconds, number, "answer", sent, seconds)


def found_with(server, *, most=256, calls=5000):
    concurrency = Concurrency(most)
    took = server.run(concurrency, calls)
    return *concurrency.found, took


def test_without_a_limit_it_reaches_the_upper_bound_and_stays_there():
    found, why, took = found_with(Simulated(), most=64, calls=10_000)
    assert (found, why) == (64, "bound")
    assert took < 1.05 * 10_000 / 64


def test_it_starts_low():
    server = Simulated()
    server.run(Concurrency(256), FIRST)
    assert server.most == FIRST


@pytest.mark.parametrize("limit", [1, 3, 20, 50, 100, 200])
def test_a_server_that_refuses_is_used_to_its_limit_and_seldom_over_it(limit):
    server, calls = Simulated(limit), max(2000, 100 * limit)
    found, why, took = found_with(server, calls=calls)
    assert 0.85 * limit <= found <= limit
    assert why == "refused"
    assert server.refused < 0.08 * calls
    assert took < 1.15 * calls / limit


@pytest.mark.parametrize("knee", [8, 20, 50, 100])
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_a_server_that_only_slows_down_is_not_sent_much_more_than_it_does_at_once(knee, spread):
    server = Simulated(slow=lambda at_once: max(1.0, at_once / knee), spread=spread)
    found, _, took = found_with(server, calls=8000)
    assert 0.75 * knee <= found <= 2 * knee
    assert took < 1.15 * 8000 / knee


def test_slower_calls_are_no_reason_to_stop_as_long_as_more_are_answered():
    """As with batching: at 256 calls at once each takes three times as long, and 85 times as many are done."""
    server = Simulated(slow=lambda at_once: 1 + at_once / 128, spread=0.3)
    found, why, _ = found_with(server, calls=20_000)
    assert found >= 128, why


@pytest.mark.parametrize("seed", range(5))
def test_a_machine_that_others_slow_down_now_and_then_does_not_bring_it_down(seed):
    moods = [random.Random(seed).choice([1.0, 1.5, 3.0]) for _ in range(50)]
    server = Simulated(spread=0.5, seed=seed, moods=moods)
    found, _, took = found_with(server, most=64, calls=10_000)
    assert found >= 32
    assert took < 1.4 * server.seconds / 64


def test_a_limit_that_falls_is_followed_and_one_that_rises_is_found_again():
    server, concurrency = Simulated(100), Concurrency(256)
    server.run(concurrency, 3000)
    server.limit = 30
    server.run(concurrency, 3000)
    assert 20 <= concurrency.found[0] <= 30
    server.limit = 100
    server.run(concurrency, 20_000)
    assert 80 <= concurrency.found[0] <= 100


def test_many_refusals_of_one_moment_are_one_refusal():
    concurrency = Concurrency(100)
    calls = [concurrency.sent(n) for n in range(1, 9)]
    for call in calls:
        concurrency.refused(call)
    assert concurrency.limit == 6


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_refusals_that_have_nothing_to_do_with_how_many_there_are_do_not_bring_it_down(share):
    found, _, _ = found_with(Simulated(picky=share), most=64)
    assert found >= 32


def test_calls_that_do_not_fill_the_limit_do_not_raise_it():
    concurrency = Concurrency(100)
    for _ in range(1000):
        concurrency.answered(concurrency.sent(2), 1.0)
    assert (concurrency.limit, concurrency.found) == (FIRST, (FIRST, "open"))


def test_it_never_leaves_its_bounds():
    draw = random.Random(1)
    concurrency = Concurrency(40)
    for _ in range(20_000):
        call = concurrency.sent(concurrency.limit)
        if draw.random() < 0.05:
            concurrency.refused(call)
        else:
            concurrency.answered(call, draw.expovariate(1))
        assert 1 <= concurrency.limit <= 40
