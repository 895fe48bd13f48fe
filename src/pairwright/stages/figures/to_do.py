"""What a lead should do now: what, why, and where. The most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pairwright.amounts import counted, hours
from pairwright.stages.export.stale import at_the_end
from pairwright.stages.figures.forecast import HowFar
from pairwright.stages.people import qualify
from pairwright.stages.people.annotators import Annotator
from pairwright.stages.people.skills import takes_among
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.people import annotators, gold, leases, review, tasks
from pairwright.store.route.frames import alarms

DAY = 86400.0
FEWEST_ON_GOLD = 3  # answers to a gold pair, from which a majority against it casts doubt on the key

Place = Literal["people", "person", "review", "conflicts", "gold", "command"]


@dataclass(frozen=True, slots=True)
class Step:
    """`do` are the words of the button that leads to a `place`: there, `name` is a person, kind or command.

    With `action` the button does it: what a lead's form about that person says.
    """

    what: str
    why: str
    do: str
    place: Place
    name: str = ""
    action: str | None = None


def to_do(project: Project, connection: Connection, far: HowFar, people: Sequence[Annotator]) -> list[Step]:
    """All there is to do, counted now."""
    return [
        *_alarms(connection),
        *_people(project, people),
        *_reviews(connection),
        *_gold(project, connection, people),
        *_hands(project, connection, far, people),
        *_commands(project, far),
    ]


def _alarms(connection: Connection) -> Iterator[Step]:
    if n := len(alarms(connection)):
        yield Step(
            "Settle the audit's alarm",
            f"{counted(n, 'certificate', 'certificates')} accepted more wrong labels than was guaranteed",
            "Copy the command",
            "command",
            "pairwright route --recalibrate",
        )


def _people(project: Project, people: Sequence[Annotator]) -> Iterator[Step]:
    """Those whose answers are off, and those who can't go on without a lead."""
    for each in people:
        if each.account is None or each.account.role == "lead":
            continue
        if each.figures and each.figures.worries and each.account.state == "active":
            why = "; ".join(each.figures.worries)
            yield Step(f"Look at {each.name}'s answers", why, "Look", "person", each.name)
            if each.figures.fails_gold:
                yield Step(
                    f"Pause {each.name} meanwhile",
                    "what they answer until then may have to be asked again",
                    "Pause",
                    "person",
                    each.name,
                    "pause",
                )
        elif each.account.state == "paused" and each.account.pause_reason:
            why = "too few of their last gold pairs were right; they wait for you"
            yield Step(f"{each.name} was paused by the rule", why, "Decide", "person", each.name)
        elif each.account.state == "active" and each.account.qualified_at is None:
            standing = qualify.standing_of(project, each.account)
            if standing.state == "failed":
                why = f"{standing.right} of {standing.needed} right, and no pairs are left to practise on"
                yield Step(f"{each.name} did not pass the practice", why, "Decide", "person", each.name)


WHY = {
    "flag": "they stay out of the dataset until you lift the flag",
    "conflict": "people disagree, and as many were asked as may be",
    "sent_back": "a check doubts their label",
    "skip": "nobody could answer them yet",
    "note": "what people wanted you to know",
}


def _reviews(connection: Connection) -> Iterator[Step]:
    words = {
        "conflict": ("Decide {}", "conflict"),
        "flag": ("Review {}", "flag"),
        "sent_back": ("Review {} sent back", "pair"),
        "skip": ("Review {}", "skip"),
        "note": ("Read {}", "note"),
    }
    found = review.counts(connection)
    for kind, (what, one) in words.items():
        if n := found[kind]:  # type: ignore[index]
            do = what.split()[0]
            yield Step(what.format(counted(n, one)), WHY[kind], do, "review", kind)


def _gold(project: Project, connection: Connection, people: Sequence[Annotator]) -> Iterator[Step]:
    rows = gold.gold_rows(connection)
    doubtful = [each for each in rows if each.answers >= FEWEST_ON_GOLD and each.right * 2 < each.answers]
    if doubtful:
        yield Step(
            f"Check {counted(len(doubtful), 'gold pair')}",
            "most people answered otherwise: is the known answer right?",
            "Check",
            "gold",
        )
    team = sum(each.account is not None and each.account.role == "annotator" for each in people)
    mixed_in = any(each.use != "qualify" for each in rows)
    if team and not (mixed_in and project.settings.annotate.gold_rate):
        why = (
            "gold_rate is 0: none are mixed in"
            if mixed_in
            else "without any, nobody knows how right people are"
        )
        yield Step("Mix in gold pairs", why, "Gold", "gold")


def _hands(
    project: Project, connection: Connection, far: HowFar, people: Sequence[Annotator]
) -> Iterator[Step]:
    """Whether there is anybody to give the answers that are wanted."""
    wanted = far.stands.open.answers
    if not wanted:
        return
    pairs = far.stands.open.waiting + far.stands.open.skipped + far.stands.open.disputed
    everybody = [each.account for each in people if each.account]
    accounts = [each for each in everybody if each.state == "active"]
    required = project.settings.annotate.skills_required
    takes = {each.rater_id: takes_among(everybody, each.rater_id, required=required) for each in accounts}
    for skill, n in tasks.skills(connection).items():
        if accounts and not any(each.takes(skill) for each in takes.values()):
            why = f"{counted(n, 'open pair takes', 'open pairs take')} it, and nobody who may work has it"
            yield Step(f"Find somebody with the skill {skill}", why, "People", "people")
    able = any(
        leases.free_for(connection, each.rater_id, 1, takes[each.rater_id])
        or leases.count_held(connection, each.rater_id)
        for each in accounts
    )
    if not able:
        whom = "nobody here may answer any of them" if accounts else "nobody has been invited yet"
        yield Step(
            "Invite somebody", f"{counted(pairs, 'pair waits', 'pairs wait')}: {whom}", "Invite", "people"
        )
        return
    last = annotators.last_given_here(connection)
    if last is not None and clock.now() - last > DAY:
        idle = hours((clock.now() - last) / 3600)
        why = f"{counted(wanted, 'answer is', 'answers are')} wanted, and the last one came {idle} ago"
        yield Step("Find out why nobody answers", why, "People", "people")


def _commands(project: Project, far: HowFar) -> Iterator[Step]:
    stands = far.stands
    if stands.undecided:
        why = f"{counted(stands.undecided, 'pair is', 'pairs are')} not routed yet"
        yield Step("Route new pairs", why, "Copy the command", "command", "pairwright route")
    elif stands.pairs and stands.done == stands.pairs:
        command, why = at_the_end(project)
        what = "Export the dataset" if command == "pairwright export" else "Read the report"
        yield Step(what, why, "Copy the command", "command", command)
