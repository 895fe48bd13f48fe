"""Requests that a server did not read whole, as far as its own count of tokens shows.

Some servers (Ollama, llama.cpp, reward models with `truncate`) cut a prompt that is longer than
their context, and answer as if nothing had been. Their count gives it away: far fewer
tokens than a text of that length has, or the same count for texts of different lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from pairwright.amounts import counted
from pairwright.store.schema import call

LONG = 4000  # bytes, from which on a text's tokens can be told from its length
DENSEST = 8.0  # bytes a token: English has 4 to 5, and 6 where it is all common words
SAME, SPREAD, LEAST = 3, 1.1, 256  # calls of one count, from the shortest to the longest; tokens


@dataclass(frozen=True, slots=True)
class CutPrompts:
    """Calls of one stage to one model that were cut, the most tokens counted, and their bytes."""

    stage: str
    model: str
    calls: int
    tokens: int
    least_bytes: int
    most_bytes: int

    def __str__(self) -> str:
        size = f"{self.least_bytes:,}"
        if self.most_bytes != self.least_bytes:
            size += f" to {self.most_bytes:,}"
        calls = counted(self.calls, "prompt")
        return (
            f"the server of {self.model} counted {self.tokens:,} tokens for {calls} of {size} bytes "
            f"({self.stage}): it seems to have cut them, so the model did not read them whole"
        )


REMEDY = (
    "give the server a longer context (Ollama: num_ctx, llama.cpp: -c) or leave long texts out; then ask anew"
)


def cut_prompts(
    connection: Connection, stage: str | None = None, model: str | None = None
) -> list[CutPrompts]:
    """By stage and model, where the endpoint's counts say so."""
    counted = [call.c.counted, call.c.prompt_tokens > 0]
    counted += [call.c.stage == stage] if stage else []
    counted += [call.c.model == model] if model else []
    most = (
        select(call.c.stage, call.c.model, func.max(call.c.prompt_tokens).label("tokens"))
        .where(*counted)
        .group_by(call.c.stage, call.c.model)
        .subquery()
    )
    columns = (
        func.count(),
        func.max(call.c.prompt_tokens),
        func.min(call.c.prompt_bytes),
        func.max(call.c.prompt_bytes),
    )
    found: dict[tuple[str, str], CutPrompts] = {}
    same = (
        select(call.c.stage, call.c.model, *columns)
        .join(most, (call.c.stage == most.c.stage) & (call.c.model == most.c.model))
        .where(*counted, call.c.prompt_tokens == most.c.tokens)
        .group_by(call.c.stage, call.c.model)
    )
    for row in connection.execute(same):
        each = CutPrompts(*row)
        if each.calls >= SAME and each.tokens >= LEAST and each.most_bytes >= SPREAD * each.least_bytes:
            found[each.stage, each.model] = each
    dense = (
        select(call.c.stage, call.c.model, *columns)
        .where(*counted, call.c.prompt_bytes >= LONG, call.c.prompt_bytes > DENSEST * call.c.prompt_tokens)
        .group_by(call.c.stage, call.c.model)
    )
    for row in connection.execute(dense):
        each = CutPrompts(*row)
        found[each.stage, each.model] = max(
            each, found.get((each.stage, each.model), each), key=lambda it: it.calls
        )
    return [found[key] for key in sorted(found)]
