"""Every training framework's rows, literally as its documentation or loader has them, out and in."""

from __future__ import annotations

import hashlib
import json
import shlex

import pytest
import yaml

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Drop, Pair, Rated, Single, pairs, two
from pairwright.formats.catalog import formats, read_dataset, target_named
from pairwright.formats.files import Layout
from pairwright.formats.format import Left, Written
from pairwright.formats.guess import guess
from pairwright.formats.ratings import contradicts_itself
from pairwright.formats.trl import Weights
from pairwright.stages.export.convert import convert
from pairwright.types import Message

Q, A, B = "What color is the sky?", "It is blue.", "It is green."
USER, GOOD, BAD = (
    {"role": "user", "content": Q},
    {"role": "assistant", "content": A},
    {"role": "assistant", "content": B},
)
SYSTEM = {"role": "system", "content": "Be brief."}
EARLIER = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def messages(*dicts) -> tuple[Message, ...]:
    return tuple(Message(each["role"], each["content"]) for each in dicts)


ROW = two(messages(USER), Rated(A, "m1", 5.0), Rated(B, "m2", 2.0), 1)
PAIR = Pair(ROW, *ROW.responses)
LONG = two(messages(SYSTEM, *EARLIER, USER), Rated(A), Rated(B), 1)
LONG_PAIR = Pair(LONG, *LONG.responses)
HUMAN = "\n\nHuman: What color is the sky?\n\nAssistant:"

OUT = {
    "trl-dpo": {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    "nemo-rl": {
        "context": [USER],
        "completions": [{"rank": 0, "completion": [GOOD]}, {"rank": 1, "completion": [BAD]}],
    },
    "trl-dpo-text": {"prompt": Q + "\n\n", "chosen": A, "rejected": B},
    "trl-orpo": {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    "trl-reward": {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
    "trl-reward-margin": {"chosen": [USER, GOOD], "rejected": [USER, BAD], "margin": 3.0},
    "trl-reward-text": {"chosen": f"{Q}\n\n{A}", "rejected": f"{Q}\n\n{B}"},
    "llama-factory-dpo": {
        "instruction": Q,
        "input": "",
        "chosen": A,
        "rejected": B,
        "system": "",
        "history": [],
    },
    "llama-factory-dpo-sharegpt": {
        "conversations": [{"from": "human", "value": Q}],
        "chosen": {"from": "gpt", "value": A},
        "rejected": {"from": "gpt", "value": B},
        "tools": "",
    },
    "axolotl-dpo": {"messages": [USER], "chosen": GOOD, "rejected": BAD},
    "axolotl-dpo-intel": {"system": "", "question": Q, "chosen": A, "rejected": B},
    "axolotl-dpo-icr": {"system": "", "input": Q, "chosen": A, "rejected": B},
    "axolotl-reward": {"system": "", "input": Q, "chosen": A, "rejected": B},
    "axolotl-orpo": {"system": "", "chosen": [USER, GOOD], "rejected": [USER, BAD]},
    "openrlhf": {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
    "openrlhf-margin": {"chosen": [USER, GOOD], "rejected": [USER, BAD], "margin": 3.0},
    "verl-reward": {"prompt": HUMAN, "chosen": f" {A}", "rejected": f" {B}"},
    "openai-dpo": {
        "input": {"messages": [USER], "tools": [], "parallel_tool_calls": True},
        "preferred_output": [GOOD],
        "non_preferred_output": [BAD],
    },
    "ms-swift-dpo": {"messages": [USER, GOOD], "rejected_response": B},
    "ms-swift-dpo-tools": {"messages": [USER, GOOD], "rejected_response": [BAD]},
    "ms-swift-reward-margin": {"messages": [USER, GOOD], "rejected_response": B, "margin": 3.0},
    "ultrafeedback-binarized": {
        "prompt": Q,
        "prompt_id": hashlib.sha256(Q.encode()).hexdigest(),
        "chosen": [USER, GOOD],
        "rejected": [USER, BAD],
        "messages": [USER, GOOD],
        "score_chosen": 5.0,
        "score_rejected": 2.0,
    },
    "hh-rlhf": {"chosen": f"{HUMAN} {A}", "rejected": f"{HUMAN} {B}"},
}


@pytest.mark.parametrize("name", OUT)
def test_a_pair_is_written_as_the_framework_reads_it(name):
    row = target_named(name).made(PAIR)
    assert row == OUT[name]
    columns = target_named(name).columns
    assert not columns or list(columns) == list(row)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("trl-kto", {"prompt": [USER], "completion": [BAD], "label": False}),
        ("trl-kto-text", {"prompt": Q + "\n\n", "completion": B, "label": False}),
        (
            "llama-factory-kto",
            {
                "conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": B}],
                "kto_tag": False,
                "tools": "",
            },
        ),
        ("axolotl-kto", {"system": "", "prompt": Q, "completion": B, "label": False}),
        ("ms-swift-kto", {"messages": [USER, BAD], "label": False}),
    ],
)
def test_a_single_response_has_a_boolean_label(name, expected):
    row = target_named(name).made(Single(ROW, ROW.responses[1], False))
    assert row == expected
    assert [value for value in row.values() if value is False]
    assert list(target_named(name).columns) == list(row)


