"""Values of a row as a store can hold them: texts, ids, JSON."""

from __future__ import annotations

import base64
import re
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.rows import listed

_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    shown = _KINDS.get(type(value), type(value).__name__)
    return f"{shown} ({value})" if isinstance(value, int | float) else shown


def as_text(value: Any, where: str) -> str:
    """A text that says something and that every store can hold."""
    if not isinstance(value, str):
        raise InputError(f"{where} is {kind_of(value)}, not text")
    if not value or value.isspace():
        raise InputError(f"{where} is empty")
    return storable(value, where)


def storable(value: str, where: str) -> str:
    """A text, perhaps empty, that every store can hold."""
    if "\0" in value:
        raise InputError(f"{where} has a NUL character (\\u0000), which no model takes. Remove it.")
    whole_characters(value, where)
    return value


def whole_characters(value: str, where: str) -> None:
    """Raises InputError for a text that no UTF-8 can hold."""
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError as error:
        bad = ord(value[error.start])
        raise InputError(f"{where} has half a character (lone surrogate U+{bad:04X}). Remove it.") from None


def as_name(value: Any, where: str) -> str:
    return as_text(value, where).strip()


def as_id(value: Any) -> str:
    """An id as it is stored, whatever type its column came in."""
    return external_id(value, "id") or ""


def external_id(value: Any, name: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():  # an integer column with gaps, as pandas writes it
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return as_name(value, f'"{name}"')


_SPOKE = r"'(?:role|from)'\s*:\s*'(?:system|user|assistant|human|gpt)'"
_PYTHON_MESSAGE = re.compile(
    rf"\[\{{\s*'(?:role|content|from|value)'\s*:|\{{\s*{_SPOKE}|\{{\s*'(?:content|value)'\s*:.*{_SPOKE}\s*\}}\s*$",
    re.DOTALL,
)


def messages_in_cell(cell: str, where: str) -> Any:
    """The message, or list of messages, that a cell of a table holds as JSON; any other text as it stands.

    Raises InputError where it was written by str() instead of json.dumps.
    """
    try:
        found = orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        if not _PYTHON_MESSAGE.match(cell):
            return cell
        raise InputError(
            f"{where} is a list of messages as Python writes it, and not valid JSON ({error.msg}). "
            "Write the column with json.dumps."
        ) from None
    named = ({"role", "content"}, {"role", "tool_calls"}, {"from", "value"})
    messages = all(
        isinstance(each, dict) and any(keys <= each.keys() for keys in named)
        for each in (found if isinstance(found, list) else [found])
    )
    return found if messages else cell


def json_cell(cell: str, name: str) -> Any:
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f'"{name}" begins like a list but is not valid JSON ({error.msg} at column {error.colno}). '
            "If pandas wrote it as a Python list, write the column with json.dumps instead."
        ) from None


def as_json(meta: dict[str, Any]) -> dict[str, Any]:
    """`meta` as values that JSON can hold: most are already, Parquet brings times, decimals and bytes."""
    try:
        orjson.dumps(meta)
        return meta
    except TypeError:
        pass
    try:
        plain: dict[str, Any] = _plain(meta)
        orjson.dumps(plain)
    except (TypeError, RecursionError) as error:
        raise InputError(f"the further keys ({listed(meta)}) can't be kept as JSON: {error}") from None
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
