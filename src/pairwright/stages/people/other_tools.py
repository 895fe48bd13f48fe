"""Work elsewhere: tasks to other annotation tools and crowd markets, their answers back as votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.formats.tools.names import TOOLS
from pairwright.formats.tools.shapes import Choice, GivenAnswer, SentTask, Tool, UnreadableAnswer
from pairwright.judging.rubric import show_prompt
from pairwright.keys import content_key, public_id, seeded_fraction
from pairwright.literals import checked
from pairwright.stages.people.answers import VERDICT_OF
from pairwright.stages.people.gold import find_pair
from pairwright.stages.people.import_labels import ImportedLabel, ImportResult, add_labels
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import nearest
from pairwright.stages.result import Result
from pairwright.store import clock, schema
from pairwright.store.people import leases, tasks
from pairwright.store.people.names import person_id
from pairwright.store.votes import failure_row, guideline_id
from pairwright.types import Failure, OnError, Order, as_original

PAGE = 500
_SHOWN: dict[Choice, Literal["left", "right", "tie", "both_good", "both_bad"]] = {
    "first": "left",
    "second": "right",
    "tie": "tie",
    "both_good": "both_good",
    "both_bad": "both_bad",
}


@dataclass(repr=False)
class SendResult(Result):
    """What was sent: pairs, the places they hold, and the files written."""

    tool: str
    pairs: int = 0
    places: int = 0
    files: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(repr=False)
class TakeResult(ImportResult):
    """What came back. `skipped` are people who gave no answer: never a tie."""

    skipped: int = 0


def tool_named(name: str) -> Tool:
    """Raises InputError naming the nearest tool there is."""
    if name not in TOOLS:
        raise InputError(f'there is no tool "{name}"{nearest(name, list(TOOLS))}')
    return TOOLS[name]


def send(
    project: Project,
    tool_name: str,
    folder: Path,
    *,
    n: int = 1_000_000,
    people: int = 1,
    days: float = 14,
    dry_run: bool = False,
) -> SendResult:
    """Write the first `n` open pairs of the queue for another tool, each for up to `people` people.

    Nothing in the files says which model wrote what or what anybody thinks.
    Sides are shuffled and travel with the tasks. For `days` the pairs sent are
    not offered here beyond the places that are left.
    """
    tool = tool_named(tool_name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not an empty folder: name a new one, so that nothing is written over")
    result = SendResult(tool.name)
    with project.store.write() as connection:
        leases.one_at_a_time(connection)
        found = [(pair, min(free, people)) for pair, free in leases.to_send(connection, n)]
        result.pairs, result.places = len(found), sum(places for _, places in found)
        if dry_run or not found:
            return result
        folder.mkdir(parents=True, exist_ok=True)
        shown = list(_shown(connection, project, tool, [pair for pair, _ in found]))
        result.files = [str(path) for path in tool.write(shown, folder, project.guidelines, people)]
        leases.send(connection, tool.name, found, clock.now() + days * 86400)
    return result


def _shown(
    connection: Connection, project: Project, tool: Tool, pair_ids: Sequence[int]
) -> Iterator[SentTask]:
    for at in range(0, len(pair_ids), PAGE):
        for task in tasks.tasks_on(connection, pair_ids[at : at + PAGE]):
            chance = seeded_fraction("side", project.settings.project.seed, tool.name, task.pair_key)
            order: Order = "AB" if chance < 0.5 else "BA"
            first, second = (task.a, task.b) if order == "AB" else (task.b, task.a)
            name = public_id("pair", task.pair_key, full=True)
            yield SentTask(name, order, show_prompt(task.prompt.messages, task.prompt.tools), first, second)


class _RollBack(Exception):
    pass


@checked
def take(
    project: Project, tool_name: str, paths: Sequence[Path], *, on_error: OnError = "stop"
) -> TakeResult:
    """Read answers given in another tool as votes of people, in one transaction.

    People are named after the tool (`label-studio/4`). The same file again adds
    nothing; a changed answer replaces the earlier one, which stays on record.
    """
    tool, result = tool_named(tool_name), TakeResult()
    try:
        with project.store.write() as connection:
            version = guideline_id(connection, project.guidelines)
            for page in _pages(tool, paths):
                _take_page(connection, project, tool, page, result, version)
            if result.bad_rows and on_error == "stop":
                raise _RollBack
    except _RollBack:
        result.added = False
        result.votes = result.changed = result.already_there = result.skipped = 0
    return result


def _pages(tool: Tool, paths: Sequence[Path]) -> Iterator[list[GivenAnswer | UnreadableAnswer]]:
    page: list[GivenAnswer | UnreadableAnswer] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist")
        for answer in tool.read(path):
            page.append(answer)
            if len(page) == PAGE:
                yield page
                page = []
    yield page


def _take_page(
    connection: Connection,
    project: Project,
    tool: Tool,
    page: Sequence[GivenAnswer | UnreadableAnswer],
    result: TakeResult,
    version: int,
) -> None:
    labels = []
    for answer in page:
        result.rows += 1
        if isinstance(answer, UnreadableAnswer):
            result.bad(answer.place, answer.reason)
            continue
        person = f"{tool.name}/{answer.person}"
        if answer.choice == "skip":
            _skip(connection, project, tool, answer, person, result)
            continue
        choice = _SHOWN[answer.choice]
        both: Any = answer.choice.removeprefix("both_") if answer.choice.startswith("both_") else None
        verdict = as_original(VERDICT_OF[choice], answer.order)
        labels.append(
            ImportedLabel(
                answer.place, answer.id, person, verdict, both, answer.order, answer.seconds, answer.note
            )
        )
    for pair_id in add_labels(connection, project, labels, result, version):
        leases.came_back(connection, tool.name, pair_id)


def _skip(
    connection: Connection,
    project: Project,
    tool: Tool,
    answer: GivenAnswer,
    person: str,
    result: TakeResult,
) -> None:
    """Record that this person gave no answer, once."""
    try:
        pair_id, _ = find_pair(project, answer.id, connection)
    except InputError as error:
        result.bad(answer.place, str(error))
        return
    try:
        rater = person_id(connection, person)
    except InputError as error:
        result.bad(answer.place, str(error))
        return
    if tasks.skipped(connection, rater, pair_id):
        result.already_there += 1
        return
    why = f"skipped in {tool.title}" + (f": {answer.note}" if answer.note else "")
    failure = Failure("annotate", "skipped", why, pair_id=pair_id, rater_id=rater)
    key = content_key("annotate", rater, answer.id)
    connection.execute(schema.failure.insert(), [failure_row(failure, key)])
    leases.came_back(connection, tool.name, pair_id)
    result.skipped += 1
