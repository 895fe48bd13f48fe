"""Rows from files: JSON lines, JSON, CSV, TSV, Parquet, plain text; the text ones also in gzip or zstd.

Rows that are in memory are read the same way. Every reader streams: what is held
in memory does not grow with the file. A row that can't be read is a `BadRow` with
its place and reason, and reading goes on wherever the format lets it.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import orjson
import zstandard

from pairwright.errors import InputError
from pairwright.formats.parquet import parquet_rows
from pairwright.formats.streams import (
    CHUNK,
    MOST_BYTES,
    STDIN,
    UnreadableFile,
    excerpt,
    lines,
    open_stream,
    open_text,
    printable,
)
from pairwright.formats.values import whole_characters
from pairwright.frozen import frozen

FORMATS = ("jsonl", "json", "csv", "tsv", "parquet", "txt")
ENDINGS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "txt",
}
_MOST_HOLLOW = 10_000

Form = Literal["object", "cells", "line"]


@frozen
class Record:
    """One row. `place` is `prompts.jsonl:17`, or `prompts.parquet row 17`.

    `form`: an "object" has JSON values; "cells" are all strings (CSV), so a
    list is JSON text inside one; a "line" of plain text is `{"prompt": line}`
    whatever the user's columns are called elsewhere.
    """

    place: str
    row: dict[str, Any]
    form: Form = "object"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be used, where it stands, and why."""

    place: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        return {"place": self.place, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in memory, under the name that stands for their file's; what is no object is a bad row.

    Records say themselves where they stand.
    """

    name: str
    rows: Iterable[Any]


Records = Iterator[Record | BadRow]
Given = str | Path | Rows  # what rows can be read from


def name_of(given: Given) -> str:
    """What stands for it in messages: a path, or the name of rows in memory."""
    return given.name if isinstance(given, Rows) else os.fspath(given)


def read_records(path: Given, *, file_format: str | None = None) -> Records:
    """The rows of a file, in order; `-` is standard input (JSON lines unless `file_format` says otherwise).

    Raises InputError at once when there is no such file or its format is not
    known. Damage found later (cut-off gzip, invalid JSON) comes as a BadRow.
    """
    if isinstance(path, Rows):
        return _in_memory(path)
    name = os.fspath(path)
    form = file_format or _format_of(name)
    if form not in FORMATS:
        raise InputError(f'--format "{form}" is not one of {", ".join(FORMATS)}')
    if name == STDIN:
        if form == "parquet":
            raise InputError("Parquet can't be read from standard input: save it as a file and name that")
    elif not os.path.exists(name):
        raise InputError(f"{name} does not exist")
    elif os.path.isdir(name):
        raise InputError(f"{name} is a folder. Name the files in it, for example {name}/*.jsonl")
    elif not os.path.isfile(name):  # some commands read a file twice, and a pipe would hang the second time
        raise InputError(f"{name} is a pipe or a device, not a file: pipe it in and name -, or save it first")
    elif not os.access(name, os.R_OK):
        raise InputError(f"{name} may not be read by this user")
    return _to_the_end(_READERS[form](name), _shown(name))


def _in_memory(given: Rows) -> Records:
    for number, row in enumerate(given.rows, 1):
        if isinstance(row, Record | BadRow):
            yield row
            continue
        place = f"{given.name} row {number}"
        if type(row) is not dict:
            yield BadRow(place, _not_object(row))
        else:
            half = half_character(row)
            yield Record(place, row) if half is None else BadRow(place, half)


def half_character(row: dict[str, Any]) -> str | None:
    """Why a row can't be written as UTF-8: escapes in JSON, and Python, can spell what it can't hold."""
    for name, value in row.items():
        try:
            for text in _texts(value):
                whole_characters(text, f'"{name}"')
        except InputError as error:
            return str(error)
        except RecursionError:
            return f'"{name}" is nested too deeply'
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _format_of(name: str) -> str:
    if name == STDIN:
        return "jsonl"
    stem, ending = os.path.splitext(name.lower())
    if ending in (".gz", ".zst"):
        ending = os.path.splitext(stem)[1] + ending
    plain = ending.removesuffix(".gz").removesuffix(".zst")
    known = ENDINGS.get(plain)
    if known is None or (known == "parquet" and ending != plain):
        raise InputError(
            f'{name}: the ending "{ending}" does not say what it holds. Supported: {", ".join(ENDINGS)} '
            f"(all but Parquet also with .gz or .zst). Rename it, or pass --format {'|'.join(FORMATS)}."
        )
    return known


def _to_the_end(records: Records, name: str) -> Records:
    """Pass records on; what breaks the file itself becomes one last bad row."""
    last = None
    try:
        for record in records:
            last = record.place
            yield record
    except (UnreadableFile, EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        if not isinstance(error, UnreadableFile):
            reason = f"the file is damaged or cut short ({reason}). Fetch it again"
        yield BadRow(last or name, f"after this row: {reason}" if last else reason)


# --- the formats --------------------------------------------------------------------------

_TOO_LONG = f"longer than {MOST_BYTES // 2**20} MiB. Is it really one row a line?"


_NOT_UTF8 = "not UTF-8. Save the file as UTF-8."


def _not_utf8(line: bytes) -> str | None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return (
            f"not UTF-8: byte 0x{line[error.start]:02x} at column {error.start + 1}. Save the file as UTF-8."
        )
    return None


def _shown(name: str) -> str:
    """The name to show and keep: a file's name may be bytes that no text can hold."""
    return "stdin" if name == STDIN else printable(name)


def _jsonl(name: str) -> Records:
    shown = _shown(name)
    with open_stream(name) as stream:
        if _spans_lines(stream.peek(CHUNK)):
            yield from _values(stream, shown)
            return
        for number, line in lines(stream):
            place = f"{shown}:{number}"
            if line is None:
                yield BadRow(place, _TOO_LONG)
            elif line.strip():
                try:
                    row = _loads(line)
                except (ValueError, RecursionError) as error:
                    yield BadRow(place, _not_utf8(line) or _not_json(error, line.decode()))
                    continue
                yield Record(place, row) if type(row) is dict else BadRow(place, _not_object(row))


def _spans_lines(start: bytes) -> bool:
    """Whether this is JSON, but not of one row a line: an array, or objects laid out to be read."""
    first, _, rest = start.lstrip().partition(b"\n")
    if not first.startswith(b"["):
        return first.strip() == b"{" and bool(rest.strip())
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        return True
    return not rest.strip()  # a list in the first line, and more rows after it: one bad row


def _loads(line: bytes) -> Any:
    """The value of a line. Raises ValueError, TwiceNamed among them, for what is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        # NaN and Infinity are not JSON, but what Python's json writes.
        if b"NaN" not in line and b"Infinity" not in line and "infinity" not in error.msg:
            raise
    else:
        # Of two keys by one name the fast reader takes the last, and long whole numbers it rounds: where
        # either may be, the line is read once more, to the letter.
        if _keys_in(value) == len(_COLON.findall(line)) - len(_ESCAPED.findall(line)):
            return value
    scan = _Scan()
    value = scan.decoder.decode(line.decode())
    if scan.twice:
        raise TwiceNamed(scan.twice[0])
    if type(value) is dict and (half := half_character(value)):
        raise HalfCharacter(half)
    return value


_COLON = re.compile(rb'"\s*:')
_ESCAPED = re.compile(rb'\\"\s*:')  # within a text; a look behind the quote would take ten times as long
_ROUNDED = 2.0**63


class HalfCharacter(ValueError):
    """A text has a lone surrogate; the message says where."""


class TwiceNamed(ValueError):
    """An object has two keys of the same name."""


def _keys_in(value: Any) -> int:
    """How many keys there are at all depths; none of a number that may have been rounded."""
    if type(value) is not dict and type(value) is not list:
        return 0
    count = len(value) if type(value) is dict else 0
    for each in value.values() if type(value) is dict else value:
        kind = type(each)
        if kind is dict or kind is list:
            count += _keys_in(each)
        elif kind is float and not -_ROUNDED < each < _ROUNDED:
            count -= _MANY
    return count


_MANY = 2**40  # more keys than a line can hold: the count is then never right


class _Scan:
    """Reads JSON to the letter: notes keys that stand `twice`, rounds no number."""

    def __init__(self) -> None:
        self.twice: list[str] = []
        self.decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_int=whole_number)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            self.twice += [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return found


def whole_number(digits: str) -> int | str:
    """A whole number to the last digit; as text where it is beyond any that can be reckoned with."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


_MOST_DIGITS = 300  # more don't fit a float


def _not_json(error: Exception, text: str) -> str:
    if isinstance(error, HalfCharacter):
        return str(error)
    if isinstance(error, TwiceNamed):
        return f'the key "{printable(str(error))}" stands twice: which of them counts? Keep one'
    what = "nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        what = f"{error.msg} at column {error.colno}"
    return f"not valid JSON ({what}): {excerpt(text)}"


def _not_object(value: Any) -> str:
    kind = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )
    hint = " If the whole file is one JSON array, pass --format json." if isinstance(value, list) else ""
    return f'{kind}, not an object such as {{"prompt": "..."}}.{hint}'


