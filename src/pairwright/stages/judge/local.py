"""Judges that answer here and for free: recorded verdicts, own functions and models, plugins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pairwright.errors import VerdictError
from pairwright.judging.doubles import NotRecorded
from pairwright.judging.parsing import Unreadable
from pairwright.judging.votes import vote_of
from pairwright.keys import content_key
from pairwright.stages.judge.compare import Ask
from pairwright.stages.judge.plugin import open_plugin
from pairwright.stages.judge.replay import open_replay
from pairwright.stages.judge.result import JudgeResult, failed_before
from pairwright.stages.judge.scorer import open_scorer
from pairwright.stages.judge.session import notes_on
from pairwright.stages.panel.asked import comes_later
from pairwright.stages.pay.paid_calls import CallProgress, only_first
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings
from pairwright.store import schema
from pairwright.store.chain import add_rows
from pairwright.store.figures import totals
from pairwright.store.judge.pending import JudgeWork, judge_work
from pairwright.store.votes import failure_row, rater_id, vote_row
from pairwright.types import Failure, Order, Rater


def _open_reward(project: Project, name: str, settings: JudgeSettings) -> tuple[Ask, dict[str, Any]]:
    # Not above: what trains reward models takes longer to import than thousands of votes to be cast.
    from pairwright.stages.judge.reward import open_reward

    return open_reward(project, name, settings)


# By kind: gives how to ask the judge, and its rater's spec. Any other kind is a plugin's.
OPENED: dict[str, Callable[[Project, str, JudgeSettings], tuple[Ask, dict[str, Any]]]] = {
    "replay": open_replay,
    "scorer": open_scorer,
    "light": _open_reward,
    "reward": _open_reward,
}


def judge_locally(
    project: Project,
    name: str,
    settings: JudgeSettings,
    orders: tuple[Order, ...],
    *,
    retry_failed: bool,
    limit: int | None,
    progress: CallProgress,
) -> JudgeResult:
    """Answer what is pending, of so many pairs at most. A page is one transaction."""
    with project.store.read() as connection:
        left = comes_later(connection, project, name)
        pending = totals.judge_pending(connection, name, orders, retry_failed=retry_failed, left=left)
    if limit is not None:
        pending = min(pending, limit * len(orders))
    ask, spec = OPENED.get(settings.kind, open_plugin)(project, name, settings)
    rater = Rater("judge", name, {**spec, "single_order": len(orders) == 1})
    rater_key = rater.key
    with project.store.write() as connection:
        this = rater_id(connection, rater)
    votes = failures = 0
    work = judge_work(project.store, name, orders, retry_failed=retry_failed, left=left)
    for page in only_first(work, limit, lambda each: each.pair_id):
        rows: dict[Any, list[dict[str, Any]]] = {schema.vote: [], schema.failure: []}
        for each in page:
            key = content_key("judge", each.pair_key, rater_key, each.order, each.round)
            table, row = _answer(ask, each, this, key)
            rows[table].append(row)
        with project.store.write() as connection:
            for table, values in rows.items():
                add_rows(connection, table, values)
        votes += len(rows[schema.vote])
        failures += len(rows[schema.failure])
        progress(done=votes + failures, total=pending, failed=failures, spent_usd=0.0)
    return JudgeResult(
        name,
        pending,
        votes,
        failures,
        calls=0,
        spent_usd=0.0,
        stopped=None,
        notes=notes_on(project, rater),
        failed_before=failed_before(project, name, failures),
    )


def _answer(ask: Ask, work: JudgeWork, rater: int, key: bytes) -> tuple[Any, dict[str, Any]]:
    try:
        answer = ask(work)
    except NotRecorded as error:
        kind, message = "no_recording", str(error)
    except (Unreadable, VerdictError) as error:
        kind, message = "unreadable", str(error)
    else:
        return schema.vote, vote_row(vote_of(answer, work.pair_id, rater, work.order), key)
    failure = Failure("judge", kind, message, pair_id=work.pair_id, rater_id=rater, order=work.order)
    return schema.failure, failure_row(failure, key)
