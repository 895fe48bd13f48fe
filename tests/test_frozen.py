"""Values that nothing changes: equal by their fields."""

from __future__ import annotations

from dataclasses import replace

from pairwright.formats.canonical import Canonical, Rated
from pairwright.frozen import frozen
from pairwright.types import Message


@frozen
class Point:
    x: int
    y: int = 0


def test_two_of_equal_fields_are_equal_and_count_once_in_a_set() -> None:
    assert Point(1) == Point(1, 0)
    assert {Point(1), Point(1, 0), Point(2)} == {Point(1), Point(2)}


def test_it_takes_no_attribute_that_it_was_not_given() -> None:
    assert not hasattr(Point(1), "__dict__")


def test_the_key_of_a_changed_row_is_that_of_its_own_prompt() -> None:
    row = Canonical((Message("user", "What is rain?"),), (Rated("Water."),))
    before = row.key
    other = replace(row, prompt=(Message("user", "What is fire?"),))
    assert other.key != before
    assert replace(other, prompt=row.prompt).key == before