class _Window:
    """The part of a JSON text being looked at: grows on demand, forgets what was taken."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._noted = _Scan()
        self._scan = self._noted.decoder.raw_decode
        self._text, self._at = "", 0
        self.line = 1

    def _more(self) -> bool:
        size = max(CHUNK, len(self._text) - self._at)  # doubling keeps retries cheap
        data = self._stream.read(size)
        new = self._decode(data, not data)
        self._text, self._at = self._text[self._at :] + new, 0
        return bool(data)

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            rest = self._text[self._at : self._at + 1]
            if rest and not rest.isspace():
                return rest
            if rest:
                self.take()
            elif not self._more():
                return ""

    def take(self) -> None:
        self.line += self._text[self._at] == "\n"
        self._at += 1

    def value(self) -> tuple[Any, str | None]:
        """The JSON value that starts here, and why it can't be used. Raises Unreadable when there is none."""
        while True:
            self._noted.twice.clear()
            try:
                value, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as error:
                reached = error.pos - self._at
                unfinished = error.pos > len(self._text) - 16 or error.msg.startswith("Unterminated")
                if unfinished and len(self._text) - self._at < MOST_BYTES and self._more():
                    continue
                error.pos = self._at + reached  # the window may have moved
                line = self.line + self._text.count("\n", self._at, error.pos)
                around = excerpt(self._text[max(self._at, error.pos - 30) : error.pos + 30])
                raise UnreadableFile(f"line {line} is not valid JSON ({error.msg}) near {around}") from None
            except RecursionError:
                raise UnreadableFile(f"line {self.line} is nested too deeply") from None
            taken = self._text[self._at : end]
            self.line += taken.count("\n")
            self._at = end
            twice = _not_json(TwiceNamed(self._noted.twice[0]), "") if self._noted.twice else None
            return value, twice if _is_text(taken) else _NOT_UTF8


