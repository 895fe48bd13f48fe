"""Telling formats by their rows: an odd row is one bad row, and errors say what was seen and where."""

import gzip
import json

import pytest

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.canonical import pairs
from pairwright.formats.catalog import read_dataset
from pairwright.formats.format import Left
from pairwright.formats.guess import guess
from pairwright.formats.reading import BadRow
from pairwright.stages.export.convert import convert

PLAIN = {"prompt": "q", "chosen": "a", "rejected": "b"}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# --- odd rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", [{**PLAIN, "chosen": None}, {}, {**PLAIN, "rejected": 7}, {"other": 1}])
@pytest.mark.parametrize("at", [0, 2, 3])
def test_an_odd_row_among_the_first_is_listed_and_the_others_are_read(tmp_path, odd, at):
    rows = [{**PLAIN, "prompt": f"q{n}"} for n in range(3)]
    path = write(tmp_path / "in.jsonl", [*rows[:at], odd, *rows[at:]])
    result = convert(path, tmp_path / "out.jsonl", to="trl-dpo")
    assert (result.source, result.read, result.rows, result.bad_rows) == ("trl-dpo-text", 4, 3, 1)
    assert result.bad[0].place.endswith(f"in.jsonl:{at + 1}")


def test_texts_and_messages_in_one_file_are_both_read(tmp_path):
    chat = {
        "prompt": [{"role": "user", "content": "q2"}],
        "chosen": [{"role": "assistant", "content": "a"}],
        "rejected": [{"role": "assistant", "content": "b"}],
    }
    path = write(tmp_path / "in.jsonl", [PLAIN, chat, {**PLAIN, "prompt": "q3"}])
    assert convert(path, tmp_path / "out.jsonl", to="trl-dpo").rows == 3


def test_what_is_in_no_format_is_shown_with_its_place(tmp_path):
    path = write(tmp_path / "in.jsonl", [{"frage": "Was?", "n": 3}])
    with pytest.raises(InputError, match=r"in\.jsonl:1 is \{'frage': 'Was\?', 'n': 3\}") as told:
        guess(path, {})
    assert len(str(told.value)) < 500


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_without_a_comma_in_its_header_is_read_by_what_separates_it(tmp_path, separator):
    path = tmp_path / "in.csv"
    path.write_text("prompt;chosen;rejected\nq, or p?;a;b\n".replace(";", separator))
    (found,) = read_dataset(path, guess(path, {}))
    assert (found.prompt[0].content, [one.text for one in found.responses]) == ("q, or p?", ["a", "b"])


def test_rated_responses_are_a_table(tmp_path):
    assert guess(write(tmp_path / "a.jsonl", [{"prompt": "q", "response": "a", "rating": 4}]), {}) == "table"


# --- files that hold no rows --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.jsonl", json.dumps(PLAIN).encode("utf-16"), "this is UTF-16 text"),
        ("a.jsonl.gz", gzip.compress(json.dumps(PLAIN).encode() * 900, mtime=0)[:40], "damaged or cut short"),
        ("a.jsonl.gz", b'{"prompt": "q"}\n', 'not compressed as ".gz" says. Rename it'),
        ("a.jsonl.zst", b'{"prompt": "q"}\n', 'not compressed as ".zst" says. Rename it'),
        ("a.parquet", b'{"prompt": "q"}\n', "rename it after what it is"),
        ("a.parquet", b"PAR1" + bytes(99), "damaged or cut short. Fetch it again"),
        ("a.jsonl", b'{"a": "' + b"x" * 17_000_000, "longer than 16 MiB"),
        ("a.jsonl", b"", "is empty"),
    ],
    # Named by what is told: bytes would make names of megabytes.
    ids=lambda each: each[:30] if isinstance(each, str) else "",
)
def test_a_file_without_a_row_says_why(tmp_path, capsys, name, data, told):
    (tmp_path / name).write_bytes(data)
    assert run(["convert", str(tmp_path / name), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert told in said
    assert name in said


def test_an_empty_file_of_a_named_format_is_said_to_be_empty(tmp_path):
    with pytest.raises(InputError, match=r"in\.jsonl holds no rows"):
        convert(write(tmp_path / "in.jsonl", []), tmp_path / "out.jsonl", to="trl-dpo", source="trl-dpo-text")


def test_an_empty_row_before_another_is_listed_and_at_the_end_is_none(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("prompt,chosen,rejected\nq,a,b\n,,\nr,a,b\n,,\n,,\n")
    found = list(read_dataset(path, "trl-dpo-text"))
    assert len(found) == 3
    assert isinstance(found[1], BadRow)
    assert found[1].place.endswith("in.csv:3")


# --- columns that mean something ----------------------------------------------------------------


def test_a_label_beside_chosen_and_rejected_says_nothing(tmp_path):
    (found,) = read_dataset(write(tmp_path / "in.jsonl", [{**PLAIN, "label": 1}]), "trl-dpo-text")
    assert [each.text for each in found.responses] == ["a", "b"]


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "false"), ("1", "0"), ("1.0", "0.0")])
def test_kto_in_a_table_takes_what_pandas_writes(tmp_path, words):
    path = tmp_path / "in.csv"
    path.write_text(f"prompt,completion,label\nq1,a,{words[0]}\nq2,b,{words[1]}\n")
    result = convert(path, tmp_path / "out.jsonl", to="trl-kto-text")
    assert (result.source, result.guessed) == ("trl-kto-text", True)
    assert [row["label"] for row in lines(tmp_path / "out.jsonl")] == [True, False]


