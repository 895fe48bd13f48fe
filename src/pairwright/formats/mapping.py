"""The user's own names for columns and labels: `--map prompt=question,chosen=out.a`, `--label-values 1=A`.

A column may be a path into what a cell holds: `out.a`, `messages[-1].content`, `choices[0].message.content`,
`messages[:-1]`. What is taken is no longer there for others; the rest is told as not carried, like anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.carried import is_messages
from pairwright.formats.reading import BadRow, Record
from pairwright.formats.rows import with_input
from pairwright.formats.streams import printable

Step = str | int | slice
_STEPS = re.compile(r"\.?([^.\[\]]+)|\[(-?\d+)\]|\[(-?\d*):(-?\d*)\]")
_TAKEN = object()


def parse_mapping(text: str | None) -> dict[str, str]:
    """`chosen=good_answer,prompt=question` as {"chosen": "good_answer", ...}. Raises InputError."""
    found: dict[str, str] = {}
    for each in (text or "").split(","):
        ours, sign, theirs = (part.strip() for part in each.partition("="))
        if not each.strip():
            continue
        if not sign or not ours or not theirs:
            raise InputError(f'--map "{each}" is not NAME=COLUMN, as in --map chosen=good_answer')
        found[ours] = theirs
    return found


def parse_label_values(text: str | None) -> dict[str, str]:
    """`1=A,2=B,A=B=TIE` as {"1": "A", "2": "B", "A=B": "TIE"}. Raises InputError."""
    found: dict[str, str] = {}
    for each in (text or "").split(","):
        value, sign, label = (part.strip() for part in each.rpartition("="))
        if not each.strip():
            continue
        if not sign or not value or not label:
            raise InputError(
                f'--label-values "{each}" is not VALUE=LABEL, as in --label-values 1=A,2=B,0=TIE'
            )
        found[value] = label
    return found


def renamed(
    records: Iterator[Record | BadRow], mapping: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> Iterator[Record | BadRow]:
    """Rows with the user's columns under the format's names, and their labels in the format's words."""
    paths = {ours: (theirs, path_of(theirs)) for ours, theirs in mapping.items()}
    for record in records:
        if isinstance(record, Record) and paths:
            record = _mapped(record, paths)
        yield _labelled(record, labels) if labels and isinstance(record, Record) else record


def _mapped(record: Record, paths: Mapping[str, tuple[str, Sequence[Step]]]) -> Record | BadRow:
    """Annotation tools nest columns: there the names are those inside."""
    nested = next((each for each in ("fields", "data") if isinstance(record.row.get(each), dict)), None)
    values = record.row[nested] if nested and _are_in(record.row[nested], paths) else record.row
    inside = values is not record.row
    rest: Any = dict(values)
    taken: dict[str, Any] = {}
    for ours, (theirs, steps) in paths.items():
        # A column may be called by what else would be a path.
        steps = [theirs] if theirs in values else steps
        try:
            taken[ours] = _found(values, steps)
        except LookupError:
            keys = ", ".join(list(values)[:12])
            return BadRow(
                record.place, printable(f'--map names "{theirs}", which is not there (keys: {keys})')
            )
        rest = _without(rest, steps)
    rest = _told_by_path(_pruned(rest), {str(steps[0]) for _, steps in paths.values() if len(steps) > 1})
    if paths.get("prompt", ("",))[0] == "instruction":
        taken["prompt"] = with_input(taken["prompt"], rest.pop("input", None))
    row = {**rest, **taken}
    return replace(record, row={**record.row, nested: row} if inside and nested else row)


def _told_by_path(rest: dict[str, Any], opened: Collection[str]) -> dict[str, Any]:
    """What is left of columns that paths led into has a name of its own: the rest of them was taken."""
    told: dict[str, Any] = {}
    for name, value in rest.items():
        told.update(reversed(list(_by_path(value, name))) if name in opened else ((name, value),))
    return told


def _by_path(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _by_path(inner, f"{at}.{name}")
    elif isinstance(value, list) and not is_messages(value):
        for inner in value:
            yield from _by_path(inner, at)
    else:
        yield at, value


def _are_in(values: Mapping[str, Any], paths: Mapping[str, tuple[str, Sequence[Step]]]) -> bool:
    return any(theirs in values or steps[0] in values for theirs, steps in paths.values())


def _labelled(record: Record, labels: Mapping[str, str]) -> Record | BadRow:
    name = "good" if record.row.get("label") is None and record.row.get("good") is not None else "label"
    value = record.row.get(name)
    if value is None:
        return record
    said = labels.get(shown(value))
    if said is None:
        known = ", ".join(labels)
        return BadRow(record.place, printable(f'"{name}" is {value!r}, and --label-values names {known}'))
    return replace(record, row={**record.row, name: said})


def shown(value: Any) -> str:
    """A label as one types it: 1.0 is 1, as spreadsheets write it, True is true."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text


# --- paths ----------------------------------------------------------------------------------------


def path_of(text: str) -> list[Step]:
    """`choices[0].message.content` as its steps. Raises InputError for what is no path."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEPS.match(text, at)
        if found is None:
            raise InputError(
                f'--map names "{text}": a path is like out.a, messages[-1].content or messages[:-1]'
            )
        name, index, first, last = found.groups()
        if name is not None:
            steps.append(name)
        elif index is not None:
            steps.append(int(index))
        else:
            steps.append(slice(int(first) if first else None, int(last) if last else None))
        at = found.end()
    return steps


def _found(value: Any, steps: Sequence[Step]) -> Any:
    """What is there, also in a text that is JSON. Raises LookupError where there is no such thing."""
    for number, step in enumerate(steps):
        if number and isinstance(value, str):
            value = _parsed(value)
        kind: type[Any] = dict if isinstance(step, str) else list
        if not isinstance(value, kind):
            raise LookupError(step)
        value = value[step]
    return value


def _parsed(cell: str) -> Any:
    """A text that holds JSON, into which a path leads."""
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell


def _without(value: Any, steps: Sequence[Step]) -> Any:
    """The same without what is there; the others in a list keep their places until all are taken."""
    if not steps:
        return _TAKEN
    step, further = steps[0], steps[1:]
    if isinstance(step, str) and isinstance(value, dict) and step in value:
        return {**value, step: _without(value[step], further)}
    if isinstance(step, int) and isinstance(value, list):
        kept = list(value)
        kept[step] = _without(kept[step], further)
        return kept
    if isinstance(step, slice) and isinstance(value, list):
        kept = list(value)
        kept[step] = [_TAKEN] * len(kept[step])
        return kept
    return _TAKEN if isinstance(value, str) else value  # JSON in a text: all of it was read


def _pruned(value: Any) -> Any:
    """Without what was taken, and without what is empty or a message's role since."""
    if isinstance(value, list):
        return [each for each in map(_pruned, value) if each is not _TAKEN]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, inner in value.items() if (each := _pruned(inner)) is not _TAKEN}
    emptied = len(kept) < len(value) and not kept.keys() - {"role", "from"}
    return _TAKEN if emptied and value.keys() & {"role", "from"} else kept
