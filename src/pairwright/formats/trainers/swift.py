"""ms-swift: the conversation with the chosen answer, and the rejected one as text; KTO with a boolean.

Source: ms-swift's docs, Customization/Custom-dataset, and its swift/template/template_inputs.py (4.6);
docs.simplismart.ai takes the rows of ms-swift-dpo. Its messages are role and content only: a call is a
message `tool_call` of JSON, a result a `tool_response`, matched by their order. Where the rejected answer is
more than a text it is a list of messages after the last question; `rejected_messages` would need the tools
once more. A column holds texts or lists, not both, so that is a format of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from shlex import join
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Needs, Pair, Rated, Single, two
from pairwright.formats.format import JSONL_ONLY, Format, Left, Row, Source, Target, Written, with_margin
from pairwright.formats.messages import messages_of, reply_of, told_apart
from pairwright.types import Message


def preference(pair: Pair) -> Row:
    return {
        "messages": _turns((*pair.prompt, *pair.chosen.messages)),
        "rejected_response": pair.rejected.text,
    }


def preference_tools(pair: Pair) -> Row:
    """Both answers as messages, after the same last question, with the tools on offer."""
    asked = pair.prompt
    last = max((n for n, message in enumerate(asked) if message.role == "user"), default=-1) + 1
    return {
        "messages": _turns((*asked, *pair.chosen.messages)),
        "rejected_response": _turns((*asked[last:], *pair.rejected.messages)),
        **_tools(pair.row),
    }


def kto(one: Single) -> Row:
    return {
        "messages": _turns((*one.prompt, *one.response.messages)),
        "label": one.good,
        **_tools(one.row),
    }


def _tools(row: Canonical) -> Row:
    """As JSON text: a column of objects would be put into one type, which tools don't share."""
    return {"tools": json.dumps(list(row.tools), ensure_ascii=False)} if row.tools else {}


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Its own roles. Results stand in the order of the calls they answer, for they have no ids there."""
    rows: list[dict[str, str]] = []
    order: dict[str, int] = {}
    results: list[tuple[int, dict[str, str]]] = []
    for message in messages:
        if message.role == "tool":
            at = order.get(message.tool_call_id or "", len(results))
            results.append((at, {"role": "tool_response", "content": message.content}))
            continue
        rows += [row for _, row in sorted(results, key=itemgetter(0))]
        results = []
        if message.content.strip() or not message.tool_calls:
            role = "system" if message.role == "developer" else message.role
            rows.append({"role": role, "content": message.content})
        for call in message.tool_calls:
            said = {
                "name": call.name,
                "arguments": call.values if call.values is not None else call.arguments,
            }
            rows.append({"role": "tool_call", "content": json.dumps(said, ensure_ascii=False)})
        order = {call.id: n for n, call in enumerate(message.tool_calls) if call.id}
    return [*rows, *(row for _, row in sorted(results, key=itemgetter(0)))]


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    prompt, chosen = told_apart(row["messages"], '"messages"')
    if row.get("rejected_messages"):
        other, rejected = told_apart(row["rejected_messages"], '"rejected_messages"')
        if other != prompt:
            yield Left(place, "prompts_differ")
            return
    elif isinstance(row["rejected_response"], list):  # all that came after the last question
        rejected = Rated.of(messages_of(row["rejected_response"], '"rejected_response"'))
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


_WITH_TOOLS = Needs(holds=frozenset(("tools",)))
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
        "ms-swift-dpo-tools",
        "ms-swift DPO with tools: answers as lists of messages",
        None,
        Target(
            "pairs",
            preference_tools,
            {"messages": "messages", "rejected_response": "messages"},
            _lines("dpo"),
            endings=JSONL_ONLY,
            needs=_WITH_TOOLS,
        ),
        "AutoPreprocessor",
    ),
    Format(
        "ms-swift-reward-margin",
        "ms-swift reward model with how much better",
        None,
        Target(
            "pairs",
            with_margin(preference),
            {"messages": "messages", "rejected_response": "text", "margin": "float"},
            _lines("rm"),
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
            needs=_WITH_TOOLS,
        ),
        "AutoPreprocessor",
    ),
)