_NO_END = 'the array has no "]": cut short?'


def _json(name: str) -> Records:
    """An array of objects; also objects one after another, since many `.json` files are JSON lines."""
    with open_stream(name) as stream:
        yield from _values(stream, _shown(name))


def _values(stream: io.BufferedReader, shown: str) -> Records:
    window = _Window(stream)
    array = window.peek() == "["
    if array:
        window.take()
    number, before = 0, 0
    while (next_one := window.peek()) and not (array and next_one == "]"):
        number += 1
        # Rows that share a line are told apart: what has the same place counts as one row.
        place = f"{shown}:{window.line}" + (f" row {number}" if window.line == before else "")
        before = window.line
        value, problem = window.value()
        if type(value) is not dict:
            yield BadRow(place, _not_object(value))
        else:
            problem = problem or half_character(value)
            yield Record(place, value) if problem is None else BadRow(place, problem)
        if array and window.peek() == ",":
            window.take()
            if not window.peek():
                raise UnreadableFile(f"line {window.line} is not valid JSON: {_NO_END}")
        elif array and window.peek() != "]":
            found = window.peek()
            what = f'"{found}" where "," or "]" belongs' if found else _NO_END
            raise UnreadableFile(f"line {window.line} is not valid JSON: {what}")
    if array:
        if not window.peek():
            raise UnreadableFile(f"line {window.line} is not valid JSON: {_NO_END}")
        window.take()
        if window.peek():
            raise UnreadableFile(f"line {window.line} is not valid JSON: more follows after the array's end")


