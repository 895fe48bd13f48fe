"""check: what is off with the data, and what is done about it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from pairwright.cli.help import Command, Group, a_group
from pairwright.cli.options import BudgetUsd, DryRun, Json
from pairwright.cli.output import (
    DONE,
    FINISHED_WITH_FAILURES,
    count_bar,
    emit,
    fail,
    note,
    out,
    paid_bar,
    say,
    usd,
)
from pairwright.errors import InputError
from pairwright.quality.example import SEVERITIES
from pairwright.quality.names import WHAT

if TYPE_CHECKING:
    from pairwright.store.check.findings import Kept

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
_LEVELS = ("error", "warning", "info", "off")


class _Check(Group):
    """Help that ends with all checks."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Checks"):
            formatter.write_dl(list(WHAT.items()))


app = a_group(cls=_Check, name="check")


@app.callback(invoke_without_command=True)
def check(
    context: typer.Context,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CHECK", help="Run this check only; may be repeated."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", metavar="CHECK", help="Leave this check out; may be repeated."),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="SEVERITY",
            help="Exit with 2 where anything so severe is open: error, warning, info, off.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: the cores there are.")
    ] = None,
    fact_check: Annotated[
        bool,
        typer.Option(
            "--fact-check", help="First let the model of [check] fact_check look for false facts; costs."
        ),
    ] = False,
    budget: BudgetUsd = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Find issues with pairs, labels, people and judges, and say what to do about them.

    Errors keep their pair out of exports until somebody settles them. See
    `pairwright check list`, and then dismiss, send, drop, flip, ask-again or undo.
    """
    if context.invoked_subcommand is not None:
        return DONE
    from pairwright.stages.check.check import run_check
    from pairwright.stages.project.project import Project

    level = level_of(fail_on)
    project: Project
    asked: dict[str, Any] | None = None
    if fact_check or dry_run:
        with context.obj.open() as project:
            if dry_run:
                return _dry_run(project, json)
            asked = _fact_check(project, budget, json)
    with context.obj.open() as project, count_bar("checking pairs", json=json) as progress:
        result = run_check(project, only=only or (), skip=skip or (), workers=workers, progress=progress)
        level = level or project.settings.check.fail_on
        shown = [] if json else _tops(project)
    failing = 0 if level == "off" else result.at_least(level)
    if json:
        emit({**result.as_dict(), "fail_on": level, "failing": failing, "fact_check": asked})
    else:
        _print(result.as_dict(), shown)
        if failing:
            fail(f"{failing:,} findings are {level} or worse (--fail-on {level})")
    failed = asked is not None and (asked["failures"] or asked["stopped"])
    return FINISHED_WITH_FAILURES if failing or failed else DONE


def _dry_run(project: Any, json: bool) -> int:
    from pairwright.stages.check.fact_check import estimate_fact_check

    found = estimate_fact_check(project).as_dict()
    if json:
        emit(found)
    else:
        say(
            f"A fact-check by {found['model']} would ask about {found['pairs']:,} pairs: {usd(found['usd'])}."
        )
    return DONE


def _fact_check(project: Any, budget: float | None, json: bool) -> dict[str, Any]:
    from pairwright.stages.check.fact_check import run_fact_check

    with paid_bar("checking facts", json=json) as progress:
        result = run_fact_check(project, budget_usd=budget, progress=progress).as_dict()
    if not json:
        say(f"{result['model']} was asked about {result['pairs']:,} pairs: {usd(result['spent_usd'])}.")
        if result["failures"]:
            note(f"{result['failures']:,} came to nothing; the next --fact-check asks again.")
        if result["stopped"]:
            note(f"Stopped: {result['stopped']}.")
    return result


def level_of(named: str | None) -> str | None:
    """A severity the user named. Raises InputError for another word."""
    if named is not None and named not in _LEVELS:
        raise InputError(f'--fail-on is one of {", ".join(_LEVELS)}; got "{named}"')
    return named


def _tops(project: Any) -> list[dict[str, Any]]:
    from pairwright.stages.check.check import summary

    found = summary(project)
    return found["open"] if found else []


def _print(result: dict[str, Any], shown: list[dict[str, Any]]) -> None:
    per = result["pairs"] / result["seconds"] if result["seconds"] else 0
    say(
        f"{result['pairs']:,} pairs ({result['labelled']:,} labelled), {len(result['checks'])} checks, "
        f"{result['seconds']:.1f} s ({per:,.0f} pairs/s)."
    )
    for each in shown:
        name = each["check"] + (f".{each['part']}" if each["part"] else "")
        colour = _COLOURS[each["severity"]]
        told = Text.assemble((f"{each['severity']:>7}", colour), f"  {name}: {each['n']:,}")
        out.print(told, soft_wrap=True)
        for example in each["examples"][:2]:
            out.print(f"         {_line(example)}", soft_wrap=True)
    if not shown:
        say("Nothing is off.")
    what = f"{result['new']:,} new, {result['gone']:,} gone"
    if result["settled"]:
        what += f", {result['settled']:,} settled before"
    if shown:
        what += ". `pairwright check list` shows all; `pairwright check send NUMBER` sends one to people"
    say(f"{what}.")


def _line(kept: dict[str, Any]) -> str:
    where = f"{kept['external_id']}: " if kept["pair_id"] is not None else ""
    return f"{kept['id']}  {where}{kept['reason']}"


Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers of findings.")]
Of = Annotated[
    str | None,
    typer.Option("--check", metavar="CHECK", help="All open findings of this check, or check.part."),
]
Because = Annotated[str | None, typer.Option("--because", metavar="WHY", help="Why; kept on record.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it; default: your user name.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Say on how many; change nothing.")]


@app.command("list", cls=Command)
def list_(
    context: typer.Context,
    check: Of = None,
    severity: Annotated[str | None, typer.Option(metavar="SEVERITY", help="error, warning or info.")] = None,
    settled: Annotated[bool, typer.Option("--all", help="Also what was dismissed or repaired.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    json: Json = False,
) -> int:
    """Show findings: number, pair, what was seen, what to do."""
    from pairwright.store.check.findings import findings
    from pairwright.store.check.softening import softened

    if severity is not None and severity not in SEVERITIES:
        raise InputError(f'--severity is one of {", ".join(SEVERITIES)}; got "{severity}"')
    with context.obj.open() as project, project.store.read() as connection:
        name, part = _named(check, connection)
        kept = list(
            findings(
                connection,
                checks=[name] if name else [],
                parts=[part] if part else [],
                severities=[severity] if severity else [],
                settled=settled,
                limit=limit + 1,
            )
        )
        soft = softened(connection, asked=True) if any(each.action == "softened" for each in kept) else {}
    more, kept = len(kept) > limit, kept[:limit]
    if json:
        emit({"findings": [{**each.as_dict(), "lapsed": _lapsed(each, soft)} for each in kept], "more": more})
        return DONE
    if not kept:
        say("No finding of that kind is open. `pairwright check` looks anew.")
    for each in kept:
        colour = _COLOURS[each.severity]
        done = (
            f"{each.action}, no longer: the label is another or was answered again"
            if _lapsed(each, soft)
            else each.action
        )
        state = "" if each.open else f" ({done}{': ' + each.because if each.because else ''})"
        name = each.check + (f".{each.part}" if each.part else "")
        told = Text.assemble((f"{each.severity:>7}", colour), f"  {name}{state}")
        out.print(told, soft_wrap=True)
        out.print(f"         {_line(each.as_dict())}", soft_wrap=True)
        out.print(f"         -> {each.remedy}", style="dim", soft_wrap=True)
    if more:
        note(f"There are more than {limit:,}: pass --limit, --check or --severity.")
    return DONE


def _lapsed(each: Kept, soft: Mapping[int, object]) -> bool:
    """Whether what a label was softened to counts no more: it is another now, or somebody answered since."""
    return each.action == "softened" and each.pair_id not in soft


def _named(check: str | None, connection: Any) -> tuple[str | None, str | None]:
    """The check and part that were named. Raises InputError for one that nobody knows."""
    from pairwright.store.check.findings import checks_found

    if check is None:
        return None, None
    name, _, part = check.partition(".")
    known = {*WHAT, "reward_model", *checks_found(connection)}
    if name not in known:
        raise InputError(f'--check "{name}" is none of {", ".join(sorted(known))}')
    return name, part or None


def _step(name: str, step: str, text: str) -> None:
    def run(
        context: typer.Context,
        ids: Ids = None,
        check: Of = None,
        because: Because = None,
        by: By = None,
        dry_run: Dry = False,
        json: Json = False,
    ) -> int:
        return _settle(context, step, ids or [], check, because, by, dry_run, json)

    app.command(name, help=text, cls=Command)(run)


for _name, _what, _text in (
    ("dismiss", "dismiss", "Say that it is no fault, and why: it stays dismissed in later runs."),
    ("send", "send", "Send the pair to one more person; until then it has no label."),
    ("drop", "drop", "Take the pair out of the dataset."),
    ("flip", "flip", "Make the other response the chosen one, as your decision."),
    (
        "soften",
        "soften",
        "Keep the label, believed less: trainers get its probability (findings of `verify`).",
    ),
    ("ask-again", "ask again", "Let judges judge the pair anew (`pairwright judge`, which costs)."),
    ("undo", "undo", "Take the last step on a finding back."),
):
    _step(_name, _what, _text)


def _settle(
    context: typer.Context,
    step: Any,
    ids: list[int],
    check: str | None,
    because: str | None,
    by: str | None,
    dry_run: bool,
    json: bool,
) -> int:
    from pairwright.stages.check.act_on_findings import settle
    from pairwright.store.check.findings import findings

    if not ids and check is None:
        raise InputError(
            "say which: numbers of findings (`pairwright check list`), or --check NAME for all of one"
        )
    with context.obj.open() as project:
        if check is not None:
            with project.store.read() as connection:
                name, part = _named(check, connection)
                assert name is not None
                of = findings(connection, checks=[name], parts=[part] if part else [], settled=step == "undo")
                ids = [*ids, *(each.id for each in of if each.open != (step == "undo"))]
        if dry_run:
            say(f"This would be done on {len(ids):,} findings; nothing was changed.")
            return DONE
        result = settle(project, step, ids, by=by or getpass.getuser(), because=because)
    if json:
        emit(result.as_dict())
    else:
        say(f"{len(result.done):,} {result.step}.")
        for number, why in result.left.items():
            note(f"finding {number}: {why}")
    return FINISHED_WITH_FAILURES if result.left else DONE
