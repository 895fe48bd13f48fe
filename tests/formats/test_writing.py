"""Files that are complete or not there."""

from __future__ import annotations

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import textwrap

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pairwright.errors import InputError
from pairwright.formats import writing
from pairwright.formats.writing import file_set, manifest_path, meta_path, partial_path

COLUMNS = {"prompt": "messages", "answer": "text", "label": "bool"}


def row(text: str = "Blue.", *, label: bool = True) -> dict:
    return {"prompt": [{"role": "user", "content": "Colour?"}], "answer": text, "label": label}


def write(out, rows, columns=COLUMNS) -> list[writing.WrittenFile]:
    with file_set(out, columns) as files:
        for number, one in enumerate(rows, 1):
            files.rows.write(one)
            files.meta.write({"row": number})
        written = files.complete()
        files.publish({"files": [file.as_dict() for file in written]})
    return written


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_rows_side_file_and_manifest_appear_together_and_nothing_else(tmp_path):
    write(tmp_path / "new" / "rows.jsonl", [row("a"), row("b")])
    assert names(tmp_path / "new") == ["rows.jsonl", "rows.jsonl.manifest.json", "rows.jsonl.meta.jsonl"]
    lines = (tmp_path / "new" / "rows.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["answer"] for line in lines] == ["a", "b"]


def test_the_manifest_holds_rows_bytes_and_hash_of_every_file(tmp_path):
    out = tmp_path / "rows.jsonl"
    write(out, [row("a"), row("b")])
    files = orjson.loads(manifest_path(out).read_bytes())["files"]
    assert [file["name"] for file in files] == ["rows.jsonl", "rows.jsonl.meta.jsonl"]
    for file in files:
        data = (tmp_path / file["name"]).read_bytes()
        assert file["rows"] == 2
        assert file["bytes"] == len(data)
        assert file["sha256"] == hashlib.sha256(data).hexdigest()


def test_the_ending_says_how_rows_are_packed(tmp_path):
    rows = [row(f"answer {n}") for n in range(3)]
    for ending in (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"):
        write(tmp_path / f"rows{ending}", rows)
    plain = (tmp_path / "rows.jsonl").read_bytes()
    assert gzip.decompress((tmp_path / "rows.jsonl.gz").read_bytes()) == plain
    packed = (tmp_path / "rows.jsonl.zst").read_bytes()
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == plain
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == rows


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_the_same_rows_give_the_same_bytes(tmp_path, ending):
    rows = [row(f"answer {n}") for n in range(1000)]
    one, two = write(tmp_path / f"one{ending}", rows), write(tmp_path / f"two{ending}", rows)
    assert one[0].sha256 == two[0].sha256


def test_a_name_that_does_not_say_the_format_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(InputError, match=r"rows\.csv: cannot tell the format.*\.jsonl, .*\.parquet"):
        write(tmp_path / "rows.csv", [])
    with pytest.raises(InputError, match="is a folder"):
        write(tmp_path, [])
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_input_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "file" / "rows.jsonl", [])


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_an_exception_leaves_the_older_files_and_no_trace(tmp_path, ending):
    out = tmp_path / f"rows{ending}"
    write(out, [row("old")])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def failing():
        yield row("new")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        write(out, failing())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_leaving_without_publishing_leaves_no_trace(tmp_path):
    with file_set(tmp_path / "rows.jsonl", COLUMNS) as files:
        files.rows.write(row())
    assert names(tmp_path) == []


def killed_while_writing(out) -> None:
    """Another process writes rows to `out` and is killed in the middle."""
    script = f"""
        from pathlib import Path
        from pairwright.formats.writing import file_set
        with file_set(Path({str(out)!r}), {{"text": "text"}}) as files:
            for n in range(100_000):
                files.rows.write({{"text": f"{{n}} " + "x" * 100}})
            print("half", flush=True)
            input()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"half\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_kill_leaves_nothing_under_the_final_name_and_the_next_export_cleans_up(tmp_path):
    out = tmp_path / "rows.jsonl"
    killed_while_writing(out)
    assert names(tmp_path) == [partial_path(out).name]
    assert (partial_path(out) / "rows.jsonl").stat().st_size > 1_000_000
    write(out, [row()])
    assert names(tmp_path) == ["rows.jsonl", "rows.jsonl.manifest.json", "rows.jsonl.meta.jsonl"]
    assert len(out.read_bytes().splitlines()) == 1


def test_two_processes_do_not_write_the_same_file_at_once(tmp_path):
    out = tmp_path / "rows.jsonl"
    with file_set(out, COLUMNS) as files:
        with pytest.raises(InputError, match="being written by another process"):
            write(out, [row()])
        files.rows.write(row("first"))
        files.complete()
        files.publish({})
    assert b"first" in out.read_bytes()


def test_a_stop_between_the_moves_leaves_no_manifest_that_vouches_for_other_files(tmp_path, monkeypatch):
    out = tmp_path / "rows.jsonl"
    write(out, [row("old")])
    moved = []

    def stopped(source, target):
        if len(moved) == 1:
            raise KeyboardInterrupt
        moved.append(target)
        real(source, target)

    real = os.replace
    monkeypatch.setattr(os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(out, [row("new")])
    assert moved == [meta_path(out)]
    assert not manifest_path(out).exists()


def test_the_parquet_schema_does_not_depend_on_the_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "GROUP_ROWS", 2)
    odd = [
        {"prompt": [], "answer": "", "label": False},
        {"prompt": [{"role": "user", "content": ""}], "answer": "\u2028\x00\U0001f642", "label": True},
        {"prompt": [{"role": "user", "content": "x" * 100_000}], "answer": "123", "label": False},
    ]
    write(tmp_path / "odd.parquet", odd)
    write(tmp_path / "none.parquet", [])
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    expected = pa.schema([("prompt", pa.list_(message)), ("answer", pa.string()), ("label", pa.bool_())])
    for name in ("odd.parquet", "none.parquet"):
        # pyarrow names the item of a list "element" when reading it back
        assert str(pq.read_schema(tmp_path / name)).replace("element", "item") == str(expected)
    assert pq.read_table(tmp_path / "odd.parquet").to_pylist() == odd
    assert pq.ParquetFile(tmp_path / "odd.parquet").num_row_groups == 2


def test_a_row_group_is_bounded_in_text_as_well_as_in_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "GROUP_CHARS", 1000)
    write(tmp_path / "rows.parquet", [row("x" * 600) for _ in range(10)])
    assert pq.ParquetFile(tmp_path / "rows.parquet").num_row_groups == 5


def test_a_row_with_other_columns_is_not_filled_up_with_nulls(tmp_path):
    with pytest.raises(ValueError, match=r"columns \['answer'\], the file has"):
        write(tmp_path / "rows.parquet", [{"answer": "Blue."}])
