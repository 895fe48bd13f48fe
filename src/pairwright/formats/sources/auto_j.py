"""Auto-J's pairwise test set: label 0 prefers response 1, 1 response 2, 2 is a tie.

Read from GAIR-NLP/auto-j's README (data/test/testdata_pairwise.jsonl). The label is one annotation by people.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text

_SIGNS = {0.0: 1, 1.0: -1, 2.0: 0}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    sign = _SIGNS.get(-1.0 if (label := number_of(row["label"])) is None else label)
    if sign is None:
        raise InputError(f'"label" is {row["label"]!r}; it is 0 (response 1), 1 (response 2) or 2 (a tie)')
    a, b = (Rated(as_text(row[f"response {n}"], f'"response {n}"')) for n in (1, 2))
    asked = messages_of(row["prompt"], '"prompt"')
    yield two(asked, a, b, sign, source=row.get("scenario"), shown=True, place=place)


FORMATS = (
    Format(
        "auto-j",
        "Auto-J's pairwise test set",
        Source(read, lambda row: {"prompt", "response 1", "response 2", "label"} <= row.keys(), "auto-j"),
    ),
)
