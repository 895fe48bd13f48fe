"""SQL for tasks: the pairs that wait for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Select,
    Subquery,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from pairwright.amounts import counted
from pairwright.routing.decide import DISAGREE, SENT_BACK
from pairwright.store.pair_texts import with_texts
from pairwright.store.prepared import prepared
from pairwright.store.rows import done, prompt_of, shown
from pairwright.store.schema import (
    belief,
    failure,
    flag,
    pair,
    pair_alias,
    rater,
    task,
    vote,
)
from pairwright.store.votes import flag_stands, is_current, newest_beliefs, skip_stands
from pairwright.types import Message, Order, Prompt, Verdict


@dataclass(frozen=True, slots=True)
class Task:
    """A pair offered to a person: what was asked, both responses as text, and the messages they are."""

    pair_id: int
    pair_key: bytes
    external_id: str | None
    prompt: Prompt
    a: str
    b: str
    why: str
    a_turns: tuple[Message, ...]
    b_turns: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Takes:
    """Which pairs somebody may be given, by the skill a pair takes.

    `only` of these skills, unless it is None; none of those in `never`. A pair that takes none is for all.
    """

    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()

    def takes(self, skill: str | None) -> bool:
        return skill is None or ((self.only is None or skill in self.only) and skill not in self.never)

    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """The same of a row of `task`."""
        found = []
        if self.only is not None:
            found.append(or_(task.c.tag.is_(None), task.c.tag.in_(list(self.only))))
        if self.never:
            found.append(or_(task.c.tag.is_(None), task.c.tag.not_in(list(self.never))))
        return tuple(found)


EVERYTHING = Takes()


@dataclass(frozen=True, slots=True)
class Open:
    """Pairs that want people's answers, each counted once; `answers` are still wanted of people on them.

    `fresh`: nobody has answered or skipped it. `half_answered`: fewer people have answered
    than are asked, and what they said is no dispute. `sent_back`: a check asks one person more.
    `skipped`: nobody has answered, somebody skipped it. `disputed`: people disagree, and one
    more is asked; `for_lead`: they disagree, and a lead decides. `flagged`: nobody is asked.
    """

    fresh: int = 0
    half_answered: int = 0
    sent_back: int = 0
    skipped: int = 0
    disputed: int = 0
    for_lead: int = 0
    flagged: int = 0
    answers: int = 0

    @property
    def waiting(self) -> int:
        """Pairs that wait for people, whoever has been asked already."""
        return self.fresh + self.half_answered + self.sent_back

    @property
    def stuck(self) -> int:
        """Pairs that need somebody else: people skipped them, or disagree."""
        return self.skipped + self.disputed + self.for_lead

    @property
    def in_words(self) -> str:
        """`20 pairs wait for people (8 half answered, 36 answers wanted)`."""
        told = f" ({self.told})" if self.told else ""
        return f"{counted(self.waiting, 'pair waits', 'pairs wait')} for people{told}"

    @property
    def told(self) -> str:
        """What the number of pairs does not tell: `3 half answered, 26 answers wanted`, or nothing."""
        several = self.answers > self.waiting + self.skipped + self.disputed
        return _told(
            (self.half_answered, "half answered"),
            (self.sent_back, "sent back by a check"),
            (self.answers if several else 0, "answers wanted"),
        )

    @property
    def why_stuck(self) -> str:
        """`2 skipped, 1 disputed`."""
        return _told(
            (self.skipped, "skipped"),
            (self.disputed, "disputed and open to one person more"),
            (self.for_lead, "disputed and for a lead to decide"),
        )


def _told(*parts: tuple[int, str]) -> str:
    return ", ".join(f"{n:,} {what}" for n, what in parts if n)


def open_pairs(connection: Connection) -> Open:
    """Where every pair stands that people are asked about. All that counts such pairs counts them here."""
    each = _each_open()
    rows = connection.execute(
        select(each.c.stands, func.count(), func.sum(each.c.open)).group_by(each.c.stands)
    ).all()
    counts = {row[0]: int(row[1]) for row in rows}
    answers = sum(int(row[2]) for row in rows if row[0] != "flagged")
    return Open(**counts, for_lead=conflicts(connection), answers=answers)


def open_one_by_one(connection: Connection) -> dict[int, tuple[str, int]]:
    """The same, pair by pair: how it stands, and how many answers are wanted on it."""
    each = _each_open()
    rows = connection.execute(select(each.c.pair_id, each.c.stands, each.c.open))
    return {row[0]: (row[1], 0 if row[1] == "flagged" else int(row[2])) for row in rows}


def open_rankings(connection: Connection) -> int:
    """How many rankings give these answers: of each prompt as many as the pair of it that wants most."""
    each = _each_open()
    most = (
        select(func.max(each.c.open).label("wanted"))
        .select_from(each.join(pair, pair.c.id == each.c.pair_id))
        .where(each.c.stands != "flagged")
        .group_by(pair.c.prompt_id)
        .subquery()
    )
    return int(connection.execute(select(func.coalesce(func.sum(most.c.wanted), 0))).scalar_one())


def _each_open() -> Subquery:
    skips = exists().where(failure.c.pair_id == task.c.pair_id, skip_stands())
    stands = case(
        (_flagged(task.c.pair_id), "flagged"),
        (belief.c.reason.startswith(SENT_BACK), "sent_back"),
        (belief.c.reason.startswith(DISAGREE), "disputed"),
        (belief.c.source == "people", "half_answered"),
        (skips, "skipped"),
        else_="fresh",
    ).label("stands")
    return (
        select(task.c.pair_id, stands, task.c.open)
        .select_from(task.join(belief, belief.c.pair_id == task.c.pair_id))
        .where(newest_beliefs())
        .subquery()
    )


def waiting(connection: Connection) -> int:
    """How many pairs wait for people."""
    return open_pairs(connection).waiting


def asked(connection: Connection) -> dict[str, int]:
    """Whom pairs without a decision wait for: people, lead, calibration or a judge -> how many."""
    rows = connection.execute(
        select(belief.c.asks, func.count())
        .where(belief.c.decision == "ask", newest_beliefs())
        .group_by(belief.c.asks)
    )
    return {str(whom or "people"): int(n) for whom, n in rows}


def for_judges(asked: Mapping[str, int]) -> int:
    """Those of `asked` that wait for a later judge of a cascade."""
    return sum(n for whom, n in asked.items() if whom not in ("people", "lead", "calibration"))


def uncalibrated(connection: Connection) -> int:
    """How many pairs wait until the judges are calibrated."""
    return asked(connection).get("calibration", 0)


def conflicts(connection: Connection) -> int:
    """How many wait for a lead's decision, since people disagree."""
    return asked(connection).get("lead", 0)


