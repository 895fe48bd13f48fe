"""Plain JSON lines with everything a row holds: for programs of your own, and to come back from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Drop, Rated, Single, disagree, fractional
from pairwright.formats.carried import repeats
from pairwright.formats.format import Format, Found, Row, Source, Target, Written
from pairwright.formats.messages import dicts, messages_of, number_of, probability_of, reply_of
from pairwright.formats.ratings import rates, rating_in
from pairwright.formats.reading import BadRow
from pairwright.formats.trainers.trl_rows import TEXT
from pairwright.formats.trl import columns, load_files
from pairwright.turns import all_laid_out, laid_out


def everything(row: Canonical) -> Row | Drop:
    if not row.prompt or not laid_out(row.prompt[-1]).strip():
        return Drop("empty_prompt")
    if not all(one.text.strip() for one in row.responses):
        return Drop("empty_response")
    split = len(row.responses) == 2 and disagree(row, 0, 1)
    seen = {"tools": list(row.tools), "chat_template_kwargs": row.template}
    return {
        "id": row.id,
        "prompt": dicts(row.prompt, with_images=True),
        "responses": [
            {
                "text": one.text,
                "model": one.model,
                "rating": one.rating,
                # Raters who disagree have said nothing together: equal ranks would be a tie of theirs.
                "rank": None if split else one.rank,
                "good": one.good,
                **({"messages": dicts(one.turns, with_images=True)} if one.turns else {}),
            }
            for one in row.responses
        ],
        **{name: value for name, value in seen.items() if value},
        "margin": row.margin,
        "probability": row.probability,
        "tie": row.tie,
        "source": row.source,
        "weight": row.weight,
    }


def read(row: Row, place: str) -> Iterator[Found]:
    """`responses` are texts or objects with rank, rating, good; or texts beside a list `ranks`, `ratings`."""
    given = row["responses"]
    if not isinstance(given, list) or not given:
        raise InputError('"responses" is no list of texts or objects')
    rated = next((name for name in row if rates(name) and isinstance(row[name], list)), "ratings")
    beside = {"ranks": _beside(row, "ranks", len(given)), "ratings": _beside(row, rated, len(given))}
    found = []
    for number, item in enumerate(given):
        values = item if isinstance(item, dict) else {"text": item}
        try:
            one = _rated(values, f'"responses" number {number + 1}')
        except InputError as error:  # one answer that can't be read is no reason to lose the others
            yield BadRow(place, str(error))
            continue
        rating, rank = (
            number_of(beside[name][number]) if own is None else own
            for name, own in (("ratings", one.rating), ("ranks", one.rank))
        )
        found.append(replace(one, rating=rating, rank=rank))
    if not found:
        return
    yield Canonical(
        messages_of(row["prompt"], '"prompt"'),
        tuple(found),
        None if row.get("id") is None else str(row["id"]),
        number_of(row.get("margin")),
        probability_of(row.get("probability")),
        None if row.get("source") is None else str(row["source"]),
        row.get("meta"),
        place,
        tie=probability_of(row.get("tie")),
    )


def _rated(values: Row, where: str) -> Rated:
    there = [each for each in ("messages", "text", "response", "content") if each in values]
    name = next((each for each in there if values[each] is not None), next(iter(there), None))
    if name is None:
        raise InputError(f"{where} has none of text, response, content (keys: {', '.join(values)})")
    good, text, model = values.get("good"), values[name], values.get("model")
    if good is not None and not isinstance(good, bool):
        raise InputError(f'{where} "good" is {good!r}, not true or false')
    blank = text is None or (isinstance(text, str) and not text.strip())
    if name == "messages":
        repeats(values, "text", all_laid_out(messages_of(text, where)))
    return replace(
        Rated("") if blank else reply_of(text, where),
        model=None if model is None else str(model),
        rating=rating_in(values),
        rank=number_of(values.get("rank")),
        good=good,
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


def unpaired(one: Single) -> Row:
    """`{prompt, response, label: "good" | "bad"}`. The response is a string: nothing is concatenated here."""
    return {**_labelled(one), "prompt": dicts(one.prompt)}


def unpaired_text(one: Single) -> Row:
    return {**_labelled(one), "prompt": one.prompt[0].content}


def _labelled(one: Single) -> Row:
    return {"prompt": None, "response": one.response.text, "label": "good" if one.good else "bad"}


_COLUMNS = {
    "id": "text",
    "prompt": "messages",
    "responses": [{"text": "text", "model": "text", "rating": "float", "rank": "float", "good": "bool"}],
    "margin": "float",
    "probability": "float",
    "tie": "float",
    "source": "text",
    "weight": "float",
}


def _lines(written: Written) -> list[str]:
    return load_files(written.parts, written.columns or _COLUMNS)


def _unpaired_lines(written: Written) -> list[str]:
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
            _COLUMNS,
            _lines,
            endings=(".jsonl", ".jsonl.gz", ".jsonl.zst", ".json"),
            needs=None,
        ),
        "any JSON reader",
    ),
    Format(
        "unpaired",
        "one response a row, label good or bad; chat messages",
        None,
        Target("responses", unpaired, columns("unpaired", "conversational"), _unpaired_lines, kto=True),
        "your own reader",
    ),
    Format(
        "unpaired-text",
        "one response a row, label good or bad; plain strings",
        None,
        Target(
            "responses", unpaired_text, columns("unpaired", "standard"), _unpaired_lines, kto=True, needs=TEXT
        ),
        "your own reader",
    ),
)
