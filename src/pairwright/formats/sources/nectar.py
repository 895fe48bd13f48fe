"""Nectar: up to seven answers a prompt, ranked by GPT-4; rank 1 is the best.

Source: renning22/FastChat dump_nectar.py asserts it. (Axolotl's reader of it takes rank 7.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed, fractional
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import from_transcript, messages_of, number_of
from pairwright.formats.reading import BadRow


def read(row: Row, place: str) -> Iterator[Found]:
    prompt = _prompt(row["prompt"])
    found: list[tuple[float, Rated]] = []
    for number, item in enumerate(row["answers"], 1):
        where = f'"answers" number {number}'
        if not isinstance(item, dict) or not isinstance(item.get("answer"), str):
            yield BadRow(place, f'{where} has no "answer"')
            continue
        rank = number_of(item.get("rank"))
        if rank is None:
            yield BadRow(place, f'{where} "rank" is {item.get("rank")!r}, not a number')
            continue
        found.append((rank, Rated(item["answer"].lstrip(), item.get("model"))))
    if len(found) < 2:
        yield Left(place, "single_response")
        return
    ranks = fractional([rank for rank, _ in found])
    source = row.get("source")
    yield agreed(
        Canonical(
            prompt,
            tuple(one for _, one in found),
            source=", ".join(map(str, source)) if isinstance(source, list) else source,
            place=place,
            opinions=(_said(row, ranks),),
        )
    )


def _said(row: Row, ranks: tuple[float, ...]) -> RowOpinion:
    """Nectar's own column tells it, ranked by GPT-4, from anybody's ranking of that shape."""
    return (
        RowOpinion("gpt-4", "judge", ranks)
        if "good_natured" in row
        else RowOpinion("ranking", "unknown", ranks)
    )


def _prompt(text: Any) -> Any:
    if isinstance(text, str) and text.lstrip("\n").startswith("Human:"):
        turns = from_transcript(text, '"prompt"')
        if turns[-1].role == "assistant" and not turns[-1].content.strip():
            turns = turns[:-1]
        # Between turns Nectar has stray white space that belongs to the transcript.
        return tuple(type(turn)(turn.role, turn.content.strip()) for turn in turns)
    return messages_of(text, '"prompt"')


FORMATS = (
    Format(
        "nectar",
        "Nectar and other rankings: answers with rank 1 the best",
        Source(
            read,
            lambda row: (
                "prompt" in row
                and isinstance(row.get("answers"), list)
                and bool(row["answers"])
                and isinstance(row["answers"][0], dict)
                and "rank" in row["answers"][0]
            ),
            "ranking",
        ),
    ),
)
