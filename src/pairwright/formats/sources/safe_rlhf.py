"""PKU-SafeRLHF: two answers of which one is the more helpful and one the safer; BeaverTails: safe or not.

The two labels often name different answers, so the user says which is meant. Read from loaders: allenai's
open-instruct (open_instruct/safety/process_beavertail.py: safer_response_id 0 is response_0) and others that
take better_response_id, is_response_0_safe, response_0_source and BeaverTails' prompt, response and is_safe
so; severity, hashes and BeaverTails' `category` are from memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Found, Left, Row, RowReader, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text

_LABELS = {"helpful": "better_response_id", "safe": "safer_response_id"}


def by_label(label: str | None) -> RowReader:
    if label not in _LABELS:
        asked = f'--label "{label}" is neither. ' if label else ""
        raise InputError(
            f"{asked}PKU-SafeRLHF says of two answers which is more helpful and which is safer, often not "
            "the same one: choose with --label helpful or --label safe"
        )
    return partial(_read, label)


def _read(label: str, row: Row, place: str) -> Iterator[Canonical | Left]:
    column = _LABELS[label]
    side = number_of(row[column])
    if side not in (0, 1, None):
        raise InputError(f'"{column}" is {row[column]!r}; it is 0 or 1, the number of the answer')
    answers = []
    for n in (0, 1):
        safe = row.get(f"is_response_{n}_safe") if label == "safe" else None
        good = safe if isinstance(safe, bool) else None
        text = as_text(row[f"response_{n}"], f'"response_{n}"')
        answers.append(Rated(text, row.get(f"response_{n}_source"), good=good))
    prompt = messages_of(row["prompt"], '"prompt"')
    sign = None if side is None else 1 if side == 0 else -1
    first, second = answers
    yield two(prompt, first, second, sign, source=row.get("prompt_source"), place=place)


def read_single_dimension(row: Row, place: str) -> Iterator[Canonical | Left]:
    """PKU-SafeRLHF-single-dimension: one label that weighs both."""
    return _read("helpful", row, place)


def _unasked(row: Row, place: str) -> Iterator[Found]:
    yield from by_label(None)(row, place)


def read_beavertails(row: Row, place: str) -> Iterator[Canonical | Left]:
    safe = row["is_safe"]
    if not isinstance(safe, bool):
        raise InputError(f'"is_safe" is {safe!r}, not true or false')
    answer = Rated(as_text(row["response"], '"response"'), good=safe)
    yield Canonical(messages_of(row["prompt"], '"prompt"'), (answer,), place=place)


def _looks(row: Mapping[str, Any], *, safer: bool) -> bool:
    pair = {"prompt", "response_0", "response_1", "better_response_id"} <= row.keys()
    return pair and ("safer_response_id" in row) is safer


FORMATS = (
    Format(
        "pku-saferlhf",
        "PKU-SafeRLHF: the more helpful or the safer of two, by --label helpful or safe",
        Source(_unasked, partial(_looks, safer=True), "pku-saferlhf", by_label=by_label),
    ),
    Format(
        "pku-saferlhf-single",
        "PKU-SafeRLHF-single-dimension: the better of two",
        Source(read_single_dimension, partial(_looks, safer=False), "pku-saferlhf"),
    ),
    Format(
        "beavertails",
        "BeaverTails: single answers, safe (good) or not (bad)",
        Source(read_beavertails, lambda row: {"prompt", "response", "is_safe"} <= row.keys(), "beavertails"),
    ),
)
