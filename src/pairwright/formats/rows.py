"""One row of a user's file: the prompt, responses and pair it holds.

Pure: a dict in, an `Entry` out, or InputError with the reason alone (the
caller knows the place). What a row carries besides is kept as meta.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.carried import depended_on, in_messages
from pairwright.rows import listed
from pairwright.types import ROLES, Message, Prompt, Response

# Names under which other tools keep what we call a prompt, likeliest first.
LIKELY_PROMPTS = (
    "text",
    "instruction",
    "question",
    "query",
    "input",
    "content",
    "conversation",
    "conversations",
    "user",
    "task",
    "problem",
    "goal",
)
_TEXT_NAMES = ("text", "response", "content")
_CANNOT_KEEP = ("tool_calls", "function_call")
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What the user calls things: the names of keys in a row."""

    prompt: str = "prompt"
    messages: str = "messages"
    responses: str = "responses"
    response: str = "response"
    response_a: str = "response_a"
    response_b: str = "response_b"
    model: str = "model"
    model_a: str = "model_a"
    model_b: str = "model_b"
    id: str = "id"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row holds.

    The row's id and meta stand with the prompt (`prompt.external_id`,
    `prompt.meta`) and again with the pair if it gave one, because the same
    prompt may come in several rows. `pair` is (a, b) as given; `responses`
    are the others.
    """

    prompt: Prompt
    responses: tuple[Response, ...] = ()
    pair: tuple[Response, Response] | None = None
    pair_external_id: str | None = None
    pair_meta: Mapping[str, Any] | None = None


def entry_from_row(row: Mapping[str, Any], fields: FieldNames, place: str, *, cells: bool = False) -> Entry:
    """Read one row. `place` (file:line) becomes the source of what it holds.

    `cells`: values are CSV cells, where a list is written as JSON text.
    A key whose value is null counts as absent.

    Raises InputError whose message is the reason this row can't be used.
    """
    taken = {fields.id}
    name, value, messages = _prompt(row, fields, taken, cells=cells)
    pair = _pair(row, fields, place, taken)
    responses = _responses(row, fields, place, taken, cells=cells)
    if pair is None and not responses and "chosen" in row and "rejected" in row:
        raise InputError(_LABELLED)
    messages = _with_system(messages, row, taken)
    meta = {key: value for key, value in row.items() if key not in taken and value is not None}
    further = [key for key, each in meta.items() if each not in ("", [], {})]
    if column := depended_on((*further, *(f"{name}.{key}" for key in in_messages(value)))):
        raise InputError(
            f'"{column}" is part of what was asked or answered, and only text is supported. '
            f"Leave such rows out, or pass --without {column} to take them as if it were not there."
        )
    if isinstance(value, list) and any(_says_more(message) for message in value):
        meta[name] = value
    kept = as_json(meta) if meta else None
    external_id = _external_id(row.get(fields.id), fields.id)
    prompt = Prompt(messages, external_id, kept, place)
    if kept and row.get(fields.response) is not None:
        # May be about this response alone, and a prompt that comes again keeps only its first meta.
        single = responses[-1]
        responses = (*responses[:-1], replace(single, params={**kept, **(single.params or {})}))
    if pair is None:
        return Entry(prompt, responses)
    return Entry(prompt, responses, pair, external_id, kept)


# --- the prompt ---------------------------------------------------------------------------


def _prompt(
    row: Mapping[str, Any], fields: FieldNames, taken: set[str], *, cells: bool
) -> tuple[str, Any, tuple[Message, ...]]:
    """The key that holds the prompt, its value, and the messages it stands for."""
    for name in (fields.prompt, fields.messages):
        value = row.get(name)
        if value is None:
            continue
        taken.add(name)
        if cells and value.startswith("[{"):
            value = messages_in_cell(value, f'"{name}"')
        if isinstance(value, str):
            if name == "instruction" and isinstance(row.get("input"), str):
                taken.add("input")
                value = with_input(value, row["input"])
            return name, value, (Message("user", as_text(value, f'"{name}"')),)
        if isinstance(value, list):
            return name, value, _messages(value, name)
        raise InputError(f'"{name}" is {_kind(value)}, not text or a list of messages')
    if fields.prompt in row:
        raise InputError(f'"{fields.prompt}" is empty')
    if "chosen" in row and "rejected" in row:
        raise InputError(_LABELLED)
    raise InputError(_missing_prompt(row, fields.prompt))


_LABELLED = (
    '"chosen" and "rejected" are labels, and `add` takes prompts, responses and pairs that are still to be '
    "judged. To keep the labels as votes, pass --from auto. "
    "To have this pair judged, put the prompt in its own column and rename chosen and rejected to "
    "response_a and response_b (or pass --response-a-field chosen --response-b-field rejected); "
    "for the prompt alone, drop the two."
)


def _missing_prompt(row: Mapping[str, Any], name: str) -> str:
    by_lower = {key.lower(): key for key in reversed(list(row))}
    likely = next((by_lower[key] for key in ("prompt", *LIKELY_PROMPTS) if key in by_lower), "NAME")
    shown = ", ".join(list(row)[:8]) + (", ..." if len(row) > 8 else "")
    return f'"{name}" is missing (keys: {shown}). Rename the column or pass --prompt-field {likely}.'


def _with_system(
    messages: tuple[Message, ...], row: Mapping[str, Any], taken: set[str]
) -> tuple[Message, ...]:
    """The conversation with the system message that stands in a column of its own."""
    for name in ("system", "system_prompt"):
        text = row.get(name)
        if name in taken or not isinstance(text, str) or not text.strip():
            continue
        first = Message("system", as_text(text, f'"{name}"'))
        if messages[0].role != "system":
            messages = (first, *messages)
        elif messages[0] != first:
            raise InputError(f'"{name}" is not the system message that the conversation begins with')
        taken.add(name)
    return messages


def with_input(instruction: Any, more: Any) -> Any:
    """An Alpaca row's prompt: its `input` belongs to its `instruction`."""
    texts = isinstance(instruction, str) and isinstance(more, str) and bool(more.strip())
    return f"{instruction}\n{more}" if texts else instruction


