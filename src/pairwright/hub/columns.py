"""What the columns of a file hold, as the Hub's card and Croissant have to say it.

Of a Parquet file its schema says so; of other files every row is looked at, for
a type guessed from the first rows makes readers fail at a later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.extras import needed
from pairwright.formats.reading import BadRow, read_records

# "string", "bool", "int64", "float64", [of one of these], {"name": of these}; None: only nulls seen.
Type = Any
Columns = dict[str, Type]


class Mixed(Exception):
    """A column holds values of several kinds, which no type describes."""


def columns_of(paths: Iterable[Path]) -> Columns | None:
    """The columns of files of one shape; None where rows differ too much to say."""
    found: Type = None
    try:
        for path in paths:
            found = merged(found, _of_parquet(path) if path.name.endswith(".parquet") else _of_rows(path))
    except Mixed:
        return None
    return found or None


def _of_rows(path: Path) -> Type:
    found: Type = None
    for record in read_records(path):
        if isinstance(record, BadRow):
            raise InputError(f"{record.place}: {record.reason}. Export again.")
        found = merged(found, type_of(record.row))
    return found


def type_of(value: Any) -> Type:
    if value is None:
        return None
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, Mapping):
        return {str(name): type_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        inner: Type = None
        for each in value:
            inner = merged(inner, type_of(each))
        return [inner]
    raise Mixed(type(value).__name__)


def merged(one: Type, other: Type) -> Type:
    """What describes both. Raises Mixed where nothing does."""
    if one is None or one == other:
        return other
    if other is None:
        return one
    if {str(one), str(other)} == {"int64", "float64"}:
        return "float64"
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: merged(one.get(name), other.get(name)) for name in (*one, *(other.keys() - one.keys()))}
    raise Mixed(f"{one} and {other}")


def _of_parquet(path: Path) -> Type:
    with needed("parquet", "reading Parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq

    def kind(of: Any) -> Type:
        if pa.types.is_struct(of):
            return {field.name: kind(field.type) for field in of}
        if pa.types.is_list(of) or pa.types.is_large_list(of):
            return [kind(of.value_type)]
        names = {"string": "string", "large_string": "string", "bool": "bool", "double": "float64"}
        return names.get(str(of), str(of))

    return {field.name: kind(field.type) for field in pq.read_schema(path)}


def in_words(of: Type) -> str:
    """`list of {role: string, content: string}`."""
    if of is None:
        return "null"
    if isinstance(of, list):
        return f"list of {in_words(of[0])}"
    if isinstance(of, dict):
        return "{" + ", ".join(f"{name}: {in_words(inner)}" for name, inner in of.items()) + "}"
    return str(of)


def features_of(columns: Columns) -> list[dict[str, Any]]:
    """The columns as `dataset_info.features` of a card has them."""
    return [{"name": name, **_feature(of)} for name, of in columns.items()]


def _feature(of: Type) -> dict[str, Any]:
    if isinstance(of, dict):
        return {"struct": features_of(of)}
    if not isinstance(of, list):
        return {"dtype": of or "null"}
    inner = of[0]
    if isinstance(inner, dict):
        return {"list": features_of(inner)}
    return {"list": _feature(inner) if isinstance(inner, list) else inner or "null"}
