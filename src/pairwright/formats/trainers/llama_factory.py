"""LLaMA-Factory: ranking rows (alpaca and ShareGPT) and KTO rows, with the stanza of dataset_info.json.

Source: LLaMA-Factory's data/README.md and src/llamafactory/data/converter.py. A ShareGPT ranking
row holds an odd number of messages, a KTO row an even one; others are skipped there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from shlex import quote
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.answers import rows_of
from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, Single, at_the_fork
from pairwright.formats.format import Format, Found, Row, Source, Target, Written
from pairwright.formats.images import PLACEHOLDER, refs_of
from pairwright.formats.messages import (
    messages_of,
    sharegpt,
    system_of,
    told_apart,
    turns_of,
    with_system,
)
from pairwright.types import Message

_NEEDS = Needs(in_turn=True)
_WITH_TOOLS = Needs(in_turn=True, no_addresses=True, holds=frozenset(("tools", "images")))


def alpaca(pair: Pair) -> Row:
    """The last question is `instruction`, earlier turns are `history`."""
    turns = turns_of(pair.prompt)
    return {
        "instruction": turns[-1].content,
        "input": "",
        "chosen": pair.chosen.text,
        "rejected": pair.rejected.text,
        "system": system_of(pair.prompt),
        "history": [[turns[n].content, turns[n + 1].content] for n in range(0, len(turns) - 1, 2)],
    }


def ranking(pair: Pair) -> Row | Drop:
    """An answer is one message there: turns that both answers share become part of what was asked."""
    forked = at_the_fork(pair)
    if isinstance(forked, Drop):
        return forked
    prompt, chosen, rejected = forked
    if drop := _refused((*prompt, chosen)) or _refused((*prompt, rejected)):
        return drop
    return {
        "conversations": sharegpt(prompt),
        "chosen": sharegpt((chosen,))[0],
        "rejected": sharegpt((rejected,))[0],
        "tools": _tools(pair.row),
        **_images(pair.row),
    }


def _images(row: Canonical) -> Row:
    refs = refs_of(row.prompt)
    return {"images": refs} if refs else {}


def _tools(row: Canonical) -> str:
    return json.dumps([tool.get("function", tool) for tool in row.tools]) if row.tools else ""


def _refused(turns: Sequence[Message]) -> Drop | None:
    """Why its converter would skip the row: answers and calls must alternate with questions and results."""
    for before, after in pairwise(turns):
        if before.role == after.role == "tool":
            return Drop("several_results_in_a_row")
    if any(turn.tool_calls and turn.content.strip() for turn in turns):
        return Drop("text_beside_a_call")
    if any(turn.images for turn in turns) and any(PLACEHOLDER in turn.content for turn in turns):
        return Drop("image_mark_in_text")
    return None


def kto(one: Single) -> Row | Drop:
    """`kto_tag` is a JSON boolean: 0, 1 and "true" make an ordinary row there, without a word."""
    turns = (*one.prompt, *one.response.messages)
    if drop := _refused(turns):
        return drop
    return {
        "conversations": sharegpt(turns),
        "kto_tag": one.good,
        "tools": _tools(one.row),
        **_images(one.row),
    }


def read_alpaca(row: Row, place: str) -> Iterator[Found]:
    asked = "\n".join(str(row[name]) for name in ("instruction", "input") if row.get(name))
    turns: list[Message] = []
    for old in row.get("history") or []:
        if not isinstance(old, list) or len(old) != 2:
            raise InputError('"history" is no list of [question, answer]')
        turns += [Message("user", str(old[0])), Message("assistant", str(old[1]))]
    prompt = with_system(row.get("system"), (*turns, *messages_of(asked, '"instruction"')))
    if "chosen" not in row:  # its older ranking rows: the good answer, then worse ones
        good, *worse = row["output"]
        row = {"chosen": good, "rejected": worse}
    yield from rows_of(prompt, row, place)


def _looks_alpaca(row: Mapping[str, Any]) -> bool:
    ranked = isinstance(row.get("output"), list) and len(row["output"]) > 1
    return "instruction" in row and (ranked or {"chosen", "rejected"} <= row.keys())


def read_sharegpt(row: Row, place: str) -> Iterator[Found]:
    name = "conversations" if "conversations" in row else "messages"
    yield from rows_of(with_system(row.get("system"), messages_of(row[name], f'"{name}"')), row, place)


def read_kto(row: Row, place: str) -> Iterator[Found]:
    good = row["kto_tag"]
    if not isinstance(good, bool):
        raise InputError(
            f'"kto_tag" is {good!r}, not true or false: LLaMA-Factory would not take the row for KTO'
        )
    name = "conversations" if "conversations" in row else "messages"
    prompt, answer = told_apart(row[name], f'"{name}"')
    yield Canonical(with_system(row.get("system"), prompt), (replace(answer, good=good),), place=place)


# --- what to paste ------------------------------------------------------------------------------


def _info(stanza: Mapping[str, Any]) -> Any:
    """dataset_info.json beside the data: the folder can be LLaMA-Factory's dataset_dir as it is."""

    def config(written: Written) -> dict[str, str]:
        entries: dict[str, Any] = {}
        columns = dict(stanza["columns"])
        if "images" in (written.columns or ()):
            columns["images"] = "images"
        for part, files in written.parts.items():
            for number, file in enumerate(files):
                entries[_entry(written, part, number)] = {"file_name": file, **stanza, "columns": columns}
        return {"dataset_info.json": json.dumps(entries, indent=2) + "\n"}

    return config


