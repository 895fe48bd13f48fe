"""ms-swift: the conversation with the chosen answer, and the rejected one as text; KTO with a boolean.

Source: ms-swift's docs, Customization/Custom-dataset; docs.simplismart.ai takes the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from shlex import join
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Pair, Single, two
from pairwright.formats.format import Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import dicts, reply_of, told_apart


def preference(pair: Pair) -> Row:
    return {
        "messages": dicts((*pair.prompt, *pair.chosen.messages)),
        "rejected_response": pair.rejected.text,
    }


def kto(one: Single) -> Row:
    return {"messages": dicts((*one.prompt, *one.response.messages)), "label": one.good}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    prompt, chosen = told_apart(row["messages"], '"messages"')
    if row.get("rejected_messages"):
        other, rejected = told_apart(row["rejected_messages"], '"rejected_messages"')
        if other != prompt:
            yield Left(place, "prompts_differ")
            return
    else:
        rejected = reply_of(row["rejected_response"], '"rejected_response"')
    yield two(prompt, chosen, rejected, 1, place=place)


def read_kto(row: Row, place: str) -> Iterator[Canonical | Left]:
    good = row["label"]
    if not isinstance(good, bool):
        raise InputError(f'"label" is {good!r}, not true or false')
    prompt, answer = told_apart(row["messages"], '"messages"')
    yield Canonical(prompt, (replace(answer, good=good),), place=place)


def _lines(kind: str) -> Any:
    def lines(written: Written) -> list[str]:
        held = f" --val_dataset {join(written.evaluation)}" if written.evaluation else ""
        more = ""
        if written.weights:
            more = f" --desirable_weight {written.weights.desirable}"
            more += f" --undesirable_weight {written.weights.undesirable}"
        return [f"swift rlhf --rlhf_type {kind} --model MODEL --dataset {join(written.train)}{held}{more}"]

    return lines


def _looks_dpo(row: Mapping[str, Any]) -> bool:
    return "messages" in row and ("rejected_response" in row or "rejected_messages" in row)


def _looks_kto(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("messages"), list) and isinstance(row.get("label"), bool)


_FILES = (".jsonl", ".json", ".parquet")  # its loader goes by the last ending, and .gz is none it knows

FORMATS = (
    Format(
        "ms-swift-dpo",
        "ms-swift DPO, ORPO, CPO, SimPO, reward model",
        Source(read, _looks_dpo, "dataset"),
        Target(
            "pairs",
            preference,
            {"messages": "messages", "rejected_response": "text"},
            _lines("dpo"),
            endings=_FILES,
        ),
        "AutoPreprocessor",
    ),
    Format(
        "ms-swift-kto",
        "ms-swift KTO",
        Source(read_kto, _looks_kto, "dataset"),
        Target(
            "responses",
            kto,
            {"messages": "messages", "label": "bool"},
            _lines("kto"),
            endings=_FILES,
            kto=True,
        ),
        "AutoPreprocessor",
    ),
)
