"""Argilla's records, as to_list gives them and flattened, with the texts in them.

Sources: argilla's docs/how_to_guides/import_export.md; distilabel's PreferenceToArgilla names. Only answers
with status "submitted" count: a draft is none, suggestions are a model's, and nobody's label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Opinion, Rated, agreed, fractional, ranked
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.reading import BadRow
from pairwright.formats.rows import LIKELY_PROMPTS
from pairwright.formats.sources.choices import opinion_on
from pairwright.formats.tools.argilla import by_person
from pairwright.formats.tools.shapes import known_choice
from pairwright.types import Maker

_NUMBERED = re.compile(r"^(.*?)[-_ ]?(\d{1,9}|[ab])$", re.IGNORECASE)


def read(row: Row, place: str) -> Iterator[Found]:
    fields = row["fields"] if isinstance(row.get("fields"), dict) else row
    prompt = next((name for name in ("prompt", *LIKELY_PROMPTS) if fields.get(name)), None)
    names = _responses(fields, prompt)
    if prompt is None or len(names) < 2:
        raise InputError(
            f"the prompt or the responses are not told (fields: {', '.join(fields)}). "
            "Rename them: --map prompt=FIELD,response_a=FIELD,response_b=FIELD"
        )
    texts = [fields[name] for name in names]
    opinions, ratings, others = _opinions(row, names, place)
    if not opinions:
        unread = [each for each in others if isinstance(each, BadRow)]
        yield from unread
        if not unread:
            yield Left(place, "no_submitted_answer")
        return
    yield from others
    kept = row.get("metadata") if isinstance(row.get("metadata"), dict) else {}
    models = [(kept or {}).get(f"model_{n}") for n in range(len(names))]
    yield agreed(
        Canonical(
            messages_of(fields[prompt], f'"{prompt}"'),
            tuple(
                Rated(text, model, rating) for text, model, rating in zip(texts, models, ratings, strict=True)
            ),
            None if row.get("id") is None else str(row["id"]),
            meta=kept or None,
            place=place,
            opinions=opinions,
            shown=True,
        )
    )


def _responses(fields: Mapping[str, Any], prompt: str | None) -> list[str]:
    """The fields that are numbered alike, in order: generations-0, generations-1, ..."""
    stems: dict[str, list[str]] = {}
    for name, value in fields.items():
        found = _NUMBERED.match(name)
        if found and name != prompt and isinstance(value, str) and "." not in name:
            stems.setdefault(found[1], []).append(name)
    best = max(stems.values(), key=len, default=[])
    return sorted(best, key=lambda name: (len(name), name)) if len(best) > 1 else []


def _opinions(
    row: Row, names: list[str], place: str
) -> tuple[tuple[Opinion, ...], list[float | None], list[Left | BadRow]]:
    """What each person who submitted says of all responses, the mean rating of each, and who said nothing."""
    opinions = []
    rated: list[list[float]] = [[] for _ in names]
    others: list[Left | BadRow] = []
    for person, answers in by_person(row).items():
        if any(status == "discarded" for _, status in answers.values()):
            others.append(Left(place, "skipped", "vote"))
            continue
        done = {question: value for question, (value, status) in answers.items() if status == "submitted"}
        _take_note(row, done, names)
        who = f"argilla/{person}"
        kind: Maker = "unknown" if person == "None" else "person"  # a response without its user
        ratings = _ratings(done, names)
        if ratings is not None:
            opinions.append(Opinion(who, kind, ranked(ratings), ratings=tuple(ratings)))
            for found, rating in zip(rated, ratings, strict=True):
                found.append(rating)
            continue
        try:
            opinion = _chosen(done, names, who, kind)
        except InputError as error:
            others.append(BadRow(place, str(error)))
            continue
        if opinion is None:
            others.append(Left(place, "no_submitted_answer", "vote"))
        else:
            opinions.append(opinion)
    return tuple(opinions), [sum(found) / len(found) if found else None for found in rated], others


def _take_note(row: Row, done: Mapping[str, Any], names: list[str]) -> None:
    """Ask for the answers that say which response is better; a rationale beside them is not carried."""
    asked = row.get("responses") or {}
    for question, value in done.items():
        choice = isinstance(value, str) and (value in names or known_choice(value) is not None)
        if choice or isinstance(value, list) or number_of(value) is not None:
            asked.get(question)
            row.get(f"{question}.responses")


def _ratings(done: Mapping[str, Any], names: list[str]) -> list[float] | None:
    found = []
    for name in names:
        values = (done.get(question) for question in (f"{name}-rating", f"{name}_rating", f"rating-{name}"))
        rating = next((number for value in values if (number := number_of(value)) is not None), None)
        if rating is None:
            return None
        found.append(rating)
    return found


def _chosen(done: Mapping[str, Any], names: list[str], who: str, kind: Maker) -> Opinion | None:
    """A ranking ([{"value": "response-1", "rank": 1}, ...]; equal ranks tie) or one label."""
    for value in done.values():
        if isinstance(value, list) and value and isinstance(value[0], dict) and "rank" in value[0]:
            ranks = {str(each.get("value")): number_of(each.get("rank")) for each in value}
            own = [ranks.get(name) for name in names]
            if any(rank is None for rank in own):
                raise InputError(f"{who} ranks {', '.join(ranks)}, and the responses are {', '.join(names)}")
            return Opinion(who, kind, fractional([rank for rank in own if rank is not None]))
    for value in done.values():
        if isinstance(value, str) and value in names:
            return Opinion(who, kind, fractional([0.0 if name == value else 1.0 for name in names]))
        if isinstance(value, str) and len(names) == 2 and (choice := known_choice(value)) is not None:
            return opinion_on(who, choice, None, None, kind)
    return None


def _looks(row: Mapping[str, Any]) -> bool:
    if isinstance(row.get("fields"), dict) and "responses" in row:
        return True
    return any(name.endswith(".responses") for name in row)


FORMATS = (
    Format(
        "argilla",
        "Argilla's records, as lists or flattened, also made by distilabel",
        Source(read, _looks, "argilla"),
    ),
)
