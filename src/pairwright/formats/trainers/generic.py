"""Plain JSON lines with everything a row holds: for programs of your own, and to come back from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Drop, Needs, Rated, Single, disagree, fractional, unfit
from pairwright.formats.format import Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import dicts, messages_of, number_of, probability_of, reply_of
from pairwright.formats.trl import LabelledResponse, columns, load_files, unpaired_row


def everything(row: Canonical) -> Row | Drop:
    if not row.prompt or not row.prompt[-1].content.strip():
        return Drop("empty_prompt")
    if not all(one.text.strip() for one in row.responses):
        return Drop("empty_response")
    split = len(row.responses) == 2 and disagree(row, 0, 1)
    return {
        "id": row.id,
        "prompt": dicts(row.prompt),
        "responses": [
            {
                "text": one.text,
                "model": one.model,
                "rating": one.rating,
                # Raters who disagree have said nothing together: equal ranks would be a tie of theirs.
                "rank": None if split else one.rank,
                "good": one.good,
            }
            for one in row.responses
        ],
        "margin": row.margin,
        "probability": row.probability,
        "tie": row.tie,
        "source": row.source,
    }


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    """`responses` are texts or objects with rank, rating, good; or texts beside a list `ranks`, `ratings`."""
    given = row["responses"]
    if not isinstance(given, list) or not given:
        raise InputError('"responses" is no list of texts or objects')
    beside = {name: _beside(row, name, len(given)) for name in ("ranks", "ratings")}
    found = []
    for number, item in enumerate(given):
        where = f'"responses" number {number + 1}'
        values = item if isinstance(item, dict) else {"text": item}
        name = next((each for each in ("text", "response", "content") if values.get(each) is not None), None)
        if name is None:
            raise InputError(f"{where} has none of text, response, content (keys: {', '.join(values)})")
        good = values.get("good")
        if good is not None and not isinstance(good, bool):
            raise InputError(f'{where} "good" is {good!r}, not true or false')
        found.append(
            Rated(
                reply_of(values[name], where),
                values.get("model"),
                number_of(values.get("rating", beside["ratings"][number])),
                number_of(values.get("rank", beside["ranks"][number])),
                good,
            )
        )
    yield Canonical(
        messages_of(row["prompt"], '"prompt"'),
        tuple(found),
        None if row.get("id") is None else str(row["id"]),
        number_of(row.get("margin")),
        probability_of(row.get("probability")),
        row.get("source"),
        row.get("meta"),
        place,
        tie=probability_of(row.get("tie")),
    )


def _beside(row: Row, name: str, n: int) -> list[Any]:
    values = row.get(name)
    if values is None:
        return [None] * n
    if not isinstance(values, list) or len(values) != n:
        raise InputError(f'"{name}" is no list of {n} numbers, one a response')
    if name == "ranks" and all(number_of(value) is not None for value in values):
        return list(fractional([float(value) for value in values]))
    return values


def unpaired(one: Single) -> Row | Drop:
    return unpaired_row(LabelledResponse(one.prompt, one.response.text, one.good), "conversational")


def unpaired_text(one: Single) -> Row | Drop:
    if drop := unfit(one.prompt, (), Needs(one_turn=True, no_system=True)):
        return drop
    return unpaired_row(LabelledResponse(one.prompt, one.response.text, one.good), "standard")


def _lines(written: Written) -> list[str]:
    return load_files(written.parts)


FORMATS = (
    Format(
        "jsonl",
        "everything a row holds: prompt, responses with rank, rating, good, model",
        Source(
            read,
            lambda row: "prompt" in row and isinstance(row.get("responses"), list),
            "dataset",
        ),
        Target(
            "ranking",
            everything,
            {},
            _lines,
            endings=(".jsonl", ".jsonl.gz", ".jsonl.zst", ".json"),
        ),
        "any JSON reader",
    ),
    Format(
        "unpaired",
        "one response a row, label good or bad; chat messages",
        None,
        Target("responses", unpaired, columns("unpaired", "conversational"), _lines, kto=True),
        "your own reader",
    ),
    Format(
        "unpaired-text",
        "one response a row, label good or bad; plain strings",
        None,
        Target("responses", unpaired_text, columns("unpaired", "standard"), _lines, kto=True),
        "your own reader",
    ),
)