def waiting_for(connection: Connection, rater_id: int, takes: Takes = EVERYTHING) -> int:
    """How many pairs wait that this person has neither answered nor skipped."""
    query = select(func.count()).select_from(task).where(*open_to(rater_id, takes))
    return int(connection.execute(query).scalar_one())


def waiting_about(connection: Connection, rater_id: int, takes: Takes = EVERYTHING) -> int:
    """How many pairs wait for this person, also those others hold: fast however long the queue is."""
    every = _count_tasks(connection, takes=takes).scalar_one()
    return int(every) - int(_count_handled(connection, rater_id, takes=takes).scalar_one())


@prepared
def _count_tasks(*, takes: Takes) -> Select[Any]:
    return select(func.count()).select_from(task).where(*takes.conditions())


@prepared
def _count_handled(rater_id: Any, *, takes: Takes) -> Select[Any]:
    """How many open pairs this person answered or skipped, or somebody flagged."""
    voted = select(vote.c.pair_id).where(vote.c.rater_id == rater_id, is_current())
    skips = select(failure.c.pair_id).where(failure.c.rater_id == rater_id, skip_stands())
    flags = select(flag.c.pair_id).where(flag.c.severity == "error", flag_stands())
    handled = union(voted, skips, flags).subquery()
    mine = select(func.count()).select_from(task).join(handled, handled.c.pair_id == task.c.pair_id)
    return mine.where(*takes.conditions())


def skills(connection: Connection) -> dict[str, int]:
    """The skills that open pairs take, each with how many."""
    query = select(task.c.tag, func.count()).where(task.c.tag.is_not(None)).group_by(task.c.tag)
    return {str(tag): int(n) for tag, n in connection.execute(query.order_by(task.c.tag))}


def next_tasks(connection: Connection, rater_id: int, limit: int) -> list[Task]:
    """The next pairs for this person: those drawn by chance first, then the least certain."""
    query = select(task.c.pair_id).where(*open_to(rater_id)).order_by(task.c.rank, task.c.pair_id)
    return tasks_on(connection, connection.scalars(query.limit(limit)).all())


