"""The user's names for columns and labels: paths into what cells hold, and what values mean."""

from __future__ import annotations

import json

import pytest
from formats.sources.said import A, B, Q, asked, one, ranks, read, texts

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.catalog import read_dataset
from pairwright.formats.mapping import parse_label_values, parse_mapping, path_of
from pairwright.formats.reading import BadRow
from pairwright.formats.reading_options import ReadingOptions

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": Q}]


def table(tmp_path, row, columns, values=None):
    return one(
        tmp_path, "table", row, mapping=parse_mapping(columns), label_values=parse_label_values(values)
    )


# --- paths ------------------------------------------------------------------------------------------


def test_a_path_leads_into_objects_and_lists(tmp_path):
    row = {
        "messages": CHAT,
        "out": {"a": A, "b": {"text": B}, "seconds": 3},
        "choices": [{"message": {"content": "?"}}],
    }
    found = table(tmp_path, row, "prompt=messages[-1].content,chosen=out.a,rejected=out.b.text")
    assert (asked(found), texts(found), ranks(found)) == ([("user", Q)], [A, B], [1, 2])
    assert {*found.beside} == {"messages", "out.seconds", "choices"}


def test_a_slice_takes_the_turns_before_the_answer(tmp_path):
    row = {"messages": [*CHAT, {"role": "assistant", "content": A}], "thumb": "up"}
    found = table(tmp_path, row, "prompt=messages[:-1],response=messages[-1].content,good=thumb")
    assert asked(found) == [("system", "Be brief."), ("user", Q)]
    assert (texts(found), found.responses[0].good, found.beside) == ([A], True, ())


def test_choices_of_two_replies(tmp_path):
    def reply(text):
        return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}

    row = {"q": Q, "left": reply(A), "right": reply(B), "winner": "left"}
    columns = (
        "prompt=q,response_a=left.choices[0].message.content,"
        "response_b=right.choices[0].message.content,label=winner"
    )
    found = table(tmp_path, row, columns, "left=A,right=B")
    assert (texts(found), ranks(found)) == ([A, B], [1, 2])
    assert {*found.beside} == {"left.choices.index", "right.choices.index"}


def test_a_column_whose_name_looks_like_a_path_is_that_column(tmp_path):
    found = table(tmp_path, {"q": Q, "out.a": A, "b[0]": B}, "prompt=q,chosen=out.a,rejected=b[0]")
    assert texts(found) == [A, B]


def test_json_in_a_cell_is_read_where_a_path_leads_into_it(tmp_path):
    path = tmp_path / "in.csv"
    cell = json.dumps({"a": A, "b": B}).replace('"', '""')
    path.write_text(f'q,out\n"{Q}","{cell}"\n')
    (found,) = read_dataset(
        path, "table", ReadingOptions(parse_mapping("prompt=q,chosen=out.a,rejected=out.b"))
    )
    assert texts(found) == [A, B]


def test_what_is_not_there_is_a_bad_row_that_names_it(tmp_path):
    columns = parse_mapping("prompt=q,chosen=out[3],rejected=out[0]")
    (bad,) = read(tmp_path, "table", {"q": Q, "out": [A]}, mapping=columns)
    assert bad.reason == '--map names "out[3]", which is not there (keys: q, out)'


@pytest.mark.parametrize("text", ["a[", "a[x]", "a[1", "a]"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(InputError, match="a path is like out.a"):
        path_of(text)


# --- what values mean -------------------------------------------------------------------------------

PAIR = {"prompt": Q, "response_a": A, "response_b": B}


@pytest.mark.parametrize(
    ("value", "values", "expected"),
    [
        (1, "1=A,2=B,0=TIE", [1, 2]), (2.0, "1=A,2=B,0=TIE", [2, 1]), ("0", "1=A,2=B,0=TIE", [1.5, 1.5]),
        ("A>B", "A>B=A,B>A=B,A=B=TIE", [1, 2]), ("A=B", "A>B=A,B>A=B,A=B=TIE", [1.5, 1.5]),
        ("left", "left=A,right=B", [1, 2]), (True, "true=A,false=B", [1, 2]), (-1, "-1=A,1=B", [1, 2]),
    ],
)  # fmt: skip
def test_values_of_a_label(tmp_path, value, values, expected):
    found = one(tmp_path, "table", {**PAIR, "label": value}, label_values=parse_label_values(values))
    assert ranks(found) == expected


def test_both_bad_and_thumbs_are_labels_too(tmp_path):
    found = one(tmp_path, "table", {**PAIR, "label": 3}, label_values={"3": "BOTH_BAD"})
    assert (ranks(found), found.responses[0].good) == ([1.5, 1.5], False)
    found = one(tmp_path, "table", {"prompt": Q, "response": A, "good": "ok"}, label_values={"ok": "good"})
    assert found.responses[0].good is True


def test_a_value_that_is_not_named_is_a_bad_row_and_none_is_no_label(tmp_path):
    (bad,) = read(tmp_path, "table", {**PAIR, "label": 7}, label_values={"1": "A", "2": "B"})
    assert isinstance(bad, BadRow)
    assert bad.reason == '"label" is 7, and --label-values names 1, 2'
    assert ranks(one(tmp_path, "table", {**PAIR, "label": None}, label_values={"1": "A"})) == [None, None]


@pytest.mark.parametrize("text", ["1", "=A", "1="])
def test_what_is_no_value_and_label_is_refused(text):
    with pytest.raises(InputError, match="is not VALUE=LABEL"):
        parse_label_values(text)


def test_values_go_with_a_table(tmp_path):
    with pytest.raises(InputError, match="--label-values goes with --from table"):
        read(
            tmp_path,
            "llmbar",
            {"input": Q, "output_1": A, "output_2": B, "label": 1},
            label_values={"1": "A"},
        )


@pytest.mark.parametrize("verb", ["convert", "add"])
def test_both_commands_take_paths_and_values(tmp_path, monkeypatch, capsys, verb):
    monkeypatch.chdir(tmp_path)
    row = {"messages": CHAT, "out": {"a": A, "b": B}, "winner": 2}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n")
    assert run(["init"]) == 0
    columns = "prompt=messages,response_a=out.a,response_b=out.b,label=winner"
    how = ["--map", columns, "--label-values", "1=A,2=B,0=TIE", "--json"]
    capsys.readouterr()
    if verb == "convert":
        assert run(["convert", "in.jsonl", "out.jsonl", "--to", "trl-dpo", *how]) == 0
        said = json.loads((tmp_path / "out.jsonl").read_text())
        assert [said[side][0]["content"] for side in ("chosen", "rejected")] == [B, A]
    else:
        assert run(["add", "in.jsonl", "--from", "table", *how]) == 0
        assert json.loads(capsys.readouterr().out)["votes"]["added"] == 1
        assert run(["add", "in.jsonl", "--label-values", "1=A"]) == 1
        assert "--label-values goes with --from" in capsys.readouterr().err
