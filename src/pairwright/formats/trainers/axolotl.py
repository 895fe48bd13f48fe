"""Axolotl: DPO, ORPO, KTO and Bradley-Terry rows, with the YAML that names their type.

Source: axolotl's docs/rlhf.qmd, docs/reward_modelling.qmd and src/axolotl/prompt_strategies.
Its loaders take further columns along into TRL, which refuses them: rows have what the type reads.
A ranking (Nectar's shape) is never written for it: its reader takes the worst for the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from shlex import quote
from typing import Any

import yaml

from pairwright.errors import InputError
from pairwright.formats.answers import answer_to, rows_of
from pairwright.formats.canonical import Canonical, Needs, Pair, Single, two
from pairwright.formats.carried import is_messages
from pairwright.formats.format import Format, Found, Left, Row, Source, Target, Written
from pairwright.formats.messages import (
    answer_dicts,
    dicts,
    messages_of,
    system_of,
    told_apart,
    turns_of,
    with_system,
)

_FILES = (".jsonl", ".json", ".parquet")
_ONE, _IN_TURN = Needs(one_turn=True), Needs(in_turn=True)


def chat_template(pair: Pair) -> Row:
    """`chat_template.default`: the conversation, and the two answers as messages."""
    (chosen,), (rejected,) = answer_dicts(pair.chosen), answer_dicts(pair.rejected)
    return {"messages": dicts(pair.prompt), "chosen": chosen, "rejected": rejected}


def _one_turn(name: str) -> Any:
    def row(pair: Pair) -> Row:
        return {
            "system": system_of(pair.prompt),
            name: pair.prompt[-1].content,
            "chosen": pair.chosen.text,
            "rejected": pair.rejected.text,
        }

    return row


def orpo(pair: Pair) -> Row:
    """`chat_template.argilla`: no "prompt", which would stand in for every question of the conversation."""
    turns = dicts(turns_of(pair.prompt))
    return {
        "system": system_of(pair.prompt),
        "chosen": [*turns, *answer_dicts(pair.chosen)],
        "rejected": [*turns, *answer_dicts(pair.rejected)],
    }


def kto(one: Single) -> Row:
    return {
        "system": system_of(one.prompt),
        "prompt": one.prompt[-1].content,
        "completion": one.response.text,
        "label": one.good,
    }


# --- in ---------------------------------------------------------------------------------------


def read_chat(row: Row, place: str) -> Iterator[Found]:
    yield from rows_of(messages_of(row["messages"], '"messages"'), row, place)


def _read_one_turn(name: str) -> Any:
    def read(row: Row, place: str) -> Iterator[Found]:
        yield from rows_of(with_system(row.get("system"), messages_of(row[name], f'"{name}"')), row, place)

    return read


def read_orpo(row: Row, place: str) -> Iterator[Found]:
    prompt, chosen = told_apart(row["chosen"], '"chosen"')
    other, rejected = told_apart(row["rejected"], '"rejected"')
    if prompt != other:
        yield Left(place, "prompts_differ")
    else:
        yield two(with_system(row.get("system"), prompt), chosen, rejected, 1, place=place)


def read_kto(row: Row, place: str) -> Iterator[Found]:
    good = row["label"]
    if not isinstance(good, bool):
        raise InputError(f'"label" is {good!r}, not true or false')
    prompt = with_system(row.get("system"), messages_of(row["prompt"], '"prompt"'))
    found = answer_to(prompt, row["completion"], '"completion"', place)
    if isinstance(found, Left):
        yield found
    else:
        yield Canonical(found[0], (replace(found[1], good=good),), place=place)


# --- what to paste ------------------------------------------------------------------------------


def _config(settings: dict[str, Any], kind: str, note: str = "") -> Any:
    def config(written: Written) -> dict[str, str]:
        form = "parquet" if written.train[0].endswith(".parquet") else "json"

        def entries(files: tuple[str, ...]) -> list[dict[str, Any]]:
            return [{"path": file, "ds_type": form, "split": "train", "type": kind} for file in files]

        said: dict[str, Any] = {**settings, "datasets": entries(written.train)}
        if written.evaluation and written.evaluation != written.train:
            said["test_datasets"] = entries(written.evaluation)
        if written.weights and settings.get("rl") == "kto":
            said["kto_desirable_weight"] = written.weights.desirable
            said["kto_undesirable_weight"] = written.weights.undesirable
        return {f"{written.name}.axolotl.yaml": note + yaml.safe_dump(said, sort_keys=False)}

    return config


_KTO_NOTE = """\
# llama3.ultra is the same for Llama 3. A template of your own is a user_defined type, which has no place
# for system messages (its {system} fails on a row without one):
#   type: {field_prompt: prompt, field_completion: completion, field_label: label,
#          prompt_format: "<start>{prompt}<answer>", completion_format: "{completion}<end>"}
"""


def _lines(written: Written) -> list[str]:
    name = quote(f"{written.name}.axolotl.yaml")
    return [f"axolotl train {name}  # after adding base_model and what else you set"]


def _text(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, "text")


def _looks_orpo(row: Any) -> bool:
    """Whole conversations: beside a prompt of messages they are answers only (trl-dpo)."""
    conversation = is_messages(row.get("chosen")) and not isinstance(row.get("prompt"), list)
    return conversation and "system" in row and "prompt_id" not in row


_MESSAGE = {"role": "text", "content": "text"}
_ICR = _text("system", "input", "chosen", "rejected")


def _reads(read: Any, *keys: str, but: tuple[str, ...] = ()) -> Source:
    def looks(row: Any) -> bool:
        return all(key in row for key in keys) and not any(key in row for key in but)

    return Source(read, looks, "dataset")


FORMATS = (
    Format(
        "axolotl-dpo",
        "Axolotl DPO, IPO: any conversation, the model's own chat template",
        _reads(read_chat, "messages", "chosen", "rejected", but=("prompt_id",)),
        Target(
            "pairs",
            chat_template,
            {"messages": "messages", "chosen": _MESSAGE, "rejected": _MESSAGE},
            _lines,
            _config({"rl": "dpo"}, "chat_template.default"),
            _FILES,
        ),
        "dpo/chat_template.py default",
    ),
    Format(
        "axolotl-dpo-intel",
        "Axolotl DPO: one question, ChatML (chatml.intel, llama3.intel)",
        _reads(_read_one_turn("question"), "question", "chosen", "rejected"),
        Target(
            "pairs",
            _one_turn("question"),
            _text("system", "question", "chosen", "rejected"),
            _lines,
            _config({"rl": "dpo"}, "chatml.intel"),
            _FILES,
            needs=_ONE,
        ),
        "dpo/chatml.py intel",
    ),
    Format(
        "axolotl-dpo-icr",
        "Axolotl DPO: one question, ChatML (chatml.icr, llama3.icr)",
        _reads(_read_one_turn("input"), "system", "input", "chosen", "rejected", but=("instruction",)),
        Target(
            "pairs",
            _one_turn("input"),
            _ICR,
            _lines,
            _config({"rl": "dpo"}, "chatml.icr"),
            _FILES,
            needs=_ONE,
        ),
        "dpo/chatml.py icr",
    ),
    Format(
        "axolotl-reward",
        "Axolotl reward model (bradley_terry.chat_template): the rows of axolotl-dpo-icr",
        None,
        Target(
            "pairs",
            _one_turn("input"),
            _ICR,
            _lines,
            _config(
                {"reward_model": True, "model_type": "AutoModelForSequenceClassification"},
                "bradley_terry.chat_template",
            ),
            _FILES,
            needs=_ONE,
        ),
        "bradley_terry/chat_template.py",
    ),
    Format(
        "axolotl-orpo",
        "Axolotl ORPO: whole conversations (chat_template.argilla)",
        Source(
            read_orpo,
            _looks_orpo,
            "dataset",
        ),
        Target(
            "pairs",
            orpo,
            {"system": "text", "chosen": "messages", "rejected": "messages"},
            _lines,
            _config({"rl": "orpo", "orpo_alpha": 0.1}, "chat_template.argilla"),
            _FILES,
            needs=_IN_TURN,
        ),
        "orpo/chat_template.py argilla",
    ),
    Format(
        "axolotl-kto",
        "Axolotl KTO: one question, ChatML (chatml.ultra), or a template of your own",
        _reads(read_kto, "system", "prompt", "completion", "label"),
        Target(
            "responses",
            kto,
            {**_text("system", "prompt", "completion"), "label": "bool"},
            _lines,
            _config({"rl": "kto", "remove_unused_columns": False}, "chatml.ultra", _KTO_NOTE),
            _FILES,
            kto=True,
            needs=_ONE,
        ),
        "kto/chatml.py ultra, kto/user_defined.py default",
    ),
)
