"""SQL for what a list of pairs can be filtered by, and for what its rows say beside the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from pairwright.store.check.findings import OPEN, last_actions
from pairwright.store.meta import DOMAIN, of_meta
from pairwright.store.schema import finding, flag, pair, prompt, rater, response, vote
from pairwright.store.votes import flag_stands, is_current

# Models and domains have no index: they are read off so many rows at both ends of the table.
SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class Facets:
    """The values to choose from; models and domains those among the first and last pairs."""

    judges: list[str]
    annotators: list[str]
    checks: list[str]
    models: list[str]
    domains: list[str]


def facets(connection: Connection) -> Facets:
    def named(kind: str) -> list[str]:
        query = select(rater.c.name).where(rater.c.kind == kind).distinct().order_by(rater.c.name)
        return [str(name) for name in connection.scalars(query)]

    checks = set(connection.scalars(select(finding.c.check).distinct()))
    checks |= set(connection.scalars(select(flag.c.check).distinct()))
    return Facets(named("judge"), named("person"), sorted(checks), _models(connection), _domains(connection))


def _models(connection: Connection) -> list[str]:
    found: set[str] = set()
    for order in (response.c.id, response.c.id.desc()):
        some = select(response.c.model).order_by(order).limit(SAMPLE).subquery()
        found |= {str(name) for name in connection.scalars(select(some.c.model).distinct()) if name}
    return sorted(found)


def _domains(connection: Connection) -> list[str]:
    found: set[str] = set()
    for order in (pair.c.id, pair.c.id.desc()):
        rows = connection.execute(
            select(pair.c.meta.label("pair_meta"), prompt.c.meta)
            .join(prompt, prompt.c.id == pair.c.prompt_id)
            .order_by(order)
            .limit(SAMPLE)
        )
        found |= {name for row in rows if (name := of_meta(row, DOMAIN))}
    return sorted(found)


@dataclass(slots=True)
class Beside:
    """What was said on a pair (verdict -> how often, by kind of rater) and what checks found."""

    people: dict[str, int] = field(default_factory=dict)
    judges: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)


def beside(connection: Connection, pair_ids: Sequence[int]) -> dict[int, Beside]:
    """By pair; as many as a page shows."""
    found = {pair_id: Beside() for pair_id in pair_ids}
    votes = connection.execute(
        select(vote.c.pair_id, rater.c.kind, vote.c.verdict, func.count())
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(vote.c.pair_id.in_(pair_ids), is_current())
        .group_by(vote.c.pair_id, rater.c.kind, vote.c.verdict)
        .order_by(vote.c.pair_id, vote.c.verdict)
    )
    for pair_id, kind, verdict, n in votes:
        by = {"person": found[pair_id].people, "unknown": found[pair_id].unknown}
        said = by.get(kind, found[pair_id].judges)
        said[verdict] = said.get(verdict, 0) + n
    last = last_actions()
    seen = connection.execute(
        select(finding.c.pair_id, finding.c.check, finding.c.severity, last.c.action)
        .outerjoin(last, last.c.finding_id == finding.c.id)
        .where(finding.c.pair_id.in_(pair_ids), func.coalesce(last.c.action, "") != "gone")
        .order_by(finding.c.id)
    )
    for pair_id, check, severity, action in seen:
        open_ = action is None or action in OPEN
        found[pair_id].checks.append({"check": check, "severity": severity, "open": open_})
    flags = connection.execute(
        select(flag.c.pair_id, flag.c.check, flag.c.severity).where(
            flag.c.pair_id.in_(pair_ids), flag_stands()
        )
    )
    for pair_id, check, severity in flags:
        found[pair_id].checks.append({"check": check, "severity": severity, "open": True})
    return found
