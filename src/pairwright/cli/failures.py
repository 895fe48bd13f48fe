"""Why calls failed, as every verb that makes them says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pairwright.cli.output import (
    note,
)

if TYPE_CHECKING:
    from pairwright.stages.project.project import Project


def tell_failures(project: Project, stage: str, judge: str | None = None) -> None:
    """Why work failed, and how to ask again."""
    from pairwright.store.figures.totals import failure_reasons

    with project.store.read() as connection:
        reasons = failure_reasons(connection, stage, judge)
    for message, n in reasons:
        note(f"{n:,} x {message[:300]}")
    if reasons:
        note(f"`pairwright {stage} --retry-failed` asks again for what failed.")