def task_on(connection: Connection, pair_id: int) -> Task | None:
    """One pair as a task, whoever has answered it."""
    found = tasks_on(connection, [pair_id])
    return found[0] if found else None


def tasks_on(connection: Connection, pair_ids: Sequence[int]) -> list[Task]:
    """These pairs as tasks, in this order."""
    if not pair_ids:
        return []
    rows = _task_rows(connection, pair_ids)
    found = {
        row.id: Task(
            row.id,
            row.key,
            row.external_id,
            prompt_of(row),
            shown(row.a, row.a_turns),
            shown(row.b, row.b_turns),
            row.reason or "",
            done(row.a, row.a_turns),
            done(row.b, row.b_turns),
        )
        for row in rows
    }
    return [found[pair_id] for pair_id in pair_ids if pair_id in found]


@prepared
def _task_rows(pair_ids: Any) -> Select[Any]:
    believed = and_(belief.c.pair_id == pair.c.id, newest_beliefs())
    return with_texts(belief.c.reason).outerjoin(belief, believed).where(pair.c.id.in_(pair_ids))


def open_to(rater_id: Any, takes: Takes = EVERYTHING) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a row of `task` is open to this person."""
    return *takes.conditions(), *untouched_by(rater_id, task.c.pair_id)


def untouched_by(rater_id: Any, pair_id: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    """The conditions that this person has neither answered nor skipped a pair, and that nobody flagged it."""
    answered = exists().where(and_(vote.c.pair_id == pair_id, vote.c.rater_id == rater_id, is_current()))
    skipped = exists().where(failure.c.pair_id == pair_id, failure.c.rater_id == rater_id, skip_stands())
    return ~answered, ~skipped, ~_flagged(pair_id)


def open_among(connection: Connection, rater_id: int, pair_ids: Sequence[int]) -> list[int]:
    """Those of these pairs that are open to this person."""
    if not pair_ids:
        return []
    return list(_open_among(connection, rater_id, pair_ids).scalars())


@prepared
def _open_among(rater_id: Any, pair_ids: Any) -> Select[Any]:
    return select(task.c.pair_id).where(task.c.pair_id.in_(pair_ids), *open_to(rater_id))


def _flagged(pair_id: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(flag.c.pair_id == pair_id, flag.c.severity == "error", flag_stands())


What = Literal["vote", "skip", "flag"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person did that can be taken back: a row of vote, failure (a skip) or flag, and when."""

    what: What
    row_id: int
    pair_id: int
    at: float


def last_action(connection: Connection, rater_id: int, pair_id: int | None = None) -> Action | None:
    """The last thing this person did (on this pair) that still stands."""

    def on(table: Table) -> list[ColumnElement[bool]]:
        return [] if pair_id is None else [table.c.pair_id == pair_id]

    done: list[Action] = []
    for what, table, stands in (
        ("vote", vote, and_(vote.c.purpose.is_(None), is_current())),
        ("skip", failure, skip_stands()),
        ("flag", flag, flag_stands()),
    ):
        row = connection.execute(
            select(table.c.at, table.c.id, table.c.pair_id)
            .where(table.c.rater_id == rater_id, stands, *on(table))
            .order_by(table.c.id.desc())
            .limit(1)
        ).first()
        if row is not None:
            done.append(Action(what, row.id, row.pair_id, row.at))  # type: ignore[arg-type]
    return max(done, key=lambda each: each.at, default=None)


def vote_by_key(connection: Connection, key: bytes) -> tuple[int, int] | None:
    """The vote recorded under this key: (its row number, its rater)."""
    row = _by_key(connection, key).first()
    return None if row is None else (int(row.id), int(row.rater_id))


@prepared
def _by_key(key: Any) -> Select[Any]:
    return select(vote.c.id, vote.c.rater_id).where(vote.c.key == key)


def voted_before(connection: Connection, rater_id: int, pair_id: int) -> bool:
    """Whether this person ever voted on this pair, also if that was taken back."""
    return _ever_on(connection, rater_id, pair_id).first() is not None