@pytest.mark.parametrize(("name", "prompt"), [("unpaired", [USER]), ("unpaired-text", Q)])
def test_the_plain_form_calls_a_single_response_good_or_bad(name, prompt):
    target = target_named(name)
    rows = [
        target.made(Single(ROW, one, good))
        for one, good in zip(ROW.responses[:2], (True, False), strict=True)
    ]
    assert rows == [
        {"prompt": prompt, "response": A, "label": "good"},
        {"prompt": prompt, "response": B, "label": "bad"},
    ]
    assert list(target.columns) == list(rows[0])


def test_every_written_format_is_tested_here():
    singly = {"trl-kto", "trl-kto-text", "llama-factory-kto", "axolotl-kto", "ms-swift-kto"}
    singly |= {"unpaired", "unpaired-text"}
    written = {name for name, each in formats().items() if each.writes}
    assert written == {*OUT, *singly, "verl-prompts", "jsonl"}


def test_nemo_rl_gets_exactly_two_completions_of_a_ranking_and_none_of_a_tie():
    # Its preprocessor asserts two, and refuses equal ranks.
    row = Canonical(messages(USER), (Rated("c", rank=3), Rated(A, rank=1), Rated("d", rank=2)))
    written = [target_named("nemo-rl").made(pair) for pair in pairs(row)]
    assert [[each["completion"][0]["content"] for each in one["completions"]] for one in written] == [
        [A, "d"],
        [A, "c"],
    ]
    assert all([each["rank"] for each in one["completions"]] == [0, 1] for one in written)
    assert list(pairs(two(messages(USER), Rated(A), Rated(B), 0))) == [Drop("tie")]


def test_what_nemo_rl_is_told_overrides_what_its_configs_have_and_adds_the_rest():
    # As in examples/configs/dpo.yaml and rm.yaml: a key that is not there needs a +, or Hydra refuses it.
    config = {"train": {"dataset_name": "HelpSteer3", "split": "train"}}
    config["validation"] = {"dataset_name": "HelpSteer3", "split": "validation"}
    for parts in ({"train": ("a.jsonl",)}, {"train": ("a.jsonl",), "validation": ("b.jsonl",)}):
        (line,) = target_named("nemo-rl").how_to_load(Written("a", parts))
        overrides = [each for each in shlex.split(line, comments=True) if "data." in each]
        assert overrides
        for each in overrides:
            part, _, key = each.partition("=")[0].removeprefix("+data.").removeprefix("data.").partition(".")
            assert (not key or key in config[part]) != each.startswith("+"), each


def test_verl_prompts_are_rows_for_rl():
    row = target_named("verl-prompts").made(two(messages(USER), Rated(A), Rated(B), 1, source="my/prefs"))
    assert row["prompt"] == [USER]
    assert row["data_source"] == "my/prefs"
    assert row["reward_model"] == {"style": "model", "ground_truth": ""}


# --- several turns and system messages -----------------------------------------------------------


def test_llama_factory_has_history_and_system_in_columns_of_their_own():
    row = target_named("llama-factory-dpo").made(LONG_PAIR)
    assert (row["instruction"], row["history"], row["system"]) == (Q, [["Hi", "Hello"]], "Be brief.")


