"""What `Project.add` takes: files, rows in memory, or a dataset of the Hugging Face Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.reading import ENDINGS, Given, Rows
from pairwright.formats.streams import STDIN
from pairwright.rows import as_row, iterable_of

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_FILE = re.compile(rf"\S+(?:{'|'.join(re.escape(each) for each in ENDINGS)})(?:\.gz|\.zst)?", re.IGNORECASE)


def sources(data: Any, *, split: str | None = None) -> list[Given]:
    """The files that are named, or rows in memory; `split` is one of a dataset of the Hub.

    A string is a path, or the id OWNER/NAME of a dataset. In a list, what names a file is one, and
    any other string is a prompt. Raises InputError for what is none of these.
    """
    if isinstance(data, str | Path):
        return [_one(data, split)]
    if split is not None:
        raise InputError(
            f'split "{split}" goes with the id of a dataset on the Hub: choose it in what you pass'
        )
    if isinstance(data, Rows):
        return [data]
    if isinstance(data, Sequence) and data and all(_is_file(each) for each in data):
        return [Path(each) for each in data]
    return [in_memory(data)]


def in_memory(table: Any, name: str | None = None) -> Rows:
    """The rows of a list, a DataFrame, a `datasets.Dataset` or whatever else holds some."""
    rows = iterable_of(table, "rows")
    if isinstance(rows, Iterator):
        rows = list(rows)  # they may be looked at twice: first to tell their format
    return Rows(name or type(table).__name__, _AsRows(rows))


@dataclass(frozen=True)
class _AsRows:
    """Rows as a file would give them, however often they are read."""

    rows: Any

    def __iter__(self) -> Iterator[Any]:
        return map(as_row, self.rows)


def _is_file(value: Any) -> bool:
    if isinstance(value, Path):
        return True
    return isinstance(value, str) and bool(_FILE.fullmatch(value) or value == STDIN)


def _one(named: str | Path, split: str | None) -> Given:
    path = Path(named)
    if isinstance(named, str) and _HUB_ID.fullmatch(named) and not path.exists() and not _is_file(named):
        return _from_hub(named, split or "train")
    if split is not None:
        raise InputError(f'split "{split}" goes with the id of a dataset on the Hub, and {named} is a file')
    return path


def _from_hub(name: str, split: str) -> Rows:
    try:
        from datasets import load_dataset
    except ImportError:
        raise InputError(
            f"{name} is no file here; as the id of a dataset on the Hugging Face Hub it needs the package "
            "`datasets`: pip install datasets"
        ) from None
    try:
        return in_memory(load_dataset(name, split=split), f"{name} {split}")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{name} is no file here, and the Hub gave no dataset of that id: {error}"
        ) from error
