"""At a glance: what is done, pending, failed, spent, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from pairwright.amounts import counted
from pairwright.routing import wording
from pairwright.stages.export.stale import at_the_end, is_exported
from pairwright.stages.generate.pair import pairs_to_make
from pairwright.stages.panel.asked import comes_later, orders_asked, refused_judges
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, counts, facts_of
from pairwright.stages.route.calibrate import Calibration, calibration_of
from pairwright.stages.verify.verified import standing
from pairwright.store.check.findings import open_counts
from pairwright.store.figures import totals
from pairwright.store.figures.origins import accepted_by_frame
from pairwright.store.figures.stands import stands_of
from pairwright.store.judge.cut_prompts import REMEDY, cut_prompts
from pairwright.store.pay.planned import Waiting
from pairwright.store.pay.planned import waiting as waiting_calls
from pairwright.store.pay.workers import AtWork, at_work
from pairwright.store.people import leases, tasks
from pairwright.store.response_votes import ResponseLabels, response_labels
from pairwright.types import Order


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

    @property
    def why_failed(self) -> list[str]:
        """`failed 12 times: MESSAGE`, the most frequent first, and how often for none of these reasons."""
        told = [f"failed {counted(n, 'time')}: {message[:200]}" for message, n in self.reasons]
        rest = self.failed - sum(n for _, n in self.reasons)
        return [*told, f"failed {counted(rest, 'time')} more, for other reasons"] if rest > 0 else told


@dataclass(frozen=True, slots=True, repr=False)
class Status(Result):
    """The state of a project, all of it counted from the store.

    Every pair is one of: a label (from judges, from people), `for_people` and `stuck` (skipped or
    disputed; `open` tells both apart), flagged by people before it had a label (`open.flagged`),
    `for_judges` (left to a later judge of a cascade), `dropped`, `undecided` (routing has not been
    told of it) and `uncalibrated` (waits until judges are calibrated). `response_labels` are votes on single
    responses, which are no labels of pairs. `people` are those who answered;
    `decided` counts labels that rest on decisions instead. `judges_heard` came with the data or were
    asked here, and `judged` pairs have a verdict of one. `away` are pairs that were sent to other
    tools, by tool. `verified` is by which model how many labels were verified last, and whether labels
    have changed since. `calibration` is stages/calibrate.Calibration under the rule with a guarantee,
    with how many `labels` stand on each frame's certificate.
    `waiting` are calls in batches and files, by stage and model. `at_work` are processes that pay beside each
    other on PostgreSQL. `cut_prompts` says whose servers did not
    read prompts whole. `uncounted_usd` of what was spent is booked at the worst case, for no tokens were
    counted.
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
    response_labels: ResponseLabels
    ties: int
    for_people: int
    away: dict[str, int]
    stuck: int
    open: tasks.Open
    for_judges: int
    dropped: int
    undecided: int
    uncalibrated: int
    outdated: int
    judges_heard: int
    judged: int
    people: tuple[tuple[str, int, float | None], ...]
    decided: totals.Decided
    flags: dict[str, int]
    findings: dict[str, int]
    spent_usd: float
    uncounted_usd: float
    unpriced_calls: int
    calls: tuple[totals.CallCounts, ...]
    verified: dict[str, Any] | None
    calibration: dict[str, Any] | None
    cut_prompts: tuple[str, ...]
    waiting: tuple[Waiting, ...]
    at_work: tuple[AtWork, ...]
    next: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> list[tuple[str, str]]:
        apart = (
            "judges",
            "open",
            "people",
            "calls",
            "calibration",
            "cut_prompts",
            "waiting",
            "at_work",
            "next",
            "response_labels",
        )
        told = facts_of(self.as_dict(), *apart)
        if self.response_labels.all:
            told.append(("labels of single responses", self.response_labels.told))
        for each in self.judges:
            numbers = counts({"votes": each.votes, "failed": each.failed, "pending": each.pending})
            same = "" if each.same_winner is None else f", same winner in both orders {each.same_winner:.1%}"
            told.append((f"judge {each.name}", f"{numbers or 'no votes'}{same}"))
        return told

    def sentences(self) -> list[str]:
        told = wording.lines(self.calibration) if self.calibration else []
        return [*self.cut_prompts, *told, f"Next: {self.next}"]


