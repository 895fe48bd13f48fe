"""What a lead does about findings: dismiss, send to people, drop, flip, soften, ask judges again, undo.

Every step is appended, with who did it and why; undo is one more step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.reward.repair import LABELS_RIGHT
from pairwright.reward.verify import softened
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.check import findings as sql
from pairwright.store.check.softening import Softened
from pairwright.store.insert import lock_pairs
from pairwright.store.people.names import person_id
from pairwright.store.probability import prob_of
from pairwright.store.verify.verifications import newest_verification, resting_on
from pairwright.store.votes import add_vote, evidence_on, guideline_id, retract
from pairwright.types import Vote, swap

Step = Literal["dismiss", "send", "drop", "flip", "soften", "ask again", "undo"]
_DONE: dict[Step, sql.Action] = {
    "dismiss": "dismissed",
    "send": "sent",
    "drop": "dropped",
    "flip": "flipped",
    "soften": "softened",
    "ask again": "asked again",
    "undo": "undone",
}
PAGE = 500


@dataclass(frozen=True, slots=True, repr=False)
class Settled(Result):
    """What was done. `left` are findings the step could not be taken on, with why."""

    step: str
    done: list[int]
    left: dict[int, str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@checked
def settle(
    project: Project, step: Step, ids: Sequence[int], *, by: str, because: str | None = None
) -> Settled:
    """Take a step on findings by their numbers.

    Raises InputError for a number there is not, and where a finding is dismissed without a reason.
    """
    if step == "dismiss" and not (because or "").strip():
        raise InputError("a finding is dismissed with a reason, which is kept: pass --because")
    done: list[int] = []
    left: dict[int, str] = {}
    wanted = list(dict.fromkeys(ids))
    for at in range(0, len(wanted), PAGE):
        page = wanted[at : at + PAGE]
        with project.store.write() as connection:
            found = {kept.id: kept for kept in sql.findings(connection, ids=page, settled=True, gone=True)}
            for number in page:
                if number not in found:
                    raise InputError(f"there is no finding {number}: `pairwright check list` shows them")
            pairs = sorted({kept.pair_id for kept in found.values() if kept.pair_id is not None})
            lock_pairs(connection, pairs)
            for number in page:
                problem = _take(connection, project, step, found[number], by, because)
                if problem is None:
                    done.append(number)
                else:
                    left[number] = problem
            renew_beliefs(connection, project, pairs)
    return Settled(_DONE[step], done, left)


def _take(
    connection: Connection, project: Project, step: Step, kept: sql.Kept, by: str, because: str | None
) -> str | None:
    """Record one step; gives why it can't be taken, else None."""
    if step == "undo":
        return _undo(connection, kept, by, because)
    if not kept.open:
        return f"it is {kept.action} already: undo that first"
    if kept.pair_id is None and step != "dismiss":
        return "it is about the whole set: only dismiss it"
    detail: dict[str, Any] | None = None
    if kept.pair_id is not None and step == "soften":
        if kept.check != "reward_model" or kept.part != "margin":
            return "only what a reward model doubts can be softened (`pairwright verify`)"
        detail = _soften(connection, kept.pair_id, float(kept.value))
        if detail is None:
            return _WHY_NOT["soften"]
    if kept.pair_id is not None and step in _REPAIRS:
        detail = _REPAIRS[step](
            connection, project, kept.pair_id, by, f"{kept.check}: {because or kept.reason}"
        )
        if detail is None:
            return _WHY_NOT[step]
    sql.settle(connection, [kept.id], _DONE[step], because=because, by=by, detail=detail)
    return None


def _send(connection: Connection, project: Project, pair_id: int, by: str, why: str) -> dict[str, Any] | None:
    """People are asked once more: as many as there are answers, and one."""
    (seen,) = evidence_on(connection, [pair_id])
    if any(vote.purpose == "decision" for vote in seen.votes):
        return None
    people = sum(vote.kind == "person" and vote.purpose is None for vote in seen.votes)
    return {"people": people, "was": seen.current.verdict if seen.current else None}


def _flip(connection: Connection, project: Project, pair_id: int, by: str, why: str) -> dict[str, Any] | None:
    """A decision for the other side, over everybody's votes, which stay."""
    (seen,) = evidence_on(connection, [pair_id])
    belief = seen.current
    if sql.stands(connection, pair_id, "flipped"):  # by another finding: once more would flip it back
        return None
    if belief is None or belief.decision != "accept" or belief.verdict not in ("A", "B"):
        return None
    vote = Vote(
        pair_id,
        person_id(connection, by),
        "AB",
        swap(belief.verdict),
        reason=why,
        guideline_id=guideline_id(connection, project.guidelines),
        purpose="decision",
    )
    return {"vote": add_vote(connection, vote, uuid4().bytes), "was": belief.verdict}


def _soften(connection: Connection, pair_id: int, margin: float) -> dict[str, Any] | None:
    """The label stays, believed as surely as its votes and the reward model together allow."""
    (seen,) = evidence_on(connection, [pair_id])
    belief = seen.current
    if belief is None or belief.decision != "accept" or belief.verdict not in ("A", "B"):
        return None
    before, tie = prob_of(belief.verdict, belief.prob_a, belief.prob_tie), belief.prob_tie or 0.0
    newest = newest_verification(connection) or {}
    # What the same model said as a judge is not to be heard again.
    own = newest.get("judge") and resting_on(connection, newest["judge"].split(", "), of_pair=pair_id)
    if own or before is None or not 0 < before < 1:  # a majority's 0 or 1 is a count, no measured probability
        told = newest.get("label_accuracy")
        before, tie = told["value"] if told else LABELS_RIGHT, 0.0
    # A reward model says which side is better and nothing of ties: their share stays as it was.
    probability = (1 - tie) * softened(before / (1 - tie), (1 + margin) / 2)
    answers = (vote.id for vote in seen.votes if vote.kind == "person")
    kept = Softened(belief.verdict, probability, tie).as_detail(max(answers, default=0))
    return {**kept, "before": before}


def _ask_again(
    connection: Connection, project: Project, pair_id: int, by: str, why: str
) -> dict[str, Any] | None:
    """Judges' votes on the pair count no longer, so that they are asked anew."""
    (seen,) = evidence_on(connection, [pair_id])
    votes = [vote.id for vote in seen.votes if vote.kind == "judge"]
    for number in votes:
        retract(connection, number, f"asked again by {by}: {why}")
    return {"votes": votes} if votes else None


def _drop(connection: Connection, project: Project, pair_id: int, by: str, why: str) -> dict[str, Any]:
    return {}


_REPAIRS: dict[Step, Callable[[Connection, Project, int, str, str], dict[str, Any] | None]] = {
    "send": _send,
    "drop": _drop,
    "flip": _flip,
    "ask again": _ask_again,
}
_WHY_NOT: dict[Step, str] = {
    "soften": "the pair has no label to soften",
    "send": "somebody decided this pair over all votes: take that back first",
    "flip": "the pair has no label to flip, or was flipped by another finding already",
    "ask again": "no judge has voted on the pair",
}


def _undo(connection: Connection, kept: sql.Kept, by: str, because: str | None) -> str | None:
    if kept.open:
        return "nothing was done about it"
    if kept.action == "gone":
        return "the last run no longer found it"
    if kept.action == "asked again":
        return "the judges' earlier votes were retracted: `pairwright judge` asks them anew"
    detail = sql.last_detail(connection, kept.id) or {}
    if kept.action == "flipped":
        retract(connection, detail["vote"], f"undone by {by}")
    sql.settle(connection, [kept.id], "undone", because=because, by=by)
    return None