@prepared
def _ever_on(rater_id: Any, pair_id: Any) -> Select[Any]:
    return select(vote.c.id).where(vote.c.rater_id == rater_id, vote.c.pair_id == pair_id).limit(1)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as its person gave it: `spans` and `ratings` are of the pair's own a and b."""

    order: Order
    verdict: Verdict
    both: str | None
    strength: int | None
    note: str | None
    ratings: Mapping[str, Any] | None
    reasons: list[str] | None
    spans: list[dict[str, Any]] | None


def answer_on(connection: Connection, vote_id: int) -> Given:
    """A vote as its person gave it."""
    own = (vote.c.order, vote.c.verdict, vote.c.both, vote.c.strength, vote.c.reason, vote.c.ratings)
    row = connection.execute(select(*own, vote.c.reasons, vote.c.spans).where(vote.c.id == vote_id)).one()
    return Given(*row)


def skipped(connection: Connection, rater_id: int, pair_id: int) -> bool:
    """Whether a skip of this person stands on this pair."""
    query = select(failure.c.id).where(
        failure.c.pair_id == pair_id, failure.c.rater_id == rater_id, skip_stands()
    )
    return connection.execute(query).first() is not None


def flagged_by(connection: Connection, rater_id: int, pair_id: int, what: str) -> bool:
    """Whether this flag of this person stands on this pair."""
    query = select(flag.c.id).where(
        flag.c.pair_id == pair_id, flag.c.rater_id == rater_id, flag.c.check == what, flag_stands()
    )
    return connection.execute(query).first() is not None


def vote_on(connection: Connection, rater_id: int, pair_id: int) -> int | None:
    """This person's current vote on a pair, if there is one."""
    return _current_on(connection, rater_id, pair_id).scalar()


@prepared
def _current_on(rater_id: Any, pair_id: Any) -> Select[Any]:
    return select(vote.c.id).where(
        vote.c.rater_id == rater_id, vote.c.pair_id == pair_id, vote.c.purpose.is_(None), is_current()
    )


def pairs_named(connection: Connection, external_ids: list[str]) -> dict[str, list[tuple[int, bool]]]:
    """Pairs by an id their row had in the user's file: id -> [(row number, its a came as b there)]."""
    own = select(pair.c.external_id, pair.c.id, false()).where(pair.c.external_id.in_(external_ids))
    further = select(pair_alias.c.external_id, pair_alias.c.pair_id, pair_alias.c.swapped).where(
        pair_alias.c.external_id.in_(external_ids)
    )
    found: dict[str, list[tuple[int, bool]]] = {}
    for name, number, swapped in connection.execute(union_all(own, further)):
        found.setdefault(name, []).append((number, bool(swapped)))
    return found


def further_ids(connection: Connection) -> dict[int, list[tuple[str, bool]]]:
    """Other ids under which pairs came again: pair -> [(id, its a came as b there)]."""
    found: dict[int, list[tuple[str, bool]]] = {}
    rows = connection.execute(select(pair_alias.c.pair_id, pair_alias.c.external_id, pair_alias.c.swapped))
    for pair_id, name, swapped in rows:
        found.setdefault(pair_id, []).append((name, bool(swapped)))
    return found


def pairs_by_key(connection: Connection, digits: str) -> list[tuple[int, bool]]:
    """Pairs whose key begins with these hex digits, two at most: (row number, False)."""
    low, high = bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
    return [(number, False) for number in _between(connection, low, high).scalars()]


@prepared
def _between(low: Any, high: Any) -> Select[Any]:
    return select(pair.c.id).where(pair.c.key.between(low, high)).limit(2)


def pairs_with(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Pairs by their whole keys: key -> row number."""
    return {bytes(row.key): row.id for row in _with_keys(connection, keys)} if keys else {}


@prepared
def _with_keys(keys: Any) -> Select[Any]:
    return select(pair.c.key, pair.c.id).where(pair.c.key.in_(keys))


def votes_of_people(
    connection: Connection, pair_ids: list[int]
) -> dict[tuple[int, str], tuple[int, str, str | None]]:
    """Current votes of people on these pairs: (pair, person) -> (vote id, verdict, both)."""
    query: Select[Any] = (
        select(vote.c.pair_id, rater.c.name, vote.c.id, vote.c.verdict, vote.c.both)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id.in_(pair_ids), rater.c.kind == "person", vote.c.purpose.is_(None), is_current())
    )
    rows = connection.execute(query).all()
    return {(pair_id, person): (number, verdict, both) for pair_id, person, number, verdict, both in rows}
