"""What stands beside the texts, in every format there is: carried on, or named, and never lost without a word.

Each test goes over all readers or all writers, so a new one is held to the same.
"""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy

import pytest
from formats.sources.said import A, B, Q
from formats.test_sources import LABELS, SAMPLES, SEVERAL, potato
from formats.test_trainers import OUT, ROW

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, Single, has_reasoning, pairs
from pairwright.formats.carried import is_by_id
from pairwright.formats.catalog import formats, read_dataset, target_named
from pairwright.formats.format import Left
from pairwright.formats.images import refs_of
from pairwright.formats.ratings import contradicts_itself
from pairwright.formats.reading import BadRow
from pairwright.formats.reading_options import ReadingOptions
from pairwright.stages.export.convert import Selection, convert

SINGLY = ("trl-kto", "trl-kto-text", "llama-factory-kto", "axolotl-kto", "ms-swift-kto")
READERS = {
    **{name: row for name, row in OUT.items() if formats()[name].reads},
    **{name: target_named(name).made(Single(ROW, ROW.responses[0], True)) for name in SINGLY},
    "jsonl": target_named("jsonl").made(ROW),
    **SAMPLES,
}
WRITERS = [name for name, each in formats().items() if each.writes]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"city": "string"}}}]


def write(tmp_path, *rows, name="in.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(tmp_path, name, *rows, **more):
    return list(read_dataset(write(tmp_path, *rows), name, ReadingOptions(label=LABELS.get(name), **more)))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def is_message(value) -> bool:
    return isinstance(value, dict) and ("role" in value or "from" in value)


def planted(value, what, where="", *, messages_only=False) -> list[str]:
    """Put `what` into every object of a row; gives the names under which it then is."""
    found = []
    if isinstance(value, dict) and is_by_id(value):
        value = list(value.values())
    if isinstance(value, dict):
        names = [
            key for key in value if key not in ("responses", "metadata")
        ]  # argilla's: any key means something
        for key in names if "fields" in value else list(value):
            found += planted(
                value[key], what, f"{where}.{key}" if where else key, messages_only=messages_only
            )
        if is_message(value) or not messages_only:
            value |= deepcopy(what)
            found += [f"{where}.{key}" if where else key for key in what]
    elif isinstance(value, list):
        for item in value:
            found += planted(item, what, where, messages_only=messages_only)
    return list(dict.fromkeys(found))


def test_every_reader_is_here():
    assert {*READERS, *SEVERAL, "potato"} == {name for name, each in formats().items() if each.reads}


# --- columns that nobody knows -----------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
def test_a_column_that_a_reader_does_not_know_is_named_wherever_it_stands(tmp_path, name):
    row = deepcopy(READERS[name])
    names = planted(row, {"zz_weight": 2, "zz_empty": None, "zz_none": []})
    (found,) = read(tmp_path, name, row)
    told = [column for column in found.beside if "zz" in column]
    assert Counter(told) == Counter(
        # Of what is not carried as a whole (argilla's suggestions) the inside is not named again.
        column
        for column in names
        if column.endswith("zz_weight")
        and not any(column.startswith(f"{each}.") for each in {*found.beside} - {column})
    )


@pytest.mark.parametrize("name", READERS)
def test_rows_that_depend_on_such_a_column_are_left_out_unless_it_is_waived(tmp_path, name):
    plain = [each for each in read(tmp_path, name, READERS[name]) if isinstance(each, Canonical)]
    waived = ("documents", "video", "reasoning_content")
    for what in ({"documents": ["a page"]}, {"video": "cat.mp4"}):
        row = {**READERS[name], **what}
        (left,) = read(tmp_path, name, row)
        assert left == Left(f"{tmp_path}/in.jsonl:1", f"{next(iter(what))}_not_carried")
        again = [each for each in read(tmp_path, name, row, without=waived) if isinstance(each, Canonical)]
        assert again == plain
    row = deepcopy(READERS[name])
    if planted(row, {"reasoning_content": "Hm."}, messages_only=True):
        for each in read(tmp_path, name, row):
            assert has_reasoning(each, each.responses)
        assert [
            each for each in read(tmp_path, name, row, without=waived) if isinstance(each, Canonical)
        ] == plain


@pytest.mark.parametrize("name", READERS)
def test_the_images_of_a_column_are_carried_by_every_reader_or_leave_the_row_out(tmp_path, name):
    (found,) = read(tmp_path, name, {**READERS[name], "images": ["cat.png"]})
    if found != Left(f"{tmp_path}/in.jsonl:1", "images_not_carried"):
        assert refs_of(found.prompt) == ["cat.png"]


@pytest.mark.parametrize("name", READERS)
def test_calls_inside_messages_are_carried_by_every_reader_or_leave_the_row_out(tmp_path, name):
    row = deepcopy(READERS[name])
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    if not planted(row, {"tool_calls": [call]}, messages_only=True):
        return
    for each in read(tmp_path, name, row):
        if isinstance(each, Canonical):
            turns = (*each.prompt, *(turn for one in each.responses for turn in one.turns))
            assert any(turn.tool_calls for turn in turns)
        else:
            assert "tool" in each.reason


@pytest.mark.parametrize("name", READERS)
def test_the_tools_on_offer_are_carried_by_every_reader_or_leave_the_row_out(tmp_path, name):
    (found,) = read(tmp_path, name, {**READERS[name], "tools": TOOLS})
    assert found == Left(f"{tmp_path}/in.jsonl:1", "tools_not_carried") or found.tools == tuple(TOOLS)


@pytest.mark.parametrize("name", READERS)
def test_a_column_without_a_value_changes_nothing(tmp_path, name):
    empty = {"tools": [], "images": None, "system": "", "chosen_rating": None, "status": "done"}
    plain, more = (read(tmp_path, name, row) for row in (READERS[name], {**empty, **READERS[name]}))
    told = [[column for column in each.beside if column != "status"] for each in more]
    assert told == [[column for column in each.beside if column != "status"] for each in plain]
    assert [(each.prompt, each.responses) for each in more] == [
        (each.prompt, each.responses) for each in plain
    ]


@pytest.mark.parametrize("name", READERS)
def test_a_system_message_in_a_column_of_its_own_is_part_of_what_was_asked(tmp_path, name):
    if name == "ultrafeedback-binarized":
        pytest.skip("with a system column these keys are another format's")
    for found in read(tmp_path, name, {**READERS[name], "system": "Be kind."}):
        assert name == "helpsteer2" or (found.prompt[0].role, found.prompt[0].content) == (
            "system",
            "Be kind.",
        )


def test_potatos_further_columns_are_named_and_rows_with_images_left_out(tmp_path):
    said = {str(n): {"preference": {"selection": "A"}} for n in range(3)}
    potato(tmp_path, ann=said)
    items = lines(tmp_path / "project" / "items.jsonl")
    write(tmp_path / "project", {**items[0], "weight": 2}, {**items[1], "image": "a.png"}, name="items.jsonl")
    first, second = read_dataset(tmp_path / "project", "potato")
    assert first.beside == ("weight",)
    assert second.reason == "image_not_carried"


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("alpaca-eval", "price_per_example", 0.01),
        ("alpaca-eval", "raw_completion", "Output (a)"),
        ("helpsteer2-preference", "all_preferences_unprocessed", [{"strength": -2}]),
    ],
)
def test_a_column_that_only_tells_who_labelled_is_named_too(tmp_path, name, column, value):
    row = {key: each for key, each in READERS[name].items() if key != column}
    assert [each.beside for each in read(tmp_path, name, row)] == [()]
    assert [each.beside for each in read(tmp_path, name, {**row, column: value})] == [(column,)]


