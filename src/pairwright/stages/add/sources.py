"""What `add` and `convert` take: files, rows in memory, or a dataset of the Hugging Face Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.reading import ENDINGS, BadRow, Given, Record, Rows, read_records
from pairwright.formats.streams import STDIN, printable
from pairwright.hub.fetch import Address, Fetched, address_of, fetch, is_address
from pairwright.rows import as_row, iterable_of

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_FILE = re.compile(rf"\S+(?:{'|'.join(re.escape(each) for each in ENDINGS)})(?:\.gz|\.zst)?", re.IGNORECASE)


def sources(data: Any, *, split: str | None = None) -> list[Given]:
    """The files that are named, or rows in memory; `split` is one of a dataset of the Hub.

    A string is a path, the address hf://OWNER/NAME of a dataset, or its id OWNER/NAME. In a list, what
    names a file is one, and any other string is a prompt. Raises InputError for what is none of these.
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
        return [given(each) for each in data]
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


def given(named: str | Path) -> Given:
    """A file, or the rows of the dataset at an address hf://OWNER/NAME[/CONFIG][@REVISION][#SPLIT]."""
    return from_hub(address_of(str(named))) if is_address(str(named)) else Path(named)


def from_hub(address: Address) -> Rows:
    """Its rows, each with its place in the repository; the files are fetched at once, and read in order."""
    found = fetch(address)
    config = f" {address.config}" if address.config else ""
    return Rows(f"{address.repo}{config} {found.split}", _FilesOf(found))


@dataclass(frozen=True)
class _FilesOf:
    found: Fetched

    def __iter__(self) -> Iterator[Record | BadRow]:
        for name, path in self.found.files.items():
            for record in read_records(path):
                own = f"{self.found.address.repo}/{name}"
                yield replace(record, place=record.place.replace(printable(str(path)), own))


def _is_file(value: Any) -> bool:
    if isinstance(value, Path) or (isinstance(value, str) and is_address(value)):
        return True
    return isinstance(value, str) and bool(_FILE.fullmatch(value) or value == STDIN)


def _one(named: str | Path, split: str | None) -> Given:
    if is_address(str(named)):
        address = address_of(str(named))
        return from_hub(address if split is None else replace(address, split=split))
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
