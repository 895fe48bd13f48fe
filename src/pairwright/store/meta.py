"""What a row of the user's file says of itself beside its texts: domain, split, a reference answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from pairwright.store.schema import pair, prompt
from pairwright.types import Message, messages_from

PAGE = 500
# Names under which a row of the user's file may hold these.
REFERENCE = ("reference", "reference_answer", "answer", "target")
DOMAIN = ("domain", "tag", "category")
SPLIT = ("split",)


def of_meta(row: Any, names: Sequence[str]) -> str | None:
    """What the pair's own row, or else its prompt's, has under the first of these names."""
    for meta in (row.pair_meta, row.meta):
        if isinstance(meta, Mapping):
            for name in names:
                if isinstance(meta.get(name), str | int | float):
                    return str(meta[name])
    return None


def prompts_by_domain(connection: Connection) -> Iterator[tuple[tuple[Message, ...], str | None]]:
    """The prompt and the domain of every pair, whatever its label; a prompt comes once for each domain."""
    columns = (pair.c.prompt_id, pair.c.meta.label("pair_meta"), prompt.c.meta, prompt.c.messages)
    query = select(*columns).join(prompt, prompt.c.id == pair.c.prompt_id).order_by(pair.c.prompt_id)
    before = None
    for row in connection.execution_options(yield_per=PAGE).execute(query):
        domain = of_meta(row, DOMAIN)
        if (row.prompt_id, domain) != before:
            yield messages_from(row.messages), domain
        before = row.prompt_id, domain
