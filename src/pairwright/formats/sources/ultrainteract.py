"""UltraInteract: a trajectory of turns, and the right and a wrong next action.

Read from loaders of openbmb/UltraInteract_pair (`trajectory` is a list of {"from", "value"}); the other
columns are from memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.formats.answers import rows_of
from pairwright.formats.format import Format, Found, Row, Source
from pairwright.formats.messages import messages_of


def read(row: Row, place: str) -> Iterator[Found]:
    asked = messages_of(row["trajectory"], '"trajectory"')
    source = row.get("task")
    yield from rows_of(asked, row, place, source=source if isinstance(source, str) else None)


FORMATS = (
    Format(
        "ultrainteract",
        "UltraInteract: a trajectory, the right and a wrong next action",
        Source(read, lambda row: {"trajectory", "chosen", "rejected"} <= row.keys(), "ultrainteract"),
    ),
)
