"""One row of a user's file: the prompt, responses and pair it holds.

Pure: a dict in, an `Entry` out, or InputError with the reason alone (the
caller knows the place). What a row carries besides is kept as meta.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Rated
from pairwright.formats.carried import depended_on, in_messages
from pairwright.formats.context import TEMPLATE, TOOLS, template_of, tools_of
from pairwright.formats.images import column_of, filled, refs_in
from pairwright.formats.message import as_message
from pairwright.formats.messages import FIRST, reply_of
from pairwright.formats.values import (
    as_json,
    as_name,
    as_text,
    external_id,
    json_cell,
    kind_of,
    messages_in_cell,
)
from pairwright.rows import listed
from pairwright.types import Message, Prompt, Response

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
_TEXT_NAMES = ("messages", "text", "response", "content")


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
    tools, template = _NO_CONTEXT
    if row.keys() <= taken:
        messages = filled(messages, ())
    else:
        messages = _with_images(_with_system(messages, row, taken), row, taken)
        tools, template = _context(row, taken)
    meta = {key: value for key, value in row.items() if key not in taken and value is not None}
    further = [key for key, each in meta.items() if each not in ("", [], {})]
    beside = in_messages(value)
    if column := depended_on((*further, *(f"{name}.{key}" for key in beside)), taken):
        raise InputError(
            f'"{column}" is part of what was asked or answered, and is not supported. '
            f"Leave such rows out, or pass --without {column} to take them as if it were not there."
        )
    if beside:  # a time, a name of the user's, ...
        meta[name] = value
    kept = as_json(meta) if meta else None
    own_id = external_id(row.get(fields.id), fields.id)
    prompt = Prompt(messages, own_id, kept, place, tools, template)
    if kept and row.get(fields.response) is not None:
        # May be about this response alone, and a prompt that comes again keeps only its first meta.
        single = responses[-1]
        responses = (*responses[:-1], replace(single, params={**kept, **(single.params or {})}))
    if pair is None:
        return Entry(prompt, responses)
    return Entry(prompt, responses, pair, own_id, kept)


_Context = tuple[tuple[Mapping[str, Any], ...], Mapping[str, Any] | None]
_NO_CONTEXT: _Context = ((), None)


def _with_images(
    messages: tuple[Message, ...], row: Mapping[str, Any], taken: set[str]
) -> tuple[Message, ...]:
    """The conversation with the images that stand in a column of their own."""
    name = next((each for each in (column_of(row.get),) if each and each not in taken), None)
    if name is None:
        return filled(messages, ())
    taken.add(name)
    return filled(messages, refs_in(row[name], f'"{name}"'), f'"{name}"')


def _context(row: Mapping[str, Any], taken: set[str]) -> _Context:
    """The tools on offer and the arguments of the chat template, from columns of their own."""
    tools = next((name for name in TOOLS if name not in taken and row.get(name)), None)
    template = next((name for name in TEMPLATE if name not in taken and row.get(name)), None)
    taken |= {name for name in (tools, template) if name}
    return (
        tools_of(row[tools], f'"{tools}"') if tools else (),
        template_of(row[template], f'"{template}"') if template else None,
    )


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
        raise InputError(f'"{name}" is {kind_of(value)}, not text or a list of messages')
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
        if message.role in FIRST and messages[number - 2].role not in FIRST:
            raise InputError(f'"{name}" message {number} is a {message.role} message: only the first may be')
    last = messages[-1].role
    if last not in ("user", "tool"):
        remedy = ' Move that answer to "response".' if last == "assistant" and len(messages) > 1 else ""
        raise InputError(f'"{name}" ends with a message of role {last}, not with the user\'s turn.{remedy}')
    return messages


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
    if (first.turns or first.text.strip()) == (second.turns or second.text.strip()):
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
            many = json_cell(many, fields.responses)
        if not isinstance(many, list):
            raise InputError(f'"{fields.responses}" is {kind_of(many)}, not a list of texts or objects')
        for number, item in enumerate(many, 1):
            found.append(_response(item, f'"{fields.responses}" number {number}', model, place))
    if one is not None:
        found.append(_response(one, f'"{fields.response}"', model, place))
    return tuple(found)


def _response(value: Any, where: str, model: str | None, place: str) -> Response:
    """A text, a message or messages; or an object that holds one of these, and perhaps its own model."""
    name, rest, own = None, dict[str, Any](), model
    if isinstance(value, dict) and not _is_message(value):
        name = next((name for name in _TEXT_NAMES if value.get(name) is not None), None)
        if name is None:
            raise InputError(f"{where} has none of {', '.join(_TEXT_NAMES)} (keys: {listed(value)})")
        own = as_name(value["model"], f'{where} "model"') if value.get("model") else model
        rest = {
            key: each
            for key, each in value.items()
            if key not in (name, "model", "role") and each is not None
        }
    said = value if name is None else value[name]
    if not isinstance(said, str | list | dict):
        raise InputError(f"{where} is {kind_of(said)}, not text and no message")
    one = Rated(as_text(said, where)) if isinstance(said, str) else reply_of(said, where)
    return Response(one.text, own, as_json(rest) if rest else None, source=place, turns=one.turns)


def _is_message(value: Mapping[str, Any]) -> bool:
    return "role" in value and bool(value.keys() & {"content", "tool_calls"}) and "model" not in value


def _model(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return as_name(value, f'"{name}"') if value else None
