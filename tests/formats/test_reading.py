"""Rows from real files of every format, and what a broken one says."""

import csv
import datetime
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pairwright.errors import InputError
from pairwright.formats import reading
from pairwright.formats.reading import BadRow, Record, read_records

SHARED = Path(__file__).parents[3] / "shared/data"
PACK = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}
ROWS = [{"id": "1", "prompt": "Why?"}, {"id": "2", "prompt": "two\nlines, and a comma"}]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_jsonl(rows) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_csv(rows, delimiter=",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


TEXTS = {
    "jsonl": as_jsonl(ROWS),
    "ndjson": as_jsonl(ROWS),
    "json": json.dumps(ROWS, indent=2).encode(),
    "csv": as_csv(ROWS),
    "tsv": as_csv(ROWS, "\t"),
}


def read(name, data: bytes, **options):
    """(the rows, the bad rows) of a file of that name."""
    Path(name).write_bytes(data)
    records = list(read_records(name, **options))
    rows = [(record.place, record.row) for record in records if isinstance(record, Record)]
    bad = [(record.place, record.reason) for record in records if isinstance(record, BadRow)]
    return rows, bad


@pytest.mark.parametrize("packed", PACK)
@pytest.mark.parametrize("kind", TEXTS)
def test_the_same_rows_come_from_every_format(folder, kind, packed):
    rows, bad = read(f"a.{kind}{packed}", PACK[packed](TEXTS[kind]))
    assert [row for _, row in rows] == ROWS
    assert bad == []


@pytest.mark.parametrize("kind", TEXTS)
def test_a_byte_order_mark_is_no_part_of_the_first_name(folder, kind):
    assert read(f"a.{kind}", b"\xef\xbb\xbf" + TEXTS[kind])[0][0][1] == ROWS[0]


def test_every_row_knows_its_line(folder):
    rows, _ = read("a.jsonl", b'{"n": 1}\n\n{"n": 2}\r\n{"n": 3}')
    assert rows == [("a.jsonl:1", {"n": 1}), ("a.jsonl:3", {"n": 2}), ("a.jsonl:4", {"n": 3})]


def test_unusual_line_separators_inside_a_json_string_do_not_end_a_line(folder):
    row = {"prompt": "a\u2028b\u0085c"}
    rows, bad = read("a.jsonl", json.dumps(row, ensure_ascii=False).encode())
    assert (rows, bad) == ([("a.jsonl:1", row)], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"prompt": ', "not valid JSON"),
        (b"[1, 2]", "a list, not an object"),
        (b'["x"]', "pass --format json"),
        (b"3", "a number, not an object"),
        (b"null", "null, not an object"),
        (b'{"prompt": "caf\xe9"}', "not UTF-8: byte 0xe9 at column 16. Save the file as UTF-8."),
        (b'{"prompt": "\\ud800"}', "surrogate"),
        (b"[" * 5000, "not valid JSON"),
        (b'{"x": NaN, "y": ' + b"[" * 100_000, "not valid JSON (nested too deeply)"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(folder, line, reason):
    rows, [(place, said)] = read("a.jsonl", b'{"n": 1}\n' + line + b'\n{"n": 3}\n')
    assert place == "a.jsonl:2"
    assert reason in said
    assert [place for place, _ in rows] == ["a.jsonl:1", "a.jsonl:3"]


def test_nan_as_python_writes_it_is_read(folder):
    [(_, row)], bad = read("a.jsonl", b'{"score": NaN}')
    assert row["score"] != row["score"]
    assert bad == []


def test_a_line_too_long_is_a_bad_row(folder, monkeypatch):
    monkeypatch.setattr("pairwright.formats.streams.MOST_BYTES", 100)
    rows, [(place, reason)] = read("a.jsonl", b'{"x": "' + b"x" * 1000 + b'"}\n{"n": 2}\n')
    assert (place, rows) == ("a.jsonl:1", [("a.jsonl:2", {"n": 2})])
    assert "Is it really one row a line?" in reason


# --- JSON -----------------------------------------------------------------------------------


def test_an_object_in_an_array_knows_the_line_it_begins_on(folder):
    rows, _ = read("a.json", b'[\n  {"n":\n 1},\n\n  {"n": 2}\n]\n')
    assert rows == [("a.json:2", {"n": 1}), ("a.json:5", {"n": 2})]


def test_json_lines_named_json_are_read(folder):
    assert read("a.json", b'{"n": 1}\n{"n": 2}\n')[0] == [("a.json:1", {"n": 1}), ("a.json:2", {"n": 2})]


@pytest.mark.parametrize("empty", [b"", b"[]", b" \n [ \n ] \n"])
def test_no_rows_are_no_rows(folder, empty):
    assert read("a.json", empty) == ([], [])


def test_what_is_no_object_in_an_array_is_a_bad_row(folder):
    rows, bad = read("a.json", b'[{"n": 1}, 7, {"n": 3}]')
    assert [row["n"] for _, row in rows] == [1, 3]
    assert bad == [("a.json:1 row 2", 'a number, not an object such as {"prompt": "..."}.')]


def test_an_object_that_is_not_utf8_is_a_bad_row(folder):
    rows, bad = read("a.json", b'[{"n": "\xff"},\n {"n": "\xc3\xa9"}]')
    assert rows == [("a.json:2", {"n": "é"})]
    assert bad == [("a.json:1", "not UTF-8. Save the file as UTF-8.")]


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (b'{"n" 2}]', "line 2 is not valid JSON (Expecting ':' delimiter) near {\"n\" 2}]"),
        (b'{"n": 2} {"n": 3}]', 'line 2 is not valid JSON: "{" where "," or "]" belongs'),
        (b'{"n": 2}', 'the array has no "]": cut short?'),
        (b'{"n": "2', "line 2 is not valid JSON (Unterminated string"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_where_an_array_breaks_the_rest_is_one_bad_row(folder, rest, reason):
    rows, bad = read("a.json", b'[{"n": 1},\n' + rest)
    assert rows[0] == ("a.json:1", {"n": 1})
    assert len(bad) == 1
    assert bad[0][1].startswith("after this row: ")
    assert reason in bad[0][1]


@given(
    rows=st.lists(
        st.dictionaries(
            st.text(max_size=5), st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=5)
        ),
        max_size=8,
    ),
    indent=st.none() | st.integers(0, 3),
    chunk=st.integers(1, 40),
)
def test_an_array_reads_the_same_however_its_bytes_arrive(tmp_path_factory, rows, indent, chunk):
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK", chunk)
        found = list(read_records(path))
    assert [record.row for record in found] == rows


# --- CSV ------------------------------------------------------------------------------------


def test_a_csv_row_knows_the_line_it_begins_on(folder):
    rows, _ = read("a.csv", b'id,prompt\n1,"two\nlines"\n\n2,"say ""hi"""\n')
    assert rows == [
        ("a.csv:2", {"id": "1", "prompt": "two\nlines"}),
        ("a.csv:5", {"id": "2", "prompt": 'say "hi"'}),
    ]


def test_an_empty_cell_is_no_value_and_a_nameless_column_gets_a_name(folder):
    rows, _ = read("a.csv", b",prompt\n0,\n")
    assert rows == [("a.csv:2", {"column_1": "0", "prompt": None})]


def test_a_cell_may_be_huge(folder):
    text = "x" * 500_000
    assert read("a.csv", f"prompt\n{text}\n".encode())[0][0][1] == {"prompt": text}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_known(folder, end):
    assert len(read("a.csv", f"prompt{end}one{end}two{end}".encode())[0]) == 2


def test_bad_csv_rows_are_named_and_the_others_are_read(folder):
    rows, bad = read("a.csv", b'id,prompt\n1,caf\xe9\n2\n3,a,b\n4,fine\n5,"x"y\n6,"open\n7,lost\n')
    assert [place for place, _ in rows] == ["a.csv:5"]
    assert dict(bad).keys() == {"a.csv:2", "a.csv:3", "a.csv:4", "a.csv:6", "a.csv:7"}
    assert dict(bad)["a.csv:2"] == "not UTF-8. Save the file as UTF-8."
    assert dict(bad)["a.csv:4"] == "3 cells where the header names 2 columns"
    assert "left open" in dict(bad)["a.csv:7"]


def test_a_header_that_names_a_column_twice_is_refused(folder):
    assert read("a.csv", b"x,x\n1,2\n") == ([], [("a.csv", 'the header names "x" twice. Rename one')])


# --- plain text and Parquet -----------------------------------------------------------------


def test_plain_text_is_a_prompt_a_line(folder):
    rows, bad = read("a.txt", b"one\n\n  two  \r\ncaf\xe9\n")
    assert rows == [("a.txt:1", {"prompt": "one"}), ("a.txt:3", {"prompt": "two"})]
    assert bad[0][0] == "a.txt:4"


def test_parquet_rows_come_as_python_values(folder):
    at = datetime.datetime(2024, 1, 2, 3, 4, 5)
    table = pa.table(
        {
            "prompt": [[{"role": "user", "content": "hi"}], [{"role": "user", "content": "ho"}]],
            "at": pa.array(
                [1_704_164_645_000_000_001, None], pa.timestamp("ns")
            ),  # Python has no nanoseconds
        }
    )
    pq.write_table(table, "a.parquet")
    assert [(record.place, record.row) for record in read_records("a.parquet")] == [
        ("a.parquet row 1", {"prompt": [{"role": "user", "content": "hi"}], "at": at}),
        ("a.parquet row 2", {"prompt": [{"role": "user", "content": "ho"}], "at": None}),
    ]


def test_what_is_no_parquet_says_so(folder):
    _, [(place, reason)] = read("a.parquet", b"hello" * 100)
    assert place == "a.parquet"
    assert reason.startswith("not readable as Parquet")


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [".gz", ".zst"])
def test_a_compressed_file_cut_short_gives_its_rows_and_says_where_it_ends(folder, packed):
    whole = PACK[packed](as_jsonl({"n": n, "noise": os.urandom(20).hex()} for n in range(5000)))
    rows, [(place, reason)] = read(f"a.jsonl{packed}", whole[: len(whole) * 3 // 4])
    assert rows
    assert place == rows[-1][0]
    assert reason.startswith("after this row: ")
    assert "cut short" in reason


def test_a_format_can_be_said(folder):
    assert read("prompts", b'{"n": 1}\n', file_format="jsonl")[0] == [("prompts:1", {"n": 1})]


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.parquet.gz", "a.tar.gz"])
def test_an_unknown_ending_says_what_is_supported(folder, name):
    with pytest.raises(InputError, match=r"Supported: \.jsonl, .*--format jsonl\|json\|csv"):
        read(name, b"")


def test_a_file_that_cannot_be_read_is_refused_before_reading(folder):
    with pytest.raises(InputError, match=r"a\.jsonl does not exist"):
        read_records("a.jsonl")
    Path("b.jsonl").mkdir()
    with pytest.raises(InputError, match=r"a folder. Name the files in it, for example b\.jsonl/\*\.jsonl"):
        read_records("b.jsonl")
    with pytest.raises(InputError, match='--format "yaml" is not one of jsonl'):
        read_records("-", file_format="yaml")
    with pytest.raises(InputError, match="standard input"):
        read_records("-", file_format="parquet")


@pytest.mark.parametrize(
    ("data", "options"),
    [(b'{"prompt": "hi"}\n', ""), (gzip.compress(b"prompt\nhi\n", mtime=0), "file_format='csv'")],
)
def test_standard_input_is_json_lines_unless_said_otherwise(data, options):
    program = f"from pairwright.formats.reading import *; print(list(read_records('-', {options})))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], input=data, capture_output=True)
    assert done.stderr == b""
    assert b"place='stdin:" in done.stdout
    assert b"row={'prompt': 'hi'}" in done.stdout


@pytest.mark.parametrize(("name", "number"), [("pandalm/pairs", 999), ("llmbar/pairs", 419)])
def test_real_files_are_read_whole(name, number):
    path = SHARED / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"NOT TESTED: {path} is absent")
    records = list(read_records(path))
    assert len(records) == number
    assert all(isinstance(record, Record) for record in records)
