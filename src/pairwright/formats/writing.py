"""Writing rows to files that are either complete or not there.

A set of files is written in a hidden folder beside their final place, put on
disk, and moved when all are complete. The manifest moves last: while it is
missing, the set is not finished.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson
from filelock import FileLock, Timeout

from pairwright.errors import InputError
from pairwright.extras import needed
from pairwright.formats.first_row import move_first
from pairwright.formats.in_place import check_free
from pairwright.images import is_kept
from pairwright.whole_file import folder_to_disk, to_disk

# What a column holds: text, bool, int, float, messages; a list of one of these, or an object of named ones.
Column = Any
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".parquet")
BUFFER_BYTES = 1 << 20

# A row group is the unit a reader must hold: at most this many rows, or about this much text.
GROUP_ROWS = 5_000
GROUP_CHARS = 16_000_000


def meta_path(out: Path) -> Path:
    """Where the side file of an export stands: one JSON line for each row."""
    return out.with_name(f"{out.name}.meta.jsonl")


def manifest_path(out: Path) -> Path:
    return out.with_name(f"{out.name}.manifest.json")


def media_path(out: Path) -> Path:
    """The folder with the images of an export."""
    return out.with_name(f"{out.name}.media")


def partial_path(out: Path) -> Path:
    """The hidden folder in which an export of `out` is written before it is complete."""
    return out.with_name(f".{out.name}.partial")


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A complete file: its name, and what is in it."""

    name: str
    rows: int
    bytes: int
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class RowWriter(Protocol):
    """Something that takes rows one at a time. `count` is how many so far."""

    count: int

    def write(self, row: Mapping[str, Any]) -> None: ...

    def finish(self) -> None: ...


class JsonLines:
    """One JSON object a line, UTF-8; compressed if a compressing stream is given."""

    def __init__(self, stream: Any) -> None:
        self.count = 0
        self._stream = stream

    def write(self, row: Mapping[str, Any]) -> None:
        self._stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1

    def finish(self) -> None:
        self._stream.close()


class JsonArray:
    """One JSON array of objects, one object a line."""

    def __init__(self, stream: Any) -> None:
        self.count = 0
        self._stream = stream

    def write(self, row: Mapping[str, Any]) -> None:
        self._stream.write((b",\n" if self.count else b"[\n") + orjson.dumps(row))
        self.count += 1

    def finish(self) -> None:
        self._stream.write(b"\n]\n" if self.count else b"[]\n")
        self._stream.close()


class Parquet:
    """Row groups of bounded size under one schema, whatever the rows happen to hold."""

    def __init__(self, file: BinaryIO, columns: Mapping[str, Column]) -> None:
        # Loading pyarrow takes longer than a small export to JSONL.
        with needed("parquet", "writing Parquet"):
            import pyarrow
            import pyarrow.parquet

        self.count = 0
        self._names = columns.keys()
        self._schema = arrow_schema(columns)
        self._batch = pyarrow.RecordBatch
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []
        self._chars = 0

    def write(self, row: Mapping[str, Any]) -> None:
        # Arrow would fill a missing column with nulls and leave out an unknown one.
        if row.keys() != self._names:
            raise ValueError(f"a row has the columns {sorted(row)}, the file has {sorted(self._names)}")
        self._rows.append(row)
        self._chars += sum(map(_chars, row.values()))
        self.count += 1
        if len(self._rows) >= GROUP_ROWS or self._chars >= GROUP_CHARS:
            self._flush()

    def finish(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_batch(self._batch.from_pylist(self._rows, schema=self._schema))
        self._rows, self._chars = [], 0


def _chars(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_chars, value.values()))
    return sum(map(_chars, value)) if isinstance(value, list) else 1


def arrow_schema(columns: Mapping[str, Column]) -> Any:
    """The Arrow schema of columns: told, not guessed from the first rows."""
    import pyarrow as pa

    plain = {"text": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}

    def kind(column: Column) -> Any:
        if column == "messages":
            return kind([{"role": "text", "content": "text"}])
        if isinstance(column, list):
            return pa.list_(kind(column[0]))
        if isinstance(column, dict):
            return pa.struct([pa.field(name, kind(inner)) for name, inner in column.items()])
        return plain[column]

    return pa.schema([pa.field(name, kind(column)) for name, column in columns.items()])


def check_ending(out: Path, endings: tuple[str, ...] = ENDINGS, reader: str = "its reader") -> None:
    """Raises InputError unless the file's ending says how to write it, and is one of `endings`."""
    if out.is_dir():
        raise InputError(f"{out} is a folder. Give the name of a file in it, such as {out / 'dpo.jsonl'}.")
    if not out.name.endswith(ENDINGS):
        raise InputError(f"{out}: cannot tell the format from the name. End it with {', '.join(endings)}.")
    if not out.name.endswith(endings):
        raise InputError(f"{out}: {reader} takes no such file. End it with {', '.join(endings)}.")


