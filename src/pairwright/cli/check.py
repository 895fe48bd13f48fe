"""check: issues with the data, and what is done about them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from pairwright.amounts import counted, spent
from pairwright.cli.help import Command, Group, a_group
from pairwright.cli.options import BudgetUsd, DryRun, Json, Via, Wait
from pairwright.cli.output import (
    DONE,
    FINISHED_WITH_FAILURES,
    WAITING,
    count_bar,
    emit,
    fail,
    note,
    out,
    paid_bar,
    say,
    usd,
)
from pairwright.cli.token_lengths import print_lengths, print_measured
from pairwright.cli.waiting import tell_waiting
from pairwright.errors import InputError
from pairwright.quality.names import WHAT
from pairwright.tokens.trainers import TRAINERS

if TYPE_CHECKING:
    from pairwright.stages.check.fact_check import FactCheckResult
    from pairwright.stages.pay.dispatch import Via as ViaName

_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}


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
    tokenizer: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER_OR_ID",
            help="Also measure rows in tokens: what trainers would cut. A folder, or a model of the Hub.",
        ),
    ] = None,
    trainer: Annotated[
        list[str] | None,
        typer.Option(
            "--trainer",
            metavar="NAME",
            help="With --tokenizer: this trainer only; may be repeated. One of " + ", ".join(TRAINERS) + ".",
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(min=1, metavar="TOKENS", help="With --tokenizer: over the trainers' defaults."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="With --tokenizer: measure the rows of a file or hf://OWNER/NAME instead; needs no project.",
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help="With --file: its format; default: told by the keys."),
    ] = None,
    budget: BudgetUsd = None,
    via: Via = "live",
    wait: Wait = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Find issues with pairs, labels, people and judges, and say what to do about them.

    Errors keep their pair out of exports until somebody settles them. See
    `pairwright check list`, and then dismiss, send, drop, flip, ask-again or undo.
    """
    if context.invoked_subcommand is not None:
        return DONE
    from pairwright.stages.check.check import held_against, level_of, run_check
    from pairwright.stages.check.lengths_of_rows import token_check

    level_of(fail_on)
    if file is not None:
        return _of_file(file, tokenizer, trainer or (), max_length, from_, workers, json)
    tokens = token_check(tokenizer, trainer or (), max_length)
    with context.obj.open() as project:
        if dry_run:
            return _dry_run(project, json)
        asked = _fact_check(project, budget, via, wait, json) if fact_check else None
        with count_bar("checking pairs", quiet=json) as progress:
            found = run_check(
                project,
                only=only or (),
                skip=skip or (),
                workers=workers,
                tokens=tokens,
                progress=progress,
            )
        result = held_against(project, found, fail_on, asked)
        shown = [] if json else _tops(project)
    if json:
        emit(result.as_dict())
    else:
        _print(found.as_dict(), shown)
        if found.tokens is not None:
            print_lengths(found.tokens)
        if result.failing:
            fail(
                f"{counted(result.failing, 'finding is', 'findings are')} {result.fail_on} or worse "
                f"(--fail-on {result.fail_on})"
            )
    failed = asked is not None and (asked.failures or asked.stopped)
    waiting = asked is not None and asked.waiting
    return FINISHED_WITH_FAILURES if result.failing or failed else WAITING if waiting else DONE


def _of_file(
    file: str,
    tokenizer: str | None,
    trainers: Sequence[str],
    max_length: int | None,
    source: str | None,
    workers: int | None,
    json: bool,
) -> int:
    from pairwright.stages.check.lengths_of_rows import token_lengths

    if tokenizer is None:
        raise InputError("--file measures rows in tokens: say by which --tokenizer")
    with count_bar("measuring rows", quiet=json) as progress:
        result = token_lengths(
            file, tokenizer, trainers=trainers, max_length=max_length, source=source,
            workers=workers or 1, progress=progress,
        )  # fmt: skip
    if json:
        emit(result.as_dict())
    else:
        print_measured(result)
    return FINISHED_WITH_FAILURES if result.bad_rows else DONE


def _dry_run(project: Any, json: bool) -> int:
    from pairwright.stages.check.fact_check import estimate_fact_check

    found = estimate_fact_check(project).as_dict()
    if json:
        emit(found)
    else:
        say(
            f"A fact-check by {found['model']} would ask about {counted(found['pairs'], 'pair')}: "
            f"{usd(found['usd'])}."
        )
    return DONE


def _fact_check(project: Any, budget: float | None, via: ViaName, wait: bool, json: bool) -> FactCheckResult:
    from pairwright.stages.check.fact_check import run_fact_check

    with paid_bar("checking facts", quiet=json) as progress:
        result = run_fact_check(project, budget_usd=budget, via=via, wait=wait, progress=progress)
    if not json:
        for text in result.notes:
            note(text)
        cost = spent(result.spent_usd, result.uncounted_usd)
        say(f"{result.model} was asked about {counted(result.pairs, 'pair')}: {cost}.")
        if result.failures:
            note(f"{result.failures:,} came to nothing; the next --fact-check asks again.")
        if result.stopped:
            note(f"Stopped: {result.stopped}.")
        tell_waiting(project, result.waiting, via)
    return result


def _tops(project: Any) -> list[dict[str, Any]]:
    from pairwright.stages.check.check import summary

    found = summary(project)
    return found["open"] if found else []


def _print(result: dict[str, Any], shown: list[dict[str, Any]]) -> None:
    per = result["pairs"] / result["seconds"] if result["seconds"] else 0
    say(
        f"{counted(result['pairs'], 'pair')} ({result['labelled']:,} labelled), {len(result['checks'])} "
        "checks, "
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


Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Numbers of findings.")]
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
    from pairwright.stages.check.listed import list_findings

    with context.obj.open() as project:
        found = list_findings(project, check=check, severity=severity, settled=settled, limit=limit)
    if json:
        emit(found.as_dict())
        return DONE
    kept, more = found.findings, found.more
    if not kept:
        say("No finding of that kind is open. `pairwright check` looks anew.")
    for each in kept:
        colour = _COLOURS[each.severity]
        done = (
            f"{each.action}, no longer: the label is another or was answered again"
            if each.id in found.lapsed
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
    from pairwright.stages.check.listed import to_settle

    with context.obj.open() as project:
        ids = to_settle(project, step, ids, check)
        if dry_run:
            say(f"This would be done on {counted(len(ids), 'finding')}; nothing was changed.")
            return DONE
        result = settle(project, step, ids, by=by or getpass.getuser(), because=because)
    if json:
        emit(result.as_dict())
    else:
        say(f"{len(result.done):,} {result.step}.")
        for number, why in result.left.items():
            note(f"finding {number}: {why}")
    return FINISHED_WITH_FAILURES if result.left else DONE
