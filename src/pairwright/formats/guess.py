"""Which format rows are in, told by the first of them; where none fits, what to type instead.

A wrong guess would turn labels round. So of several readings one is taken only where all say the same of the
rows looked at; else both are shown on the first row in which they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, better
from pairwright.formats.catalog import formats, of_label, rows_of, values_of
from pairwright.formats.format import Found, Left, Row, Source
from pairwright.formats.proposal import proposed
from pairwright.formats.reading import BadRow, Given, Record, Rows, name_of, read_records
from pairwright.formats.streams import STDIN, printable

_STEPWISE = frozenset(("prompt", "completions", "labels"))  # as TRL's PRMTrainer takes them
LOOKED_AT = 20  # rows that are looked at to tell a format


def guess(path: Given, mapping: Mapping[str, str], file_format: str | None = None) -> str:
    """The format whose keys the first rows have.

    Raises InputError where there is none, or where several read the rows differently.
    """
    if name_of(path) == STDIN:
        raise InputError("the format of standard input can't be told without reading it: pass --from")
    if not isinstance(path, Rows) and Path(path).is_dir():
        raise InputError(f"{path} is a folder, and what it holds is not told: pass --from (potato)")
    if mapping:
        return "table"
    records = _first_records(path, file_format)
    rows = [values_of(record) for record in records]
    fits = {name: _fits(each.reads, rows) for name, each in formats().items() if each.reads}
    most = max(fits.values())
    # An odd row among many is one bad row, and no reason to refuse the others.
    found = [name for name, n in fits.items() if n == most and 2 * n >= len(rows)]
    called = f"{name_of(path)} (keys: {', '.join(list(rows[0])[:12])})"
    if found:
        return found[0] if len(found) == 1 else _of_several(found, records, called)
    raise InputError(printable(f"{called} {_in_none(records)}"))


def _first_records(path: Given, file_format: str | None) -> list[Record]:
    """Raises InputError saying what is wrong with the first row where none can be read."""
    records: list[Record] = []
    bad: BadRow | None = None
    for record in read_records(path, file_format=file_format):
        if isinstance(record, Record):
            records.append(record)
        else:
            bad = bad or record
        if len(records) == LOOKED_AT:
            break
    if records:
        return records
    if bad is None:
        raise InputError(f"{name_of(path)} holds no rows: it is empty")
    raise InputError(f"{name_of(path)} has no row that can be read. {bad.place}: {bad.reason}")


def _in_none(records: Sequence[Record]) -> str:
    shown = repr(records[0].row)
    if records[0].row.keys() >= _STEPWISE:
        return (
            "labels the steps of one answer (stepwise supervision), and says of no answer that it is better "
            "than another, or good. Train a process reward model on it as it is"
        )
    return (
        "is in none of the formats known by their keys (`pairwright convert --list`). "
        f"{proposed(records)} "
        f"{records[0].place} is {shown if len(shown) <= 200 else shown[:197] + '...'}"
    )


def _fits(source: Source, rows: list[Row]) -> int:
    """How many of the rows look like those of the format."""
    return sum(_looks(source, row) for row in rows)


def _looks(source: Source, row: Row) -> bool:
    try:
        return source.looks(row)
    except (TypeError, AttributeError, KeyError):
        return False


# --- several readings of the same rows -------------------------------------------------------------


def _of_several(names: Sequence[str], records: Sequence[Record], called: str) -> str:
    """Of formats that read all rows alike the one that loses fewest columns. Raises InputError otherwise."""
    read = {name: _read(name, records) for name in names}
    usable = [name for name in names if any(isinstance(each, Canonical) for each in read[name])]
    if not usable:
        raise InputError(printable(f"{called} may be {' or '.join(names)}: say which with --from"))
    first, *others = usable
    for other in others:
        for one, two in zip(read[first], read[other], strict=False):
            if _meaning(one) != _meaning(two):
                raise InputError(
                    printable(
                        f"{called} may be {first} or {other}, and they read it differently. {one.place} "
                        f"as {first}: {told(one)}. As {other}: {told(two)}. "
                        f"Say which with --from {first} or --from {other}"
                    )
                )
    return min(usable, key=lambda name: _columns_lost(read[name]))


def _columns_lost(found: Sequence[Found]) -> int:
    return sum(len(each.beside) for each in found if isinstance(each, Canonical))


def _read(name: str, records: Sequence[Record]) -> list[Found]:
    source = formats()[name].reads
    assert source is not None
    try:
        return list(rows_of(iter(records), of_label(source, name, None), name))
    except InputError as error:  # it has to be told which of its labels counts
        return [BadRow(records[0].place, str(error))]


def _meaning(found: Found) -> Any:
    """What a row says: what was asked, what was answered, and which is better or good."""
    if isinstance(found, Left):
        return found.reason
    if isinstance(found, BadRow):
        return None
    answers = [(repr(one.said), one.rank, one.good, one.rating) for one in found.responses]
    return found.prompt, sorted(answers, key=repr)


def told(found: Found) -> str:
    """What a row says, in words: `"What is rain?": "Water." over "Fire."`."""
    if isinstance(found, Left):
        return f"left out ({found.reason.replace('_', ' ')})"
    if isinstance(found, BadRow):
        return f"not read ({found.reason})"
    asked = _short(found.prompt[-1].content) if found.prompt else "nothing"
    return f"{asked}: {_told_answers(found.responses)}"


def _told_answers(responses: Sequence[Rated]) -> str:
    if len(responses) != 2:
        return ", ".join(_told_alone(one) for one in responses)
    a, b = responses
    sign = better(a, b)
    if sign is None:
        return f"{_told_alone(a)} and {_told_alone(b)}"
    if sign < 0:
        a, b = b, a
    return f"{_short(a.text)} {'over' if sign else 'as good as'} {_short(b.text)}"


def _told_alone(one: Rated) -> str:
    said = {True: "good", False: "bad", None: "not labelled"}[one.good]
    if one.rank is not None:
        said = f"rank {one.rank:g}"
    elif one.good is None and one.rating is not None:
        said = f"rated {one.rating:g}"
    return f"{_short(one.text)} ({said})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= 60 else f'"{line[:57]}..."'
