"""HelpSteer2 (ratings, and preferences) and HelpSteer3 (preferences of several people).

Sources: nvidia/HelpSteer2, nvidia/HelpSteer3; NeMo's hf_datasets/helpsteer3.py. Negative says the first
is better, 0 is a tie. (NeMo's own reader makes "the second is better" of 0.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed, ranked, two
from pairwright.formats.carried import holds
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.reading import BadRow, Record
from pairwright.formats.values import as_text
from pairwright.types import Maker, Message

_ASPECTS = ("correctness", "coherence", "complexity", "verbosity")
_RANKS: dict[int, tuple[float, float]] = {-1: (1.0, 2.0), 0: (1.5, 1.5), 1: (2.0, 1.0)}


def _side(value: Any, name: str) -> int:
    score = number_of(value)
    if score is None or not -3 <= score <= 3:
        raise InputError(f'"{name}" is {value!r}; it is -3 (the first is much better) to 3')
    return round(score)


def _opinion(rater: str, kind: Maker, score: int, reason: Any = None) -> RowOpinion:
    """Only the files that hold each annotator's own word say that people gave it."""
    sign = (score > 0) - (score < 0)
    said = str(reason) if reason else None
    return RowOpinion(rater, kind, _RANKS[sign], strength=score, reason=said)


def read_three(row: Row, place: str) -> Iterator[Found]:
    overall = _side(row["overall_preference"], "overall_preference")
    a, b = (as_text(row[name], f'"{name}"') for name in ("response1", "response2"))
    votes: list[RowOpinion] = []
    for number, each in enumerate(row.get("individual_preference") or [], 1):
        score = each.get("score") if isinstance(each, dict) else None
        if score is None:
            yield Left(place, "no_answer", "vote")
            continue
        try:
            side = _side(score, f"individual_preference number {number}")
        except InputError as error:
            yield BadRow(place, str(error))
        else:
            votes.append(_opinion(f"helpsteer3/{number}", "person", side, each.get("reasoning")))
    yield two(
        messages_of(row["context"], '"context"'),
        Rated(a),
        Rated(b),
        (overall < 0) - (overall > 0),  # the dataset's own sum, not ours
        margin=float(abs(overall)),
        source=row.get("domain"),
        opinions=tuple(votes) or (_opinion("helpsteer3", "unknown", overall),),
        shown=True,
        place=place,
    )


def read_two(row: Row, place: str) -> Iterator[Canonical | Left]:
    """HelpSteer2's preference files."""
    strength = _side(row["preference_strength"], "preference_strength")
    a, b = (as_text(row[name], f'"{name}"') for name in ("response_1", "response_2"))
    yield two(
        _prompt(row["prompt"]),
        Rated(a),
        Rated(b),
        (strength < 0) - (strength > 0),
        margin=float(abs(strength)),
        opinions=(_opinion("helpsteer2", _who(row), strength, row.get("preference_statement")),),
        shown=True,
        place=place,
    )


def _who(row: Row) -> Maker:
    """The published files hold what each annotator said before it became one number."""
    return "person" if holds(row, "all_preferences_unprocessed") else "unknown"


def read_rated(row: Row, place: str) -> Iterator[Canonical | Left]:
    """One rated answer; `together` puts neighbours with the same prompt side by side."""
    rating = number_of(row["helpfulness"])
    if rating is None:
        raise InputError(f'"helpfulness" is {row["helpfulness"]!r}, not a number')
    kept = {name: row[name] for name in _ASPECTS if name in row}
    text = as_text(row["response"], '"response"')
    yield Canonical(_prompt(row["prompt"]), (Rated(text, rating=rating),), meta=kept or None, place=place)


def together(records: Iterator[Record | BadRow]) -> Iterator[Found]:
    """The answers to one prompt stand in rows one after another: they become one row."""
    held: Canonical | None = None
    for record in records:
        try:
            found = [record] if isinstance(record, BadRow) else list(read_rated(record.row, record.place))
        except (InputError, KeyError) as error:
            found = [BadRow(record.place, str(error))]
        for each in found:
            if not isinstance(each, Canonical):
                yield each
            elif held is not None and held.prompt == each.prompt:
                held = replace(held, responses=(*held.responses, *each.responses), meta=None)
            else:
                if held is not None:
                    yield _ranked(held)
                held = each
    if held is not None:
        yield _ranked(held)


def _ranked(row: Canonical) -> Canonical:
    if len(row.responses) < 2:
        return row
    ratings = [one.rating or 0.0 for one in row.responses]
    return agreed(replace(row, opinions=(RowOpinion("helpsteer2", "unknown", ranked(ratings)),)))


_TURN = re.compile(r"<extra_id_1>(User|Assistant)\n")


def _prompt(text: Any) -> tuple[Message, ...]:
    """A prompt; earlier turns stand in it behind <extra_id_1>."""
    parts = _TURN.split(as_text(text, '"prompt"'))
    turns = [Message("user", parts[0].strip())]
    for n in range(1, len(parts), 2):
        turns.append(Message("user" if parts[n] == "User" else "assistant", parts[n + 1].strip()))
    return tuple(turns)


FORMATS = (
    Format(
        "helpsteer2",
        "HelpSteer2: answers rated 0 to 4",
        Source(
            read_rated,
            lambda row: {"prompt", "response", "helpfulness", "verbosity"} <= row.keys(),
            "helpsteer2",
            rows=together,
        ),
    ),
    Format(
        "helpsteer2-preference",
        "HelpSteer2's preferences: -3 to 3, 0 a tie",
        Source(
            read_two,
            lambda row: {"prompt", "response_1", "response_2", "preference_strength"} <= row.keys(),
            "helpsteer2",
        ),
    ),
    Format(
        "helpsteer3",
        "HelpSteer3's preferences: -3 to 3, 0 a tie, each annotator's own",
        Source(
            read_three,
            lambda row: {"context", "response1", "response2", "overall_preference"} <= row.keys(),
            "helpsteer3",
        ),
    ),
)