@pytest.mark.parametrize("verb", ["convert", "add"])
def test_every_run_names_them_with_their_numbers(tmp_path, capsys, monkeypatch, verb):
    plain = {"prompt": "q", "chosen": "a", "rejected": "b"}
    rows = [plain, {**plain, "prompt": "q2", "zz": 2}, {**plain, "prompt": "q3", "documents": ["a page"]}]
    write(tmp_path, *rows)
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    capsys.readouterr()
    to = ["out.jsonl", "--to", "trl-dpo"] if verb == "convert" else ["--from", "auto"]
    assert run([verb, "in.jsonl", *to]) == 0
    said = "".join(capsys.readouterr())
    assert "columns not carried, with the number of rows that have a value: zz (1)" in said
    assert "Left out: 1 row, documents not carried" in said
    assert run([verb, "in.jsonl", *to, "--without", "documents,zz", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dropped"], told["not_carried"]) == ({}, {})


def test_add_refuses_a_prompt_whose_videos_no_model_would_see(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"prompt": "What is this?", "videos": ["cat.mp4"], "topic": "cats"})
    assert run(["init"]) == 0
    assert run(["add", "in.jsonl"]) == 1
    assert '"videos" is part of what was asked or answered' in capsys.readouterr().err
    assert run(["add", "in.jsonl", "--without", "videos"]) == 0


@pytest.mark.parametrize("to", WRITERS)
def test_what_a_row_holds_is_in_the_target_or_beside_it(tmp_path, to):
    said = {
        "id": "id-7", "prompt": Q, "margin": 2.5, "probability": 0.8125, "tie": 0.0625, "source": "source-9",
        "responses": [{"text": A, "model": "model-1", "rating": 4.25, "rank": 1, "good": True},
                      {"text": B, "model": "model-2", "rating": 1.75, "rank": 2, "good": False}],
    }  # fmt: skip
    out = tmp_path / f"out{target_named(to).endings[0]}"
    convert(write(tmp_path, said), out, to=to, source="jsonl")
    kept = (tmp_path / f"{out.name}.meta.jsonl").read_text()
    if out.suffix != ".parquet":
        kept += out.read_text()
    for value in ("id-7", "source-9", "model-1", "model-2", "4.25", "1.75", "0.8125", "0.0625"):
        assert value in kept
    assert "2.5" in kept or to == "verl-prompts"  # which has no pair


# --- a dataset's own ratings and ties ------------------------------------------------------------

CHOSEN = [name for name in OUT if formats()[name].reads and name not in ("nemo-rl", "jsonl")] + ["hh-rlhf"]
SPELLINGS = (
    "chosen_rating rejected_rating", "chosen-rating rejected-rating", "rating_chosen rating_rejected",
    "score_chosen score_rejected", "chosenScore rejectedScore", "chosen_avg_rating rejected_avg_rating",
    "chosen_reward rejected_reward", "preferred_score non_preferred_score", "Chosen Rating|Rejected Rating",
    "score_w score_l", "chosen_reward_score rejected_reward_score", "rm_score_chosen rm_score_rejected",
    "quality_chosen quality_rejected",
)  # fmt: skip


def label_of(found) -> str:
    """What is made of a row: the chosen text, tie, or contradicts."""
    if isinstance(found, Left):
        return "contradicts" if found.reason == "rejected_is_rated_higher" else found.reason
    if contradicts_itself(found):
        return "contradicts"
    (item,) = pairs(found)
    return item.chosen.text if hasattr(item, "chosen") else item.reason


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", CHOSEN)
def test_ratings_are_read_in_every_spelling_and_format(tmp_path, name, spelling):
    columns = spelling.split("|") if "|" in spelling else spelling.split()
    plain = {key: value for key, value in READERS[name].items() if "score" not in key}
    for ratings, right in [
        ((5, 1), A),
        ((2, 5), "contradicts"),
        ((3, 3), "tie"),
        (("5.0", "1"), A),
        (("N/A", 1), A),
    ]:
        (found,) = read(tmp_path, name, {**plain, **dict(zip(columns, ratings, strict=True))})
        assert label_of(found) == right, (ratings, found)
        if right == A and ratings[0] != "N/A":
            assert [each.rating for each in found.responses] == [5, 1]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_tie_or_the_opposite_is_read_in_every_spelling_and_format(tmp_path, name):
    plain = {key: value for key, value in READERS[name].items() if "score" not in key}
    said = [
        ({"status": "tie"}, "tie"), ({"winner": "Tie (bothbad)"}, "tie"), ({"is_tie": True}, "tie"),
        ({"margin": 0}, "tie"), ({"score_diff": "0.0"}, "tie"), ({"margin": -1.5}, "contradicts"),
        ({"score-margin": -1}, "contradicts"), ({"preference": "rejected"}, "contradicts"),
        ({"preferred": "rejected"}, "contradicts"), ({"better": "rejected"}, "contradicts"),
        ({"ratings": {"chosen": 2, "rejected": "5"}}, "contradicts"),
        ({"scores": {"chosen": 3, "rejected": 3}}, "tie"), ({"scores": {"chosen": 4, "rejected": 3}}, A),
        ({"status": "unchanged"}, A), ({"margin": 2}, A), ({"is_tie": False}, A),
    ]  # fmt: skip
    for columns, right in said:
        (found,) = read(tmp_path, name, {**plain, **columns})
        assert label_of(found) == right, columns


@pytest.mark.parametrize("name", ["table", "arena", "helpsteer2-preference", "helpsteer3", "alpaca-eval"])
def test_ratings_contradict_a_label_too(tmp_path, name):
    row = {**READERS[name], "score_a": 5, "score_b": 1}
    winner = {"arena": ("winner", "model_b"), "table": ("label", "B"), "alpaca-eval": ("preference", 2),
              "helpsteer3": ("overall_preference", 2), "helpsteer2-preference": ("preference_strength", 2)}  # fmt: skip
    column, value = winner[name]
    row.pop("individual_preference", None)
    (found,) = read(tmp_path, name, {**row, column: value})
    assert label_of(found) == "contradicts"


@pytest.mark.parametrize(("probability", "right"), [(0.9, A), (0.5, A), (0.1, "contradicts")])
@pytest.mark.parametrize("name", ["trl-dpo", "trl-dpo-text", "table"])
def test_a_probability_that_speaks_for_the_rejected_answer_contradicts_too(
    tmp_path, name, probability, right
):
    row = READERS["trl-dpo" if name == "trl-dpo" else "trl-dpo-text"]
    (found,) = read(tmp_path, name, {**row, "probability": probability})
    assert label_of(found) == right


@pytest.mark.parametrize("name", ["trl-dpo-text", "table"])
def test_of_lists_of_answers_each_has_its_own_rating(tmp_path, name):
    row = {"prompt": Q, "chosen": ["best"], "rejected": ["better rated", "as good", "worse"]}
    found = read(tmp_path, name, {**row, "chosen_rating": [3], "rejected_rating": [5, "3", 1]})
    assert [label_of(each) for each in found] == ["contradicts", "tie", "best"]
    assert not any(each.beside for each in found if isinstance(each, Canonical))


@pytest.mark.parametrize("name", ["trl-dpo-text", "table", "axolotl-dpo", "llama-factory-dpo-sharegpt"])
def test_one_answer_of_a_list_that_cannot_be_read_costs_no_other(tmp_path, name):
    row = READERS[name if name in READERS else "trl-dpo-text"]
    bad, *found = read(tmp_path, name, {**row, "chosen": ["good"], "rejected": [7, "b", "c"]})
    assert isinstance(bad, BadRow)
    assert "is 7" in bad.reason
    assert [each.responses[1].text for each in found] == ["b", "c"]


def test_an_answer_that_nobody_rated_is_counted_where_others_are(tmp_path):
    row = {"prompt": Q, "responses": ["a", "b", "c"], "scores": ["3", "N/A", 1]}
    (found,) = read(tmp_path, "jsonl", row)
    made = list(pairs(found, "all"))
    assert [(each.chosen.text, each.rejected.text) for each in made if hasattr(each, "chosen")] == [
        ("a", "c")
    ]
    assert [each.reason for each in made if hasattr(each, "reason")] == ["not_labelled"]


def test_a_rating_and_a_score_are_two_scales(tmp_path):
    row = {
        "prompt": Q,
        "chosen": A,
        "rejected": B,
        "chosen_rating": 5,
        "chosen_score": 0.9,
        "rejected_score": 0.4,
    }
    (found,) = read(tmp_path, "trl-dpo-text", row)
    assert [each.rating for each in found.responses] == [0.9, 0.4]


def test_in_a_ranking_only_the_pairs_that_contradict_their_ratings_are_left_out(tmp_path):
    ratings = {"a": (1, 5), "b": (2, 1), "c": (3, 2)}
    rows = [{"text": text, "rank": rank, "score": rating} for text, (rank, rating) in ratings.items()]
    result = convert(write(tmp_path, {"prompt": Q, "responses": rows}), tmp_path / "o.jsonl", to="trl-dpo",
                     selection=Selection(which="all"))  # fmt: skip
    assert (result.rows, result.dropped.counts) == (2, {"rejected_is_rated_higher": 1})


# --- text that looks like structure ---------------------------------------------------------------

ODD = (
    '[{"name": "Bonn"}]',
    '[{"role": "user", "content": "x"}]',
    '["a", "b"]',
    '{"a": 1}',
    "[{ no json",
    " x\n\n",
)


def swapped(value, texts: dict):
    if isinstance(value, dict):
        return {key: swapped(each, texts) for key, each in value.items()}
    if isinstance(value, list):
        return [swapped(each, texts) for each in value]
    for old, new in texts.items() if isinstance(value, str) else ():
        value = value.replace(old, new)
    return value


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("name", READERS)
def test_a_text_that_looks_like_json_is_a_text(tmp_path, name, text):
    for old in (each for each in (A, Q) if each in json.dumps(READERS[name])):
        row = swapped(READERS[name], {old: text})
        (found,) = read(tmp_path, name, row)
        assert not isinstance(found, BadRow), found
        texts = [each.text for each in found.responses] if old == A else [found.prompt[-1].content]
        if name in ("nectar", "helpsteer2", "helpsteer2-preference"):  # white space between turns is no text
            assert text.strip() in [each.strip() for each in texts]
        elif name.startswith("summarize"):  # laid out in a prompt, and cleared of a space before
            assert any(text.strip() in each for each in texts)
        else:
            assert text in texts


@pytest.mark.parametrize("text", [*ODD, "The sky is"])
@pytest.mark.parametrize("to", ["trl-dpo-text", "trl-kto-text", "trl-reward-text"])
def test_plain_text_stays_as_it_is(tmp_path, to, text):
    pair = {"prompt": text, "chosen": " blue", "rejected": " green"}
    row = {"prompt": text, "completion": " blue", "label": True} if to == "trl-kto-text" else pair
    whole = {side: text + pair[side] for side in ("chosen", "rejected")}
    source = "trl-kto-text" if to == "trl-kto-text" else "trl-dpo-text"
    convert(write(tmp_path, row), tmp_path / "out.jsonl", to=to, source=source)
    assert lines(tmp_path / "out.jsonl") == [whole if to == "trl-reward-text" else row]


def test_a_cell_may_hold_messages_and_any_other_cell_is_text(tmp_path):
    chat = json.dumps([{"role": "user", "content": Q}]).replace('"', '""')
    cities = '[{""name"": ""Bonn""}]'
    path = tmp_path / "in.csv"
    path.write_text(f'prompt,chosen,rejected\n"{chat}","{cities}","Bonn"\n"{cities}","[{{ no json","Oslo"\n')
    first, second = read_dataset(path, "trl-dpo-text")
    assert (first.prompt[0].content, first.responses[0].text) == (Q, '[{"name": "Bonn"}]')
    assert (second.prompt[0].content, second.responses[0].text) == ('[{"name": "Bonn"}]', "[{ no json")


# --- one part and its neighbours ------------------------------------------------------------------

GOOD, WORSE = "Paris.", "Lyon."


def several(name, third):
    """Three answers to a prompt, the third one odd."""
    texts, ranks = (GOOD, WORSE, third), (1, 3, 2)
    if name == "ultrafeedback":
        marks = [{"helpfulness": {"Rating": str(6 - rank)}} for rank in ranks]
        parts = zip(texts, marks, strict=True)
        return [
            {
                "instruction": Q,
                "completions": [{"response": text, "annotations": mark} for text, mark in parts],
            }
        ]
    if name == "distilabel":
        return [{"instruction": Q, "generations": list(texts), "ratings": [6 - rank for rank in ranks]}]
    ranked = list(zip(texts, ranks, strict=True))
    if name == "nectar":
        return [{"prompt": Q, "answers": [{"answer": text, "rank": rank} for text, rank in ranked]}]
    if name == "nemo-rl":
        user = [{"role": "user", "content": Q}]
        said = [
            {"rank": rank, "completion": [{"role": "assistant", "content": text}]} for text, rank in ranked
        ]
        return [{"context": user, "completions": said}]
    if name == "jsonl":
        return [{"prompt": Q, "responses": [{"text": text, "rank": rank} for text, rank in ranked]}]
    if name == "helpsteer2":
        return [
            {"prompt": Q, "response": text, "helpfulness": 6 - rank, "verbosity": 1} for text, rank in ranked
        ]
    fields = {"instruction": Q, **{f"generations-{n}": text for n, text in enumerate(texts)}}
    said = {f"generations-{n}-rating": [{"value": 6 - rank, "user_id": "u", "status": "submitted"}]
            for n, rank in enumerate(ranks)}  # fmt: skip
    return [{"id": "1", "fields": fields, "responses": said}]


@pytest.mark.parametrize("third", [GOOD, WORSE, f" {GOOD}\n", "", "  "])
@pytest.mark.parametrize(
    "name", ["ultrafeedback", "distilabel", "nectar", "nemo-rl", "jsonl", "helpsteer2", "argilla"]
)
def test_an_answer_that_is_blank_or_said_twice_takes_no_other_with_it(tmp_path, name, third):
    found = read(tmp_path, name, *several(name, third))
    (row,) = (each for each in found if isinstance(each, Canonical))
    (pair,) = pairs(row)
    assert (pair.chosen.text, pair.rejected.text) == (GOOD, WORSE)
    if name == "helpsteer2" and not third.strip():
        assert any(isinstance(each, BadRow) for each in found)  # a row of its own
    else:
        reason = "same_text" if third.strip() else "empty_response"
        assert [(each.reason, each.unit) for each in found if isinstance(each, Left)] == [
            (reason, "response")
        ]


@pytest.mark.parametrize("name", ["ultrafeedback", "nectar", "nemo-rl", "jsonl"])
def test_an_answer_that_cannot_be_read_takes_no_other_with_it(tmp_path, name):
    (row,) = several(name, "x")
    part = next(value for value in row.values() if isinstance(value, list) and len(value) == 3)
    part[2] = {"other": 1}
    bad, found = sorted(read(tmp_path, name, row), key=lambda each: isinstance(each, Canonical))
    assert isinstance(bad, BadRow)
    assert [each.text for each in found.responses] == [GOOD, WORSE]
    assert (
        convert(write(tmp_path, row), tmp_path / "o.jsonl", to="trl-dpo", source=name).as_dict()["read"] == 1
    )


def votes(name, second):
    """Two people's votes on a pair, the first for the first answer."""
    if name == "helpsteer3":
        return {"context": Q, "response1": A, "response2": B, "overall_preference": -1,
                "individual_preference": [{"score": -2}, {"score": second}]}  # fmt: skip
    if name == "label-studio":
        value = {"right": {"selected": "right"}, None: {"selected": None}}.get(second, {"selected": second})
        said = [{"selected": "left"}, value]
        return {"id": 1, "data": {"prompt": Q, "answer1": A, "answer2": B}, "annotations": [
            {"id": n, "completed_by": n, "result": [{"type": "pairwise", "to_name": "answer1,answer2", "value": each}]}
            for n, each in enumerate(said)]}  # fmt: skip
    ranks = [[{"value": "response-1", "rank": 1}, {"value": "response-2", "rank": 2}], second]
    given = [{"value": rank, "user_id": f"u{n}", "status": "submitted"} for n, rank in enumerate(ranks)]
    return {"fields": {"prompt": Q, "response-1": A, "response-2": B}, "responses": {"ranking": given}}


@pytest.mark.parametrize(
    ("name", "second", "kind"),
    [
        ("helpsteer3", None, Left), ("helpsteer3", 9, BadRow),
        ("label-studio", None, Left), ("label-studio", "upwards", BadRow),
        ("argilla", None, Left), ("argilla", [{"value": "response-1", "rank": 1}], BadRow),
    ],
)  # fmt: skip
def test_one_persons_answer_takes_no_other_with_it(tmp_path, name, second, kind):
    other, found = sorted(
        read(tmp_path, name, votes(name, second)), key=lambda each: isinstance(each, Canonical)
    )
    assert isinstance(other, kind)
    assert getattr(other, "unit", "vote") == "vote"
    assert [each.ranks for each in found.opinions] == [(1, 2)]


def test_potatos_blank_and_unreadable_answers_take_no_other_with_them(tmp_path):
    said = {str(n): {"preference": {"selection": "A"}} for n in range(3)}
    odd = {"0": {}, "1": {"preference": {"selection": "sideways"}}}
    found = potato(tmp_path, ann=said, bob=odd)
    assert [each.opinions[0].ranks for each in found if isinstance(each, Canonical)] == [(1, 2)] * 3
    assert Counter(type(each) for each in found) == {Canonical: 3, Left: 1, BadRow: 1}


@pytest.mark.parametrize("name", ["trl-dpo-text", "axolotl-dpo-intel", "llama-factory-dpo", "table"])
def test_lists_of_answers_are_every_two_of_them(tmp_path, name):
    asked = {"axolotl-dpo-intel": "question", "llama-factory-dpo": "instruction"}.get(name, "prompt")
    row = {asked: Q, "chosen": [GOOD], "rejected": [WORSE, "", "Nice.", f"{GOOD} "], "id": "r1"}
    found = read(tmp_path, name, row)
    rows = [each for each in found if isinstance(each, Canonical)]
    assert [(each.id, [one.text for one in each.responses]) for each in rows] == [
        ("r1/1", [GOOD, WORSE]),
        ("r1/2", [GOOD, "Nice."]),
    ]
    left = [(each.reason, each.unit) for each in found if isinstance(each, Left)]
    assert left == [("empty_response", "response"), ("same_text", "pair")]


# --- rows that contradict one another -------------------------------------------------------------


def test_rows_that_say_the_opposite_are_left_out_and_most_rows_outvote_the_others(tmp_path):
    def row(n, better, worse):
        return {"prompt": f"q{n}", "chosen": better, "rejected": worse}

    rows = [
        row(0, "a", "b"),
        row(1, "a", "b"),
        row(0, "b", "a "),
        row(2, "a", "b"),
        row(2, "b", "a"),
        row(2, "a", "b"),
    ]
    result = convert(write(tmp_path, *rows), tmp_path / "out.jsonl", to="trl-dpo-text")
    assert lines(tmp_path / "out.jsonl") == [rows[1], rows[3], rows[5]]
    assert result.dropped.counts == {"contradicting": 2, "outvoted": 1}
    assert (result.read, result.rows) == (6, 3)


# --- JSON that loaders read -----------------------------------------------------------------------


@pytest.mark.parametrize("to", WRITERS)
def test_no_column_is_empty_first_and_filled_later_unless_the_loader_is_told_its_type(tmp_path, to):
    bare = [{"prompt": f"{Q} {n}", "responses": [{"text": A, "rank": 1, "good": True}, {"text": B, "rank": 2, "good": False}],
             "margin": 1.0 if "margin" in to else None} for n in range(5)]  # fmt: skip
    full = deepcopy(bare[0])
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": Q},
    ]
    full |= {"id": "7", "prompt": turns, "margin": 2.0, "probability": 0.75, "tie": 0.0, "source": "s"}
    for each in full["responses"]:
        each |= {"model": "m", "rating": 5.0 - each["rank"]}
    for ending in (each for each in target_named(to).endings if each in (".jsonl", ".json")):
        out = tmp_path / f"out{ending}"
        result = convert(write(tmp_path, *bare, full), out, to=to, source="jsonl")
        rows = json.loads(out.read_text()) if ending == ".json" else lines(out)
        empty = {name for row in rows for name, value in row.items() if value in (None, [])}
        late = {
            name
            for name in empty
            if rows[0][name] in (None, []) and any(row[name] not in (None, []) for row in rows)
        }
        assert not late or "features=" in "".join(result.how_to_load), late
        beside = lines(tmp_path / f"out{ending}.meta.jsonl")
        assert [each["row"] for each in beside] == [*range(1, len(rows) + 1)]
        places = {each["place"].rpartition(":")[2]: row for each, row in zip(beside, rows, strict=True)}
        assert all(f"{Q} {n}" in json.dumps(places[str(n + 1)]) for n in range(5) if str(n + 1) in places)


