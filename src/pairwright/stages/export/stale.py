"""Whether an export still says what the project's labels say now.

Clocks don't tell: labels come while an export is written, and files are copied.
So every row's belief must still be the one that stands, as many pairs must
be left out, for the same reasons, as were then, and labels be softened to the same. Of single responses
the votes must be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
from sqlalchemy import Connection, select

from pairwright.amounts import counted
from pairwright.hub.exports import Export
from pairwright.stages.export.exported import exports_of
from pairwright.stages.project.project import Project
from pairwright.store.check.softening import softened_mark
from pairwright.store.export import labelled_pairs as rows_of
from pairwright.store.response_votes import response_votes_mark

# What stands in no export for want of a label; other reasons depend on what was asked of the export.
_UNSETTLED = ("not_judged", "waiting_for_people", "dropped", "flagged", "no_verdict")
_SPEAKING = ("label", "tie_both_good", "tie_both_bad", "tie")  # ratings of a tie speak, too


def is_exported(project: Project) -> bool:
    """Whether the newest export says what the labels say now; False where there is none."""
    exports = exports_of(project)
    return bool(exports) and stale(project, exports[-1]) is None


def at_the_end(project: Project) -> tuple[str, str]:
    """(the last command, why) where every pair is decided."""
    if is_exported(project):
        return "pairwright report", "every pair is decided and exported"
    if has_rows(project):
        return "pairwright export", "every pair is decided"
    return "pairwright report", "every pair is decided, and none is a row: all are ties, dropped or flagged"


def has_rows(project: Project) -> bool:
    """Whether any pair gives a row of a better and a worse response."""
    with project.store.read() as connection:
        return bool(rows_of.census(connection).standing.get("label"))


def stale(project: Project, export: Export) -> str | None:
    """What has changed since the export was made; None where nothing has."""
    asked = export.include_flagged
    with project.store.read() as connection:
        rows_of.snapshot(connection)
        # An export that does not say whether flagged pairs were taken may have been made either way.
        told = [
            _changed(connection, export, include_flagged=each)
            for each in ((False, True) if asked is None else (asked,))
        ]
    return None if None in told else told[0]


def _changed(connection: Connection, export: Export, *, include_flagged: bool) -> str | None:
    now = rows_of.census(connection, include_flagged=include_flagged)
    stand = rows_of.standings(include_flagged=include_flagged).subquery()
    speaking = select(stand.c.belief_id).where(stand.c.standing.in_(_SPEAKING))
    held = set(connection.scalars(speaking))
    gone = sum(1 for belief in beliefs_of(export.sides) if belief not in held)
    if gone:
        return f"{gone:,} of its labels are decided otherwise now, or their pair was flagged"
    then = export.manifest.get("totals", {}).get("pairs", export.manifest.get("read"))
    if then is not None and then != now.pairs:
        return f"the project has {counted(now.pairs, 'pair')}, it had {then:,}"
    was_soft, is_soft = export.manifest.get("softened"), softened_mark(connection)
    if was_soft is not None and was_soft != is_soft:
        return f"labels softened, or not any more: {was_soft['labels']:,} then, {is_soft['labels']:,} now"
    had, has = export.manifest.get("response_votes"), response_votes_mark(connection)
    if had is not None and had != has:
        return f"labels of single responses changed: {had['votes']:,} then, {has['votes']:,} now"
    before = export.drops.get("pairs", {})
    for reason in _UNSETTLED:
        was, now_are = before.get(reason, 0), now.standing.get(reason, 0)
        if was != now_are:
            return f"pairs {reason.replace('_', ' ')}: {was:,} then, {now_are:,} now"
    return None


def beliefs_of(sides: tuple[Path, ...]) -> Iterator[int]:
    """The numbers of the beliefs that the rows rest on."""
    for path in sides:
        with path.open("rb") as file:
            for line in file:
                said = orjson.loads(line)
                for one in said.get("pairs") or (said,):
                    if "belief" in one:
                        yield int(one["belief"])