@pytest.mark.parametrize("label", ["true", 1])
def test_kto_in_json_takes_booleans_only(tmp_path, label):
    row = {"prompt": "q", "completion": "a", "label": label}
    (found,) = read_dataset(write(tmp_path / "in.jsonl", [row]), "trl-kto-text")
    assert isinstance(found, BadRow)


@pytest.mark.parametrize(("preference", "probability", "margin"), [(1.05, 0.95, 0.9), (1.75, 0.75, 0.5)])
def test_probabilities_become_margins(tmp_path, preference, probability, margin):
    row = {"instruction": "q", "output_1": "a", "output_2": "b", "preference": preference}
    convert(write(tmp_path / "in.jsonl", [row]), tmp_path / "out.jsonl", to="trl-reward-margin")
    assert lines(tmp_path / "out.jsonl")[0]["margin"] == margin
    assert lines(tmp_path / "out.jsonl.meta.jsonl")[0]["probability"] == probability


@pytest.mark.parametrize("preference", [1, 2, 1.0, 2.0, "2.0"])
def test_a_hard_vote_of_alpaca_eval_is_no_certainty(tmp_path, preference):
    row = {"instruction": "q", "output_1": "a", "output_2": "b", "preference": preference}
    (found,) = read_dataset(write(tmp_path / "in.jsonl", [row]), "alpaca-eval")
    assert (found.probability, found.opinions[0].prob_first) == (None, None)
    (pair,) = pairs(found)
    assert pair.chosen.text == ("a" if float(preference) == 1 else "b")
    assert pair.margins == {}


def test_a_probability_beside_chosen_and_rejected_counts(tmp_path):
    path = write(tmp_path / "in.jsonl", [{**PLAIN, "probability": 0.8}])
    result = convert(path, tmp_path / "out.jsonl", to="trl-reward-margin")
    assert result.source == "trl-dpo-text"
    assert lines(tmp_path / "out.jsonl")[0]["margin"] == 0.6
    (found,) = read_dataset(write(path, [{**PLAIN, "probability": 80}]), "trl-dpo-text")
    assert isinstance(found, BadRow)
    assert '"probability" is 80; it is from 0 to 1' in found.reason


def test_a_system_message_beside_a_prompt_of_messages_is_trls(tmp_path):
    row = {
        "system": "Be kind.",
        "prompt": [{"role": "user", "content": "q"}],
        "chosen": [{"role": "assistant", "content": "a"}],
        "rejected": [{"role": "assistant", "content": "b"}],
    }
    path = write(tmp_path / "in.jsonl", [row])
    assert guess(path, {}) == "trl-dpo"
    (found,) = read_dataset(path, "trl-dpo")
    assert not isinstance(found, Left | BadRow)
    assert [message.content for message in found.prompt] == ["Be kind.", "q"]


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize("to", ["ms-swift-dpo", "ms-swift-kto"])
def test_an_ending_that_ms_swift_cannot_read_is_refused(tmp_path, to, ending):
    path = write(tmp_path / "in.jsonl", [PLAIN])
    with pytest.raises(InputError, match=rf"{to} \(AutoPreprocessor\) takes no such file"):
        convert(path, tmp_path / f"out{ending}", to=to)


def test_a_value_of_another_kind_is_shown(tmp_path):
    (found,) = read_dataset(write(tmp_path / "in.jsonl", [{**PLAIN, "chosen": 7}]), "trl-dpo-text")
    assert isinstance(found, BadRow)
    assert '"chosen" is 7, which is no text and no list of messages' in found.reason


# --- several formats with the same keys -----------------------------------------------------------


def turns(*texts):
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]


def test_formats_that_read_the_rows_alike_need_no_word(tmp_path):
    row = {"chosen": turns("q", "a"), "rejected": turns("q", "b"), "score_chosen": 8.0, "score_rejected": 5.0}
    path = write(tmp_path / "in.jsonl", [row])
    name = guess(path, {})
    assert name in ("trl-reward", "ultrafeedback-binarized")
    (found,) = read_dataset(path, name)
    assert [(each.text, each.rank) for each in found.responses] == [("a", 1), ("b", 2)]


def test_where_two_readings_differ_both_are_shown_on_the_first_row_that_does(tmp_path):
    """A judge's preference and an expert's label: the keys are those of both."""
    row = {"instruction": "q", "input": "q", "output_1": "a", "output_2": "b", "preference": 2, "label": 1}
    path = write(tmp_path / "in.jsonl", [row])
    with pytest.raises(InputError) as told:
        guess(path, {})
    said = str(told.value)
    assert "may be alpaca-eval or llmbar, and they read it differently" in said
    assert 'in.jsonl:1 as alpaca-eval: "q q": "b" over "a". As llmbar: "q": "a" over "b". ' in said
    assert "--from alpaca-eval or --from llmbar" in said
