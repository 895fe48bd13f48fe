"""The whole recipe in order; stops where people are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.trl import PAIRED
from pairwright.stages.check.check import run_check
from pairwright.stages.export.convert import ConvertResult
from pairwright.stages.export.export import export
from pairwright.stages.export.from_project import export_path
from pairwright.stages.figures.estimate import unset
from pairwright.stages.figures.status import can_meet, status_of
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.generate.pair import pair
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.panel.asked import comes_later, orders_asked, refused_judges
from pairwright.stages.pay.paid_calls import CallProgress, no_progress
from pairwright.stages.pay.payer import unlimited
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, counts
from pairwright.stages.route.route import RouteResult, run_route
from pairwright.store.figures.totals import failure_reasons, judge_pending

NOT_SPLIT = (
    "Nothing says which response is good by itself (both good, both bad, ratings); "
    "[export] split_pairs = true calls every winner good and every loser bad"
)


@dataclass(repr=False)
class RunResult(Result):
    """What each stage came to, in order, and what the run waits for, if it waits."""

    stages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    waits_for: str | None = None
    failures: int = 0
    stopped: bool = False
    notes: tuple[str, ...] = ()
    exports: list[ConvertResult] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "stages": dict(self.stages),
            "waits_for": self.waits_for,
            "stopped": self.stopped,
            "failures": self.failures,
            "notes": list(self.notes),
        }

    def facts(self) -> list[tuple[str, str]]:
        told = []
        for stage, numbers in self.stages:
            refused = f"not asked: {numbers['refused']} against people" if "refused" in numbers else ""
            told.append((stage, refused or counts(numbers) or "nothing to do"))
        return told

    def sentences(self) -> list[str]:
        waits = [f"Next: {self.waits_for}"] if self.waits_for else []
        return [*(f"note: {text}" for text in self.notes), *waits]


def run_all(
    project: Project,
    *,
    budget_usd: float | None = None,
    retry_failed: bool = False,
    export_partial: bool = False,
    watch: Callable[[str], CallProgress] = lambda _stage: no_progress,
) -> RunResult:
    """generate, pair, judge, route and, unless pairs wait for people, check and export.

    `watch` gives the progress display of a stage by its name. `export_partial`
    exports what is decided although pairs still wait for people.
    """
    settings = project.settings
    result = RunResult(notes=_unlimited(project, budget_usd))
    if settings.generate.models:
        drawn = run_generate(
            project, budget_usd=budget_usd, retry_failed=retry_failed, progress=watch("generate")
        )
        result.stages.append(("generate", drawn.as_dict()))
        result.failures += drawn.failures
        if drawn.stopped:
            result.waits_for, result.stopped = drawn.stopped, True
            return result
    if _nothing_to_compare(project, result):
        return result
    made = pair(project)
    result.stages.append(("pair", made.as_dict()))
    routed = _judge_and_route(project, result, budget_usd, retry_failed, watch)
    if routed is None:
        return result
    state = status_of(project)
    # What failed in an earlier run is still missing: finished, but with failures.
    result.failures = max(result.failures, sum(j.failed for j in state.judges) + state.responses_failed)
    result.notes += unset(project)
    if routed.for_people:
        result.waits_for = f"{routed.open.in_words}: run `pairwright annotate`"
        if routed.waiting:
            result.waits_for += f", then `pairwright run` again to decide the {routed.waiting:,} others"
        if not export_partial:
            return result
    checked = run_check(project)
    result.stages.append(("check", checked.as_dict()))
    level = settings.check.fail_on
    if level != "off" and (failing := checked.at_least(level)):
        result.waits_for = (
            f"{failing:,} findings are {level} or worse ([check] fail_on), so nothing was exported: "
            "see `pairwright check list`"
        )
        result.failures += failing
        return result
    rows_of_pairs = False
    for shape in sorted(settings.export.shapes, key=lambda each: each not in PAIRED):
        try:
            done = export(
                project.store,
                export_path(project, shape),
                shape=shape,
                style=settings.export.style,
                seed=settings.project.seed,
                separator=settings.export.separator,
                split_pairs=settings.export.split_pairs,
                media=project.media,
            )
        except InputError as error:
            # Pairs say which response is better and may say of none that it is good: no fault of the run.
            if shape in PAIRED or not rows_of_pairs:
                raise
            result.notes += (f"{str(error).splitlines()[0]} {NOT_SPLIT}",)
            continue
        rows_of_pairs = rows_of_pairs or shape in PAIRED
        result.exports.append(done)
        result.stages.append((f"export {shape}", done.as_dict()))
    return result


def _unlimited(project: Project, budget_usd: float | None) -> tuple[str, ...]:
    settings = project.settings
    limit = budget_usd if budget_usd is not None else settings.project.budget_usd
    models = [*settings.generate.models, *(judge.model for judge in settings.judges.values())]
    return unlimited({name: project.price(name) for name in models if name}, limit)


def _nothing_to_compare(project: Project, result: RunResult) -> bool:
    """Whether there are no pairs and can be none; `result` says so where drawing responses failed.

    Raises InputError where it is not for failures: then something is to be added.
    """
    state = status_of(project)
    if state.pairs or can_meet(project):
        return False
    if not state.responses_failed:
        raise InputError(f"there is nothing to compare. Next: {state.next}")
    with project.store.read() as connection:
        reasons = failure_reasons(connection, "generate", most=1)
    why = "".join(f", most of them so: {message[:200]}" for message, _ in reasons)
    result.failures = state.responses_failed
    result.waits_for = (
        f"there is nothing to compare: {state.responses_failed:,} responses failed{why}. "
        "Mend that, then `pairwright run --retry-failed` asks again for what failed"
    )
    return True


def _judge_and_route(
    project: Project,
    result: RunResult,
    budget_usd: float | None,
    retry_failed: bool,
    watch: Callable[[str], CallProgress],
) -> RouteResult | None:
    """Judge and route until routing leaves no judge anything to do; None where judging stopped."""
    asked: set[str] = set()
    before: int | None = None
    while True:
        with project.store.read() as connection:
            refused = refused_judges(connection, project)
            orders = orders_asked(connection, project)
            waits = {
                name: judge_pending(
                    connection, name, orders[name], left=comes_later(connection, project, name)
                )
                for name in orders
            }
        for name in project.settings.judges:
            if name in refused or (name in asked and not waits[name]):
                continue
            judged = run_judge(
                project,
                name,
                budget_usd=budget_usd,
                retry_failed=retry_failed and name not in asked,
                progress=watch(f"judge {name}"),
            )
            asked.add(name)
            result.stages.append((f"judge {name}", judged.as_dict()))
            result.failures += judged.failures
            if judged.stopped:
                result.waits_for, result.stopped = judged.stopped, True
                return None
        routed = run_route(project)
        with project.store.read() as connection:
            left = sum(
                judge_pending(connection, name, asked_in, left=comes_later(connection, project, name))
                for name, asked_in in orders_asked(connection, project).items()
            )
        if not left or left == before:  # the same again: nobody could do it
            result.stages.append(("route", routed.as_dict()))
            result.stages += [(f"judge {name}", {"refused": why}) for name, why in routed.distrusted.items()]
            return routed
        before = left
