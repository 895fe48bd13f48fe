"""judge: every judge that is to be asked, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from pairwright.errors import ConfigError
from pairwright.literals import checked
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.judge.result import JudgeResult
from pairwright.stages.panel.asked import judge_settings, refused_judges
from pairwright.stages.pay.dispatch import Via
from pairwright.stages.pay.paid_calls import CallProgress, no_progress
from pairwright.stages.pay.waves import together, until_looked_at
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, counts


@dataclass(frozen=True, repr=False)
class JudgesResult(Result):
    """What each judge came to, in the order asked. `refused` were not asked: at chance against people."""

    judges: list[JudgeResult]
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def stopped(self) -> str | None:
        """Why judging stopped before all was asked, if it did."""
        return self.judges[-1].stopped if self.judges else None

    @property
    def waiting(self) -> int:
        """Answers that wait for calls which are planned, or in a batch."""
        return sum(each.waiting for each in self.judges)

    @property
    def failures(self) -> int:
        """Answers that failed, in this run or before, and were not had since."""
        return sum(each.failures + each.failed_before for each in self.judges)

    def as_dict(self) -> dict[str, Any]:
        return {"judges": [each.as_dict() for each in self.judges]}

    def facts(self) -> list[tuple[str, str]]:
        told = []
        for each in self.judges:
            numbers = {name: n for name, n in each.as_dict().items() if name != "pending"}
            told.append((each.judge, counts(numbers) or "nothing to do"))
        return told + [(name, f"not asked: {why} against people") for name, why in self.refused.items()]

    def sentences(self) -> list[str]:
        return [note for each in self.judges for note in each.notes]


def judges_named(project: Project, judge: str | None = None) -> list[str]:
    """All judges, or the one that is named with its personas. Raises where there is none."""
    named = [
        each for each in project.settings.judges if judge in (None, each) or each.startswith(f"{judge}/")
    ]
    names = named or ([judge] if judge else [])
    if not names:
        raise ConfigError(
            f"there is no judge: add [judges.main] with a model to {project.root / 'pairwright.toml'}, "
            "or let people decide every pair (`pairwright route`, then `pairwright annotate`)."
        )
    for name in names:
        judge_settings(project, name)
    return names


@checked
def run_judges(
    project: Project,
    judge: str | None = None,
    *,
    budget_usd: float | None = None,
    single_order: bool = False,
    retry_failed: bool = False,
    rejudge: bool = False,
    limit: int | None = None,
    via: Via = "live",
    wait: bool = False,
    watch: Callable[[str], AbstractContextManager[CallProgress]] = lambda _judge: nullcontext(no_progress),
    passed_over: Callable[[str, str], None] = lambda _judge, _why: None,
    told: Callable[[JudgeResult], None] = lambda _result: None,
) -> JudgesResult:
    """Let the judges answer what they have not answered; after one that had to stop none is asked.

    Those at chance against people are asked only by name, and with `limit` only about so many pairs. `via` is
    who makes the calls; with `wait` it returns when none of them is waited for any more. `watch` gives the
    progress display of a judge,
    `passed_over` is told of each that is not asked and why, `told` each result as it comes.
    """
    names = judges_named(project, judge)
    refused: dict[str, str] = {}
    if judge is None and not rejudge:
        with project.store.read() as connection:
            refused = refused_judges(connection, project)
    for name, why in refused.items():
        passed_over(name, why)
    asked = [name for name in names if name not in refused]

    def once(before: Sequence[JudgeResult]) -> list[JudgeResult]:
        done: list[JudgeResult] = []
        for name in asked:
            with watch(name) as progress:
                result = run_judge(
                    project,
                    name,
                    budget_usd=budget_usd,
                    single_order=single_order,
                    retry_failed=retry_failed,
                    rejudge=rejudge and not before,
                    limit=limit,
                    via=via,
                    progress=progress,
                )
            done.append(together(before[len(done)], result) if before else result)
            if not wait:
                told(result)
            if result.stopped:
                break
        return done

    done = once(())
    while wait and any(each.waiting for each in done) and not done[-1].stopped:
        until_looked_at(project)
        done = once(done)
    for result in done if wait else ():
        told(result)
    return JudgesResult(done, refused)
