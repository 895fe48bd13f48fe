"""show: the chain of custody."""

from __future__ import annotations

from typing import Annotated

import typer

from pairwright.cli.options import Json
from pairwright.cli.output import (
    DONE,
    emit,
)


def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="ID", help="p-..., r-..., x-..., v-..., your own id, FILE:LINE.")
    ],
    json: Json = False,
) -> int:
    """The whole chain behind a prompt, response, pair, vote or exported row."""
    from pairwright.cli.chain import print_chain
    from pairwright.stages.figures.show import chain_of

    with context.obj.open() as project:
        chain = chain_of(project, name)
    if json:
        emit(chain)
    else:
        print_chain(chain)
    return DONE
