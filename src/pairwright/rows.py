"""Rows in whatever people hold them: tuples, mappings, DataFrames, Arrow tables, `datasets.Dataset`.

Nothing here knows these libraries: a table is told by the method that gives its rows.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, islice
from typing import Any, NamedTuple

from pairwright.errors import InputError

PROMPTS = ("prompt", "question", "instruction", "query", "input", "messages", "conversation", "text")
MOST_KEYS = 12
_SIDE = re.compile(r"(?:|response|answer|completion|output|candidate|reply|text|generation)([abc]|\d)")
_LISTS = ("responses", "completions", "answers", "outputs", "candidates", "generations")
_TABLES = (("to_dicts", ()), ("to_pylist", ()), ("to_dict", ("records",)))  # polars, pyarrow, pandas


class Triple(NamedTuple):
    """A prompt and two responses as they were given, and where: "row 3"."""

    where: str
    prompt: Any
    a: Any
    b: Any


def rows_of(table: Any, wanted: str) -> list[Any]:
    """The rows of a list, an iterable, a DataFrame, an Arrow table or a `datasets.Dataset`.

    `wanted` says what they are, for the error. Raises InputError naming what is no table.
    """
    return list(iterable_of(table, wanted))


def iterable_of(table: Any, wanted: str) -> Iterable[Any]:
    """The rows of whatever holds them, one at a time where it can give them so."""
    if isinstance(table, Mapping):
        parts = ", ".join(map(str, list(table)[:6]))
        raise InputError(
            f"a {type(table).__name__} with {parts} was given where {wanted} are wanted: "
            "put a single row into [ ]; of a DatasetDict choose a split, as in data['train']"
        )
    if (hasattr(table, "columns") or hasattr(table, "column_names")) and not hasattr(table, "features"):
        for name, options in _TABLES:
            if hasattr(table, name):
                rows: Iterable[Any] = getattr(table, name)(*options)
                return rows
    if table is None or isinstance(table, str | bytes) or not isinstance(table, Iterable):
        raise InputError(
            f"{_seen(table)} was given where {wanted} are wanted: pass a list, a DataFrame or a Dataset"
        )
    return table


def as_row(value: Any) -> Any:
    """A row as a file of JSON would have it: empty cells left out, a triple or a bare prompt with names.

    What is none of these is given back, for whoever reads rows to refuse with its place.
    """
    value = plain(value)
    if isinstance(value, str) or is_chat(value):
        return {"prompt": value}
    if isinstance(value, Mapping):
        return {str(key): plain(cell) for key, cell in value.items() if not missing(cell)}
    if isinstance(value, Sequence) and not isinstance(value, bytes) and len(value) == 3:
        return {"prompt": plain(value[0]), "response_a": plain(value[1]), "response_b": plain(value[2])}
    return value


def triples_of(table: Any) -> list[Triple]:
    """(prompt, response_a, response_b) of every row; a row with a list of responses gives every two of them.

    Raises InputError naming the first row that has no prompt or not two responses with text.
    """
    found = []
    for number, row in enumerate(rows_of(table, "triples (prompt, response_a, response_b)")):
        where = f"triple {number}"
        prompt, responses = _parts(row, where)
        has_text(prompt, f"{where}: the prompt")
        where += f" (prompt {short(prompt)})"
        for name, response in zip("abcdefghijklmnop", responses, strict=False):
            has_text(response, f"{where}: response {name}")
        found += [Triple(where, prompt, a, b) for a, b in combinations(responses, 2)]
    return found


def prompts_of(prompts: Any) -> list[Any]:
    """Every prompt of a list, a table with a column of prompts, or a single prompt.

    Raises InputError naming the first that is none.
    """
    if isinstance(prompts, str) or is_chat(prompts):
        prompts = [prompts]
    found = []
    for number, row in enumerate(rows_of(prompts, "prompts")):
        row = plain(row)
        prompt = _named(row, PROMPTS, f"prompt {number}") if isinstance(row, Mapping) else row
        has_text(prompt, f"prompt {number}")
        found.append(prompt)
    return found


def _parts(row: Any, where: str) -> tuple[Any, list[Any]]:
    """The prompt and the responses of a row."""
    row = plain(row)
    if isinstance(row, Mapping):
        return _named(row, PROMPTS, where), _responses(row, where)
    if isinstance(row, str | bytes) or not isinstance(row, Sequence) or len(row) != 3:
        raise InputError(
            f"{where} is {short(row)}; it is (prompt, response_a, response_b), or a row with these names"
        )
    return plain(row[0]), [plain(row[1]), plain(row[2])]


def _responses(row: Mapping[Any, Any], where: str) -> list[Any]:
    keys = {simple(key): key for key in row}
    if "chosen" in keys and "rejected" in keys:
        return [plain(row[keys["chosen"]]), plain(row[keys["rejected"]])]
    sides = sorted(key for key in keys if _SIDE.fullmatch(key))
    if len(sides) == 2:
        return [plain(row[keys[side]]) for side in sides]
    for name in _LISTS:
        responses = plain(row[keys[name]]) if name in keys else None
        if isinstance(responses, Sequence) and not isinstance(responses, str) and len(responses) >= 2:
            return [plain(each) for each in responses]
    raise InputError(
        f"{where} has no two responses (keys: {listed(row)}): "
        "name them response_a and response_b, or pass triples (prompt, response_a, response_b)"
    )


def _named(row: Mapping[Any, Any], names: Iterable[str], where: str) -> Any:
    keys = {simple(key): key for key in row}
    for name in names:
        if name in keys:
            return plain(row[keys[name]])
    raise InputError(f"{where} has no prompt (keys: {listed(row)}): name it prompt")


def listed(keys: Iterable[Any]) -> str:
    """Keys as messages name them: the first some, for a table may have thousands."""
    named = [str(key) for key in islice(keys, MOST_KEYS + 1)]
    return ", ".join(named[:MOST_KEYS]) + (", ..." if len(named) > MOST_KEYS else "")


def simple(key: Any) -> str:
    """A column's name without what spellings differ in: `Response-A` is `responsea`."""
    return re.sub(r"[\W_]", "", str(key)).casefold()


def plain(value: Any) -> Any:
    """Named tuples and dataclasses as mappings, arrays (as Parquet files give lists) as lists."""
    if hasattr(value, "_asdict"):
        return value._asdict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, str) else value


def missing(value: Any) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT or pandas' NA."""
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and value != value)
    )


def is_chat(value: Any) -> bool:
    """Whether it is a list of chat messages."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes)
        and len(value) > 0
        and all(isinstance(each, Mapping) and "role" in each and "content" in each for each in value)
    )


def last_text(value: Any) -> str:
    """A text, or that of the last message of a chat."""
    return str(value if isinstance(value, str) else value[-1]["content"])


def has_text(value: Any, what: str) -> None:
    """Raises InputError, beginning with `what`, unless it is text or chat messages and not blank."""
    if missing(value):
        raise InputError(f"{what} is missing ({value!r}): leave the row out, or fill it")
    if not isinstance(value, str) and not is_chat(value):
        raise InputError(f"{what} is {_seen(value)}; it is text or a list of chat messages")
    if not isinstance(value, str) and not isinstance(value[-1]["content"], str):
        raise InputError(
            f"{what} ends with a message whose content is {_seen(value[-1]['content'])}, no text"
        )
    if not last_text(value).strip():
        raise InputError(f"{what} is empty: leave the row out, or fill it")


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _seen(value: Any) -> str:
    return f"{short(value)} ({type(value).__name__})"
