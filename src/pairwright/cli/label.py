"""label: several people's answers become one label."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, emit, note, say
from pairwright.errors import InputError


def label(
    context: typer.Context,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD", help="majority, gold, dawid-skene or anchored; default: [label] method."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Combine people's answers into labels, weighted by each one's accuracy."""
    from pairwright.stages.route.label import run_label
    from pairwright.stats.combine import METHODS

    if method is not None and method not in METHODS:
        raise InputError(f'--method is one of {", ".join(METHODS)}; got "{method}"')
    with context.obj.open() as project:
        result = run_label(project, method).as_dict()  # type: ignore[arg-type]
    if json:
        emit(result)
    else:
        _print(result)
    return DONE


def _print(result: dict[str, Any]) -> None:
    if not result["answers"]:
        say("Nobody has answered yet: run `pairwright annotate`, or `annotate --import`.")
        return
    counts = ", ".join(f"{n:,} {verdict}" for verdict, n in sorted(result["labels"].items()))
    what = (
        f"{counted(result['answers'], 'answer')} on {counted(result['pairs'], 'pair')}, by {result['method']}"
    )
    say(f"{what}: {counts or 'no label'}.")
    if result["note"]:
        note(result["note"])
    if result["people"]:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in result["people"].items())
        note(f"Taken to be right: {shares}.")
    if result["assumed"]:
        who = ", ".join(result["assumed"])
        note(
            f"Assumed, not measured: {who}. Let several people answer some pairs ([annotate] overlap), "
            "or make gold pairs (pairwright gold)."
        )
    if result["settled"]:
        note(
            f"{counted(result['settled'], 'pair')} on which people were split: settled by what each is worth."
        )
    if result["open"]:
        note(
            f"{counted(result['open'], 'still needs somebody', 'still need somebody')}: `pairwright "
            "annotate`."
        )
    if result["contested"]:
        note(
            f"{counted(result['contested'], 'label of people is', 'labels of people are')} spoken against "
            "by judges and people's records."
        )
