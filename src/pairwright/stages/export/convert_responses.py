"""Single responses (KTO) of many rows: one that comes several times is good or bad by the majority.

The same rules as an export's: as often good as bad is neither, and the same text counts once. What is
held grows on disk, not in memory.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from pairwright.formats.canonical import Canonical, Rated, Single, Tally
from pairwright.pairing import text_key
from pairwright.store.export.scratch import ResponseVotes
from pairwright.types import Message


def by_majority(singles: Iterator[Single], dropped: Tally, stack: ExitStack) -> Iterator[Single]:
    """One Single for each response, after all have been seen."""
    votes = stack.enter_context(ResponseVotes())
    row, row_key = None, b""
    for each in singles:
        if each.row is not row:
            row, row_key = each.row, each.row.key
        if (
            votes.add(row_key + text_key(each.response.text, each.response.turns), each.good, _packed(each))
            > 1
        ):
            dropped.add("duplicate", each.row.place, "response")
    for good, bad, what in votes.all():
        first = _unpacked(what)
        if good == bad:
            dropped.add("conflicting", first.row.place, "response")
            continue
        meta = first.row.meta
        if good + bad > 1:
            meta = {**(meta or {}), "said_good": good, "said_bad": bad}
        yield replace(first, row=replace(first.row, meta=meta), good=good > bad)


def _packed(each: Single) -> bytes:
    """A response and what the side file says of its row, as plain values: objects take twice as long."""
    row, one = each.row, each.response
    # A plain message is its role and content; others are packed whole.
    prompt = [(each.role, each.content) if each.is_plain else each for each in row.prompt]
    rated = (one.text, one.model, one.rating, one.rank, one.good, one.turns)
    rest = (
        row.id,
        row.margin,
        row.probability,
        row.source,
        row.meta,
        row.place,
        row.opinions,
        row.shown,
        row.faults,
        row.tie,
        row.between,
        row.beside,
        row.tools,
        row.template,
        row.weight,
    )
    return pickle.dumps((prompt, rated, rest, each.good), pickle.HIGHEST_PROTOCOL)


def _unpacked(what: bytes) -> Single:
    prompt, rated, rest, good = pickle.loads(what)  # noqa: S301 - packed above, into a nameless file
    one = Rated(*rated)
    asked = tuple(Message(*each) if isinstance(each, tuple) else each for each in prompt)
    return Single(Canonical(asked, (one,), *rest), one, good)
