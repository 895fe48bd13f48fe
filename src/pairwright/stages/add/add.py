"""add: prompts, responses and pairs from the user's files into the store.

All files go in by one transaction: after a bad row, an error, a power cut or
kill -9 nothing is half-added. Adding what is there already changes nothing.
While it runs nothing else can write to an SQLite store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.formats.carried import without_columns
from pairwright.formats.reading import BadRow, Given, Record, Records, name_of, read_records
from pairwright.formats.rows import Entry, FieldNames, entry_from_row
from pairwright.formats.streams import printable
from pairwright.pairing import pair_key, text_key
from pairwright.stages.add.images import Keeper, base_of
from pairwright.stages.project.media import Media
from pairwright.stages.result import Result, facts_of
from pairwright.store.content import (
    NewPair,
    NewResponse,
    given_response_key,
    insert_pairs,
    insert_prompts,
    insert_responses,
    named_otherwise,
    prompt_ids,
    response_ids,
)
from pairwright.store.store import Store
from pairwright.types import OnError

BAD_ROWS_LISTED = 50
_ROWS_AT_ONCE = 500

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Added:
    """Of one kind of content: how many are new, and how many came but were there already."""

    added: int = 0
    already: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(self.added + other.added, self.already + other.already)


@dataclass(frozen=True, slots=True, repr=False)
class AddResult(Result):
    """What `add` did. `committed` is false when bad rows were found and so nothing at all was added.

    `already` counts repetitions within the files too. `bad` lists the first
    BAD_ROWS_LISTED of `bad_rows`, `empty` the files without a row.
    """

    files: tuple[str, ...]
    rows: int
    prompts: Added
    responses: Added
    pairs: Added
    bad_rows: int
    bad: tuple[BadRow, ...]
    committed: bool
    empty: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        said = {**asdict(self), "files": list(self.files), "empty": list(self.empty)}
        return {**said, "bad": [row.as_dict() for row in self.bad]}

    def facts(self) -> list[tuple[str, str]]:
        return facts_of(self.as_dict(), "files", "bad", "committed")

    def sentences(self) -> list[str]:
        return [f"{row.place}: {row.reason}" for row in self.bad]


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    prompts: Added = Added()
    responses: Added = Added()
    pairs: Added = Added()

    def note(self, row: BadRow) -> None:
        self.bad_rows += 1
        if len(self.bad) < BAD_ROWS_LISTED:
            self.bad.append(row)


class _TakeBack(Exception):
    """Ends the transaction without a trace."""


def add_files(
    store: Store,
    paths: Sequence[Given],
    *,
    fields: FieldNames | None = None,
    file_format: str | None = None,
    on_error: OnError = "stop",
    without: Collection[str] = (),
    media: Media | None = None,
    image_urls: bool = False,
    progress: Progress | None = None,
) -> AddResult:
    """Add what the files hold, or rows in memory; `-` is standard input.

    on_error "stop": all input is read so that every bad row is counted, but if
    there is one nothing is added. "skip": the good rows are added.
    `without` are columns to do without. Images are kept in `media`; with `image_urls` those that are
    addresses stay addresses. `progress` is told the number of rows read so far.

    Raises InputError, before anything is read, for a file that is missing or
    of no known format.
    """
    if on_error not in ("stop", "skip"):
        raise InputError(f'--on-error "{on_error}" is not one of stop, skip')
    tally = _Tally()
    keeper, names = Keeper(media, urls=image_urls), fields or FieldNames()
    sources = [
        (
            _noticed(without_columns(read_records(path, file_format=file_format), without), path, tally),
            base_of(path),
        )
        for path in paths
    ]
    entries = chain.from_iterable(
        _entries(records, names, tally, partial(keeper.entry, base=base)) for records, base in sources
    )
    committed = True
    try:
        with store.write() as connection:
            while batch := list(islice(entries, _ROWS_AT_ONCE)):
                if on_error == "skip" or not tally.bad_rows:
                    _insert(connection, batch, tally)
                if progress is not None:
                    progress(tally.rows)
            if on_error == "stop" and tally.bad_rows:
                raise _TakeBack
    except BaseException as error:
        keeper.take_back()
        if not isinstance(error, _TakeBack):
            raise
        committed = False
    nothing = Added()
    return AddResult(
        files=tuple(name_of(path) for path in paths),
        rows=tally.rows,
        prompts=tally.prompts if committed else nothing,
        responses=tally.responses if committed else nothing,
        pairs=tally.pairs if committed else nothing,
        bad_rows=tally.bad_rows,
        bad=tuple(tally.bad),
        committed=committed,
        empty=tuple(tally.empty),
    )


def _noticed(records: Records, path: Given, tally: _Tally) -> Records:
    """The same records, with a note of a file that has none."""
    record = None
    for record in records:
        yield record
    if record is None:
        tally.empty.append(os.path.basename(name_of(path)))


def _entries(
    records: Iterable[Record | BadRow], fields: FieldNames, tally: _Tally, kept: Callable[[Entry], Entry]
) -> Iterator[Entry]:
    """The good rows, with the images they speak of `kept`; the bad ones go to the tally."""
    of_lines = FieldNames()
    for record in records:
        tally.rows += 1
        if isinstance(record, BadRow):
            tally.note(record)
            continue
        names = of_lines if record.form == "line" else fields
        try:
            yield kept(entry_from_row(record.row, names, record.place, cells=record.form == "cells"))
        except InputError as error:
            tally.note(BadRow(record.place, printable(str(error))))


def own_ids(connection: Connection, prompts: Sequence[tuple[str | None, bytes, str]]) -> dict[int, BadRow]:
    """Of rows by (id, prompt's key, place): those whose id names another prompt, so that it names none."""
    found = {}
    others = named_otherwise(connection, [(name, key) for name, key, _ in prompts])
    for row, (name, source) in others.items():
        first = next((place for each, _, place in prompts if each == name), "")
        what = (
            f'the id "{name}" names another prompt already ({source or first}), and one id is for one prompt'
        )
        remedy = "give it an id of its own, or take the ids from another column (--id-field)"
        found[row] = BadRow(prompts[row][2], printable(f"{what}: {remedy}"))
    return found


def _insert(connection: Connection, entries: list[Entry], tally: _Tally) -> None:
    keys = [entry.prompt.key for entry in entries]
    named = [
        (each.prompt.external_id, key, each.prompt.source or "")
        for each, key in zip(entries, keys, strict=True)
    ]
    taken = own_ids(connection, named)
    for bad in taken.values():
        tally.note(bad)
    entries = [entry for row, entry in enumerate(entries) if row not in taken]
    keys = [key for row, key in enumerate(keys) if row not in taken]
    tally.prompts += _added(insert_prompts(connection, [entry.prompt for entry in entries], keys), len(keys))
    if not any(entry.pair or entry.responses for entry in entries):
        return
    ids = prompt_ids(connection, keys)
    responses, pairs = [], []
    for entry, key in zip(entries, keys, strict=True):
        new = [
            NewResponse(
                ids[key], given_response_key(key, response.text, response.model, response.turns), response
            )
            for response in (*(entry.pair or ()), *entry.responses)
        ]
        responses += new
        if entry.pair:
            pairs.append((entry, key, new[0], new[1]))
    tally.responses += _added(insert_responses(connection, responses), len(responses))
    if not pairs:
        return
    sides = response_ids(connection, [side.key for _, _, *both in pairs for side in both])
    given = [_given_pair(entry, key, a, b, sides) for entry, key, a, b in pairs]
    tally.pairs += _added(insert_pairs(connection, given), len(given))


def _given_pair(entry: Entry, key: bytes, a: NewResponse, b: NewResponse, sides: dict[bytes, int]) -> NewPair:
    return NewPair(
        a.prompt_id,
        pair_key(key, *(text_key(one.response.text, one.response.turns) for one in (a, b))),
        sides[a.key],
        sides[b.key],
        "given",
        entry.pair_external_id,
        entry.pair_meta,
        entry.prompt.source,
    )


def _added(new: int, asked: int) -> Added:
    return Added(new, asked - new)
