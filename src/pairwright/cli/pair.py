"""pair: pairs of the responses to a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    count_bar,
    emit,
    note,
    say,
)

if TYPE_CHECKING:
    from pairwright.stages.generate.pair import PairResult


def pair(
    context: typer.Context,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="all|random|reference", help="All pairs; k random ones a prompt; each against one model."
        ),
    ] = None,
    k: Annotated[int | None, typer.Option(min=1, help="Pairs a prompt, for --policy random.")] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="MODEL", help="The model, for --policy reference.")
    ] = None,
    json: Json = False,
) -> int:
    """Build pairs of each prompt's responses. Free; adds only pairs that are missing."""
    from pairwright.stages.generate.pair import pair as pair_responses

    with context.obj.open() as project, count_bar("pairing prompts", quiet=json) as progress:
        result = pair_responses(
            project,
            policy=policy,
            k=k,
            reference=reference,
            progress=progress,
        )
    if json:
        emit(result.as_dict())
    else:
        print_paired(result)
    return DONE


def print_paired(result: PairResult) -> None:
    from pairwright.stages.generate.pair import cut_off

    say(
        f"{counted(result.pairs_added, 'pair')} made, "
        f"{counted(result.pairs_already, 'was there already', 'were there already')}."
    )
    for n, why in (
        (result.given, "prompts came with a pair of their own and got no further ones"),
        (result.too_few, "prompts have fewer than two different responses"),
        (result.without_reference, "prompts have no response of the reference model"),
    ):
        if n:
            say(f"{n:,} {why}.")
    if result.truncated:
        note(cut_off(result.truncated))
