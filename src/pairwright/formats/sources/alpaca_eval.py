"""AlpacaEval: a judge's annotations of two outputs, and a model's outputs alone.

`preference` is 1 where output_1 is better, 2 where output_2 is, 0 or 1.5 for a tie, and between them one
more than the probability that output_2 is better; null where the judge failed, which is no tie.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, two
from pairwright.formats.carried import holds
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.types import Maker


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    value = number_of(row["preference"])
    if value is None or value < 0:
        yield Left(place, "judge_failed")
        return
    if value != 0 and not 1 <= value <= 2:
        raise InputError(f'"preference" is {row["preference"]!r}; it is 0 or from 1 to 2')
    a, b = (str(row[name] or "") for name in ("output_1", "output_2"))
    first = 0.5 if value == 0 else 2 - value
    sign = (first > 0.5) - (first < 0.5)
    # A whole number is a vote, however it is written: 2.0 is no certainty, and one vote is no probability.
    soft = first not in (0, 0.5, 1)
    judge, kind = _annotator(row)
    ranks = {1: (1.0, 2.0), -1: (2.0, 1.0), 0: (1.5, 1.5)}[sign]
    yield two(
        _asked(row),
        Rated(a, row.get("generator_1")),
        Rated(b, row.get("generator_2")),
        sign,
        probability=max(first, 1 - first) if soft else None,
        source=row.get("dataset"),
        opinions=(RowOpinion(judge, kind, ranks, prob_first=first if soft else None),),
        place=place,
    )


def _annotator(row: Row) -> tuple[str, Maker]:
    """A judge's settings have a name, and its calls a price; numbers stand for AlpacaFarm's crowd workers."""
    named = row.get("annotator")
    if isinstance(named, str) and named.strip() and not named.strip().isdigit():
        return named, "judge"
    paid = holds(row, "price_per_example") or holds(row, "raw_completion")
    return str(named or "alpaca-eval"), "judge" if paid else "unknown"


def _asked(row: Row) -> Any:
    text = "\n".join(str(row[name]) for name in ("instruction", "input") if row.get(name))
    return messages_of(text, '"instruction"')


def read_outputs(row: Row, place: str) -> Iterator[Canonical | Left]:
    """One response of one model, of which nothing is said."""
    if not str(row["output"] or "").strip():
        yield Left(place, "empty_response")
        return
    yield Canonical(
        _asked(row), (Rated(row["output"], row.get("generator")),), source=row.get("dataset"), place=place
    )


FORMATS = (
    Format(
        "alpaca-eval",
        "AlpacaEval's annotations: a judge between two outputs",
        Source(
            read,
            lambda row: {"instruction", "output_1", "output_2", "preference"} <= row.keys(),
            "alpaca-eval",
        ),
    ),
    Format(
        "alpaca-eval-outputs",
        "AlpacaEval's outputs: one model's responses, without labels",
        Source(
            read_outputs,
            lambda row: {"instruction", "output", "generator"} <= row.keys(),
            "alpaca-eval",
        ),
    ),
)
