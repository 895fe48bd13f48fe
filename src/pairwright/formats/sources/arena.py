"""LMArena's votes: two anonymous models, one voter; winner is model_a, model_b, tie or both bad.

Shapes: lmsys/chatbot_arena_conversations ("tie (bothbad)"), lmsys/lmsys-arena-human-preference-55k
(winner_model_a, ...; texts as JSON lists), lmarena-ai/arena-human-preference-100k and -140k ("both_bad",
contents as parts). A vote on several turns is about two whole conversations: only where both are alike up
to the last answer does it compare two answers to one prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import orjson

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of, told_apart
from pairwright.formats.sources.choices import opinion_on
from pairwright.formats.values import as_id
from pairwright.types import Maker

Winner = Literal["first", "second", "tie", "both_bad", "inconsistent"]
_WINNERS: dict[str, Winner] = {
    "model_a": "first",
    "model_b": "second",
    "tie": "tie",
    "tie (bothbad)": "both_bad",
    "both_bad": "both_bad",
    "bothbad": "both_bad",
    "tie (inconsistent)": "inconsistent",  # MT-Bench's judge said A in one order and B in the other
}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    winner = _winner(row)
    if winner == "inconsistent":
        yield Left(place, "judge_failed")
        return
    if "conversation_a" in row:
        asked, a = told_apart(_judged(row, "conversation_a"), '"conversation_a"')
        other, b = told_apart(_judged(row, "conversation_b"), '"conversation_b"')
        if asked != other:
            yield Left(place, "conversations_differ")
            return
    else:
        turns = _turns([row[name] for name in ("prompt", "response_a", "response_b")])
        if any(len(each) != 1 for each in turns):
            yield Left(place, "conversations_differ")
            return
        asked = messages_of(turns[0][0], '"prompt"')
        a, b = (Rated(str(each[0] or "")) for each in turns[1:])
    judge = _judge(row)
    who = f"arena/{judge}" if row.get("judge") else "arena"
    good = False if winner == "both_bad" else None
    own = row.get("question_id", row.get("id"))
    yield two(
        asked,
        replace(a, model=row.get("model_a"), good=good),
        replace(b, model=row.get("model_b"), good=good),
        {"first": 1, "second": -1}.get(winner, 0),
        id=None if own is None else as_id(own),
        source=row.get("language"),
        opinions=(opinion_on(who, winner, None, None, _kind(row)),),
        shown=True,
        place=place,
        meta={"session": judge} if judge and not row.get("judge") else None,
    )


def _judged(row: Row, name: str) -> Any:
    """A conversation up to the turn that was judged: MT-Bench has both turns in each row and says which."""
    turns, judged = row[name], number_of(row.get("turn"))
    if judged is None or not isinstance(turns, list):
        return turns
    asked = [n for n, turn in enumerate(turns) if isinstance(turn, dict) and turn.get("role") == "user"]
    return turns[: asked[int(judged)]] if 0 < judged < len(asked) else turns


def _judge(row: Row) -> Any:
    """Who judged: a name, of MT-Bench's models with their prompt's; else the session of the voter's page."""
    judge = row.get("judge", row.get("evaluation_session_id"))
    return "/".join(map(str, judge)) if isinstance(judge, list) else judge


# How LMArena and MT-Bench name people; "gpt4_pair" and the like stand in the same column.
_PEOPLE = re.compile(r"(arena_user|expert|author)_\d+")


def _kind(row: Row) -> Maker:
    """A person where the row names one of theirs, or the session of the page one votes on.

    A list is a model and the prompt it was given.
    """
    if isinstance(row.get("judge"), list):
        return "judge"
    if row.get("judge"):
        return "person" if _PEOPLE.fullmatch(str(row["judge"])) else "unknown"
    return "person" if row.get("evaluation_session_id") else "unknown"


def _winner(row: Row) -> Winner:
    if "winner" in row:
        found = _WINNERS.get(str(row["winner"]).strip().casefold())
        if found is None:
            raise InputError(f'"winner" is {row["winner"]!r}; it is one of {", ".join(_WINNERS)}')
        return found
    said = [
        name
        for name in ("model_a", "model_b", "tie")
        if str(row.get(f"winner_{name}")) in ("1", "1.0", "True")
    ]
    if len(said) != 1:
        raise InputError(f"{len(said)} of winner_model_a, winner_model_b, winner_tie are 1, not one")
    return _WINNERS[said[0]]


def _turns(values: list[Any]) -> list[list[Any]]:
    """Kaggle's files have the turns of each column as a JSON list; anything else is text of one turn."""
    parsed = [_listed(value) if isinstance(value, str) else value for value in values]
    if None in parsed:
        return [value if isinstance(value, list) else [value] for value in values]
    return [value if isinstance(value, list) else [value] for value in parsed]


def _listed(value: str) -> list[Any] | None:
    try:
        found = orjson.loads(value) if value.startswith("[") else None
    except orjson.JSONDecodeError:
        return None
    texts = isinstance(found, list) and all(each is None or isinstance(each, str) for each in found)
    return found if texts else None


def _looks(row: Mapping[str, Any]) -> bool:
    if {"model_a", "model_b", "winner", "conversation_a", "conversation_b"} <= row.keys():
        return True
    return {"prompt", "response_a", "response_b", "winner_model_a", "winner_model_b"} <= row.keys()


FORMATS = (Format("arena", "LMArena's votes, ties and both bad told apart", Source(read, _looks, "arena")),)