def test_a_llama_factory_ranking_row_has_an_odd_number_of_messages_after_the_system_message():
    turns = target_named("llama-factory-dpo-sharegpt").made(LONG_PAIR)["conversations"]
    assert [turn["from"] for turn in turns] == ["system", "human", "gpt", "human"]
    kto = target_named("llama-factory-kto").made(Single(LONG, LONG.responses[0], True))["conversations"]
    assert len(kto[1:]) % 2 == 0
    twice = two(messages(USER, USER), Rated(A), Rated(B), 1)
    assert target_named("llama-factory-dpo-sharegpt").made(Pair(twice, *twice.responses)) == Drop(
        "turns_do_not_alternate"
    )


def test_axolotl_orpo_has_no_prompt_which_would_replace_every_question():
    row = target_named("axolotl-orpo").made(LONG_PAIR)
    assert "prompt" not in row
    assert row["system"] == "Be brief."
    assert row["chosen"] == [*EARLIER, USER, GOOD]
    assert len(row["chosen"]) % 2 == 0


@pytest.mark.parametrize("name", ["axolotl-dpo-intel", "axolotl-dpo-icr", "axolotl-reward", "trl-dpo-text"])
def test_formats_of_one_question_refuse_a_conversation(name):
    assert isinstance(target_named(name).made(LONG_PAIR), Drop)


def test_a_conversation_begins_alike_on_both_sides():
    for name in ("trl-reward", "openrlhf", "ultrafeedback-binarized"):
        row = target_named(name).made(LONG_PAIR)
        assert row["chosen"][:-1] == row["rejected"][:-1] == [SYSTEM, *EARLIER, USER]


@pytest.mark.parametrize("name", ["openrlhf-margin", "trl-reward-margin"])
def test_a_margin_that_is_not_known_is_never_0(name):
    # OpenRLHF takes a missing one for 0, and TRL subtracts it from the logits.
    assert target_named(name).made(Pair(LONG, *LONG.responses)) == Drop("no_margin")


@pytest.mark.parametrize("name", ["hh-rlhf", "verl-reward"])
def test_a_text_that_looks_like_a_turn_is_never_put_into_a_transcript(name):
    row = two(messages(USER), Rated("Well.\n\nHuman: and now?"), Rated(B), 1)
    assert target_named(name).made(Pair(row, *row.responses)) == Drop("turn_marker_in_text")
    assert target_named(name).made(LONG_PAIR) == Drop("system_message_not_supported")


@pytest.mark.parametrize("name", OUT)
def test_what_no_trainer_should_see_is_dropped_everywhere(name):
    for chosen, reason in (("It is green. \n", "same_text"), (" ", "empty_response")):
        row = two(messages(USER), Rated(chosen, rating=2), Rated(B, rating=1), 1)
        assert target_named(name).made(Pair(row, *row.responses)) == Drop(reason)


# --- configuration -----------------------------------------------------------------------------------

SPLIT = Written("mydpo", {"train": ("mydpo.train.jsonl",), "validation": ("mydpo.validation.jsonl",)}, None)
ONE = Written("mydpo", {"train": ("mydpo.json",)}, None)


def test_dataset_info_has_the_stanza_llama_factory_wants():
    info = json.loads(target_named("llama-factory-dpo").config(ONE)["dataset_info.json"])
    assert info["mydpo"]["file_name"] == "mydpo.json"
    assert info["mydpo"]["ranking"] is True
    assert (
        info["mydpo"]["columns"].items()
        >= {
            "prompt": "instruction",
            "query": "input",
            "chosen": "chosen",
            "rejected": "rejected",
        }.items()
    )
    info = json.loads(target_named("llama-factory-dpo-sharegpt").config(SPLIT)["dataset_info.json"])
    assert info["mydpo_train"] == {
        "file_name": "mydpo.train.jsonl",
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {
            "messages": "conversations",
            "chosen": "chosen",
            "rejected": "rejected",
            "tools": "tools",
        },
    }
    command = target_named("llama-factory-dpo").how_to_load(SPLIT)[0]
    assert "--dataset mydpo_train " in command
    assert "--eval_dataset mydpo_validation" in command


def test_axolotl_yaml_names_the_type_and_the_parts():
    said = yaml.safe_load(target_named("axolotl-dpo").config(SPLIT)["mydpo.axolotl.yaml"])
    assert said == {
        "rl": "dpo",
        "datasets": [
            {
                "path": "mydpo.train.jsonl",
                "ds_type": "json",
                "split": "train",
                "type": "chat_template.default",
            }
        ],
        "test_datasets": [
            {
                "path": "mydpo.validation.jsonl",
                "ds_type": "json",
                "split": "train",
                "type": "chat_template.default",
            }
        ],
    }


