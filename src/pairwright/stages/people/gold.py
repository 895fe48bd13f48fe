"""Gold pairs: the answer is known, so they tell how right a person is, and teach a new one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.formats.reading import BadRow, Given, read_records
from pairwright.formats.values import as_id
from pairwright.keys import parse_public_id
from pairwright.literals import checked
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people.import_labels import LABELS
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.people import gold as sql
from pairwright.store.people.accounts import Account, add_action
from pairwright.store.people.names import KNOWN_ANSWERS
from pairwright.store.people.tasks import pairs_by_key, pairs_named
from pairwright.store.votes import add_vote, guideline_id, rater_id, retract
from pairwright.types import Rater, Verdict, Vote, swap

Use = Literal["qualify", "hidden", "both"]
USES: tuple[Use, ...] = ("both", "hidden", "qualify")
SHOWN_BAD_ROWS = 50


@dataclass(repr=False)
class GoldResult(Result):
    """What a file of gold answers came to. With bad rows nothing was added."""

    rows: int = 0
    gold: int = 0
    bad_rows: int = 0
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@checked
def make_gold(
    project: Project,
    pair_id: int,
    verdict: Verdict,
    *,
    both: Literal["good", "bad"] | None = None,
    explanation: str | None = None,
    use: Use = "both",
    by: Account | None = None,
) -> None:
    """Say what the right answer to a pair is. It is also the pair's label: a decision over other votes."""
    with project.store.write() as connection:
        _make(connection, project, pair_id, verdict, both, explanation, use, by)


def _make(
    connection: Connection,
    project: Project,
    pair_id: int,
    verdict: Verdict,
    both: Literal["good", "bad"] | None,
    explanation: str | None,
    use: Use,
    by: Account | None,
) -> None:
    if use not in USES:
        raise InputError(f"gold is used as one of {', '.join(USES)}; got {use!r}")
    rater = by.rater_id if by else rater_id(connection, Rater("person", KNOWN_ANSWERS))
    for earlier in sql.decisions_on(connection, pair_id):
        retract(connection, earlier, "replaced by a gold answer")
    guideline = guideline_id(connection, project.guidelines)
    vote = Vote(
        pair_id,
        rater,
        "AB",
        verdict,
        both=both,
        reason=explanation,
        guideline_id=guideline,
        purpose="decision",
    )
    add_vote(connection, vote, uuid4().bytes)
    row = {
        "pair_id": pair_id,
        "verdict": verdict,
        "both": both,
        "explanation": explanation,
        "use": use,
        "made_by": by.id if by else None,
    }
    sql.add_gold(connection, row)
    renew_beliefs(connection, project, [pair_id])
    if by is not None:
        add_action(connection, by.id, "made gold", {"pair": pair_id, "verdict": verdict, "use": use})


def withdraw_gold(project: Project, pair_id: int, by: Account) -> None:
    """Let a pair be gold no more. Its label, if nothing else decides it, is open again."""
    with project.store.write() as connection:
        if not sql.withdraw_gold(connection, pair_id):
            raise InputError("this pair is no gold pair (any more)")
        for vote_id in sql.decisions_on(connection, pair_id):
            retract(connection, vote_id, f"gold withdrawn by {by.name}")
        renew_beliefs(connection, project, [pair_id])
        add_action(connection, by.id, "withdrew gold", {"pair": pair_id})


def find_pair(project: Project, name: str, connection: Connection | None = None) -> tuple[int, bool]:
    """(row number, its a came as b there) of the pair of that id. InputError if there is not just one."""
    name = name.strip()
    parsed = parse_public_id(name)
    with nullcontext(connection) if connection is not None else project.store.read() as reading:
        found = pairs_by_key(reading, parsed[1]) if parsed and parsed[0] == "pair" else []
        found = found or pairs_named(reading, [name]).get(name, [])
    if not found:
        raise InputError(f'no pair here has the id "{name}"')
    if len({number for number, _ in found}) > 1:
        raise InputError(f'"{name}" may be several pairs: give the id Pairwright shows (x-...)')
    return found[0]


@checked
def import_gold(project: Project, paths: Sequence[Given], *, use: Use = "both") -> GoldResult:
    """Read rows `{id, label, explanation?}`; `label` as in import_labels. All are added, or none."""
    result, good = GoldResult(), []
    for path in paths:
        for record in read_records(path):
            result.rows += 1
            try:
                good.append(_row(project, record))
            except InputError as error:
                result.bad_rows += 1
                if len(result.problems) < SHOWN_BAD_ROWS:
                    result.problems.append(str(error))
    if result.bad_rows:
        return result
    with project.store.write() as connection:
        for pair_id, verdict, both, explanation in good:
            _make(connection, project, pair_id, verdict, both, explanation, use, None)
    result.gold = len(good)
    return result


def _row(project: Project, record: Any) -> tuple[int, Verdict, Literal["good", "bad"] | None, str | None]:
    if isinstance(record, BadRow):
        raise InputError(f"{record.place}: {record.reason}")
    values = record.row
    label = str(values.get("label", "")).strip().upper()
    if label not in LABELS:
        said = values.get("label")
        raise InputError(f'{record.place}: "label" is one of {", ".join(LABELS)}; got {said!r}')
    if values.get("id") in (None, ""):
        raise InputError(f'{record.place}: "id" is missing: the pair\'s id in your file, or x-...')
    try:
        pair_id, swapped = find_pair(project, as_id(values["id"]))
    except InputError as error:
        raise InputError(f"{record.place}: {error}") from None
    verdict, both = LABELS[label]
    explanation = values.get("explanation")
    return pair_id, swap(verdict) if swapped else verdict, both, str(explanation) if explanation else None
