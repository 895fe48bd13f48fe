"""people -> votes: all open responses to a prompt are ranked at once, which is one answer to several pairs.

Only pairs that people are asked about anyway get a vote: a ranking takes no pair away from the judges, so
whatever is drawn by chance and certified stays as it is with pairs asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.keys import content_key, seeded_fraction
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people import own_answers
from pairwright.stages.people.active_time import active_time
from pairwright.stages.people.answers import FLAGS, MOST_TAKEN_BACK, Person, flag_reason
from pairwright.store import clock, rankings, schema
from pairwright.store.chain import append
from pairwright.store.insert import lock_pairs
from pairwright.store.people import leases, tasks
from pairwright.store.rankings import Asked
from pairwright.store.votes import failure_row, guideline_id, retract, vote_row, withdraw
from pairwright.types import Failure, Message, Prompt, Verdict, Vote


@dataclass(frozen=True, slots=True)
class Shown:
    """A response to be ranked: its number, its key, and the messages it is."""

    number: int
    key: bytes
    turns: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class RankTask:
    """What one person ranks: the open pairs of a prompt, and their responses in the order shown."""

    prompt_id: int
    prompt_key: bytes
    prompt: Prompt
    pairs: tuple[Asked, ...]
    responses: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was undone: the prompt to be ranked again, and the places and note given before."""

    prompt_id: int
    places: Mapping[int, int]
    note: str | None


def task_on(person: Person, prompt_id: int) -> RankTask | None:
    """What this person was offered of the prompt and has not answered; None where there is nothing."""
    with person.project.store.read() as connection:
        asked = rankings.offered(connection, person.rater_id, prompt_id)
        if not asked:
            return None
        (first,) = tasks.tasks_on(connection, [asked[0].pair_id])
        numbers = sorted({number for each in asked for number in (each.a_id, each.b_id)})
        found = rankings.responses(connection, numbers)
        key = rankings.prompt_key(connection, prompt_id)
    shown = [Shown(number, *found[number]) for number in numbers]
    return RankTask(prompt_id, key, first.prompt, tuple(asked), tuple(sorted(shown, key=_turn(person))))


def _turn(person: Person) -> Callable[[Shown], float]:
    """Where a response stands: shuffled per person, the same each time."""
    seed = person.project.settings.project.seed
    return lambda each: seeded_fraction("place", seed, person.name, each.key)


def rank(
    person: Person,
    task: RankTask,
    places: Mapping[int, int],
    seconds: float,
    *,
    key: bytes,
    note: str | None = None,
    guideline: int | None = None,
) -> list[int]:
    """Record a ranking: a place for each response, 1 for the best, equal ones for a tie. Gives its votes.

    `seconds` is what the browser claims; the server's clock has the last word, and the votes share them
    out. The same `key` again adds nothing.
    """
    _all_placed(task, places)
    project, asked = person.project, task.pairs
    with project.store.write() as connection:
        lock_pairs(connection, [each.pair_id for each in asked])
        if (there := rankings.by_key(connection, key)) is not None:
            if there.rater_id != person.rater_id:
                raise InputError("this answer's key was used by somebody else: load the page again")
            return [vote for vote, _, _ in rankings.votes_of(connection, there.id)]
        took = active_time(connection, person.rater_id, asked[0].pair_id, seconds)
        shown = [(each.number, places[each.number]) for each in task.responses]
        stands = rankings.standing_for(connection, asked)
        number = rankings.add(connection, key, task.prompt_id, person.rater_id, stands, shown, took.seconds)
        version = guideline or guideline_id(connection, project.guidelines)
        at = {response: place for place, (response, _) in enumerate(shown)}
        rows = []
        for each in asked:
            vote = Vote(
                each.pair_id,
                person.rater_id,
                "AB" if at[each.a_id] < at[each.b_id] else "BA",
                _verdict(places[each.a_id], places[each.b_id]),
                seconds=round(took.seconds / len(asked), 3),
                claimed_seconds=round(took.claimed / len(asked), 3),
                offered_at=took.offered_at,
                reason=note if each.pair_id == stands else None,
                guideline_id=version,
                ranking_id=number,
            )
            rows.append(vote_row(vote, content_key("ranked", key.hex(), each.pair_id)))
        return _recorded(connection, person, asked, rows)


def _recorded(
    connection: Connection, person: Person, asked: Sequence[Asked], rows: Sequence[dict[str, Any]]
) -> list[int]:
    earlier = [tasks.vote_on(connection, person.rater_id, each.pair_id) for each in asked]
    votes = append(connection, schema.vote, rows)
    for before, vote in zip(earlier, votes, strict=True):
        if before is not None:
            retract(connection, before, "replaced by a changed answer", vote)
    for each in asked:
        leases.answered(connection, person.rater_id, each.pair_id)
    renew_beliefs(connection, person.project, [each.pair_id for each in asked])
    return votes


