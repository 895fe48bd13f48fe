"""The rows of a dataset that can be used; the others are counted, by reason and with their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from pairwright.formats.canonical import Canonical, Drop, Tally
from pairwright.formats.format import Left
from pairwright.formats.ratings import contradicts_itself
from pairwright.formats.reading import BadRow
from pairwright.stages.add.add import BAD_ROWS_LISTED

PROGRESS_EVERY = 500


class RowReading(Protocol):
    """What is counted: rows read, bad ones (the first listed), what was left out, known faults.

    `not_carried` are the columns that had a value in so many rows and are not kept.
    """

    read: int
    bad_rows: int
    bad: list[BadRow]
    dropped: Tally
    faults: dict[str, int]
    not_carried: dict[str, int]


def usable(
    found: Iterator[Canonical | Left | BadRow],
    result: RowReading,
    progress: Callable[[int], None] | None,
    refuse: Callable[[Canonical], Drop | None] = lambda _row: None,
) -> Iterator[Canonical]:
    """The rows that stand for something, one at a time, while `result` is filled.

    `refuse` says why a row that was read is of no use to this reader.
    """
    place = bad = ""
    for each in found:
        if not each.place or each.place != place:  # one row may give several things, and say what is not used
            result.read += 1
            if progress and result.read % PROGRESS_EVERY == 0:
                progress(result.read)
        place = each.place
        if isinstance(each, BadRow):
            result.bad_rows += not place or place != bad
            bad = place
            if len(result.bad) < BAD_ROWS_LISTED:
                result.bad.append(each)
            continue
        for column in each.beside if isinstance(each, Canonical) else ():
            result.not_carried[column] = result.not_carried.get(column, 0) + 1
        if isinstance(each, Left):
            result.dropped.add(each.reason, each.place, each.unit)
        elif drop := refuse(each):
            result.dropped.add(drop.reason, each.place)
        elif contradicts_itself(each):
            result.dropped.add("rejected_is_rated_higher", each.place)
        else:
            for fault in each.faults:
                result.faults[fault] = result.faults.get(fault, 0) + 1
            yield each
    if progress:
        progress(result.read)
