"""A thumb as logs, tools and tables write it: "thumbs_up", "👍", 1, true, "dislike", -1."""

from __future__ import annotations

from typing import Any

_GOOD = (
    "true", "1", "1.0", "yes", "good", "up", "like", "liked", "thumbup", "thumbsup", "positive", "+1", "👍",
)  # fmt: skip
_BAD = (
    "false", "0", "0.0", "no", "bad", "down", "dislike", "disliked", "thumbdown", "thumbsdown", "negative",
    "-1", "-1.0", "👎",
)  # fmt: skip
_THUMBS = {**dict.fromkeys(_GOOD, True), **dict.fromkeys(_BAD, False)}
# A number alone may be a rating: which it is, the name of its column tells.
_NUMBERS = ("1", "1.0", "0", "0.0", "-1", "-1.0", "+1")


def thumb_of(value: Any) -> bool | None:
    """True is up; None is what is no thumb."""
    return _THUMBS.get(_word(value))


def plain_thumb(value: Any) -> bool | None:
    """A thumb that can't be a number of stars as well."""
    return None if _word(value) in _NUMBERS and not isinstance(value, bool) else thumb_of(value)


def _word(value: Any) -> str:
    said = str(value).strip().casefold()
    return said if said in _NUMBERS else said.replace("_", "").replace("-", "").replace(" ", "")