def _entry(written: Written, part: str, number: int) -> str:
    name = written.name.replace(".", "_").replace("-", "_")
    whole = name if list(written.parts) == [part] else f"{name}_{part}"
    return whole if len(written.parts[part]) == 1 else f"{whole}_{number}"


def _command(stage: str) -> Any:
    def lines(written: Written) -> list[str]:
        names = {
            part: ",".join(_entry(written, part, n) for n in range(len(files)))
            for part, files in written.parts.items()
        }
        more = {
            "dpo": " --pref_beta 0.1",
            "rm": "",
            "kto": " --pref_beta 0.1",
        }[stage]
        if written.weights:
            more += f" --kto_chosen_weight {written.weights.desirable}"
            more += f" --kto_rejected_weight {written.weights.undesirable}"
        if written.evaluation_part:
            more += f" --eval_dataset {quote(names[written.evaluation_part])}"
        return [
            f"llamafactory-cli train --stage {stage} --do_train --dataset_dir . --dataset "
            f"{quote(names[written.train_part])} "
            f"--model_name_or_path MODEL --template TEMPLATE --finetuning_type lora --output_dir out{more}"
        ]

    return lines


_ALPACA_INFO = {
    "ranking": True,
    "columns": {
        "prompt": "instruction",
        "query": "input",
        "chosen": "chosen",
        "rejected": "rejected",
        "system": "system",
        "history": "history",
    },
}
_SHAREGPT_INFO = {
    "formatting": "sharegpt",
    "ranking": True,
    "columns": {
        "messages": "conversations",
        "chosen": "chosen",
        "rejected": "rejected",
        "tools": "tools",
    },
}
_KTO_INFO = {
    "formatting": "sharegpt",
    "columns": {"messages": "conversations", "kto_tag": "kto_tag", "tools": "tools"},
}
_TURN = {"from": "text", "value": "text"}
_FILES = (".jsonl", ".json", ".parquet")

FORMATS = (
    Format(
        "llama-factory-dpo",
        "LLaMA-Factory DPO, ORPO, SimPO, reward model: alpaca rows",
        Source(
            read_alpaca,
            _looks_alpaca,
            "dataset",
        ),
        Target(
            "pairs",
            alpaca,
            {
                "instruction": "text",
                "input": "text",
                "chosen": "text",
                "rejected": "text",
                "system": "text",
                "history": [["text"]],
            },
            _command("dpo"),
            _info(_ALPACA_INFO),
            _FILES,
            may_be_empty=("history",),
            needs=_NEEDS,
        ),
        "AlpacaDatasetConverter",
    ),
    Format(
        "llama-factory-dpo-sharegpt",
        "LLaMA-Factory DPO, ORPO, SimPO, reward model: ShareGPT rows",
        Source(
            read_sharegpt,
            lambda row: isinstance(row.get("conversations"), list) and "chosen" in row and "rejected" in row,
            "dataset",
        ),
        Target(
            "pairs",
            ranking,
            {"conversations": [_TURN], "chosen": _TURN, "rejected": _TURN, "tools": "text"},
            _command("dpo"),
            _info(_SHAREGPT_INFO),
            _FILES,
            needs=_WITH_TOOLS,
        ),
        "SharegptDatasetConverter",
    ),
    Format(
        "llama-factory-kto",
        "LLaMA-Factory KTO: ShareGPT rows with a boolean tag",
        Source(read_kto, lambda row: "kto_tag" in row, "dataset"),
        Target(
            "responses",
            kto,
            {"conversations": [_TURN], "kto_tag": "bool", "tools": "text"},
            _command("kto"),
            _info(_KTO_INFO),
            _FILES,
            kto=True,
            needs=_WITH_TOOLS,
        ),
        "SharegptDatasetConverter",
    ),
)
