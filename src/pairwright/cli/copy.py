"""copy: a store as another."""

from __future__ import annotations

from typing import Annotated

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, FINISHED_WITH_FAILURES, emit, fail, say, steps_bar


def copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="A store's file, or postgresql+psycopg://USER@HOST/NAME.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same, empty or not there yet.")],
    json: Json = False,
) -> int:
    """Copy a store to another file or to PostgreSQL, and back, checked. Needs no project."""
    from pairwright.stages.backup.copy import copy as copy_store

    with steps_bar("copying", quiet=json) as tell:
        result = copy_store(source, target, progress=tell)
    if json:
        emit(result.as_dict())
    elif result.sound:
        say(
            f" {counted(sum(result.rows.values()), 'row')}, each held against its original; doctor: sound",
            first="Copied:",
        )
        say(f'To work on it, set store = "{_unsaid(target)}" under [project] in pairwright.toml')
    else:
        fail(f"copied with the damage it had ({', '.join(result.found)}): `pairwright doctor` tells of it")
    return DONE if result.sound else FINISHED_WITH_FAILURES


def _unsaid(target: str) -> str:
    """An address without its password."""
    if "://" not in target:
        return target
    from pairwright.store.address import address_of

    return address_of(target).render_as_string(hide_password=True)
