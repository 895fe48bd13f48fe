"""What the page sends and gets, checked and shaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pairwright.annotate.site import Visit, clean
from pairwright.annotate.words import Words
from pairwright.errors import InputError
from pairwright.keys import parse_public_id
from pairwright.literals import checked
from pairwright.stages.people.answers import VERDICT_OF, Choice
from pairwright.store.judge.judge_votes import JudgeVote
from pairwright.store.people import tasks
from pairwright.types import Order, Verdict, swap

LONGEST_NOTE = 5000
MOST_SECONDS = 4 * 3600.0
_SIDE: dict[Verdict, str] = {"A": "left", "B": "right", "TIE": "tie"}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it was sent. `verdict` is about what was shown (A = left)."""

    choice: Choice
    verdict: Verdict
    seconds: float
    strength: int | None
    note: str | None
    ratings: dict[str, dict[str, int]] | None
    reasons: list[str]
    spans: list[dict[str, Any]]


def answer_of(body: dict[str, Any]) -> Given:
    """Raises InputError naming the field that can't be read."""
    choice = body.get("choice")
    if not isinstance(choice, str) or choice not in VERDICT_OF:
        raise InputError(f"choice is one of {', '.join(VERDICT_OF)}; got {shortly(choice)}")
    seconds = seconds_of(body)
    strength = body.get("strength")
    if strength is not None and not (isinstance(strength, int) and strength in (1, 2, 3)):
        raise InputError(f"strength is 1, 2, 3 or nothing; got {shortly(strength)}")
    note = text_of(body, "note", most=LONGEST_NOTE, needed=False) or None
    return Given(
        choice,
        VERDICT_OF[choice],
        seconds,
        strength,
        note,
        _ratings(body.get("ratings")),
        _list_of(body, "reasons", str, "texts"),
        _list_of(body, "spans", dict, "objects"),
    )


def seconds_of(body: dict[str, Any]) -> float:
    """The active seconds that a page claims for an answer."""
    seconds = body.get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= MOST_SECONDS:
        raise InputError(f"seconds are a number from 0 to {MOST_SECONDS:.0f}; got {shortly(seconds)}")
    return float(seconds)


def _list_of(body: dict[str, Any], name: str, kind: type, what: str) -> list[Any]:
    """What these may be is checked where it is recorded (`stages/people/why`)."""
    given = body.get(name) or []
    if not isinstance(given, list) or not all(isinstance(each, kind) for each in given):
        raise InputError(f"{name} are a list of {what}; got {shortly(given)}")
    return given


def _ratings(given: Any) -> dict[str, dict[str, int]] | None:
    if not given:
        return None
    fine = isinstance(given, dict) and all(
        side in ("left", "right")
        and isinstance(of, dict)
        and len(of) <= 50
        and all(type(value) is int and len(name) <= 200 and 1 <= value <= 5 for name, value in of.items())
        for side, of in given.items()
    )
    if not fine:
        raise InputError('ratings are {"left": {criterion: 1 to 5}, "right": {...}}')
    return {side: {clean(name): value for name, value in of.items()} for side, of in given.items()}


@checked
def choice_shown(order: Order, verdict: Verdict, both: str | None) -> str:
    """A vote as the choice its person made, of what they were shown left and right."""
    side = _SIDE[verdict if order == "AB" else swap(verdict)]
    return f"both_{both}" if side == "tie" and both else side


def previous_shown(given: tasks.Given) -> dict[str, Any]:
    """An answer that was given, in terms of what its person saw, so that the page can show it again."""
    sides = {"a": "left", "b": "right"} if given.order == "AB" else {"a": "right", "b": "left"}
    return {
        "choice": choice_shown(given.order, given.verdict, given.both),
        "strength": abs(given.strength) if given.strength else None,
        "note": given.note,
        "ratings": {sides[side]: of for side, of in given.ratings.items()} if given.ratings else None,
        "reasons": given.reasons or [],
        "spans": [{**each, "side": sides[each["side"]]} for each in given.spans or ()],
    }


def uuid_of(body: dict[str, Any]) -> bytes:
    """The 16 bytes of the key that makes an answer count once."""
    try:
        return UUID(str(body.get("key"))[:64]).bytes
    except ValueError:
        raise InputError(f"key is a UUID made anew for each answer; got {shortly(body.get('key'))}") from None


def shortly(value: Any) -> str:
    """A value as a message quotes it: nobody reads a megabyte of what they sent."""
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**40 else "a number beyond all measure"
    return clean(text if len(text) <= 60 else f"{text[:57]}...")


def text_of(body: dict[str, Any], name: str, *, most: int = 200, needed: bool = True) -> str:
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise InputError(f"{name} is missing, or no text")
    if len(value) > most:
        raise InputError(f"{name} has at most {most:,} characters; got {len(value):,}")
    return clean(value.strip())


def pair_ids(visit: Visit, publics: Sequence[str]) -> dict[str, int]:
    """Pairs by the ids the page knows them by; unknown ones are left out."""
    keys = {}
    for public in publics:
        parsed = parse_public_id(public)
        if parsed and parsed[0] == "pair" and len(parsed[1]) == 32:
            keys[public] = bytes.fromhex(parsed[1])
    if not keys:
        return {}
    with visit.project.store.read() as connection:
        numbers = tasks.pairs_with(connection, list(keys.values()))
    return {public: numbers[key] for public, key in keys.items() if key in numbers}


@checked
def judges_json(said: Sequence[JudgeVote], order: Order, t: Words) -> list[dict[str, Any]]:
    """What judges said as this person sees it: one entry a judge, sides turned to theirs, names left out.

    A judge whose two orders disagree is said to be torn.
    """
    judges: dict[str, list[JudgeVote]] = {}
    for each in said:
        judges.setdefault(each.judge, []).append(each)
    shown = []
    for number, votes in enumerate(judges.values(), 1):
        verdicts = {each.verdict for each in votes}
        verdict = verdicts.pop() if len(verdicts) == 1 else None
        if verdict is not None and order == "BA":
            verdict = swap(verdict)
        stated = {each.confidence for each in votes}
        # A judge speaks of A and B as it was shown them: its words fit this person's sides only if that
        # was the same order.
        reason = next((each.reason for each in votes if each.order == order), None)
        shown.append(
            {
                "name": t("Judge {number}", number=number) if len(judges) > 1 else t("The judge"),
                "verdict": "torn" if verdict is None else _SIDE[verdict],
                "confidence": stated.pop() if len(stated) == 1 else "LOW",
                "reason": reason,
            }
        )
    return shown
