"""Where a person's name stands in the store, in texts that this program writes and in those of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, Table, Text, cast, select, update

from pairwright.keys import content_key
from pairwright.routing.decide import GIVEN
from pairwright.store.schema import (
    belief,
    check_run,
    combination,
    finding,
    lead_action,
    metadata,
    rater,
    retraction,
    settlement,
    tombstone,
    vote,
)

# Texts of the data and what models were asked: a prompt may well speak of somebody of that name.
DATA = {"prompt", "response", "pair", "pair_alias", "guideline", "call", "planned_call", "batch"}
SHORTEST_WORD = 3  # letters of a name that is looked for within sentences: a shorter one is a word too often

Buried = dict[str, list[int]]  # by table, the sealed rows that were changed


def rename(connection: Connection, name: str, other: str) -> tuple[int, Buried]:
    """Let `other` stand wherever this program wrote that name.

    Gives how many rows were changed, and which of them are sealed. Sentences of people are left as
    they are.
    """
    buried: Buried = {}
    n = 0
    for table, column, said in (
        (belief, belief.c.reason, lambda text: _in_belief(text, name, other)),
        (retraction, retraction.c.reason, lambda text: _by(text, name, other)),
        (settlement, settlement.c.by, _exactly(name, other)),
        (tombstone, tombstone.c.by, _exactly(name, other)),
    ):
        numbers = _texts(connection, table, column, name, said)
        buried[str(table.name)] = numbers
        n += len(numbers)
    exact, sentence = _exactly(name, other), _sentence(name, other)
    for table, column, of_text in (
        (lead_action, lead_action.c.detail, exact),
        (combination, combination.c.result, exact),
        (check_run, check_run.c.result, sentence),
    ):
        n += len(_texts(connection, table, column, name, partial(_within, said=of_text)))
    return n + _findings(connection, name, sentence), buried


def _in_belief(text: str, name: str, other: str) -> str:
    """`decided by ann: A`, or the people a dataset's labels are by: `(ann, bob)`."""
    decided = f"decided by {name}: "
    if text.startswith(decided):
        return f"decided by {other}: {text[len(decided) :]}"
    before, bracket, names = text.rpartition(" (")
    if not bracket or not before.startswith((GIVEN, "labels that came")):
        return text
    listed = (other if each == name else each for each in names.removesuffix(")").split(", "))
    return f"{before} ({', '.join(listed)})"


def _by(text: str, name: str, other: str) -> str:
    """`re-queued by ann (no. 3)`, `asked again by ann: why`, `undone by ann`."""
    return re.sub(rf"(?<=by ){re.escape(name)}(?= \(no\. |: |$)", lambda _: other, text, count=1)


def _sentence(name: str, other: str) -> Callable[[str], str]:
    if len(name) < SHORTEST_WORD:
        return _exactly(name, other)
    word = as_word(name)
    return lambda text: word.sub(lambda _: other, text)


def as_word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _exactly(name: str, other: str) -> Callable[[str], str]:
    return lambda text: other if text == name else text


def _within(value: Any, said: Callable[[str], str]) -> Any:
    """The JSON value with every text in it, keys included, as `said` has it."""
    if isinstance(value, str):
        return said(value)
    if isinstance(value, list):
        return [_within(each, said) for each in value]
    if isinstance(value, dict):
        return {said(key): _within(each, said) for key, each in value.items()}
    return value


def _holding(connection: Connection, table: Table, column: Any, name: str) -> Sequence[Any]:
    """The rows whose column may hold the name."""
    is_json = isinstance(column.type, JSON)
    text = cast(column, Text) if is_json else column
    written = orjson.dumps(name).decode()[1:-1] if is_json else name
    query = select(table).where(text.contains(written, autoescape=True))
    return connection.execute(query).mappings().all()


def _texts(
    connection: Connection, table: Table, column: Any, name: str, said: Callable[[Any], Any]
) -> list[int]:
    """Have a text or JSON value say otherwise wherever it holds the name; gives the rows that changed."""
    changed = []
    for row in _holding(connection, table, column, name):
        if (new := said(row[column.name])) != row[column.name]:
            connection.execute(update(table).where(table.c.id == row["id"]).values({column.name: new}))
            changed.append(int(row["id"]))
    return changed


def _findings(connection: Connection, name: str, sentence: Callable[[str], str]) -> int:
    """What checks found of people; its key is made of what it says, so that a later run knows it again."""
    n = 0
    columns = finding.c.reason, finding.c.part, finding.c.value
    rows = {row["id"]: row for column in columns for row in _holding(connection, finding, column, name)}
    for row in rows.values():
        new = {each.name: _within(row[each.name], sentence) for each in columns}
        if any(new[each] != row[each] for each in new):
            key = content_key("finding", row["check"], new["part"], row["pair_id"], new["reason"])
            connection.execute(update(finding).where(finding.c.id == row["id"]).values(**new, key=key))
            n += 1
    return n


def left(connection: Connection, name: str) -> dict[str, int]:
    """In how many rows the name still stands as a word outside of the data: `{"vote.reason": 2}`."""
    word = as_word(name)
    found = {}
    for table, column in _columns():
        query = select(column)
        text = cast(column, Text) if isinstance(column.type, JSON) else column
        query = query.where(text.contains(name, autoescape=True))
        if table is vote:  # judges speak of the texts
            query = query.where(vote.c.rater_id.in_(select(rater.c.id).where(rater.c.kind == "person")))
        n = sum(bool(word.search(_plain(value))) for value in connection.scalars(query))
        if n:
            found[f"{table.name}.{column.name}"] = n
    return found


def _columns() -> Iterator[tuple[Table, Any]]:
    for table in metadata.sorted_tables:
        if table.name not in DATA:
            yield from ((table, column) for column in table.c if isinstance(column.type, Text | JSON))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
