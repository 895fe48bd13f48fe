"""The findings there are, chosen by check and severity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.quality.example import SEVERITIES
from pairwright.quality.names import WHAT
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.check.findings import Kept, checks_found, findings
from pairwright.store.check.softening import softened


@dataclass(frozen=True, repr=False)
class FindingsResult(Result):
    """Findings with what to do about each. `more` is true where there are others beyond the limit.

    `lapsed` are those whose softening counts no more: the label is another now, or somebody answered since.
    """

    findings: list[Kept]
    lapsed: frozenset[int]
    more: bool

    def as_dict(self) -> dict[str, Any]:
        told = [{**each.as_dict(), "lapsed": each.id in self.lapsed} for each in self.findings]
        return {"findings": told, "more": self.more}

    def facts(self) -> list[tuple[str, str]]:
        return [(f"{each.id} {each.severity}", f"{each.check}: {each.reason}") for each in self.findings]

    def sentences(self) -> list[str]:
        return ["There are more: raise the limit, or name a check or a severity."] if self.more else []


def list_findings(
    project: Project,
    *,
    check: str | None = None,
    severity: str | None = None,
    settled: bool = False,
    limit: int = 100,
) -> FindingsResult:
    """Open findings, and with `settled` those dismissed or repaired; at most `limit`.

    `check` is a check, or check.part. Raises InputError for a check or severity there is not.
    """
    if severity is not None and severity not in SEVERITIES:
        raise InputError(f'--severity is one of {", ".join(SEVERITIES)}; got "{severity}"')
    with project.store.read() as connection:
        name, part = _named(check, connection)
        kept = list(
            findings(
                connection,
                checks=[name] if name else [],
                parts=[part] if part else [],
                severities=[severity] if severity else [],
                settled=settled,
                limit=limit + 1,
            )
        )
        soft = softened(connection, asked=True) if any(each.action == "softened" for each in kept) else {}
    lapsed = frozenset(each.id for each in kept if each.action == "softened" and each.pair_id not in soft)
    return FindingsResult(kept[:limit], lapsed, len(kept) > limit)


def to_settle(project: Project, step: str, ids: Sequence[int], check: str | None) -> list[int]:
    """The findings a step is to be taken on: by number, and all of a check that are open (to undo: settled).

    Raises InputError where neither is said.
    """
    if check is None:
        if not ids:
            raise InputError(
                "say which: numbers of findings (`pairwright check list`), or --check NAME for all of one"
            )
        return list(ids)
    with project.store.read() as connection:
        name, part = _named(check, connection)
        assert name is not None
        of = findings(connection, checks=[name], parts=[part] if part else [], settled=step == "undo")
        return [*ids, *(each.id for each in of if each.open != (step == "undo"))]


def _named(check: str | None, connection: Connection) -> tuple[str | None, str | None]:
    """The check and part that were named. Raises InputError for one that nobody knows."""
    if check is None:
        return None, None
    name, _, part = check.partition(".")
    known = {*WHAT, "reward_model", *checks_found(connection)}
    if name not in known:
        raise InputError(f'--check "{name}" is none of {", ".join(sorted(known))}')
    return name, part or None
