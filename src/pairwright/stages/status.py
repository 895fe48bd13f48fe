"""At a glance: what is done, pending, failed, spent, and what to do next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from pairwright.stages.exported import exports_of
from pairwright.stages.panel import comes_later, orders_asked, refused_judges
from pairwright.stages.project import Project
from pairwright.stages.stale import stale
from pairwright.stages.verified import standing
from pairwright.store import leases, tasks, totals
from pairwright.store.cut_prompts import REMEDY, cut_prompts
from pairwright.store.findings import open_counts
from pairwright.types import SETTLED_BY, Order


@dataclass(frozen=True, slots=True)
class JudgeStatus:
    """One judge. Shares are in [0, 1], None where there is nothing to divide by.

    `reasons` are why answers failed, with how often; `refused` is why it is not
    asked any more: no better than chance against people.
    """

    name: str
    wanted: int
    votes: int
    failed: int
    pending: int
    high: float | None
    same_winner: float | None
    first_shown: float | None
    refused: str | None
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a project, all of it counted from the store.

    `uncalibrated` pairs wait until judges are calibrated, `stuck` ones were skipped or are disputed.
    `away` are pairs that were sent to other tools, by tool. `verified` is by which
    model how many labels were verified last, and whether labels have changed since.
    `cut_prompts` says whose servers did not read prompts whole.
    """

    prompts: int
    responses: int
    truncated: int
    refused: int
    responses_pending: int
    responses_failed: int
    pairs: int
    judges: tuple[JudgeStatus, ...]
    accepted_from_judges: int
    accepted_from_people: int
    accepted_from_unknown: int
    ties: int
    for_people: int
    away: dict[str, int]
    stuck: int
    dropped: int
    undecided: int
    uncalibrated: int
    outdated: int
    people: tuple[tuple[str, int, float | None], ...]
    flags: dict[str, int]
    findings: dict[str, int]
    spent_usd: float
    unpriced_calls: int
    calls: tuple[totals.CallCounts, ...]
    verified: dict[str, Any] | None
    cut_prompts: tuple[str, ...]
    next: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def status_of(project: Project) -> Status:
    """Count everything."""
    generate = project.settings.generate
    with project.store.read() as connection:
        content = totals.content(connection)
        missing = failed = 0
        if generate.models:
            _, missing, failed = totals.responses_missing(
                connection, generate.responses_per_prompt, all_prompts=project.settings.pair.all_prompts
            )
        asked = orders_asked(connection, project, refused_too=True)
        refused = refused_judges(connection, project)
        judges = tuple(
            _judge(connection, name, orders, refused.get(name), comes_later(connection, project, name))
            for name, orders in asked.items()
        )
        decided = totals.decisions(connection)
        accepted = {
            source: sum(n for (decision, by, _), n in decided.items() if (decision, by) == ("accept", source))
            for source in SETTLED_BY
        }
        for_people, away = tasks.waiting(connection), leases.away(connection)
        here = bool(leases.to_send(connection, 1))
        counts = {
            "prompts": content.prompts,
            "responses": content.responses,
            "truncated": content.truncated,
            "refused": content.refused,
            "responses_pending": missing - failed,
            "responses_failed": failed,
            "pairs": content.pairs,
            "accepted_from_judges": accepted["judge"],
            "accepted_from_people": accepted["people"],
            "accepted_from_unknown": accepted["unknown"],
            "ties": sum(
                n for (decision, _, verdict), n in decided.items() if (decision, verdict) == ("accept", "TIE")
            ),
            "for_people": for_people,
            "stuck": tasks.stuck(connection),
            "dropped": sum(n for (decision, _, _), n in decided.items() if decision == "drop"),
            "undecided": content.pairs - sum(decided.values()),
            "uncalibrated": tasks.uncalibrated(connection),
            "outdated": totals.outdated(connection),
        }
        return Status(
            **counts,
            judges=judges,
            people=tuple(totals.people_counts(connection)),
            flags=totals.flags_by_check(connection),
            findings={severity: sum(of.values()) for severity, of in open_counts(connection).items()},
            spent_usd=totals.spent_usd(connection),
            unpriced_calls=sum(each.calls for each in totals.unpriced(connection)),
            calls=tuple(totals.call_counts(connection)),
            away=away,
            verified=standing(project),
            cut_prompts=tuple(f"{each}: {REMEDY}" for each in cut_prompts(connection)),
            next=_next(project, counts, judges, away, here=here),
        )


def _judge(
    connection: Connection, name: str, orders: tuple[Order, ...], refused: str | None, left: bool
) -> JudgeStatus:
    counts = totals.judge_counts(connection, name)
    pending = totals.judge_pending(connection, name, orders, left=left)
    failed = totals.judge_failed(connection, name, orders, left=left)
    return JudgeStatus(
        name,
        wanted=counts.votes + pending + failed,
        votes=counts.votes,
        failed=failed,
        pending=pending,
        high=_share(counts.high, counts.votes),
        same_winner=_share(counts.same_winner, counts.both_orders),
        first_shown=_share(counts.first_shown, counts.decided),
        refused=refused,
        reasons=tuple(totals.failure_reasons(connection, "judge", name)) if failed else (),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _next(
    project: Project,
    counts: dict[str, int],
    judges: tuple[JudgeStatus, ...],
    away: dict[str, int],
    *,
    here: bool,
) -> str:
    """The one thing to do next, as a command and why. `here`: some pair has a place for somebody here."""
    if not counts["prompts"]:
        return "pairwright add FILE   (there are no prompts yet)"
    if counts["responses_pending"] > 0:
        return f"pairwright generate   ({counts['responses_pending']:,} responses to draw)"
    if counts["responses_failed"] > 0 and not counts["pairs"]:
        return f"pairwright generate --retry-failed   ({counts['responses_failed']:,} responses failed)"
    if not counts["pairs"]:
        if not counts["responses"] and not project.settings.generate.models:
            return "name a model under [generate] in pairwright.toml, or add responses with `pairwright add`"
        return "pairwright pair   (responses wait to be paired)"
    for judge in judges:
        if judge.pending > 0 and not judge.refused:
            return f"pairwright judge   ({judge.name} has {judge.pending:,} answers to give)"
    for judge in judges:
        if judge.failed and judge.failed >= 0.1 * judge.wanted and not judge.refused:
            return f"pairwright judge --retry-failed   ({judge.failed:,} answers of {judge.name} failed)"
    if to_route := counts["undecided"] + counts["outdated"]:
        return f"pairwright route   ({to_route:,} pairs to decide)"
    if (counts["for_people"] or counts["stuck"]) and away and not here:
        tool, n = max(away.items(), key=lambda each: each[1])
        return f"pairwright take {tool} FILE   ({n:,} pairs are away in {tool}; FILE is what it exports)"
    if counts["for_people"]:
        return f"pairwright annotate   ({counts['for_people']:,} pairs wait for a person)"
    exports = exports_of(project)
    fresh = bool(exports) and stale(project, exports[-1]) is None
    if counts["stuck"] and not fresh:
        return f"pairwright export   ({counts['stuck']:,} pairs that people skipped or dispute stay out)"
    if counts["stuck"]:
        return f"pairwright annotate   ({counts['stuck']:,} disputed pairs need somebody else, or a lead)"
    if fresh:
        return "pairwright report   (every pair is decided and exported)"
    return "pairwright export   (every pair is decided)"