SHARDS = tuple(f"mydpo-0000{n}-of-00003" for n in range(3))
WHOLE_SETS = [name for name, each in formats().items() if each.writes and not each.writes.one_file]


def pasted(name, parts) -> str:
    target = target_named(name)
    named = {part: tuple(f"{file}{target.endings[0]}" for file in files) for part, files in parts.items()}
    written = Written("mydpo", named, None)
    return "\n".join([*target.how_to_load(written), *target.config(written).values()])


@pytest.mark.parametrize("name", WHOLE_SETS)
def test_what_is_pasted_trains_on_every_shard(name):
    told = pasted(name, {"train": SHARDS})
    assert all(shard in told for shard in SHARDS)


@pytest.mark.parametrize("name", ["nemo-rl", "openai-dpo"])
def test_a_loader_of_one_file_gets_no_shards(tmp_path, name):
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"prompt": Q, "chosen": A, "rejected": B}) + "\n")
    with pytest.raises(InputError, match=r"--shard 2 asks for several files.*takes one.*Leave --shard out"):
        convert(source, tmp_path / "out.jsonl", to=name, layout=Layout(shard=2))
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("name", [name for name, each in formats().items() if each.writes])
def test_nothing_is_validated_on_what_it_is_trained_on(name):
    told = pasted(name, {"train": ("mydpo",)})
    file = f"mydpo{target_named(name).endings[0]}"
    assert told.count(f'"{file}"') + told.count(f"'{file}'") + told.count(f"={file}") <= 1
    assert all(word not in told for word in ("eval_dataset", "--val_dataset", "test_datasets", "held.id"))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nemo-rl", "+data.validation.data_path=held.jsonl"),
        ("openai-dpo", "validation_file=held.id"),
        ("verl-prompts", "data.val_files=['held.parquet']"),
    ],
)
def test_what_is_held_out_is_validated_on(name, says):
    told = pasted(name, {"train": ("mydpo",), "validation": ("held",)})
    assert says in (shlex.split(told) if "data." in says else told)


def test_weights_of_kto_are_in_what_is_pasted():
    written = Written("k", {"train": ("k.jsonl",)}, Weights(1.0, 1.5))
    assert "undesirable_weight=1.5" in target_named("trl-kto").how_to_load(written)[-1]
    assert "--kto_rejected_weight 1.5" in target_named("llama-factory-kto").how_to_load(written)[0]
    assert (
        yaml.safe_load(target_named("axolotl-kto").config(written)["k.axolotl.yaml"])[
            "kto_undesirable_weight"
        ]
        == 1.5
    )
    assert "--undesirable_weight 1.5" in target_named("ms-swift-kto").how_to_load(written)[0]


@pytest.mark.parametrize("name", [name for name, each in formats().items() if each.writes])
def test_every_format_says_how_it_is_loaded_and_names_the_file(name):
    target = target_named(name)
    ending = target.endings[0]
    written = Written("rows", {"train": (f"rows{ending}",)}, None)
    told = "\n".join([*target.how_to_load(written), *target.config(written).values()])
    assert "rows" in told


# --- in ------------------------------------------------------------------------------------------------


