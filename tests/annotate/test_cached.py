"""Figures that are kept: when they are counted again, and who waits for it."""

import threading
from types import SimpleNamespace

import pytest

from pairwright.annotate import cached
from pairwright.annotate.cached import QUICK_SECONDS, Cached


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until somebody sets it on."""
    now = SimpleNamespace(at=1000.0)
    stands = SimpleNamespace(monotonic=lambda: now.at, time=lambda: now.at)
    monkeypatch.setattr(cached, "time", stands)
    return now


class Counting:
    """Gives 1, 2, 3 ..., each after so many seconds."""

    def __init__(self, clock, takes):
        self.clock, self.takes, self.n = clock, takes, 0

    def __call__(self):
        self.n += 1
        self.clock.at += self.takes
        return self.n


def test_what_is_counted_quickly_is_kept_a_little_and_counted_anew_while_one_waits(clock):
    kept, count = Cached(4.0), Counting(clock, 0.1)
    assert [kept.get(count), kept.get(count)] == [1, 1]
    clock.at += 4
    assert kept.get(count) == 2


def test_what_takes_long_is_given_as_it_was_while_it_is_counted_anew(clock):
    kept, count = Cached(4.0), Counting(clock, 2 * QUICK_SECONDS)
    assert kept.get(count) == 1
    clock.at += 9 * 2 * QUICK_SECONDS
    assert (kept.get(count), count.n) == (1, 1), "nine tenths of the time go into something else"
    clock.at += 2 * QUICK_SECONDS
    assert kept.get(count) == 1
    kept.wait()
    assert (kept.get(count), count.n) == (2, 2)


def test_only_one_counts_in_the_background(clock):
    kept, count, go_on = Cached(0.0), Counting(clock, 2 * QUICK_SECONDS), threading.Event()
    kept.get(count)
    clock.at += 100

    def slowly():
        assert go_on.wait(30)
        return count()

    assert [kept.get(slowly) for _ in range(5)] == [1] * 5
    go_on.set()
    kept.wait()
    assert count.n == 2


def test_nothing_is_counted_again_of_what_is_the_same(clock):
    kept, count = Cached(), Counting(clock, 0.1)
    assert kept.get(count, of=(7, 0)) == 1
    clock.at += 1000
    assert kept.get(count, of=(7, 0)) == 1
    assert kept.get(count, of=(8, 0)) == 2, "what has changed is counted at once, if that is quick"
    assert kept.get(count, of=(9, 0)) == 3


def test_what_goes_wrong_in_the_background_is_told_to_who_asks_next(clock):
    kept, count = Cached(0.0), Counting(clock, 2 * QUICK_SECONDS)
    kept.get(count)
    clock.at += 100

    def broken():
        raise OSError("the disk is gone")

    assert kept.get(broken) == 1
    kept.wait()
    with pytest.raises(OSError, match="the disk is gone"):
        kept.get(broken)
    assert kept.get(count) == 2
