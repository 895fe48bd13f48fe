"""Rows in no known format: the command to try is proposed, and it reads those rows."""

from __future__ import annotations

import re

import pytest
from formats.sources.said import A, B, Q, read, write

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, better
from pairwright.formats.guess import guess
from pairwright.formats.mapping import parse_label_values, parse_mapping

# What people hold, and in which of the two answers A is the better one.
ROWS = {
    "names that say which is better": [{"question": Q, "good_answer": A, "bad_answer": B}],
    "inside an object": [{"input": {"question": Q}, "out": {"winner": A, "loser": B}}],
    "a and b with a word": [{"task": Q, "answer_a": A, "answer_b": B, "vote": "left"},
                            {"task": Q, "answer_a": A, "answer_b": B, "vote": "right"}],
    "1 and 2 with a number": [{"query": Q, "output1": A, "output2": B, "annotation": n} for n in (1, 2, 0)],
    "calls of an endpoint": [{"messages": [{"role": "user", "content": Q}], "preference": "A>B",
                              "left": {"choices": [{"message": {"content": A}}]},
                              "right": {"choices": [{"message": {"content": B}}]}}],
    "a thumb": [{"request": Q, "reply": A, "thumb": "up"}],
}  # fmt: skip


def proposal(tmp_path, rows):
    with pytest.raises(InputError) as told:
        guess(write(tmp_path, *rows), {})
    said = str(told.value)
    columns = re.search(r'--map "([^"]+)"', said)
    values = re.search(r'--label-values "([^"]+)"', said)
    return said, columns and columns[1], values and values[1]


@pytest.mark.parametrize("name", ROWS)
def test_the_command_that_is_proposed_reads_the_rows(tmp_path, name):
    said, columns, values = proposal(tmp_path, ROWS[name])
    assert "hold a row against it" in said
    found = read(
        tmp_path,
        "table",
        *ROWS[name],
        mapping=parse_mapping(columns),
        label_values=parse_label_values(values),
    )
    first = found[0]
    assert isinstance(first, Canonical), first
    assert first.prompt[-1].content == Q
    if len(first.responses) == 2:
        assert [each.text for each in first.responses] == [A, B]
        assert better(*first.responses) == 1
    else:
        assert (first.responses[0].text, first.responses[0].good) == (A, True)


def test_a_value_nobody_can_tell_is_left_to_the_user(tmp_path):
    rows = [{"question": Q, "answer_a": A, "answer_b": B, "label": value} for value in ("links", "rechts")]
    said, _, values = proposal(tmp_path, rows)
    assert values == "links=?,rechts=?"
    assert "names do not tell which answer a value means" in said


def test_where_nothing_looks_like_an_answer_it_is_said_how_to_name_columns(tmp_path):
    said, columns, _ = proposal(tmp_path, [{"frage": "Was?", "n": 3}])
    assert columns is None
    assert "--map prompt=COLUMN,chosen=COLUMN,rejected=COLUMN" in said