def without_ending(name: str) -> tuple[str, str]:
    """A file's name and its ending, both parts of `.jsonl.gz`."""
    ending = max((each for each in ENDINGS if name.endswith(each)), key=len, default="")
    return name.removesuffix(ending), ending


def _writer(name: str, file: BinaryIO, columns: Mapping[str, Column]) -> RowWriter:
    if name.endswith(".parquet"):
        return Parquet(file, columns)
    if name.endswith(".gz"):
        # No name and no time inside: the same rows give the same bytes.
        return JsonLines(gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6))
    if name.endswith(".zst"):
        import zstandard

        return JsonLines(zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False))
    if name.endswith(".json"):
        return JsonArray(_LeaveOpen(file))
    return JsonLines(_LeaveOpen(file))


class _LeaveOpen:
    """A file whose owner closes it, after it has been put on disk."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write

    def close(self) -> None:
        pass


@dataclass(slots=True)
class _Open:
    """A file being written: `name` is its final one."""

    name: str
    path: Path
    file: BinaryIO
    writer: RowWriter | None
    written: WrittenFile | None = None


class FileSet:
    """Files that appear together: rows files with their side files, texts beside them, and a manifest.

    `open(name, columns)` gives a writer; `complete()` finishes all and says
    what they are; `publish(manifest)` moves everything into place. Leaving the
    block without publishing leaves no trace. `rows` and `meta` are those of
    an export of one file.
    """

    rows: RowWriter
    meta: RowWriter

    def __init__(self, out: Path, folder: Path, stack: ExitStack, source: Path | None = None) -> None:
        self._out = out
        self._source = source
        self._older = _older_names(out, folder)
        self._folder = folder
        self._stack = stack
        self._files: list[_Open] = []
        self._texts: dict[str, str] = {}
        self._images: set[str] = set()

    def open(self, name: str, columns: Mapping[str, Column]) -> RowWriter:
        """A new file of rows, named `name` unless `finish` says otherwise."""
        path = self._folder / name
        if path.exists():  # a further shard: its final name is known only when all are written
            path = self._folder / f"{len(self._files)}-{name}"
        file = self._stack.enter_context(path.open("wb", buffering=BUFFER_BYTES))
        writer = _writer(name, file, columns)
        self._stack.callback(_let_go, writer)
        self._files.append(_Open(name, path, file, writer))
        return writer

    def finish(self, writer: RowWriter, name: str | None = None, *, first: int = 1) -> None:
        """Finish one file before the others, or give it another name; row `first` is moved to its top."""
        found = next(each for each in self._files if each.writer is writer)
        found.name = name or found.name
        if found.written is None:
            writer.finish()
            to_disk(found.file)
            found.file.close()
            if first > 1:
                move_first(found.path, first)
            found.written = WrittenFile(found.name, writer.count, *file_hash(found.path))
        else:
            found.written = replace(found.written, name=found.name)

    def text(self, name: str, text: str) -> None:
        """A text to stand beside the rows, such as a trainer's configuration."""
        self._texts[name] = text

    def image(self, name: str, data: bytes) -> None:
        """An image to stand in the folder of images beside the rows."""
        folder = self._folder / _IMAGES
        folder.mkdir(exist_ok=True)
        with (folder / name).open("wb") as file:
            file.write(data)
            to_disk(file)
        self._images.add(name)

    def fill(self, writer: RowWriter, values: Mapping[str, Any]) -> None:
        """Write one file anew, with these columns in the rows that lack them."""
        from pairwright.formats.reading import Record, read_records  # `status` does without

        found = next(each for each in self._files if each.writer is writer)
        assert found.written is not None
        path = found.path.with_name(f"filled-{found.path.name}")
        with path.open("wb", buffering=BUFFER_BYTES) as file:
            made = _writer(found.name, file, {})
            for record in read_records(found.path):
                assert isinstance(record, Record)  # written by us
                made.write({**values, **record.row} if values.keys() - record.row.keys() else record.row)
            made.finish()
            to_disk(file)
        os.replace(path, found.path)
        found.written = WrittenFile(found.name, made.count, *file_hash(found.path))

    def complete(self) -> list[WrittenFile]:
        """Finish every rows and side file, put them on disk, and say what is in them."""
        for each in self._files:
            assert each.writer is not None
            self.finish(each.writer)
        return [each.written for each in self._files if each.written is not None]

    def stale(self) -> set[str]:
        """What an earlier run at the same place wrote and this one does not: other parts and shards.

        Left there, rows would stand in an old train file and in the new test file.
        """
        gone = self._older - {each.name for each in self._files}
        # A name that has a manifest of its own has become somebody else's since; the whole file has this one.
        return {
            name
            for name in gone
            if name == self._out.name or not manifest_path(self._out.with_name(name)).exists()
        }

    def publish(self, manifest: Mapping[str, Any]) -> None:
        """Move the completed files to their final names, the manifest last; then the stale ones go."""
        final = manifest_path(self._out)
        stale = self.stale()
        for name in (*(each.name for each in self._files), *self._texts, *stale, final.name):
            spare(self._source, self._out, final.with_name(name))
        (self._folder / _OLDER).write_bytes(orjson.dumps(sorted(stale)))  # for the next run, if we are killed
        for number, (name, text) in enumerate(self._texts.items()):
            path = self._folder / f"text-{number}"
            with path.open("wb") as file:
                file.write(text.encode())
                to_disk(file)
            self._files.append(_Open(name, path, file, None))
        with open(self._folder / "manifest", "wb") as file:
            file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            to_disk(file)
        # An older manifest must not vouch for newer rows if we are stopped between two moves.
        final.unlink(missing_ok=True)
        self._publish_images()
        for each in reversed(self._files):
            os.replace(each.path, final.with_name(each.name))
        os.replace(self._folder / "manifest", final)
        for name in stale:
            final.with_name(name).unlink(missing_ok=True)
        self._remove_stale_images()
        folder_to_disk(self._out.parent)

    def _publish_images(self) -> None:
        """Move images to their folder: before the rows that name them."""
        folder = media_path(self._out)
        for name in self._images:
            folder.mkdir(exist_ok=True)
            os.replace(self._folder / _IMAGES / name, folder / name)

    def _remove_stale_images(self) -> None:
        """Images of an earlier run at the same place go; what is not ours stays."""
        folder = media_path(self._out)
        if not folder.is_dir():
            return
        for path in folder.iterdir():
            if is_kept(path.name) and path.name not in self._images:
                path.unlink()
        with suppress(OSError):  # not empty
            folder.rmdir()


