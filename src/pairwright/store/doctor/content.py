"""Whether prompts, responses, pairs, raters and guidelines are still what their keys were made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from pairwright.pairing import pair_key, text_key
from pairwright.store.content import given_response_key
from pairwright.store.doctor.damage import CHANGED, Damage, place, written
from pairwright.store.rows import turns_of
from pairwright.store.schema import guideline, pair, prompt, rater, response
from pairwright.store.votes import guideline_key
from pairwright.turns import all_laid_out
from pairwright.types import Rater, prompt_key

PAGE = 1000


def content(connection: Connection) -> Iterator[Damage]:
    """Rows whose content key is not that of their content. Responses that were drawn are in the chain."""
    changed = [
        (prompt, select(prompt), _prompt_key, "its messages or tools"),
        (response, _responses(), _response_key, "its text, or the model it is by"),
        (pair, _pairs(), _pair_key, "its prompt, or one of its two texts"),
        (rater, select(rater), lambda row: Rater(row.kind, row.name, row.spec).key, "its name or settings"),
        (guideline, select(guideline), lambda row: guideline_key(row.text), "its text"),
    ]
    for table, query, key_of, what in changed:
        name = str(table.name)
        for row in _rows(connection, query, table):
            if not _holds(key_of, row):
                said = f"{what}: changed since it was added, as its content key tells"
                where, since = place(name, row.id, row.key), written(row.at)
                yield Damage("content", where, said, CHANGED, since, row=(name, row.id))


def _holds(key_of: Callable[[Any], bytes], row: Any) -> bool:
    try:
        return bool(key_of(row) == row.key)
    except (TypeError, ValueError, KeyError):  # no longer of the shape it had
        return False


def _responses() -> Any:
    of_prompt = prompt.c.key.label("prompt_key")
    joined = select(response, of_prompt).join(prompt, prompt.c.id == response.c.prompt_id)
    return joined.where(response.c.slot.is_(None))


def _prompt_key(row: Any) -> bytes:
    return prompt_key(row.messages, row.tools or (), row.template)


def _response_key(row: Any) -> bytes:
    turns = turns_of(row.turns)
    if turns and row.text != all_laid_out(turns):
        raise ValueError("the text is not its messages laid out")
    return given_response_key(row.prompt_key, row.text, row.model, turns)


def _pairs() -> Any:
    a, b = response.alias("a"), response.alias("b")
    said = (
        each.c[name].label(f"{name}_{side}")
        for side, each in (("a", a), ("b", b))
        for name in ("text", "turns")
    )
    return (
        select(pair, prompt.c.key.label("prompt_key"), *said)
        .join(prompt, prompt.c.id == pair.c.prompt_id)
        .join(a, a.c.id == pair.c.a_id)
        .join(b, b.c.id == pair.c.b_id)
    )


def _pair_key(row: Any) -> bytes:
    a, b = (row.text_a, row.turns_a), (row.text_b, row.turns_b)
    return pair_key(row.prompt_key, *(text_key(text, turns_of(turns)) for text, turns in (a, b)))


def _rows(connection: Connection, query: Any, table: Any) -> Iterator[Any]:
    after = 0
    while page := connection.execute(query.where(table.c.id > after).order_by(table.c.id).limit(PAGE)).all():
        yield from page
        after = page[-1].id
