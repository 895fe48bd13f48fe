"""Whether a project is sound, and making again what can be derived."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, insert, select

from pairwright.errors import InputError, StoreDamaged
from pairwright.hub.exports import Export
from pairwright.stages.doctor.exports import exports, leftovers, unfounded
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store import clock
from pairwright.store.chain import bury, heads
from pairwright.store.doctor.damage import Damage, Repair, moment
from pairwright.store.doctor.examine import CHECKS, Progress, checked, examine
from pairwright.store.doctor.pages import BROKEN, rebuild_indexes
from pairwright.store.doctor.queue import rebuild_queue
from pairwright.store.doctor.votes import recount
from pairwright.store.schema import doctor_run, metadata
from pairwright.store.store import Store

LISTED = 50  # of each check; all are counted


@dataclass(repr=False)
class DoctorResult(Result):
    """What is wrong: `damages` tells of at most 50 of each check, `found` counts all by check.

    `heads` stand for the whole history of votes and decisions: written down elsewhere they show
    whether the end of it was cut off since. `repaired` was made again, `accepted` put on record.
    """

    damages: list[Damage]
    found: dict[str, int]
    checks: list[str]
    errors: int = 0
    heads: list[str] = field(default_factory=list)
    repaired: list[Repair] = field(default_factory=list)
    accepted: int = 0

    @property
    def sound(self) -> bool:
        return not self.errors

    def as_dict(self) -> dict[str, Any]:
        return {"sound": self.sound, **asdict(self)}

    def facts(self) -> list[tuple[str, str]]:
        told = [
            (name, f"{self.found[name]:,} found" if self.found.get(name) else "ok") for name in self.checks
        ]
        return [*told, ("chain ends in", ", ".join(self.heads))] if self.heads else told

    def sentences(self) -> list[str]:
        return [line for damage in self.damages for line in lines_of(damage)]


def lines_of(damage: Damage) -> list[str]:
    """A damage as people read it: what and where, since when, and the way forward."""
    since = [f"  since: {damage.since}"] if damage.since else []
    return [f"{damage.where}: {damage.what}", *since, f"  {damage.remedy}"]


def doctor(
    folder: Path | None = None,
    *,
    quick: bool = False,
    repair: bool = False,
    accept: str | None = None,
    by: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> DoctorResult:
    """Look at all of a project: its database, content, chain, votes, queue and exports.

    `quick` looks only at what exported rows rest on. `repair` makes again what can be derived;
    `accept` says why rows that were changed count as they stand now, which is put on record.
    Raises InputError where there is no project, StoreError where the store can't be reached.
    """
    if accept is not None and not accept.strip():
        raise InputError("changed rows are accepted with a reason, which is kept: say why")
    try:
        project = Project.open(folder)
    except StoreDamaged as error:
        damage = Damage("pages", "the store", str(error), BROKEN)
        return DoctorResult([damage], {"pages": 1}, ["pages"], 1)
    with project:
        found = _examined(project, quick, progress)
        repaired, accepted = [], 0
        if repair and (wanted := {each.repair for each in found.all if each.repair}):
            repaired = _repair(project, wanted)
        if accept is not None:
            accepted = _accept(project.store, found.all, accept, by)
        if repaired or accepted:
            found = _examined(project, quick, progress)
        result = found.result()
        result.repaired, result.accepted = repaired, accepted
        if not quick and not found.count.get("pages") and not project.store.read_only:
            _keep(project.store, result)
        return result


def sound(store: Store) -> DoctorResult:
    """The same for a store by itself."""
    with store.read() as connection:
        return _found(examine(connection), list(CHECKS), connection).result()


def problems(project: Project, exports: Sequence[Export]) -> list[str]:
    """Why these exports should not be published, one line each, by a quick look."""
    with project.store.read() as connection:
        found = [*examine(connection, quick=True)]
        for export in exports:
            found += unfounded(connection, export)
    errors = [each for each in found if each.severity == "error"]
    more = [f"and {len(errors) - 5:,} more: `pairwright doctor`"] if len(errors) > 5 else []
    return [f"nothing is pushed: {each.where}: {each.what}. {each.remedy}" for each in errors[:5]] + more


@dataclass
class _Found:
    """Everything one look found."""

    all: list[Damage]
    checks: list[str]
    heads: list[str]

    @property
    def count(self) -> Counter[str]:
        return Counter(each.check for each in self.all)

    def result(self) -> DoctorResult:
        listed: Counter[str] = Counter()
        shown = []
        for each in self.all:
            listed[each.check] += 1
            if listed[each.check] <= LISTED:
                shown.append(each)
        errors = sum(each.severity == "error" for each in self.all)
        return DoctorResult(shown, dict(self.count), self.checks, errors, self.heads)


def _examined(project: Project, quick: bool, progress: Progress) -> _Found:
    def all_of(connection: Connection) -> Iterator[Damage]:
        yield from examine(connection, quick=quick, progress=progress)
        yield from exports(project, connection)
        if not quick:
            yield from leftovers(project)

    with project.store.read() as connection:
        return _found(all_of(connection), [*checked(quick=quick), "exports"], connection)


def _found(damages: Iterator[Damage], checks: list[str], connection: Connection) -> _Found:
    found = list(damages)
    if any(each.check == "pages" or each.check == "tables" for each in found):
        return _Found(found, checks, [])
    return _Found(_dated(connection, found), checks, [head.hex() for head in heads(connection)])


def _dated(connection: Connection, damages: list[Damage]) -> list[Damage]:
    """With when all was last found right by the same check, where that is known."""
    last: dict[str, float] = {}
    runs = select(doctor_run.c.result, doctor_run.c.at).order_by(doctor_run.c.id.desc()).limit(100)
    for row in connection.execute(runs) if damages else ():
        for name in row.result["checks"]:
            if not row.result["found"].get(name):
                last.setdefault(name, row.at)
    dated = []
    for each in damages:
        if each.check in last:
            right = f"doctor found all right on {moment(last[each.check])}"
            each = Damage(**{**_fields(each), "since": f"{each.since}; {right}" if each.since else right})
        dated.append(each)
    return dated


def _fields(damage: Damage) -> dict[str, Any]:
    return {name: getattr(damage, name) for name in Damage.__slots__}


def _repair(project: Project, wanted: set[Repair]) -> list[Repair]:
    steps: dict[Repair, Callable[[Connection], None]] = {
        "indexes": rebuild_indexes,
        "beliefs": recount,
        "queue": rebuild_queue,
    }
    done: list[Repair] = []
    for name, step in steps.items():
        if name in wanted:
            with project.store.write() as connection:
                step(connection)
            done.append(name)
    if "leftovers" in wanted:
        for damage in leftovers(project):
            _remove(Path(damage.where))
        done.append("leftovers")
    return done


def _remove(folder: Path) -> None:
    """A folder that a stopped export left, unless one is at work in it now."""
    try:
        with FileLock(folder / "lock", blocking=False):
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        pass


def _accept(store: Store, damages: list[Damage], because: str, by: str | None) -> int:
    rows = list(dict.fromkeys(each.row for each in damages if each.row is not None))
    with store.write() as connection:
        for name in {table for table, _ in rows}:
            ids = [number for table, number in rows if table == name]
            bury(connection, metadata.tables[name], ids, because=because, by=by)
    return len(rows)


def _keep(store: Store, result: DoctorResult) -> None:
    """Put on record what was right, so that a later run can say since when it is not."""
    kept = {"checks": result.checks, "found": result.found, "heads": result.heads}
    with store.write() as connection:
        connection.execute(insert(doctor_run).values(result=kept, at=clock.now()))
