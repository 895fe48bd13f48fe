"""judge, route, annotate."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from pairwright.cli.content import OnError
from pairwright.cli.options import BudgetUsd, DryRun, Json, RetryFailed
from pairwright.cli.output import (
    DONE,
    ERROR,
    FINISHED_WITH_FAILURES,
    emit,
    err,
    fail,
    note,
    paid_bar,
    say,
    usd,
)
from pairwright.cli.results import print_estimate, tell_failures
from pairwright.cli.routing import print_route
from pairwright.errors import ConfigError, InputError


def register(app: typer.Typer) -> None:
    for verb in (judge, route, annotate):
        app.command()(verb)


def judge(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--judge", help="Only this judge; default: all of them.")
    ] = None,
    budget: BudgetUsd = None,
    single_order: Annotated[
        bool,
        typer.Option("--single-order", help="Ask in one order only: half the price, no check on position."),
    ] = False,
    retry_failed: RetryFailed = False,
    rejudge: Annotated[
        bool,
        typer.Option("--rejudge", help="Retract this judge's votes (they stay on record) and ask again."),
    ] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Let the judges answer every pair they have not answered, in both orders."""
    from pairwright.stages.judge import run_judge
    from pairwright.stages.panel import judge_settings

    with context.obj.open() as project:
        judges = project.settings.judges
        names = [each for each in judges if name in (None, each) or each.startswith(f"{name}/")]
        names = names or ([name] if name else [])
        if not names:
            raise ConfigError(
                f"there is no judge: add [judges.main] with a model to {project.root / 'pairwright.toml'}, "
                "or let people decide every pair (`pairwright route`, then `pairwright annotate`)."
            )
        if dry_run:
            from pairwright.stages.estimate import estimate

            for each in names:
                judge_settings(project, each)
            found = estimate(
                project,
                stages=("judge",),
                judges=names,
                single_order=single_order,
                retry_failed=retry_failed,
                rejudge=rejudge,
            )
            return print_estimate(found, json=json)
        done = []
        if name is None:
            names = _not_refused(project, names, rejudge)
        for each in names:
            with paid_bar(f"judging ({each})", json=json) as progress:
                result = run_judge(
                    project,
                    each,
                    budget_usd=budget,
                    single_order=single_order,
                    retry_failed=retry_failed,
                    rejudge=rejudge,
                    progress=progress,
                )
            done.append(result)
            if not json:
                for text in result.notes:
                    note(text)
                say(
                    f"{each}: {result.votes:,} votes in {result.calls:,} calls, {usd(result.spent_usd)}; "
                    f"{result.failures:,} failed."
                )
                if result.failures:
                    tell_failures(project, "judge", each)
            if result.stopped:
                break
    if json:
        emit({"judges": [result.as_dict() for result in done]})
    elif done and done[-1].stopped:
        fail(f"stopped: {done[-1].stopped}")
    bad = any(result.failures or result.stopped for result in done)
    return FINISHED_WITH_FAILURES if bad else DONE


def _not_refused(project: Any, names: list[str], rejudge: bool) -> list[str]:
    """The judges to ask when none was named: those found no better than chance are left out, and said."""
    from pairwright.stages.panel import refused_judges

    with project.store.read() as connection:
        refused = {} if rejudge else refused_judges(connection, project)
    for name, standing in refused.items():
        note(f"{name} is {standing} against people and is not asked; `judge --judge {name}` says more")
    return [name for name in names if name not in refused]


def route(
    context: typer.Context,
    more: Annotated[
        int, typer.Option(min=0, help="Draw this many more pairs for people, to calibrate judges on.")
    ] = 0,
    json: Json = False,
) -> int:
    """Decide what needs no person, and what people are asked. Free, repeatable."""
    from pairwright.stages.route import run_route

    with context.obj.open() as project:
        result = run_route(project, more=more)
    if json:
        emit(result.as_dict())
    else:
        print_route(result.as_dict())
    return DONE


def annotate(
    context: typer.Context,
    rater: Annotated[
        str | None, typer.Option("--rater", help="Your name in the votes; default: your user name.")
    ] = None,
    import_: Annotated[
        list[Path] | None,
        typer.Option("--import", help="Take labels from a file instead: id, label, annotator, seconds."),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="For --import: stop adds nothing with a bad row; skip adds the good rows.")
    ] = OnError.stop,
    json: Json = False,
) -> int:
    """Choose the better response in the terminal, one key a choice; or import a file of labels."""
    with context.obj.open() as project:
        if import_:
            return _import(project, import_, rater, on_error, json)
        if json:
            raise InputError("annotate talks to a person: --json goes with --import only")
        return _sit(project, rater or getpass.getuser())


def _sit(project: object, name: str) -> int:
    from rich.console import Console

    from pairwright.annotate import terminal
    from pairwright.stages.annotate import Person
    from pairwright.stages.project import Project

    assert isinstance(project, Project)
    console = Console()
    if not console.is_terminal:
        raise InputError(
            "annotate needs a terminal to show pairs in. Use --import FILE for labels in a file."
        )
    person = Person.sign_in(project, name)
    waiting = person.waiting()
    if not waiting:
        say(f"Nothing waits for {name}. `pairwright route` decides what people are asked.")
        return DONE
    session = terminal.annotate(person, console)
    say(
        f"{session.answered - session.undone:,} answered, {session.skipped:,} skipped, "
        f"{session.flagged:,} flagged; {person.waiting():,} still wait. All saved."
    )
    return DONE


def _import(project: object, paths: list[Path], rater: str | None, on_error: OnError, json: bool) -> int:
    from pairwright.stages.import_labels import import_labels
    from pairwright.stages.project import Project

    assert isinstance(project, Project)
    result = import_labels(project, paths, default_rater=rater, on_error=on_error.value)
    if json:
        emit(result.as_dict())
    else:
        for problem in result.problems:
            err.print(problem, markup=False, soft_wrap=True)
        if result.added:
            say(
                f"{result.votes:,} votes added ({result.changed:,} replace an earlier answer), "
                f"{result.already_there:,} there already, {result.bad_rows:,} bad rows of {result.rows:,}."
            )
        else:
            fail(
                f"{result.bad_rows:,} of {result.rows:,} rows are bad, so nothing was added. "
                "Mend them, or pass --on-error skip to add the others."
            )
    if not result.added:
        return ERROR
    return FINISHED_WITH_FAILURES if result.bad_rows else DONE
