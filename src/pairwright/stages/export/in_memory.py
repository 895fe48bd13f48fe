"""An export read back into memory: as a list, as pandas or as `datasets` hold rows."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.reading import BadRow, read_records
from pairwright.hub.exports import Part, export_at


def rows_in(path: Path, part: str | None = None) -> list[dict[str, Any]]:
    """The rows of an export, or of one of its parts. Raises InputError where which of several is not said."""
    return _rows(_chosen(path, part))


def as_pandas(path: Path, part: str | None = None) -> Any:
    """The same as a `pandas.DataFrame`."""
    return _needed("pandas").DataFrame(rows_in(path, part))


def as_dataset(path: Path, part: str | None = None) -> Any:
    """The same as a `datasets.Dataset`; all of several parts as a `DatasetDict`."""
    datasets = _needed("datasets")
    parts = export_at(path).parts
    if part is None and len(parts) > 1:
        return datasets.DatasetDict({each.name: datasets.Dataset.from_list(_rows(each)) for each in parts})
    return datasets.Dataset.from_list(rows_in(path, part))


def _chosen(path: Path, part: str | None) -> Part:
    parts = {each.name: each for each in export_at(path).parts}
    if part is None and len(parts) == 1:
        return next(iter(parts.values()))
    if part not in parts:
        asked = "choose one" if part is None else f'there is no "{part}"'
        raise InputError(
            f"{path} has the parts {', '.join(parts)}: {asked}, as in part={next(iter(parts))!r}"
        )
    return parts[part]


def _rows(part: Part) -> list[dict[str, Any]]:
    found = []
    for file in part.files:
        for record in read_records(file):
            if isinstance(record, BadRow):
                raise InputError(f"{record.place}: {record.reason}")
            found.append(record.row)
    return found


def _needed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise InputError(
            f"this needs the package {package}, which is not installed: pip install {package}"
        ) from None
