"""JudgeBench: two responses of one model to a question with a known answer; the label is "A>B" or "B>A".

Read from the record in ScalerLab/JudgeBench's README.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of
from pairwright.formats.values import as_text

_SIGNS = {"A>B": 1, "B>A": -1, "A=B": 0}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    sign = _SIGNS.get(str(row["label"]).replace(" ", ""))
    if sign is None:
        raise InputError(f'"label" is {row["label"]!r}; it is A>B or B>A')
    model = row.get("response_model")
    a, b = (Rated(as_text(row[f"response_{side}"], f'"response_{side}"'), model) for side in "AB")
    own = row.get("pair_id")
    yield two(
        messages_of(row["question"], '"question"'),
        a,
        b,
        sign,
        id=str(own) if own else None,
        source=row.get("source"),
        shown=True,
        place=place,
    )


FORMATS = (
    Format(
        "judgebench",
        "JudgeBench: the response with the right answer",
        Source(
            read, lambda row: {"question", "response_A", "response_B", "label"} <= row.keys(), "judgebench"
        ),
    ),
)