def _messages(items: list[Any], name: str) -> tuple[Message, ...]:
    if not items:
        raise InputError(f'"{name}" is an empty list')
    messages = tuple(as_message(item, f'"{name}" message {number}') for number, item in enumerate(items, 1))
    for number, message in enumerate(messages[1:], 2):
        if message.role == "system":
            raise InputError(f'"{name}" message {number} is a system message: only the first may be')
    last = messages[-1].role
    if last != "user":
        remedy = ' Move that answer to "response".' if last == "assistant" and len(messages) > 1 else ""
        raise InputError(f'"{name}" ends with a message of role {last}, not with the user\'s turn.{remedy}')
    return messages


def as_message(item: Any, where: str) -> Message:
    if not isinstance(item, dict):
        raise InputError(f'{where} is {_kind(item)}, not {{"role": ..., "content": ...}}')
    if "role" not in item or "content" not in item:
        missing = "role" if "role" not in item else "content"
        raise InputError(f'{where} has no "{missing}" (keys: {listed(item)})')
    role = item["role"]
    if role not in ROLES:
        raise InputError(f'{where} has role "{role}", not one of {", ".join(ROLES)}')
    for key in _CANNOT_KEEP:
        if item.get(key):
            raise InputError(f'{where} has "{key}": calls of tools are not supported')
    return Message(role, as_text(_content(item["content"], where), where))


def _says_more(message: dict[str, Any]) -> bool:
    """Whether a message has more than we keep of it (a name, a time, ...)."""
    return any(value is not None for key, value in message.items() if key not in ("role", "content"))


def _content(content: Any, where: str) -> Any:
    """The text of a message: a string, or text parts joined by line ends (as vLLM and llama.cpp do)."""
    if not isinstance(content, list):
        return content
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        else:
            raise InputError(
                f'{where} has a part of type "{kind}": only text is supported, no images or sound'
            )
    return "\n".join(texts)


# --- responses and pairs --------------------------------------------------------------------


