"""Label Studio's exports with the texts in them: JSON, and JSON-MIN.

Source: Label Studio's template generative-ai/human-feedback-collection and its export guide. "left" is the
first name in `to_name`, which is a list or a text with commas. It has no tie of its own: a `choices` control
beside it may say so. In some versions JSON-MIN lacks the value of the comparison altogether.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Opinion, Rated, agreed, fractional
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of
from pairwright.formats.reading import BadRow
from pairwright.formats.rows import LIKELY_PROMPTS, as_text
from pairwright.formats.sources.choices import opinion_on
from pairwright.formats.tools.label_studio import choice_of, given_in, given_in_minimal, person_of
from pairwright.formats.tools.shapes import CHOICES, number

_NAMES = (("answer1", "answer2"), ("response_a", "response_b"), ("response1", "response2"), ("left", "right"))
_TEXTS = ("text", "body", "html", "title", "content")


def read(row: Row, place: str) -> Iterator[Found]:
    if "annotations" not in row:
        yield _minimal(row, place)
        return
    data = row.get("data")
    if not isinstance(data, dict):
        raise InputError('"data" is missing: export as JSON or JSON-MIN')
    names: tuple[str, ...] = ()
    opinions: list[Opinion] = []
    silent: list[str] = []
    unread: list[BadRow] = []
    for annotation in row["annotations"]:
        # What one person left blank, or what of it can't be read, is no reason to lose the others' answers.
        if annotation.get("was_cancelled") or not _answered(annotation):
            silent.append("skipped" if annotation.get("was_cancelled") else "no_answer")
            continue
        try:
            names, opinion = _said(annotation, names, data)
        except InputError as error:
            unread.append(BadRow(place, str(error)))
        else:
            opinions.append(opinion)
    yield from unread
    if opinions:
        yield from (Left(place, reason, "vote") for reason in silent)
    elif not unread:
        yield Left(place, "skipped" if "skipped" in silent else "no_answer")
    if not opinions:
        return
    yield _row(data, names, tuple(opinions), str(row["id"]) if row.get("id") is not None else None, place)


def _answered(annotation: Any) -> bool:
    """Whether anything was answered: a note alone, or no result at all, is a blank annotation."""
    results = annotation.get("result") or []
    values = (each.get("value") or {} for each in results if each.get("type") != "textarea")
    return any(any(value.values()) for value in values)


def _said(
    annotation: Any, names: tuple[str, ...], data: Mapping[str, Any]
) -> tuple[tuple[str, ...], Opinion]:
    """Which texts were compared, those of the annotations before (`names`) if any, and what was said."""
    where = f"annotation {annotation.get('id')}"
    ranked_ids = _ranking(annotation)
    own = ranked_ids or _compared(annotation, data)
    names = names or own
    if names != own and set(names) != set(ranked_ids):
        raise InputError(f"{where} compares other texts than the annotation before it")
    return names, _opinion(annotation, names, ranked_ids, where)


def _opinion(annotation: Any, names: tuple[str, ...], ranking: tuple[str, ...], where: str) -> Opinion:
    person = person_of(annotation)
    if person is None:
        raise InputError(f'{where} has no "completed_by": who answered?')
    who, seconds = f"label-studio/{person}", number(annotation.get("lead_time"))
    if ranking:
        ranks = fractional([float(ranking.index(name)) for name in names])
        return Opinion(who, "person", ranks, seconds=seconds)
    given = given_in(annotation)
    choice = choice_of(given)
    if choice not in CHOICES:
        raise InputError(f"{where} {choice}")
    return opinion_on(who, choice, seconds, given.get("note") or None)


def _ranking(annotation: Any) -> tuple[str, ...]:
    """Ids, best first, where the answer is a ranking."""
    for result in annotation.get("result", []):
        ranker = (result.get("value") or {}).get("ranker")
        if ranker is not None:
            ids = next(iter(ranker.values())) if isinstance(ranker, dict) else ranker
            return tuple(map(str, ids))
    return ()


def _compared(annotation: Any, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The two names in data that were compared, the left one first."""
    for result in annotation.get("result", []):
        if result.get("type") == "pairwise":
            to = result.get("to_name")
            named = tuple(to) if isinstance(to, list) else tuple(str(to or "").split(","))
            named = tuple(name.strip() for name in named)
            if len(named) == 2 and all(name in data for name in named):
                return named
    return _usual(data)


def _usual(data: Mapping[str, Any]) -> tuple[str, ...]:
    for names in _NAMES:
        if all(name in data for name in names):
            return names
    raise InputError(
        f"which two texts were compared is not told (data has {', '.join(data)}). "
        "Rename them: --map answer1=COLUMN,answer2=COLUMN"
    )


def _texts(data: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    items = {
        str(item["id"]): item
        for value in data.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and "id" in item
    }
    found = []
    for name in names:
        value = data.get(name, items.get(name))
        if isinstance(value, dict):
            value = next((value[each] for each in _TEXTS if value.get(each)), None)
        found.append(as_text(value, f'"{name}"'))
    return found


def _row(
    data: Mapping[str, Any],
    names: tuple[str, ...],
    opinions: tuple[Opinion, ...],
    own: str | None,
    place: str,
) -> Canonical:
    prompt = next((name for name in ("prompt", *LIKELY_PROMPTS) if data.get(name)), None)
    if prompt is None:
        raise InputError(
            f"there is no prompt (data has {', '.join(data)}). Say which it is: --map prompt=NAME"
        )
    texts = _texts(data, names)
    models = [data.get(f"model_{name}") or data.get(f"{name}_model") for name in names]
    return agreed(
        Canonical(
            messages_of(data[prompt], f'"{prompt}"'),
            tuple(Rated(text, model) for text, model in zip(texts, models, strict=True)),
            own,
            place=place,
            opinions=opinions,
            shown=True,
        )
    )


def _minimal(row: Row, place: str) -> Canonical | Left:
    control = next(
        (name for name, value in row.items() if isinstance(value, dict) and "selected" in value), "comparison"
    )
    row.get(control)
    given = given_in_minimal(row, control)
    if given["side"] is None and given["tie"] is None:
        return Left(place, "no_answer")
    choice = choice_of(given)
    if choice not in CHOICES:
        raise InputError(choice)
    if row.get("annotator") is None:
        raise InputError('"annotator" is missing: who answered?')
    opinion = opinion_on(f"label-studio/{row['annotator']}", choice, number(row.get("lead_time")), None)
    own = row.get("id", row.get("annotation_id"))
    return _row(row, _usual(row), (opinion,), None if own is None else str(own), place)


def _looks(row: Mapping[str, Any]) -> bool:
    if isinstance(row.get("annotations"), list) and isinstance(row.get("data"), dict):
        return True
    return "annotation_id" in row and "annotator" in row


FORMATS = (
    Format(
        "label-studio",
        "Label Studio's export, JSON or JSON-MIN",
        Source(read, _looks, "label-studio"),
    ),
)