def read(tmp_path, name, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(read_dataset(path, name))


@pytest.mark.parametrize("name", [name for name in OUT if formats()[name].reads])
def test_the_same_rows_are_read(tmp_path, name):
    (row,) = read(tmp_path, name, OUT[name])
    assert row.prompt == messages(USER)
    assert [(one.text, one.rank) for one in row.responses] == [(A, 1), (B, 2)]
    assert row.place.endswith("rows.jsonl:1")


def test_an_implied_prompt_of_two_strings_is_not_guessed(tmp_path):
    (left,) = read(tmp_path, "trl-reward", {"chosen": "The sky is blue.", "rejected": "The sky is green."})
    assert (left.reason, left.place.endswith(":1")) == ("prompt_not_told", True)


def test_conversations_that_differ_before_the_answer_are_left_out(tmp_path):
    row = {"chosen": [USER, GOOD], "rejected": [{**USER, "content": "Other?"}, BAD]}
    for name in ("trl-reward", "ultrafeedback-binarized"):
        (left,) = read(tmp_path, name, row)
        assert left.reason == "prompts_differ"


def test_equal_scores_are_a_tie_and_upside_down_ones_are_no_label(tmp_path):
    row = OUT["ultrafeedback-binarized"]
    (tie,) = read(tmp_path, "ultrafeedback-binarized", {**row, "score_chosen": 7.0, "score_rejected": 7.0})
    assert [one.rank for one in tie.responses] == [1.5, 1.5]
    (other,) = read(tmp_path, "ultrafeedback-binarized", {**row, "score_chosen": 1.0})
    assert contradicts_itself(other)


def test_distilabels_ratings_and_models_are_read(tmp_path):
    row = {
        "prompt": Q,
        "prompt_id": "x",
        "chosen": [USER, GOOD],
        "chosen_model": "m1",
        "chosen_rating": 5,
        "rejected": [USER, BAD],
        "rejected_model": "m2",
        "rejected_rating": 5,
    }
    (tie,) = read(tmp_path, "ultrafeedback-binarized", row)
    assert [(one.model, one.rating, one.rank) for one in tie.responses] == [("m1", 5, 1.5), ("m2", 5, 1.5)]


@pytest.mark.parametrize("value", [0, 1, "true", None])
@pytest.mark.parametrize(
    ("name", "column"), [("llama-factory-kto", "kto_tag"), ("trl-kto", "label"), ("ms-swift-kto", "label")]
)
def test_a_label_that_is_no_boolean_is_a_bad_row(tmp_path, name, column, value):
    good = target_named(name).made(Single(ROW, ROW.responses[0], True))
    (row,) = read(tmp_path, name, {**good, column: value})
    assert "not true or false" in row.reason


def test_a_row_of_another_shape_says_what_is_missing(tmp_path):
    (row,) = read(tmp_path, "nemo-rl", {"prompt": "x"})
    assert row.reason == 'nemo-rl needs "completions" (keys: prompt)'
    (row,) = read(tmp_path, "nemo-rl", {"context": [USER], "completions": 3})
    assert row.reason.startswith("not in the shape of nemo-rl")


def test_shapes_close_to_these_are_told_apart_and_lose_no_system_message(tmp_path):
    pairs_with_system = {"system": "Be brief.", "prompt": Q, "chosen": A, "rejected": B}
    orpo = {"system": "Be brief.", "prompt": Q, "chosen": [USER, GOOD], "rejected": [USER, BAD]}
    conversations = {"prompt": Q, "chosen": [*EARLIER, USER, GOOD], "rejected": [*EARLIER, USER, BAD]}
    for row, name, prompt in (
        (pairs_with_system, "trl-dpo-text", (SYSTEM, USER)),
        (orpo, "axolotl-orpo", (SYSTEM, USER)),
        (conversations, "ultrafeedback-binarized", (*EARLIER, USER)),
    ):
        path = tmp_path / "rows.jsonl"
        path.write_text(json.dumps(row) + "\n")
        assert guess(path, {}) == name
        (found,) = read_dataset(path, name)
        assert found.prompt == messages(*prompt)


HH = [
    ({"chosen": f"{HUMAN} {A}", "rejected": f"{HUMAN} {A}"}, "same_text"),
    ({"chosen": f"{HUMAN} {A}", "rejected": f"\n\nHuman: Other?\n\nAssistant: {B}"}, "prompts_differ"),
    ({"chosen": f"{HUMAN} {A}", "rejected": HUMAN}, "empty_response"),
    (
        {"chosen": f"{HUMAN} {A}\n\nHuman: And?", "rejected": f"{HUMAN} {A}\n\nHuman: So?"},
        "prompt_does_not_end_with_user",
    ),
]


@pytest.mark.parametrize(("row", "reason"), HH, ids=[reason for _, reason in HH])
def test_hh_rows_that_compare_nothing_are_left_out_with_a_reason(tmp_path, row, reason):
    (left,) = read(tmp_path, "hh-rlhf", row)
    assert isinstance(left, Left)
    assert left.reason == reason


def test_an_unknown_name_has_a_neighbour():
    with pytest.raises(InputError, match="do you mean llama-factory-dpo"):
        target_named("llamafactory-dpo")
    with pytest.raises(InputError, match="only read, not written"):
        target_named("nectar")