def test_columns_of_nulls_are_told_by_features(tmp_path):
    said = target_named("ultrafeedback-binarized")
    result = convert(write(tmp_path, {"prompt": Q, "chosen": A, "rejected": B}), tmp_path / "o.jsonl",
                     to="ultrafeedback-binarized")  # fmt: skip
    (features,) = (line for line in result.how_to_load if line.startswith("features = "))
    assert all(f'"{name}": ' in features for name in said.columns)


# --- files as people have them --------------------------------------------------------------------


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["in.jsonl", "in.json"])
def test_an_array_and_laid_out_objects_are_read_whatever_the_file_is_called(tmp_path, name, indent):
    rows = [{"prompt": f"q{n}", "chosen": "a", "rejected": "b"} for n in range(3)]
    for text in (json.dumps(rows, indent=indent), "\n".join(json.dumps(row, indent=2) for row in rows)):
        (tmp_path / name).write_text(text)
        found = list(read_dataset(tmp_path / name, "trl-dpo-text"))
        assert [each.prompt[0].content for each in found] == ["q0", "q1", "q2"]


@pytest.mark.parametrize("verb", ["add", "convert"])
def test_alpacas_input_belongs_to_its_instruction(tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    row = {"instruction": "Translate.", "input": "Guten Tag", "good": "Hello", "bad": "Bye"}
    write(tmp_path, row)
    assert run(["init"]) == 0
    if verb == "convert":
        to = ["out.jsonl", "--to", "trl-dpo", "--map", "prompt=instruction,chosen=good,rejected=bad"]
        assert run(["convert", "in.jsonl", *to]) == 0
        assert lines(tmp_path / "out.jsonl")[0]["prompt"][0]["content"] == "Translate.\nGuten Tag"
    else:
        sides = ["--response-a-field", "good", "--response-b-field", "bad"]
        assert run(["add", "in.jsonl", "--prompt-field", "instruction", *sides]) == 0
        assert b"Translate.\nGuten Tag" in (tmp_path / "pairwright.db").read_bytes() or _stored(tmp_path)


def _stored(folder) -> bool:
    import sqlite3

    with sqlite3.connect(folder / "pairwright.db") as db:
        dump = "\n".join(db.iterdump())
    return r"Translate.\nGuten Tag" in dump


@pytest.mark.parametrize("labelled", [[], ["--from", "trl-dpo-text"]])
def test_an_empty_file_among_others_is_named(tmp_path, capsys, monkeypatch, labelled):
    monkeypatch.chdir(tmp_path)
    row = {"prompt": "q", "chosen": "a", "rejected": "b"} if labelled else {"prompt": "q"}
    write(tmp_path, row)
    write(tmp_path, name="none.jsonl")
    assert run(["init"]) == 0
    assert run(["add", "in.jsonl", "none.jsonl", *labelled]) == 0
    assert "none.jsonl holds no rows" in capsys.readouterr().err


def test_ranked_texts_that_are_equal_share_what_was_said_of_them(tmp_path):
    row = {"prompt": Q, "responses": [{"text": A, "rank": 1, "rating": 5}, {"text": B, "rank": 2, "rating": 2},
                                      {"text": f"{A} ", "rank": 3, "rating": 1}]}  # fmt: skip
    found, left = read(tmp_path, "jsonl", row)
    assert found.responses == (Rated(A, rating=3, rank=1.5), Rated(B, rating=2, rank=1.5))
    assert (left.reason, left.unit) == ("same_text", "response")


@pytest.mark.parametrize("name", ["weight", "sample_weight", "example_weight"])
def test_a_rows_weight_is_carried_in_every_format(tmp_path, name):
    row = {"prompt": "q", "chosen": "a", "rejected": "b", name: 0.25}
    (found,) = read(tmp_path, "trl-dpo-text", row)
    assert (found.weight, found.beside) == (0.25, ())
    to = target_named("jsonl")
    assert to.made(found)["weight"] == 0.25
    (again,) = read(tmp_path, "jsonl", to.made(found))
    assert again.weight == 0.25


@pytest.mark.parametrize("value", ["heavy", -1, True])
def test_a_weight_that_is_none_is_told(tmp_path, value):
    (found,) = read(
        tmp_path, "trl-dpo-text", {"prompt": "q", "chosen": "a", "rejected": "b", "weight": value}
    )
    assert (found.weight, found.beside) == (None, ("weight",))


def test_a_weight_that_the_trainer_has_no_place_for_is_told_and_kept_beside(tmp_path):
    write(tmp_path, {"prompt": "q", "chosen": "a", "rejected": "b", "weight": 2})
    result = convert(tmp_path / "in.jsonl", tmp_path / "out.jsonl", to="trl-dpo")
    assert result.not_carried == {"weight": 1}
    assert json.loads((tmp_path / "out.jsonl.meta.jsonl").read_text())["weight"] == 2
    assert convert(tmp_path / "in.jsonl", tmp_path / "all.jsonl", to="jsonl").not_carried == {}


def test_a_run_that_writes_nothing_names_the_columns_it_did_not_read(tmp_path):
    rows = write(tmp_path, {"prompt": Q, "responses": ["a", "b"], "ranking": [2, 1]})
    with pytest.raises(InputError, match="columns that were not read: ranking"):
        convert(rows, tmp_path / "out.jsonl", to="trl-dpo", source="jsonl")


@pytest.mark.parametrize("name", ["prompt", "chosen"])
def test_a_single_message_is_proposed_as_a_whole_and_not_by_its_role(tmp_path, name):
    message = {"role": "user" if name == "prompt" else "assistant", "content": "text"}
    rows = write(tmp_path, {"prompt": Q, "chosen": A, "rejected": B, name: message})
    with pytest.raises(InputError, match="--from table") as error:
        convert(rows, tmp_path / "out.jsonl", to="trl-dpo")
    assert ".role" not in str(error.value)


# --- who said so ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["gpt-4o", "GPT4", "claude-3-opus", "alpaca_eval_gpt4_turbo", "Llama 3.1 70B"]
)
def test_an_annotator_with_the_name_of_a_model_is_no_person(tmp_path, name):
    row = {"prompt": Q, "response_a": A, "response_b": B, "label": "A", "annotator": name}
    (found,) = read(tmp_path, "table", row)
    assert [(each.rater, each.kind) for each in found.opinions] == [(name, "unknown")]


@pytest.mark.parametrize("name", ["Claude", "Gemma", "Sophie2", "w17", "anna@example.org"])
def test_an_annotator_with_a_name_of_people_is_one(tmp_path, name):
    row = {"prompt": Q, "response_a": A, "response_b": B, "label": "A", "annotator": name}
    (found,) = read(tmp_path, "table", row)
    assert [each.kind for each in found.opinions] == ["person"]


@pytest.mark.parametrize(
    ("label", "right"),
    [("response_a", A), ("Model B", B), ("draw", "tie"), ("Equal", "tie"), ("both_bad", "tie")],
)
def test_the_words_of_a_label_are_read_in_every_spelling(tmp_path, label, right):
    row = {"prompt": Q, "response_a": A, "response_b": B, "label": label}
    (found,) = read(tmp_path, "table", row)
    assert label_of(found) == right