def _csv(name: str) -> Records:
    return _table(name, ",")


def _tsv(name: str) -> Records:
    return _table(name, "\t")


def _table(name: str, delimiter: str) -> Records:
    """Rows under a header; a row's place is the line it begins on, quoted line ends or not."""
    shown = _shown(name)
    csv.field_size_limit(max(csv.field_size_limit(), MOST_BYTES))
    with open_text(name) as text:
        rows = _short_lines(text)
        head = next(rows, "")
        reader = csv.reader(chain((head,), rows), delimiter=_delimiter(head, delimiter), strict=True)
        header: list[str] | None = None
        hollow: list[str] = []  # at the end of a sheet they are nothing, before a row they are a hole
        while True:
            place = f"{shown}:{reader.line_num + 1}"
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(place, f'not valid CSV ({error}). Is a quote (") left open or not doubled?')
                continue
            if not any(cells):
                if cells and header and len(hollow) < _MOST_HOLLOW:
                    hollow.append(place)
                continue
            yield from (BadRow(each, "all its cells are empty") for each in hollow)
            hollow.clear()
            if header is None:
                header = _header(cells)
            elif not _is_text("".join(cells)):
                yield BadRow(place, _NOT_UTF8)
            elif len(cells) != len(header):
                yield BadRow(place, f"{len(cells)} cells where the header names {len(header)} columns")
            else:
                # An empty cell is how CSV says that there is no value.
                row = {key: cell or None for key, cell in zip(header, cells, strict=True)}
                yield Record(place, row, "cells")


def _delimiter(head: str, usual: str) -> str:
    """What separates the cells: a header without a comma may well have semicolons, as spreadsheets write."""
    if usual in head:
        return usual
    return next((each for each in (";", "\t", ",") if each in head), usual)


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MOST_BYTES):
        if len(line) >= MOST_BYTES and line[-1] not in "\r\n":
            raise UnreadableFile(f"a line is {_TOO_LONG}")
        yield line


def _header(cells: list[str]) -> list[str]:
    if not _is_text("".join(cells)):
        raise UnreadableFile("the header is not UTF-8. Save the file as UTF-8")
    names = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, 1)]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UnreadableFile(f'the header names "{name}" twice. Rename one')
        seen.add(name)
    return names


def _is_text(text: str) -> bool:
    """Whether it was UTF-8: no lone surrogates stand for bytes that were not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _txt(name: str) -> Records:
    shown = _shown(name)
    with open_stream(name) as stream:
        for number, line in lines(stream):
            place = f"{shown}:{number}"
            if line is None:
                yield BadRow(place, _TOO_LONG)
            elif reason := _not_utf8(line):
                yield BadRow(place, reason)
            elif text := line.decode().strip():
                yield Record(place, {"prompt": text}, "line")


def _parquet(name: str) -> Records:
    shown = _shown(name)
    for number, row in enumerate(parquet_rows(name), 1):
        yield Record(f"{shown} row {number}", row)


_READERS: dict[str, Callable[[str], Records]] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _csv,
    "tsv": _tsv,
    "parquet": _parquet,
    "txt": _txt,
}
