"""Whether the result of a tool says that the call failed: an error, a status, a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

_LOOKED_AT = 200  # characters of a result that is no JSON object
_SAYS_SO = re.compile(
    r"""\W*(?:
        [\w.]{0,60}(?:error|exception)\W{0,3}(?:[:(]|$)
        | (?:fatal|internal|unexpected|unhandled)\ (?:server\ )?(?:error|exception)\b
        | (?:traceback|failed|failure|could\ not|cannot|unable\ to)\b
        | (?:http\ |status\ )?[45]\d\d\W+(?:[a-z]+\ ){0,3}
          (?:error|not\ found|forbidden|unauthorized|bad\ request)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FALSE = ("success", "succeeded", "ok")
_BAD = frozenset(("error", "failed", "failure", "fail"))


def has_failed(result: str) -> bool:
    """By what the result says of itself; one that says nothing has not failed."""
    try:
        found = orjson.loads(result)
    except orjson.JSONDecodeError:
        return _SAYS_SO.match(result[:_LOOKED_AT]) is not None
    if isinstance(found, str):
        return _SAYS_SO.match(found[:_LOOKED_AT]) is not None
    return isinstance(found, Mapping) and _object_failed(found)


def _object_failed(found: Mapping[str, Any]) -> bool:
    if any(found.get(name) for name in ("error", "errors", "exception", "isError", "is_error")):
        return True
    if any(found.get(name) is False for name in _FALSE):
        return True
    return any(_bad(found.get(name)) for name in ("status", "status_code", "code"))


def _bad(status: Any) -> bool:
    if isinstance(status, str):
        return status.strip().casefold() in _BAD
    return type(status) is int and 400 <= status < 600
