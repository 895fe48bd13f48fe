"""What a model saw beside messages: the tools on offer, and arguments of the chat template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.values import as_json, kind_of

TOOLS, TEMPLATE = ("tools", "functions"), ("chat_template_kwargs",)
_MAY_BE_NULL = ("default", "const", "enum", "examples")  # in a JSON schema


def tools_of(value: Any, where: str) -> tuple[Mapping[str, Any], ...]:
    """The tools of a column: a list of JSON schemas, or its JSON text. Raises InputError for anything else.

    A bare {"name", "description", "parameters"} is put as chat endpoints take it. Nulls that Arrow fills
    into schemas of unlike shape are taken out.
    """
    if isinstance(value, str):
        if not value.strip():
            return ()
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{where} is text that is not valid JSON ({error.msg})") from None
    if value is None:
        return ()
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list | tuple):
        raise InputError(f"{where} is {kind_of(value)}, not a list of tools")
    return tuple(_tool(each, where) for each in value)


def _tool(value: Any, where: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise InputError(f'{where} names the tool "{value}" without its JSON schema') from None
    if not isinstance(value, dict):
        raise InputError(f"{where} has a tool that is {kind_of(value)}, not an object")
    tool = as_json(_without_nulls(value))
    if "function" in tool or "name" not in tool:
        return tool
    if "input_schema" in tool:  # as Anthropic writes it
        tool = {("parameters" if key == "input_schema" else key): each for key, each in tool.items()}
    return {"type": "function", "function": {key: each for key, each in tool.items() if key != "type"}}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_nulls(each)
            for key, each in value.items()
            if each is not None or key in _MAY_BE_NULL
        }
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def template_of(value: Any, where: str) -> Mapping[str, Any] | None:
    """The further arguments of the chat template: an object, or its JSON text."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value) if value.strip() else None
        except orjson.JSONDecodeError as error:
            raise InputError(f"{where} is text that is not valid JSON ({error.msg})") from None
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise InputError(f"{where} is {kind_of(value)}, not an object")
    return as_json({key: each for key, each in value.items() if each is not None}) or None
