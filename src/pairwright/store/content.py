"""Prompts, responses and pairs: all SQL that writes or pages through them.

Inserts run inside the caller's transaction and pass over what is there
already, told by content key. Reading goes page by page, each page its own
short transaction, so that nothing else waits while a million prompts stream by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, bindparam, func, select

from pairwright.keys import content_key
from pairwright.pairing import pair_key, text_key
from pairwright.store import clock, schema
from pairwright.store.insert import insert_missing
from pairwright.store.rows import turns_of, turns_stored
from pairwright.store.store import Store
from pairwright.types import Message, Prompt, Response

PAGE = 1000
_SAID = (schema.response.c.text, schema.response.c.turns)
# SQLite takes 32,766 variables in a statement (999 before 2020).
_KEYS_AT_ONCE = 900


class NewResponse(NamedTuple):
    """A given response, its key (see `given_response_key`), and the prompt it answers."""

    prompt_id: int
    key: bytes
    response: Response


class NewPair(NamedTuple):
    """Two responses that are to meet. `policy` is given, all, random or reference."""

    prompt_id: int
    key: bytes
    a_id: int
    b_id: int
    policy: str
    external_id: str | None = None
    meta: Any = None
    source: str | None = None


class StoredResponse(NamedTuple):
    id: int
    text: str
    model: str | None
    slot: int | None
    mark: str | None
    turns: tuple[Message, ...] = ()


class PairKnown(NamedTuple):
    """A pair a prompt has already."""

    key: bytes
    policy: str


class Meeting(NamedTuple):
    """A prompt with all its responses and the pairs it has already, in order of id."""

    prompt_id: int
    prompt_key: bytes
    responses: tuple[StoredResponse, ...]
    pairs: tuple[PairKnown, ...]


def given_response_key(
    prompt_key: bytes, text: str, model: str | None, turns: Sequence[Message] = ()
) -> bytes:
    """The key of a response that came from a file: what it answers, what it says, who wrote it."""
    said = [turn.as_dict() for turn in turns] if turns else text
    return content_key("response", prompt_key, said, model)


# --- writing ------------------------------------------------------------------------------


def insert_prompts(connection: Connection, prompts: Sequence[Prompt], keys: Sequence[bytes]) -> int:
    """Add prompts (`keys` are theirs, in order); returns how many are new.

    When a prompt comes again, the id, meta and source of the first row stay.
    """
    at = clock.now()
    rows = [
        {
            "key": key,
            "messages": prompt.as_dicts(),
            "external_id": prompt.external_id,
            "meta": prompt.meta,
            "source": prompt.source,
            "at": at,
            "tools": list(prompt.tools) or None,
            "template": prompt.template,
        }
        for key, prompt in zip(keys, prompts, strict=True)
    ]
    return insert_missing(connection, schema.prompt, rows)


def insert_responses(connection: Connection, responses: Sequence[NewResponse]) -> int:
    """Add given responses; returns how many are new."""
    at = clock.now()
    rows = [
        {
            "key": new.key,
            "prompt_id": new.prompt_id,
            "text": new.response.text,
            "model": new.response.model,
            "params": new.response.params,
            "source": new.response.source,
            "at": at,
            "turns": turns_stored(new.response.turns),
        }
        for new in responses
    ]
    return insert_missing(connection, schema.response, rows)


def insert_pairs(connection: Connection, pairs: Sequence[NewPair]) -> int:
    """Add pairs; returns how many are new.

    Two texts that have met, under whatever ids and on whichever side, do not meet
    again; the further id is kept as an alias, so that labels by it find the pair.
    """
    at = clock.now()
    rows = [
        {
            "key": new.key,
            "prompt_id": new.prompt_id,
            "a_id": new.a_id,
            "b_id": new.b_id,
            "policy": new.policy,
            "external_id": new.external_id,
            "meta": new.meta,
            "source": new.source,
            "at": at,
        }
        for new in pairs
    ]
    added = insert_missing(connection, schema.pair, rows)
    if added < len(rows):
        _keep_aliases(connection, [new for new in pairs if new.external_id is not None])
    return added


def _keep_aliases(connection: Connection, pairs: Sequence[NewPair]) -> None:
    """Remember the ids of pairs that are stored under another one."""
    wanted = [new.a_id for new in pairs]
    said = {
        number: text_key(text, turns_of(turns))
        for number, text, turns in _by(connection, schema.response.c.id, wanted, *_SAID)
    }
    stored = {
        row[0]: row
        for row in _by(
            connection,
            schema.pair.c.key,
            [new.key for new in pairs],
            schema.pair.c.id,
            schema.pair.c.external_id,
            *_SAID,
            join=schema.pair.c.a_id,
        )
    }
    rows = []
    for new in pairs:
        _, pair_id, external_id, text, turns = stored[new.key]
        swapped = text_key(text, turns_of(turns)) != said[new.a_id]
        if new.external_id != external_id or swapped:
            rows.append(
                {"pair_id": pair_id, "external_id": new.external_id, "swapped": swapped, "at": clock.now()}
            )
    insert_missing(connection, schema.pair_alias, rows, ["external_id", "pair_id", "swapped"])


def _by(
    connection: Connection,
    column: Column[Any],
    values: Sequence[Any],
    *wanted: Column[Any],
    join: Column[Any] | None = None,
) -> Iterator[Any]:
    """Rows of `column` and `wanted` where the column is one of the values, some thousand at a time."""
    statement = select(column, *wanted)
    if join is not None:
        statement = statement.join(schema.response, schema.response.c.id == join)
    for start in range(0, len(values), _KEYS_AT_ONCE):
        some = list(values[start : start + _KEYS_AT_ONCE])
        yield from connection.execute(statement.where(column.in_(some)))


def stored_pairs(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """The pairs with these keys: key -> (row number, the key of what its a says)."""
    rows = _by(connection, schema.pair.c.key, keys, schema.pair.c.id, *_SAID, join=schema.pair.c.a_id)
    return {key: (number, text_key(text, turns_of(turns))) for key, number, text, turns in rows}


def metas_of(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, Any]:
    """What is kept with the pairs with these keys beside their texts."""
    return dict(_by(connection, schema.pair.c.key, keys, schema.pair.c.meta))


def prompt_ids(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """The ids of the prompts with these keys; a key that is not there is left out."""
    return _ids(connection, schema.prompt, keys)


def response_ids(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """The ids of the responses with these keys; a key that is not there is left out."""
    return _ids(connection, schema.response, keys)


def named_otherwise(
    connection: Connection, named: Sequence[tuple[str | None, bytes]]
) -> dict[int, tuple[str, str | None]]:
    """Of prompts by (the id of their row, key): which come under an id that names another prompt.

    Gives place -> (id, where that other one stood). The store's own count as well as those before.
    """
    ids = sorted({name for name, _ in named if name is not None})
    columns = (schema.prompt.c.key, schema.prompt.c.source)
    first = {
        name: (key, source)
        for name, key, source in _by(connection, schema.prompt.c.external_id, ids, *columns)
    }
    found: dict[int, tuple[str, str | None]] = {}
    for place, (name, key) in enumerate(named):
        if name is None:
            continue
        other, source = first.setdefault(name, (key, None))
        if other != key:
            found[place] = name, source
    return found


def _ids(connection: Connection, table: Table, keys: Sequence[bytes]) -> dict[bytes, int]:
    statement = select(table.c.key, table.c.id).where(table.c.key.in_(bindparam("keys", expanding=True)))
    found: dict[bytes, int] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = list(keys[start : start + _KEYS_AT_ONCE])
        found |= dict(connection.execute(statement, {"keys": some}).tuples().all())
    return found


# --- reading ------------------------------------------------------------------------------


def has_response_of(connection: Connection, model: str) -> bool:
    """Whether any response was written by the model of that name."""
    statement = select(schema.response.c.id).where(schema.response.c.model == model).limit(1)
    return connection.execute(statement).first() is not None


def response_models(connection: Connection) -> list[tuple[str | None, int]]:
    """(model, how many responses), the most frequent first. Reads every response."""
    number = func.count()
    model = schema.response.c.model
    statement = select(model, number).group_by(model).order_by(number.desc(), model)
    return [(row[0], row[1]) for row in connection.execute(statement)]


def meeting_pages(store: Store, *, after: int = 0, size: int = PAGE) -> Iterator[list[Meeting]]:
    """All prompts with their responses and the pairs they have, at most `size` prompts at a time."""
    prompts = select(schema.prompt.c.id, schema.prompt.c.key).order_by(schema.prompt.c.id)
    while True:
        with store.read() as connection:
            page = connection.execute(prompts.where(schema.prompt.c.id > after).limit(size)).all()
            if not page:
                return
            first, last = page[0].id, page[-1].id
            responses = _responses_between(connection, first, last)
            pairs = _pairs_between(connection, first, last)
        yield [
            Meeting(row.id, row.key, tuple(responses.get(row.id, ())), tuple(pairs.get(row.id, ())))
            for row in page
        ]
        after = last


def _responses_between(connection: Connection, first: int, last: int) -> dict[int, list[StoredResponse]]:
    table = schema.response
    statement = (
        select(
            table.c.prompt_id,
            table.c.id,
            table.c.text,
            table.c.model,
            table.c.slot,
            table.c.mark,
            table.c.turns,
        )
        .where(table.c.prompt_id.between(first, last))
        .order_by(table.c.prompt_id, table.c.id)
    )
    found: dict[int, list[StoredResponse]] = {}
    for prompt_id, number, text, model, slot, mark, turns in connection.execute(statement).all():
        one = StoredResponse(number, text, model, slot, mark, turns_of(turns))
        found.setdefault(prompt_id, []).append(one)
    return found


def _pairs_between(connection: Connection, first: int, last: int) -> dict[int, list[PairKnown]]:
    table = schema.pair
    statement = (
        select(table.c.prompt_id, table.c.key, table.c.policy)
        .where(table.c.prompt_id.between(first, last))
        .order_by(table.c.prompt_id, table.c.id)
    )
    found: dict[int, list[PairKnown]] = {}
    for prompt_id, key, policy in connection.execute(statement).all():
        found.setdefault(prompt_id, []).append(PairKnown(key, policy))
    return found


def new_pair(meeting: Meeting, a: StoredResponse, b: StoredResponse, policy: str) -> NewPair:
    """The pair of two of a prompt's responses."""
    key = pair_key(meeting.prompt_key, text_key(a.text, a.turns), text_key(b.text, b.turns))
    return NewPair(meeting.prompt_id, key, a.id, b.id, policy)
