"""What the tests of readers share: one question, two answers, and reading rows from a real file."""

from __future__ import annotations

import json

from pairwright.formats.canonical import Canonical
from pairwright.formats.catalog import read_dataset
from pairwright.formats.guess import guess
from pairwright.formats.reading_options import ReadingOptions

Q, A, B = "What color is the sky?", "It is blue.", "It is green."


def write(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(tmp_path, name, *rows, **more):
    return list(read_dataset(write(tmp_path, *rows), name, ReadingOptions(**more)))


def one(tmp_path, name, row, **more) -> Canonical:
    (found,) = read(tmp_path, name, row, **more)
    assert isinstance(found, Canonical), found
    return found


def told(tmp_path, *rows) -> str:
    """The format that these rows are found to be in."""
    return guess(write(tmp_path, *rows), {})


def asked(row: Canonical) -> list:
    return [(each.role, each.content) for each in row.prompt]


def ranks(row: Canonical) -> list:
    return [each.rank for each in row.responses]


def texts(row: Canonical) -> list:
    return [each.text for each in row.responses]
