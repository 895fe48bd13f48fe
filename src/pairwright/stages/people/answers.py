"""people -> votes: what a person does with a task, whatever page or terminal shows it.

Every answer is one transaction that also renews the belief on the pair, so
that the next person is offered what is really still open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from pairwright.errors import InputError
from pairwright.keys import content_key, seeded_fraction
from pairwright.literals import checked
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people.active_time import active_time
from pairwright.stages.people.skills import takes_of
from pairwright.stages.people.why import checked_reasons, checked_spans
from pairwright.stages.project.project import Project
from pairwright.store import schema
from pairwright.store.insert import lock_pairs
from pairwright.store.people import leases, tasks
from pairwright.store.people.names import person_id
from pairwright.store.people.tasks import Task
from pairwright.store.votes import (
    add_flag,
    add_vote,
    failure_row,
    guideline_id,
    retract,
    withdraw,
)
from pairwright.types import Assist, Failure, Flag, Order, Verdict, Vote, as_original

Choice = Literal["left", "right", "tie", "both_good", "both_bad"]
FLAGS = {"unsafe": "unsafe content", "broken": "broken or empty text", "personal": "personal data"}

VERDICT_OF: dict[Choice, Verdict] = {
    "left": "A",
    "right": "B",
    "tie": "TIE",
    "both_good": "TIE",
    "both_bad": "TIE",
}
MOST_TAKEN_BACK = 25  # pairs a person may hold, what they were offered ahead among them
_BOTH: dict[Choice, Literal["good", "bad"]] = {"both_good": "good", "both_bad": "bad"}


@dataclass(frozen=True)
class Person:
    """One person at work in a project."""

    project: Project
    name: str
    rater_id: int

    @classmethod
    def sign_in(cls, project: Project, name: str) -> Person:
        """The person of that name, known from now on."""
        if not name.strip():
            raise InputError("a person needs a name: pass --rater NAME")
        with project.store.write() as connection:
            return cls(project, name, person_id(connection, name))

    def waiting(self) -> int:
        """Pairs that wait for this person."""
        with self.project.store.read() as connection:
            return tasks.waiting_for(
                connection, self.rater_id, takes_of(self.project, connection, self.rater_id)
            )

    def next_task(self) -> Task | None:
        """The next open task that nobody else has, here or in another tool; or None."""
        with self.project.store.read() as connection:
            takes = takes_of(self.project, connection, self.rater_id)
            first = leases.held_open(connection, self.rater_id) or leases.free_for(
                connection, self.rater_id, 1, takes
            )
            found = tasks.tasks_on(connection, first[:1])
        return found[0] if found else None

    def task_on(self, pair_id: int) -> Task | None:
        """This pair again, as after an undo."""
        with self.project.store.read() as connection:
            return tasks.task_on(connection, pair_id)

    def order(self, task: Task) -> Order:
        """On which sides this person sees the pair: shuffled per person and pair, the same each time."""
        at = seeded_fraction("side", self.project.settings.project.seed, self.name, task.pair_key)
        return "AB" if at < 0.5 else "BA"

    @checked
    def choose(
        self,
        task: Task,
        choice: Choice,
        seconds: float,
        *,
        strength: int | None = None,
        note: str | None = None,
        ratings: Mapping[str, Any] | None = None,
        reasons: Sequence[str] = (),
        spans: Sequence[Mapping[str, Any]] = (),
        assist: Assist | None = None,
        guideline: int | None = None,
        key: bytes | None = None,
        claimed: bool = False,
    ) -> int:
        """Record a choice as a vote; gives the vote's row number. `seconds` is active time.

        `claimed`: a browser says so, and the server's own clock has the last word.

        `strength` is 1 (slightly) to 3 (much). `ratings` are
        `{"left": {criterion: 1..5}, "right": {...}}`. `reasons` are among `[annotate] reasons`, `spans`
        what decided: `{"side": "left" or "right", "turn", "start", "end"}`. `guideline` is the
        version the person saw, by default the current one. The same `key` again
        adds nothing: it is the answer that was recorded.
        """
        order = self.order(task)
        verdict = as_original(VERDICT_OF[choice], order)
        key = key or uuid4().bytes
        why = checked_reasons(reasons, self.project.settings.annotate.reasons)
        marked = checked_spans(spans, task, order)
        with self.project.store.write() as connection:
            lock_pairs(connection, [task.pair_id])
            if (there := tasks.vote_by_key(connection, key)) is not None:
                number, rater = there
                if rater != self.rater_id:
                    raise InputError("this answer's key was used by somebody else: load the page again")
                return number
            took = active_time(connection, self.rater_id, task.pair_id, seconds) if claimed else None
            vote = Vote(
                task.pair_id,
                self.rater_id,
                order,
                verdict,
                strength=_signed(strength, verdict),
                both=_BOTH.get(choice),
                seconds=took.seconds if took else round(seconds, 3),
                claimed_seconds=took.claimed if took else None,
                offered_at=took.offered_at if took else None,
                reason=note,
                guideline_id=guideline or guideline_id(connection, self.project.guidelines),
                assist=assist,
                ratings=_of_pair(ratings, order),
                reasons=why,
                spans=[each.as_dict() for each in marked],
            )
            earlier = tasks.vote_on(connection, self.rater_id, task.pair_id)
            number = add_vote(connection, vote, key)
            if earlier is not None:
                retract(connection, earlier, "replaced by a changed answer", number)
            leases.answered(connection, self.rater_id, task.pair_id)
            renew_beliefs(connection, self.project, [task.pair_id])
        return number

    def skip(self, task: Task, reason: str = "skipped") -> None:
        """Record that this person gave no answer, and why; others are still asked. Twice is once."""
        failure = Failure("annotate", "skipped", reason, pair_id=task.pair_id, rater_id=self.rater_id)
        key = content_key("annotate", self.rater_id, task.pair_key)
        with self.project.store.write() as connection:
            lock_pairs(connection, [task.pair_id])
            if not tasks.skipped(connection, self.rater_id, task.pair_id):
                connection.execute(schema.failure.insert(), [failure_row(failure, key)])
            leases.answered(connection, self.rater_id, task.pair_id)

    def flag(self, task: Task, what: str, note: str | None = None) -> None:
        """Flag the pair as unfit: it stays out of exports, and nobody is asked about it. Twice is once."""
        if what not in FLAGS:
            raise InputError(f"a flag is one of {', '.join(FLAGS)}; got {what!r}")
        reason = flag_reason(what, self.name, note)
        with self.project.store.write() as connection:
            lock_pairs(connection, [task.pair_id])
            if not tasks.flagged_by(connection, self.rater_id, task.pair_id, what):
                add_flag(connection, Flag(task.pair_id, what, reason, "error", self.rater_id))
            leases.answered(connection, self.rater_id, task.pair_id)

    def undo(self, pair_id: int | None = None) -> int | None:
        """Take back the last thing this person did (on `pair_id`): an answer, a skip or a flag.

        It stays on record. Gives its pair, None if there is nothing to take back.
        """
        with self.project.store.write() as connection:
            last = tasks.last_action(connection, self.rater_id, pair_id)
            if last is not None:
                lock_pairs(connection, [last.pair_id])
                last = tasks.last_action(
                    connection, self.rater_id, last.pair_id
                )  # as it is now, alone with it
            if last is None:
                return None
            if leases.count_held(connection, self.rater_id) >= MOST_TAKEN_BACK:
                raise InputError(
                    f"{MOST_TAKEN_BACK} pairs wait for your answer already: answer some of them first"
                )
            if last.what == "vote":
                retract(connection, last.row_id, "undone")
                renew_beliefs(connection, self.project, [last.pair_id])
            else:
                withdraw(connection, last.what, last.row_id)
            seconds = self.project.settings.annotate.lease_minutes * 60
            offered = leases.offered(connection, self.rater_id, last.pair_id)
            kind = offered.kind if offered else "work"
            if kind == "qualify":  # they practised on it again since
                kind = "gold"
            leases.take(connection, self.rater_id, [last.pair_id], kind, seconds)
        return last.pair_id


def flag_reason(what: str, name: str, note: str | None) -> str:
    return f"{FLAGS[what]} (said {name})" + (f": {note}" if note else "")


def _signed(strength: int | None, verdict: Verdict) -> int | None:
    """Strength is kept with a sign, positive towards b; a tie has none."""
    if strength is None or verdict == "TIE":
        return None
    if strength not in (1, 2, 3):
        raise InputError(f"strength is 1 (slightly), 2 or 3 (much); got {strength!r}")
    return strength if verdict == "B" else -strength


def _of_pair(ratings: Mapping[str, Any] | None, order: Order) -> dict[str, Any] | None:
    """Ratings of what was shown left and right as ratings of the pair's own a and b."""
    if not ratings:
        return None
    sides = {"left": "a", "right": "b"} if order == "AB" else {"left": "b", "right": "a"}
    for side, given in ratings.items():
        if side not in sides or not all(value in range(1, 6) for value in given.values()):
            raise InputError(f"ratings are 1 to 5 for left and right; got {side}: {given}")
    return {sides[side]: dict(given) for side, given in ratings.items()}
