"""SQL for what a reward model said of the labels: every run of it, the newest of which is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, or_, select

from pairwright.routing.decide import GIVEN
from pairwright.store import clock
from pairwright.store.check.findings import last_actions
from pairwright.store.check.softening import softened_mark
from pairwright.store.schema import belief, finding, rater, verification, vote
from pairwright.store.votes import PAGE, is_current, newest_beliefs


def add_verification(connection: Connection, result: Mapping[str, Any]) -> None:
    connection.execute(insert(verification).values(result=dict(result), at=clock.now()))


# What verifications made before these were kept say of them.
_LATER = {"model": "light", "judge": None, "own": 0, "unscored": 0, "labels": None,
          "undecided": 0.0, "ties": 0, "repairs": None, "curve": None, "sample": None}  # fmt: skip


def newest_verification(connection: Connection) -> dict[str, Any] | None:
    found = connection.execute(
        select(verification.c.result).order_by(verification.c.id.desc()).limit(1)
    ).scalar()
    return None if found is None else {**_LATER, **found}


def labels_state(connection: Connection) -> str:
    """One name for the labels as they are: which pair has which, and how surely where it was softened.

    A pair that was sent back to people has the label it had until they answered:
    asking somebody changes no label.
    """
    told = hashlib.blake2b(digest_size=16)
    asked = _asked_again(connection)
    rows = connection.execution_options(yield_per=PAGE).execute(
        select(belief.c.pair_id, belief.c.decision, belief.c.verdict)
        .where(newest_beliefs(), belief.c.decision.in_(("accept", "ask")))
        .order_by(belief.c.pair_id)
    )
    for pair_id, decision, verdict in rows:
        label = verdict if decision == "accept" else asked.get(pair_id)
        if label:
            told.update(f"{pair_id} {label}\n".encode())
    told.update(softened_mark(connection)["digest"].encode())
    return told.hexdigest()


def _asked_again(connection: Connection) -> dict[int, str]:
    """pair -> the label it had when it was sent back to people, where they were sent."""
    last = last_actions()
    rows = connection.execute(
        select(finding.c.pair_id, last.c.detail)
        .join(last, last.c.finding_id == finding.c.id)
        .where(last.c.action == "sent", finding.c.pair_id.is_not(None))
    )
    return {pair_id: detail["was"] for pair_id, detail in rows if detail and detail.get("was")}


def answered_since(connection: Connection, check: str) -> list[tuple[int, str, bool]]:
    """(pair, part, whether the first new answer was another than the label) of sent findings people answered.

    The answer itself, not what becomes of the label: one that agrees settles a pair at once,
    one that does not may leave it open for long, and would be missing until then. Only the
    first, for more are asked just where the first one disagrees.
    """
    last = last_actions()
    before = vote.alias("before")
    known = exists().where(
        before.c.pair_id == vote.c.pair_id,
        before.c.rater_id == vote.c.rater_id,
        before.c.at <= last.c.at,
    )
    rows = connection.execute(
        select(finding.c.id, finding.c.pair_id, finding.c.part, vote.c.verdict, last.c.detail)
        .join(last, last.c.finding_id == finding.c.id)
        .join(vote, vote.c.pair_id == finding.c.pair_id)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(
            finding.c.check == check,
            last.c.action == "sent",
            rater.c.kind == "person",
            or_(vote.c.purpose.is_(None), vote.c.purpose == "decision"),
            vote.c.at > last.c.at,
            is_current(),
            ~known,
        )
        .order_by(vote.c.id)
    )
    first: dict[int, tuple[int, str, bool]] = {}
    for number, pair_id, part, verdict, detail in rows:
        if detail and detail.get("was"):
            first.setdefault(number, (int(pair_id), str(part), verdict != detail["was"]))
    return list(first.values())


def no_further_answer(connection: Connection, check: str) -> set[int]:
    """Pairs that can't be sent to people: a lead decided them, or something was done about their finding."""
    decided = select(vote.c.pair_id).where(vote.c.purpose == "decision", is_current())
    last = last_actions()
    done = (
        select(finding.c.pair_id)
        .join(last, last.c.finding_id == finding.c.id)
        .where(
            finding.c.check == check,
            finding.c.pair_id.is_not(None),
            last.c.action.in_(("dismissed", "sent", "dropped", "flipped", "softened", "asked again")),
        )
    )
    return {int(pair_id) for query in (decided, done) for pair_id in connection.scalars(query)}


def margins_of(connection: Connection, judge: str) -> dict[int, float]:
    """pair -> score of a minus that of b by the judge of that name, the mean over votes that count."""
    rows = connection.execute(
        select(vote.c.pair_id, func.avg(vote.c.margin))
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "judge", rater.c.name == judge, vote.c.margin.is_not(None), is_current())
        .group_by(vote.c.pair_id)
    )
    return {pair_id: float(margin) for pair_id, margin in rows}


def resting_on(
    connection: Connection, judges: Collection[str], *, verdicts: bool = False, of_pair: int | None = None
) -> set[int]:
    """Pairs whose belief has votes of one of these judges in it: their scores are no second word on these.

    A label by judges does, and the probability of people's answers on top of what judges forecast;
    what people alone say, or a lead decided, does not. `verdicts`: only where which response is
    better rests on them, as of people's answers it does only where these were split. `of_pair`: of that
    pair alone.
    """
    votes_here = [] if of_pair is None else [vote.c.pair_id == of_pair]
    beliefs_here = [] if of_pair is None else [belief.c.pair_id == of_pair]
    theirs: dict[int, dict[int, str | None]] = {}
    for pair_id, number, purpose in connection.execute(
        select(vote.c.pair_id, vote.c.id, vote.c.purpose)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "judge", rater.c.name.in_(list(judges)), *votes_here)
    ):
        theirs.setdefault(pair_id, {})[number] = purpose
    decided = exists().where(
        and_(vote.c.pair_id == belief.c.pair_id, vote.c.purpose == "decision", is_current())
    )
    rows = connection.execution_options(yield_per=PAGE).execute(
        select(belief.c.pair_id, belief.c.source, belief.c.reason, belief.c.basis).where(
            newest_beliefs(), belief.c.decision == "accept", ~decided, *beliefs_here
        )
    )
    found = set()
    for pair_id, source, reason, basis in rows:
        if source not in ("judge", "unknown") and ("settled_by" if verdicts else "forecast") not in basis:
            continue
        given = reason.startswith(GIVEN)
        heard = set(basis.get("votes", ()))
        if any(
            number in heard and (not given or purpose == "given")
            for number, purpose in theirs.get(pair_id, {}).items()
        ):
            found.add(pair_id)
    return found
