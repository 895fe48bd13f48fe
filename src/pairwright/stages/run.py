"""The whole recipe in order; stops where people are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.formats.trl import PAIRED
from pairwright.literals import checked
from pairwright.stages.check.check import run_check
from pairwright.stages.export.convert import ConvertResult
from pairwright.stages.export.export import export
from pairwright.stages.export.from_project import export_path
from pairwright.stages.export.stale import has_rows
from pairwright.stages.figures.estimate import unset
from pairwright.stages.figures.status import can_meet, status_of
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.generate.pair import pair
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.judge.result import JudgeResult
from pairwright.stages.panel.asked import comes_later, orders_asked, refused_judges
from pairwright.stages.pay.dispatch import Via
from pairwright.stages.pay.paid_calls import CallProgress, no_progress
from pairwright.stages.pay.payer import unlimited
from pairwright.stages.pay.waves import until_looked_at
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
    waiting: int = 0  # answers that wait for calls in a batch or in files
    stopped: bool = False
    notes: tuple[str, ...] = ()
    exports: list[ConvertResult] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "stages": dict(self.stages),
            "waits_for": self.waits_for,
            "stopped": self.stopped,
            "failures": self.failures,
            "waiting": self.waiting,
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


@checked
def run_all(
    project: Project,
    *,
    budget_usd: float | None = None,
    retry_failed: bool = False,
    export_partial: bool = False,
    limit: int | None = None,
    via: Via = "live",
    wait: bool = False,
    watch: Callable[[str], CallProgress] = lambda _stage: no_progress,
) -> RunResult:
    """generate, pair, judge, route and, unless pairs wait for people, check and export.

    `watch` gives the progress display of a stage by its name. `export_partial`
    exports what is decided although pairs still wait for people. With `limit` only so many prompts are drawn
    for, and so many pairs judged, by each judge. `via` is who makes the calls; without `wait` the run ends
    where it has to wait for them.
    """
    settings = project.settings
    result = RunResult(notes=_unlimited(project, budget_usd))
    if settings.generate.models:
        drawn = run_generate(
            project,
            budget_usd=budget_usd,
            retry_failed=retry_failed,
            limit=limit,
            via=via,
            wait=wait,
            progress=watch("generate"),
        )
        result.stages.append(("generate", drawn.as_dict()))
        result.failures += drawn.failures
        if drawn.stopped:
            result.waits_for, result.stopped = drawn.stopped, True
            return result
        if drawn.waiting:
            result.waits_for, result.waiting = _for_calls(drawn.waiting, "response", via), drawn.waiting
            return result
    if _nothing_to_compare(project, result):
        return result
    made = pair(project)
    result.stages.append(("pair", made.as_dict()))
    judging = _Judging(project, result, budget_usd, retry_failed, limit, via, wait, watch)
    routed = judging.and_route()
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
            f"{counted(failing, 'finding is', 'findings are')} {level} or worse ([check] "
            "fail_on), so nothing was exported: "
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
            if shape in PAIRED and not export_partial and not has_rows(project):
                result.waits_for = status_of(project).next
                return result
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
        f"there is nothing to compare: {counted(state.responses_failed, 'response')} failed{why}. "
        "Mend that, then `pairwright run --retry-failed` asks again for what failed"
    )
    return True


def _for_calls(waiting: int, what: str, via: Via) -> str:
    who = "calls in a batch: run again, or with --wait" if via == "batch" else "calls: see `pairwright calls`"
    return f"{counted(waiting, f'{what} waits', f'{what}s wait')} for {who}"


@dataclass
class _Judging:
    """Judging and routing in turn, until routing leaves no judge anything to do."""

    project: Project
    result: RunResult
    budget_usd: float | None
    retry_failed: bool
    limit: int | None
    via: Via
    wait: bool
    watch: Callable[[str], CallProgress]
    asked: dict[str, JudgeResult] = field(default_factory=dict)

    def and_route(self) -> RouteResult | None:
        """What the last route came to; None where judging stopped, or waits for calls."""
        before: int | None = None
        while True:
            if not self._judge():
                return None
            routed = run_route(self.project)
            left = sum(self._pending().values())
            if not left or left == before or self.limit is not None:  # the same again: nobody could do it
                self.result.stages.append(("route", routed.as_dict()))
                self.result.stages += [
                    (f"judge {name}", {"refused": why}) for name, why in routed.distrusted.items()
                ]
                return routed
            before = left

    def _judge(self) -> bool:
        """Ask every judge that has something to answer; whether all of them are through."""
        project, result = self.project, self.result
        with project.store.read() as connection:
            refused = refused_judges(connection, project)
        while True:
            pending = self._pending()
            done = [
                self._ask(name)
                for name in project.settings.judges
                if name not in refused and (name not in self.asked or pending[name]) and not result.stopped
            ]
            result.waiting = sum(each.waiting for each in done)
            if result.stopped:
                return False
            if not result.waiting:
                return True
            if not self.wait:
                result.waits_for = _for_calls(result.waiting, "answer", self.via)
                return False
            until_looked_at(project)

    def _ask(self, name: str) -> JudgeResult:
        judged = run_judge(
            self.project,
            name,
            budget_usd=self.budget_usd,
            retry_failed=self.retry_failed and name not in self.asked,
            limit=self.limit,
            via=self.via,
            progress=self.watch(f"judge {name}"),
        )
        self.asked[name] = judged
        self.result.stages.append((f"judge {name}", judged.as_dict()))
        self.result.failures += judged.failures
        if judged.stopped:
            self.result.waits_for, self.result.stopped = judged.stopped, True
        return judged

    def _pending(self) -> dict[str, int]:
        """By judge, how many answers it has to give; of those found at chance too."""
        with self.project.store.read() as connection:
            return {
                name: judge_pending(
                    connection, name, orders, left=comes_later(connection, self.project, name)
                )
                for name, orders in orders_asked(connection, self.project).items()
            }
