"""Files as nobody means them and somebody sends them: each is read whole, or refused in words, and in time."""

import json
import os
import time

import pytest

from pairwright.errors import InputError
from pairwright.formats.reading import BadRow, Rows, read_records
from pairwright.formats.tools.crowd import FORMULA, write_mturk, write_plain
from pairwright.formats.tools.shapes import SentTask
from pairwright.stages.export.convert import convert


def read(path, text):
    path.write_text(text, encoding="utf-8")
    return list(read_records(path))


# --- time -----------------------------------------------------------------------------------------


def wide_csv(n):
    header = ",".join(["prompt", *(f"column {i}" for i in range(n - 1))])
    return f"{header}\n" + f"{','.join('x' * n)}\n" * 3


WIDE = {
    "csv": wide_csv,
    "jsonl": lambda n: json.dumps({"prompt": "x"} | {f"column {i}": i for i in range(n)}) + "\n",
    "json": lambda n: json.dumps([{"prompt": "x"} | {f"column {i}": i for i in range(n)}]),
    "twice.jsonl": lambda n: "{" + ",".join(f'"key {i % (n // 2)}": 1' for i in range(n)) + "}\n",
    "digits.jsonl": lambda n: f'{{"prompt": "x", "n": {"9" * n}}}\n',
    "quotes.jsonl": lambda n: json.dumps({"prompt": '": ' * n}) + "\n",
    "deep.jsonl": lambda n: "[" * n + "\n",
    "twice.csv": lambda n: ",".join(["a"] * n) + "\n",
    "cells.csv": lambda n: f"prompt\n{',' * n}x\n",
}


@pytest.mark.parametrize("kind", WIDE)
def test_a_row_of_100_000_columns_takes_twice_as_long_as_one_of_50_000(kind, tmp_path):
    path = tmp_path / f"wide.{kind}"

    def seconds(n):
        text = WIDE[kind](n)
        begun = time.process_time()
        rows = read(path, text)
        assert rows
        return time.process_time() - begun

    assert seconds(100_000) < max(0.5, 4 * seconds(50_000))


def test_a_message_about_a_wide_row_names_some_of_its_columns(tmp_path):
    from pairwright.formats.rows import listed

    assert len(listed(f"column {n}" for n in range(100_000))) < 300


# --- JSON that means two things -------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("row", "key"),
    [
        ('{"prompt": "a", "prompt": "b"}', "prompt"),
        ('{"prompt" : "a", "x": {"y": 1, "y": 1}}', "y"),
        ('{"prompt": "a", "x": [{"y": 1}, {"z": 1, "z": 2}]}', "z"),
        (r'{"prompt": "a", "pr\u006fmpt": "b"}', "prompt"),
    ],
)
def test_a_key_that_stands_twice_makes_a_bad_row(tmp_path, ending, row, key):
    text = f'{row}\n{{"prompt": "c"}}\n' if ending == "jsonl" else f'[{row}, {{"prompt": "c"}}]'
    bad, good = read(tmp_path / f"a.{ending}", text)
    assert isinstance(bad, BadRow)
    assert bad.reason == f'the key "{key}" stands twice: which of them counts? Keep one'
    assert good.row == {"prompt": "c"}


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": 'Is {"a": 1, "a": 2} JSON?', "a": 1},
        {"prompt": "\\", 'odd " : key': "x", "\\": 1, "b\\": {"\\\\": 2}},
        {"prompt": "x", "messages": [{"role": "user", "content": '"a":'}] * 3},
    ],
)
def test_texts_that_hold_keys_are_no_keys(tmp_path, row):
    for ending, text in (("jsonl", json.dumps(row) + "\n"), ("json", json.dumps([row]))):
        (found,) = read(tmp_path / f"a.{ending}", text)
        assert found.row == row


@pytest.mark.parametrize(
    "number", ["123456789012345678901234567890", "-9223372036854775809", "18446744073709551616"]
)
@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_a_long_number_is_not_rounded(tmp_path, ending, number):
    row = f'{{"prompt": "a", "id": {number}, "near": 0.1234567890123456789012}}'
    (found,) = read(tmp_path / f"a.{ending}", row if ending == "jsonl" else f"[{row}]")
    assert found.row["id"] == int(number)
    assert found.row["near"] == 0.1234567890123456789012


def test_a_number_of_10_000_digits_is_kept_as_it_is_written(tmp_path):
    (found,) = read(tmp_path / "a.jsonl", '{"prompt": "a", "id": ' + "7" * 10_000 + "}\n")
    assert found.row["id"] == "7" * 10_000


# --- what is no file ------------------------------------------------------------------------------


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "rows.jsonl")
    with pytest.raises(InputError, match=r"is a pipe or a device, not a file: pipe it in and name -"):
        read_records(tmp_path / "rows.jsonl")
    with pytest.raises(InputError, match="is a pipe or a device"):
        read_records("/dev/null", file_format="jsonl")


# --- cells that spreadsheets run ------------------------------------------------------------------


@pytest.mark.parametrize("begin", FORMULA)
@pytest.mark.parametrize("write", [write_plain, write_mturk], ids=["csv, prolific", "mturk"])
def test_no_cell_that_leaves_for_a_spreadsheet_begins_a_formula(tmp_path, write, begin):
    text = f'{begin}HYPERLINK("http://evil", "x")'
    table = write([SentTask("x-1", "AB", text, text, f"harmless {text}")], tmp_path, "", 1)[0]
    (tmp_path / "copy.csv").write_bytes(table.read_bytes())
    (row,) = read_records(tmp_path / "copy.csv")
    assert not any(cell.startswith(FORMULA) for cell in row.row.values())
    assert begin in row.row["second"], "and what stands inside a cell is left alone"


# --- half a character -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("in.json", '[{"id": 1, "chosen": ["a", "x\\ud800"]}, {"id": 2}]'),
        ("in.jsonl", '{"id": 1, "n": NaN, "chosen": "x\\ud800"}\n{"id": 2}\n'),
        ("one_a_line.jsonl", '{"id": 1, "chosen": "x\\ud800"}\n{"id": 2}\n'),
    ],
)
def test_a_row_with_half_a_character_is_a_bad_row_and_the_others_are_read(tmp_path, name, text):
    """No output could hold it: it would end the run where it is written."""
    bad, good = read(tmp_path / name, text)
    assert isinstance(bad, BadRow)
    assert "surrogate" in bad.reason
    assert good.row == {"id": 2}


def test_a_row_in_memory_with_half_a_character_is_a_bad_row():
    bad, good = read_records(Rows("rows", [{"chosen": {"content": "x\ud800"}}, {"id": 2}]))
    assert bad == BadRow("rows row 1", '"chosen" has half a character (lone surrogate U+D800). Remove it.')
    assert good.row == {"id": 2}


def test_rows_of_an_array_on_one_line_have_places_of_their_own(tmp_path):
    """json.dump writes a list in one line; rows are counted by where they stand."""
    path = tmp_path / "in.json"
    rows = [{"prompt": f"q{n}", "chosen": "a", "rejected": "b" if n else 7} for n in range(4)]
    path.write_text(json.dumps([*rows, 5, 6]))
    result = convert(path, tmp_path / "out.jsonl", to="trl-dpo", source="trl-dpo-text")
    assert (result.read, result.rows, result.bad_rows) == (6, 3, 3)
    assert [row.place.rpartition("/")[2] for row in result.bad] == [
        "in.json:1",
        "in.json:1 row 5",
        "in.json:1 row 6",
    ]
