"""Bytes from files: compressed, cut short, marked, misnamed."""

import gzip
import io
import sys
import types

import pytest
import zstandard

from pairwright.formats import streams
from pairwright.formats.streams import STDIN, UnreadableFile, lines, open_stream, open_text

TEXT = b"one\ntwo\n"


def read(path) -> bytes:
    with open_stream(str(path)) as stream:
        return stream.read()


def written(path, data: bytes):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.txt", "misnamed.txt.gz.txt"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_compression_is_told_by_the_first_bytes(tmp_path, name, pack):
    assert read(written(tmp_path / name, pack(TEXT))) == TEXT


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_several_compressed_files_in_a_row_are_one(tmp_path, pack):
    assert read(written(tmp_path / "a", pack(TEXT) + pack(TEXT))) == TEXT + TEXT


def test_a_zstd_file_cut_short_is_not_taken_for_a_complete_one(tmp_path):
    whole = zstandard.compress(TEXT * 10_000)
    with pytest.raises(UnreadableFile, match="cut short"):
        read(written(tmp_path / "a.zst", whole[:-1]))


def test_a_gzip_file_cut_short_is_not_taken_for_a_complete_one(tmp_path):
    with pytest.raises(EOFError):
        read(written(tmp_path / "a.gz", gzip.compress(TEXT * 10_000)[:-9]))


@pytest.mark.parametrize("name", ["empty.gz", "empty.zst", "empty"])
def test_an_empty_file_is_empty(tmp_path, name):
    assert read(written(tmp_path / name, b"")) == b""


def test_a_byte_order_mark_is_not_text(tmp_path):
    assert read(written(tmp_path / "a", b"\xef\xbb\xbf" + TEXT)) == TEXT


def test_utf_16_is_named_for_what_it_is(tmp_path):
    with pytest.raises(UnreadableFile, match="this is UTF-16 text"):
        read(written(tmp_path / "a", "hello".encode("utf-16")))


def test_a_line_too_long_is_passed_over_and_the_count_goes_on(monkeypatch):
    monkeypatch.setattr(streams, "MOST_BYTES", 8)
    stream = io.BufferedReader(io.BytesIO(b"short\n" + b"x" * 50 + b"\n1234567\nlast"))
    assert list(lines(stream)) == [(1, b"short\n"), (2, None), (3, b"1234567\n"), (4, b"last")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_standard_input_is_read_and_left_open(monkeypatch, pack):
    stdin = types.SimpleNamespace(buffer=io.BytesIO(pack(TEXT)))
    monkeypatch.setattr(sys, "stdin", stdin)
    with open_text(STDIN) as text:
        assert text.read().encode() == TEXT
    assert not stdin.buffer.closed