def status_of(project: Project, stands: Calibration | None = None) -> Status:
    """Count everything. `stands` is where calibration stands, where that is known already."""
    generate, route = project.settings.generate, project.settings.route
    found = None
    if route.accept == "guarantee" and project.settings.judges:
        found = (stands or calibration_of(project)).as_dict()
    with project.store.read() as connection:
        if found is not None:
            found["labels"] = accepted_by_frame(connection)
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
        stand = stands_of(connection)
        wanted, away = stand.open, leases.away(connection)
        judges_heard, judged = totals.judged(connection)
        here = bool(leases.to_send(connection, 1))
        alone = response_labels(connection)
        counts = {
            "prompts": content.prompts,
            "responses": content.responses,
            "truncated": content.truncated,
            "refused": content.refused,
            "responses_pending": missing - failed,
            "responses_failed": failed,
            "pairs": stand.pairs,
            "accepted_from_judges": stand.labels["judge"],
            "accepted_from_people": stand.labels["people"],
            "accepted_from_unknown": stand.labels["unknown"],
            "ties": stand.ties,
            "for_people": wanted.waiting,
            "stuck": wanted.stuck,
            "for_judges": stand.for_judges,
            "dropped": stand.dropped,
            "undecided": stand.undecided,
            "uncalibrated": stand.uncalibrated,
            "outdated": totals.outdated(connection),
        }
        told = {**counts, "labels_alone": alone.all}
        calls = tuple(totals.call_counts(connection))
        return Status(
            **counts,
            response_labels=alone,
            open=wanted,
            judges=judges,
            judges_heard=judges_heard,
            judged=judged,
            decided=totals.decided_by(connection),
            calibration=found,
            people=tuple(totals.people_counts(connection)),
            flags=totals.flags_by_check(connection),
            findings={severity: sum(of.values()) for severity, of in open_counts(connection).items()},
            spent_usd=totals.spent_usd(connection),
            uncounted_usd=sum(each.uncounted_usd for each in calls),
            unpriced_calls=sum(each.calls for each in totals.unpriced(connection)),
            calls=calls,
            away=away,
            verified=standing(project),
            cut_prompts=tuple(f"{each}: {REMEDY}" for each in cut_prompts(connection)),
            waiting=(queued := tuple(waiting_calls(connection))),
            at_work=tuple(at_work(connection)),
            next=to_fetch(queued) or _next(project, told, wanted, judges, away, found, here=here),
        )


def to_fetch(waiting: Sequence[Waiting]) -> str | None:
    """What to do where calls wait in a batch or in files; None where none does."""
    sent, calls = sum(each.sent for each in waiting), sum(each.calls for each in waiting)
    if not calls:
        return None
    stage = waiting[0].stage
    verb = "check --fact-check" if stage == "check" else stage
    if sent:
        return (
            f"pairwright {verb} --via batch   ({counted(sent, 'call is', 'calls are')} sent; this "
            "fetches the replies)"
        )
    return (
        f"pairwright {verb} --via batch   ({counted(calls, 'call waits', 'calls wait')}: see "
        "`pairwright calls`)"
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
    wanted: tasks.Open,
    judges: tuple[JudgeStatus, ...],
    away: dict[str, int],
    calibration: dict[str, Any] | None,
    *,
    here: bool,
) -> str:
    """The one thing to do next, as a command and why. `here`: some pair has a place for somebody here."""
    if alarm := wording.alarm(calibration):
        return f"{alarm[1]}   (an alarm stands: {alarm[0]})"
    if not counts["pairs"] or counts["responses_pending"] > 0:
        return to_begin(project, counts)
    for judge in judges:
        if judge.pending > 0 and not judge.refused:
            return f"pairwright judge   ({judge.name} has {counted(judge.pending, 'answer')} to give)"
    for judge in judges:
        if judge.failed and judge.failed >= 0.1 * judge.wanted and not judge.refused:
            return (
                f"pairwright judge --retry-failed   ({counted(judge.failed, 'answer')} of "
                f"{judge.name} failed)"
            )
    if to_route := counts["undecided"] + counts["outdated"]:
        return f"pairwright route   ({counted(to_route, 'pair')} to decide)"
    if (wanted.waiting or wanted.stuck) and away and not here:
        tool, n = max(away.items(), key=lambda each: each[1])
        return (
            f"pairwright take {tool} FILE   ({counted(n, 'pair is', 'pairs are')} away in {tool}; "
            "FILE is what it exports)"
        )
    if wanted.waiting:
        return f"pairwright annotate   ({wanted.in_words})"
    last, why = at_the_end(project)
    if wanted.stuck and last == "pairwright export":
        return (
            f"pairwright export   ({counted(wanted.stuck, 'pair stays', 'pairs stay')} out: "
            f"{wanted.why_stuck})"
        )
    if wanted.stuck:
        return f"pairwright annotate   ({wanted.why_stuck}: somebody who has not answered, or a lead)"
    return f"{last}   ({why})"


def to_begin(project: Project, counts: Mapping[str, int]) -> str:
    """What to do where there are no pairs yet, or responses have still to be drawn."""
    if not counts["prompts"]:
        return "pairwright add FILE   (there are no prompts yet)"
    if counts["responses_pending"] > 0:
        return f"pairwright generate   ({counted(counts['responses_pending'], 'response')} to draw)"
    if (alone := counts.get("labels_alone")) and is_exported(project):
        return "pairwright report   (labels of single responses are exported, and there are no pairs)"
    if alone:
        return (
            f"pairwright export --shape kto   ({counted(alone, 'label')} of single responses, and no pairs)"
        )
    if can_meet(project):
        return "pairwright pair   (responses wait to be paired)"
    if counts["responses_failed"] > 0:
        return (
            f"pairwright generate --retry-failed   ({counted(counts['responses_failed'], 'response')} failed)"
        )
    short = "(no prompt has two different responses to compare"
    short += (
        f"; {counted(counts['truncated'], 'is', 'are')} truncated: raise max_tokens)"
        if counts["truncated"]
        else ")"
    )
    if project.settings.generate.models:
        return f"add responses with `pairwright add`   {short}"
    return (
        f"name a model under [generate] in pairwright.toml, or add responses with `pairwright add`   {short}"
    )


def can_meet(project: Project) -> bool:
    """Whether responses that are there can be paired."""
    return pairs_to_make(project.store, project.settings.pair, project.settings.project.seed, None) > 0
