"""Prometheus' Preference-Collection and Preference-Bench: GPT-4 compared two answers by a criterion.

Read from loaders of prometheus-eval/Preference-Collection (orig_instruction, orig_response_A, orig_score_A,
orig_preference). `instruction` and `output` are the prompt and reply of the judge.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text

_SIGNS = {"A": 1, "B": -1}
_RANKS = {1: (1.0, 2.0), -1: (2.0, 1.0)}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    said = str(row["orig_preference"] or "").strip().upper()
    if said not in _SIGNS:
        raise InputError(f'"orig_preference" is {row["orig_preference"]!r}; it is A or B')
    a, b = (
        Rated(
            as_text(row[f"orig_response_{side}"], f'"orig_response_{side}"'),
            rating=number_of(row.get(f"orig_score_{side}")),
        )
        for side in "AB"
    )
    sign = _SIGNS[said]
    yield two(
        messages_of(row["orig_instruction"], '"orig_instruction"'),
        a,
        b,
        sign,
        opinions=(RowOpinion("gpt-4", "judge", _RANKS[sign]),),
        shown=True,
        place=place,
    )


FORMATS = (
    Format(
        "prometheus",
        "Prometheus' preferences: GPT-4 between two answers",
        Source(
            read,
            lambda row: (
                {"orig_instruction", "orig_response_A", "orig_response_B", "orig_preference"} <= row.keys()
            ),
            "gpt-4",
        ),
    ),
)