def _all_placed(task: RankTask, places: Mapping[int, int]) -> None:
    numbers = {each.number for each in task.responses}
    if set(places) != numbers or not all(1 <= place <= len(numbers) for place in places.values()):
        raise InputError(
            f"a ranking gives each of the {len(numbers)} responses a place from 1 to {len(numbers)}: "
            "load the page again"
        )


def _verdict(a: int, b: int) -> Verdict:
    return "TIE" if a == b else "A" if a < b else "B"


def skip(person: Person, task: RankTask, reason: str) -> None:
    """Record that this person gave no ranking, and why; others are still asked. Twice is once."""
    now = clock.now()
    with person.project.store.write() as connection:
        lock_pairs(connection, [each.pair_id for each in task.pairs])
        for each in task.pairs:
            failure = Failure("annotate", "skipped", reason, pair_id=each.pair_id, rater_id=person.rater_id)
            key = content_key("annotate", person.rater_id, each.pair_id, "ranked")
            if not tasks.skipped(connection, person.rater_id, each.pair_id):
                connection.execute(schema.failure.insert(), [{**failure_row(failure, key), "at": now}])
            leases.answered(connection, person.rater_id, each.pair_id)


def flag(person: Person, task: RankTask, response: int, what: str, note: str | None = None) -> None:
    """Flag one response as unfit: its pairs stay out of exports. The others are still to be ranked."""
    if what not in FLAGS:
        raise InputError(f"a flag is one of {', '.join(FLAGS)}; got {what!r}")
    with_it = [each for each in task.pairs if response in (each.a_id, each.b_id)]
    if not with_it:
        raise InputError("the response that was flagged is not one of these: load the page again")
    now, reason = clock.now(), flag_reason(what, person.name, note)
    with person.project.store.write() as connection:
        lock_pairs(connection, [each.pair_id for each in with_it])
        rows = [
            {
                "pair_id": each.pair_id,
                "check": what,
                "reason": reason,
                "severity": "error",
                "rater_id": person.rater_id,
                "at": now,
            }
            for each in with_it
            if not tasks.flagged_by(connection, person.rater_id, each.pair_id, what)
        ]
        append(connection, schema.flag, rows)
        for each in with_it:
            leases.answered(connection, person.rater_id, each.pair_id)


def undo(person: Person, prompt_id: int | None = None) -> TakenBack | None:
    """Take back the last thing this person did (on this prompt): a whole ranking, a skip, a flag.

    It stays on record. Gives what is to be ranked again; None where there is nothing to take back. Raises
    InputError for one that can no longer be changed, as with answers to pairs.
    """
    project, rater_id = person.project, person.rater_id
    with project.store.write() as connection:
        last = _last(connection, rater_id, prompt_id)
        if last is None:
            return None
        own_answers.must_be_open(connection, project, rater_id, last.pair_id)
        prompt_id = rankings.prompt_of(connection, last.pair_id)
        if leases.count_held(connection, rater_id) >= MOST_TAKEN_BACK:
            raise InputError(
                f"{MOST_TAKEN_BACK} pairs wait for your answer already: answer some of them first"
            )
        places, note, pairs = _withdrawn(connection, rater_id, last, prompt_id)
        renew_beliefs(connection, project, pairs)
        seconds = project.settings.annotate.lease_minutes * 60
        for pair_id in pairs:
            held = leases.offered(connection, rater_id, pair_id)
            kind = "gold" if held and held.kind in ("gold", "qualify") else "work"
            leases.take(connection, rater_id, [pair_id], kind, seconds)
    return TakenBack(prompt_id, places, note)


def _last(connection: Connection, rater_id: int, prompt_id: int | None) -> tasks.Action | None:
    if prompt_id is None:
        return tasks.last_action(connection, rater_id)
    pairs = rankings.pairs_of(connection, prompt_id)
    found = [(each, tasks.last_action(connection, rater_id, each)) for each in pairs]
    done = [action for _, action in found if action is not None]
    return max(done, key=lambda action: rankings.at_of(connection, action.what, action.row_id), default=None)


def _withdrawn(
    connection: Connection, rater_id: int, last: tasks.Action, prompt_id: int
) -> tuple[dict[int, int], str | None, list[int]]:
    """Take it back with all that was done at once; gives places and note of a ranking, and the pairs."""
    if last.what == "vote":
        given = rankings.of_vote(connection, last.row_id)
        votes = rankings.votes_of(connection, given.id) if given else [(last.row_id, last.pair_id, None)]
        for vote, _, _ in votes:
            retract(connection, vote, "undone")
        note = next((note for _, _, note in votes if note), None)
        return dict(given.places) if given else {}, note, sorted(pair for _, pair, _ in votes)
    same = rankings.done_with(connection, last.what, last.row_id, rater_id, prompt_id)
    for row_id, _ in same:
        withdraw(connection, last.what, row_id)
    return {}, None, sorted(pair for _, pair in same)
