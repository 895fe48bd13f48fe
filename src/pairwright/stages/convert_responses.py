"""Single responses (KTO) of many rows: one that comes several times is good or bad by the majority.

The same rules as an export's: as often good as bad is neither, and the same text counts once. What is
held grows on disk, not in memory.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from pairwright.formats.canonical import Single, Tally
from pairwright.pairing import text_key
from pairwright.store.scratch import Votes


def by_majority(singles: Iterator[Single], dropped: Tally, stack: ExitStack) -> Iterator[Single]:
    """One Single for each response, after all have been seen."""
    votes = stack.enter_context(Votes())
    for each in singles:
        # Of the row only what the side file says of this response is kept.
        kept = replace(each, row=replace(each.row, responses=(each.response,)))
        key = each.row.key + text_key(each.response.text)
        if votes.add(key, each.good, pickle.dumps(kept, pickle.HIGHEST_PROTOCOL)) > 1:
            dropped.add("duplicate", each.row.place, "response")
    for good, bad, what in votes.all():
        first: Single = pickle.loads(what)  # noqa: S301 - written above, into a file without a name
        if good == bad:
            dropped.add("conflicting", first.row.place, "response")
            continue
        meta = first.row.meta
        if good + bad > 1:
            meta = {**(meta or {}), "said_good": good, "said_bad": bad}
        yield replace(first, row=replace(first.row, meta=meta), good=good > bad)
