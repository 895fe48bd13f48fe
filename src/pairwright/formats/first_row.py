"""Which row of a file of JSON comes first: what a loader sees there it takes for the type of every column."""

from __future__ import annotations

import re
from itertools import chain, islice
from pathlib import Path

from pairwright.whole_file import whole_file

_NUMBERED = re.compile(rb'\{"row":\d+')


def move_first(path: Path, number: int) -> None:
    """Move a row of a file of JSON, one a line, to its beginning; side lines, which are numbered, anew."""
    with whole_file(path) as out, path.open("rb") as file:
        array = file.read(2) == b"[\n"
        start = 2 if array else 0
        file.seek(start)
        lead = next(islice(file, number - 1, None))
        file.seek(start)
        others = (row for n, row in enumerate(file, 1) if n != number and not (array and row == b"]\n"))
        for n, row in enumerate(chain((lead,), others), 1):
            row = row.rstrip(b",\n")
            if row.startswith(b'{"row":'):
                row = _NUMBERED.sub(b'{"row":%d' % n, row, count=1)
            out.write((b"[\n" if n == 1 else b",\n") + row if array else row + b"\n")
        out.write(b"\n]\n" if array else b"")
