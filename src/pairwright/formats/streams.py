"""The bytes of a file or of standard input, decompressed: gzip, zstd or neither."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

import zstandard

from pairwright.errors import InputError

STDIN = "-"
# A longer row is not a prompt but a file read the wrong way (no line ends, a
# quote left open); without a limit it would be pulled into memory whole.
MOST_BYTES = 16 * 2**20
CHUNK = 64 * 1024
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class UnreadableFile(Exception):
    """The rest of the file is lost; the message says why."""


class _Zstd(io.RawIOBase):
    """Decompressed zstd. (zstandard's own reader takes a file cut short for a complete one.)"""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._frame = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj()
        self._inside = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            # Small pieces: each may hold thousands of times its size.
            piece = self._frame.unused_data if self._frame.eof else b""
            piece = piece or self._source.read(8 * 1024)
            if not piece:
                if self._inside and not self._frame.eof:
                    raise UnreadableFile("the zstd data ends early: the file is cut short. Fetch it again")
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj()
            self._inside = True
            self._ready = memoryview(self._frame.decompress(piece))
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


@contextmanager
def open_stream(name: str) -> Iterator[io.BufferedReader]:
    """The file's bytes, decompressed, after a byte order mark if it has one.

    Compression is told by the file's first bytes as well as its ending, so a
    compressed stream on standard input and a misnamed file both work.
    """
    if name == STDIN and sys.stdin is None:
        raise InputError("there is no standard input to read: name a file")
    with ExitStack() as closing:
        source: Any = sys.stdin.buffer if name == STDIN else closing.enter_context(open(name, "rb", 0))
        stream = io.BufferedReader(source, CHUNK)
        if name == STDIN:
            closing.callback(stream.detach)  # or it would close standard input with itself
        head = stream.peek(4)[:4]
        if head.startswith(GZIP_MAGIC):
            unzipped: Any = closing.enter_context(gzip.GzipFile(fileobj=stream))
            stream = io.BufferedReader(unzipped, CHUNK)
        elif head == ZSTD_MAGIC:
            stream = io.BufferedReader(_Zstd(stream), CHUNK)
        elif head and name.lower().endswith((".gz", ".zst")):
            ending = name[name.rindex(".") :]
            if (GZIP_MAGIC + ZSTD_MAGIC).find(head) >= 0 and len(head) < 4:
                raise UnreadableFile("the file is cut short after its first bytes. Fetch it again")
            raise UnreadableFile(
                f'this is a plain file, not compressed as "{ending}" says. Rename it without that'
            )
        start = stream.peek(4)[:4]
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnreadableFile("this is UTF-16 text. Save it as UTF-8")
        if start.startswith(codecs.BOM_UTF8):
            stream.read(len(codecs.BOM_UTF8))
        yield stream


@contextmanager
def open_text(name: str) -> Iterator[io.TextIOWrapper]:
    """The file as text with its line ends as they are; bytes that are not UTF-8 come as lone surrogates."""
    with open_stream(name) as stream:
        text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
        try:
            yield text
        finally:
            text.detach()


def lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | None]]:
    """(line number, line); None for a line longer than MOST_BYTES, which is passed over."""
    number = 0
    while line := stream.readline(MOST_BYTES):
        number += 1
        if len(line) < MOST_BYTES or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := stream.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def printable(text: str) -> str:
    """`text` with a ? for every lone surrogate, which can be neither shown nor stored."""
    return text.encode(errors="replace").decode()


def excerpt(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= 60 else text[:57] + "..."
