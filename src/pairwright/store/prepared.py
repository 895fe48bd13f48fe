"""Statements that run at every request, built once: building a statement takes longer than running it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from inspect import Parameter, signature
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, bindparam

SHAPES = 500  # of one statement that are kept


def prepared(build: Callable[..., Executable]) -> Callable[..., CursorResult[*tuple[Any, ...]]]:
    """Run the statement that `build` makes of placeholders, one for each of its parameters.

    Call it with a connection and the values. Keyword-only parameters are no placeholders: `build` gets
    them as they are, and there is one statement for each choice of them.
    """
    parameters = signature(build).parameters.values()
    # Not the bare names: in an UPDATE those would be columns that are set.
    names = [f"the_{each.name}" for each in parameters if each.kind is not Parameter.KEYWORD_ONLY]

    @lru_cache(maxsize=SHAPES)
    def statement(**shape: Any) -> Executable:
        return build(*(bindparam(name) for name in names), **shape)

    @wraps(build)
    def run(connection: Connection, *given: Any, **shape: Any) -> CursorResult[*tuple[Any, ...]]:
        return connection.execute(statement(**shape), dict(zip(names, given, strict=True)))

    return run