_OLDER, _IMAGES = "older", "images"


def _older_names(out: Path, folder: Path) -> set[str]:
    """The files that the last run at `out` named in its manifest, or was killed before it had removed."""
    names: set[str] = set()
    with suppress(OSError, ValueError):
        names |= set(orjson.loads((folder / _OLDER).read_bytes()))
    try:
        said = orjson.loads(manifest_path(out).read_bytes())
        names |= {str(each["name"]) for each in said["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none, or none of ours: nothing of it is touched
    return {name for name in names if Path(name).name == name}


def spare(source: Path | None, out: Path, there: Path) -> None:
    """Raises InputError where writing or removing `there` would cost the file that is being read."""
    if source is not None and there.exists() and source.exists() and os.path.samefile(source, there):
        raise InputError(
            f"{source} is read, and writing {out} would replace it ({there.name} is the same file): "
            "rows that can't be read or used would be lost. Choose another name for what is written"
        )


@contextmanager
def file_set(
    out: Path, columns: Mapping[str, Column] | None, source: Path | None = None
) -> Iterator[FileSet]:
    """Open the files of an export to `out`; they appear when `publish` is called, or never.

    With `columns` it is one rows file and its side file; with None they are
    opened one by one. What a killed export left behind is cleaned away. Raises
    InputError if the name's ending is unknown, the folder cannot be written,
    another process is writing the same file, or it would replace `source`.
    """
    check_ending(out)
    folder = partial_path(out)
    for there in (out, meta_path(out), manifest_path(out), *map(out.with_name, _older_names(out, folder))):
        spare(source, out, there)
    check_free(out, manifest_path(out), killed=folder.exists())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", blocking=False)
        lock.acquire()
    except Timeout:
        raise InputError(
            f"{out} is being written by another process. Wait for it, or choose another name."
        ) from None
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror or error}. Choose another folder."
        ) from error
    try:
        with ExitStack() as stack:
            files = FileSet(out, folder, stack, source)
            if columns is not None:
                files.rows = files.open(out.name, columns)
                files.meta = files.open(meta_path(out).name, {})
            yield files
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # before the lock goes: another may take it at once
        lock.release()


def file_hash(path: Path) -> tuple[int, str]:
    """(bytes, sha256 in hex) of a file, read in pieces."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _let_go(writer: RowWriter) -> None:
    """End a writer whose file is thrown away: left open it would write to a closed file when collected."""
    with suppress(Exception):
        writer.finish()
