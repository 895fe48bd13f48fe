"""Thumbs as people write them; a number alone may be a number of stars."""

from __future__ import annotations

import pytest

from pairwright.formats.thumbs import plain_thumb, thumb_of


@pytest.mark.parametrize(
    "value", [True, 1, 1.0, "1", "up", "Thumbs Up", "thumbs_up", "thumbsUp", "LIKE", "👍", "+1"]
)
def test_up(value):
    assert thumb_of(value) is True


@pytest.mark.parametrize("value", [False, 0, -1, "-1", "down", "thumbs-down", "thumbsDown", "disliked", "👎"])
def test_down(value):
    assert thumb_of(value) is False


@pytest.mark.parametrize("value", [None, "", 4, 0.5, "maybe", [], {}])
def test_neither(value):
    assert thumb_of(value) is None


def test_a_number_is_no_plain_thumb_and_a_boolean_is_one():
    assert [plain_thumb(value) for value in (1, "0", -1.0, True, "up")] == [None, None, None, True, True]
