"""What a run that left its calls to others says at its end."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pairwright.amounts import counted
from pairwright.cli.output import note, say

if TYPE_CHECKING:
    from pairwright.stages.pay.dispatch import Via
    from pairwright.stages.pay.waiting_calls import CallsResult
    from pairwright.stages.project.project import Project
    from pairwright.store.pay.batches import Batch


def tell_waiting(project: Project, waiting: int, via: Via) -> None:
    """That so many answers wait, who has their calls, and what to do."""
    if not waiting:
        return
    from pairwright.stages.pay.waiting_calls import calls_of

    print_batches(calls_of(project))
    verb = {
        "live": "they are fetched with --via batch, or from files with `pairwright calls import`",
        "batch": "run the same command again to fetch them, or with --wait",
        "files": "`pairwright calls export DIR` writes them; `pairwright calls import` reads the replies",
    }[via]
    note(f"{counted(waiting, 'answer waits', 'answers wait')} for calls: {verb}")


def print_batches(found: CallsResult) -> None:
    for each in found.batches:
        say(f"  {in_words(each)}")


def in_words(batch: Batch) -> str:
    """`batch_abc at openai: 1,000 calls to small, since 2026-11-30 12:00, ends by 2026-12-01 12:00`."""
    calls = f"{counted(batch.calls, 'call')} to {batch.model}"
    if batch.via == "files":
        return f"{batch.remote_id}: {calls}, written {_at(batch.at)}"
    ends = f", ends by {_at(batch.expires_at)}" if batch.expires_at else ""
    name = batch.remote_id or "a batch not confirmed"
    return f"{name} at {batch.endpoint}: {calls}, since {_at(batch.at)}{ends}"


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