def _pair(
    row: Mapping[str, Any], fields: FieldNames, place: str, taken: set[str]
) -> tuple[Response, Response] | None:
    a, b = row.get(fields.response_a), row.get(fields.response_b)
    if a is None and b is None:
        return None
    if a is None or b is None:
        here, gone = (
            (fields.response_b, fields.response_a) if a is None else (fields.response_a, fields.response_b)
        )
        raise InputError(f'"{gone}" is missing beside "{here}": a pair needs both')
    taken |= {fields.response_a, fields.response_b, fields.model_a, fields.model_b}
    first = _response(a, f'"{fields.response_a}"', _model(row, fields.model_a), place)
    second = _response(b, f'"{fields.response_b}"', _model(row, fields.model_b), place)
    if first.text.strip() == second.text.strip():
        raise InputError(
            f'"{fields.response_a}" and "{fields.response_b}" are the same text: nothing to choose'
        )
    return first, second


def _responses(
    row: Mapping[str, Any], fields: FieldNames, place: str, taken: set[str], *, cells: bool
) -> tuple[Response, ...]:
    """`responses`, then the single `response`."""
    many, one = row.get(fields.responses), row.get(fields.response)
    if many is None and one is None:
        return ()
    taken |= {fields.responses, fields.response, fields.model}
    model = _model(row, fields.model)
    found = []
    if many is not None:
        if cells and many.startswith("["):
            many = _json_cell(many, fields.responses)
        if not isinstance(many, list):
            raise InputError(f'"{fields.responses}" is {_kind(many)}, not a list of texts or objects')
        for number, item in enumerate(many, 1):
            found.append(_response(item, f'"{fields.responses}" number {number}', model, place))
    if one is not None:
        found.append(_response(one, f'"{fields.response}"', model, place))
    return tuple(found)


def _response(value: Any, where: str, model: str | None, place: str) -> Response:
    """A text, or an object with the text under text, response or content and perhaps its own model."""
    if isinstance(value, list) and len(value) == 1:  # a conversation of one assistant turn
        value = value[0]
    if not isinstance(value, dict):
        return Response(as_text(value, where), model, source=place)
    name = next((name for name in _TEXT_NAMES if value.get(name) is not None), None)
    if name is None:
        raise InputError(f"{where} has none of {', '.join(_TEXT_NAMES)} (keys: {listed(value)})")
    own = _short_text(value["model"], f'{where} "model"') if value.get("model") else model
    rest = {
        key: item for key, item in value.items() if key not in (name, "model", "role") and item is not None
    }
    text = as_text(_content(value[name], where), where)
    return Response(text, own, as_json(rest) if rest else None, source=place)


def _model(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return _short_text(value, f'"{name}"') if value else None


# --- values -----------------------------------------------------------------------------------


def as_text(value: Any, where: str) -> str:
    """A text that says something and that every store can hold."""
    if not isinstance(value, str):
        raise InputError(f"{where} is {_kind(value)}, not text")
    if not value or value.isspace():
        raise InputError(f"{where} is empty")
    if "\0" in value:
        raise InputError(f"{where} has a NUL character (\\u0000), which no model takes. Remove it.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            bad = ord(value[error.start])
            raise InputError(
                f"{where} has half a character (lone surrogate U+{bad:04X}). Remove it."
            ) from None
    return value


def _short_text(value: Any, where: str) -> str:
    return as_text(value, where).strip()


def as_id(value: Any) -> str:
    """An id as it is stored, whatever type its column came in."""
    return _external_id(value, "id") or ""


def _external_id(value: Any, name: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():  # an integer column with gaps, as pandas writes it
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _short_text(value, f'"{name}"')


_PYTHON_MESSAGE = re.compile(r"\[\{\s*'(?:role|content|from|value)'\s*:")


def messages_in_cell(cell: str, where: str) -> Any:
    """The list of messages that a cell of a table holds as JSON; any other text as it stands.

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
    named = ({"role", "content"}, {"from", "value"})
    messages = isinstance(found, list) and all(
        isinstance(each, dict) and any(keys <= each.keys() for keys in named) for each in found
    )
    return found if messages else cell


def _json_cell(cell: str, name: str) -> Any:
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f'"{name}" begins like a list but is not valid JSON ({error.msg} at column {error.colno}). '
            "If pandas wrote it as a Python list, write the column with json.dumps instead."
        ) from None


def _kind(value: Any) -> str:
    shown = _KINDS.get(type(value), type(value).__name__)
    return f"{shown} ({value})" if isinstance(value, int | float) else shown


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
