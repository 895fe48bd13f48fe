"""The rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairwright.extras import needed
from pairwright.formats.streams import Unreadable, excerpt

_PARQUET_ROWS = 500


def parquet_rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, streaming. Raises Unreadable where it is none, or is damaged."""
    with needed("parquet", "reading Parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq

    try:
        # Without these two settings a whole row group (often the whole file) is read at once.
        with pq.ParquetFile(name, buffer_size=2**20, pre_buffer=False) as file:
            for batch in file.iter_batches(_PARQUET_ROWS):
                yield from _whole_microseconds(batch).to_pylist()
    except (pa.ArrowException, ValueError) as error:
        what = excerpt(str(error)).rstrip(".")
        raise Unreadable(f"not readable as Parquet ({what}). {_no_parquet(name)}") from None


def _no_parquet(name: str) -> str:
    with open(name, "rb") as file:
        head = file.read(4)
    if head == b"PAR1":
        return "It begins as Parquet does: it is damaged or cut short. Fetch it again"
    return (
        "It does not begin as Parquet does: rename it after what it is, or pass --format jsonl|json|csv|tsv"
    )


def _whole_microseconds(batch: Any) -> Any:
    """The batch with its nanosecond times cut to microseconds: Python's own times hold no more."""
    import pyarrow as pa

    schema = batch.schema
    for index, field in enumerate(schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            schema = schema.set(index, field.with_type(pa.timestamp("us", field.type.tz)))
    if schema is batch.schema:
        return batch
    columns = [
        column.cast(field.type, safe=False) for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.record_batch(columns, schema=schema)
