"""Guessing passwords gets slower and slower; nobody is locked out for it."""

import pytest

from pairwright.annotate.brake import Brake


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def brake(clock):
    return Brake(clock)


def fail(brake, clock, name, address, times):
    """So many wrong passwords, each as soon as it is let through; gives the waits before them."""
    waits = []
    for _ in range(times):
        waits.append(brake.wait(name, address))
        clock.now += waits[-1]
        brake.failed(name, address)
    return waits


def test_delays_of_an_account_grow_to_a_minute(brake, clock):
    assert fail(brake, clock, "ann", "home", 13) == [0] * 5 + [1, 2, 4, 8, 16, 32, 60, 60]


def test_guessing_one_name_from_many_addresses_is_as_slow(brake, clock):
    for n in range(12):
        fail(brake, clock, "ann", f"address {n}", 1)
    assert brake.wait("ann", "address 99") == 60
    assert brake.wait("bob", "address 99") == 0


def test_trying_many_names_from_one_address_gets_slow(brake, clock):
    for n in range(40):
        fail(brake, clock, f"name {n}", "cafe", 1)
    assert brake.wait("name 99", "cafe") == 60
    assert brake.wait("name 99", "home") == 0


def test_a_team_behind_one_address_is_not_locked_out_by_one_of_them(brake, clock):
    brake.passed("ann", "office")
    fail(brake, clock, "nobody", "office", 40)
    assert brake.wait("ann", "office") == 0
    assert brake.wait("zoe", "office") > 0  # who was never seen there waits, a minute at most


def test_a_members_own_mistakes_are_slowed_down_too(brake, clock):
    brake.passed("ann", "office")
    assert fail(brake, clock, "ann", "office", 7) == [0] * 5 + [1, 2]
    brake.passed("ann", "office")
    assert brake.wait("ann", "office") == 0


def test_failures_are_forgotten_after_an_hour(brake, clock):
    fail(brake, clock, "ann", "home", 20)
    clock.now += 3601
    assert fail(brake, clock, "ann", "home", 5) == [0] * 5
