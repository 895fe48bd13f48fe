"""OpenAI's preference fine-tuning JSONL, which Together and Fireworks take as it is.

Source: OpenAI's guide to direct preference optimization; docs.together.ai (exactly one assistant
message an output); docs.fireworks.ai (3 examples at least).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.answers import answers_to
from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, Rated, two, unfit
from pairwright.formats.format import JSONL_ONLY, Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import dicts, messages_of, said


def preference(pair: Pair) -> Row | Drop:
    if drop := unfit(pair.prompt, (pair.chosen.text, pair.rejected.text), Needs()):
        return drop
    return {
        "input": {"messages": dicts(pair.prompt), "tools": [], "parallel_tool_calls": True},
        "preferred_output": [said(pair.chosen.text)],
        "non_preferred_output": [said(pair.rejected.text)],
    }


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    asked = row["input"]
    if not isinstance(asked, dict) or "messages" not in asked:
        raise InputError('"input" has no "messages"')
    prompt = messages_of(asked["messages"], '"input.messages"')
    answers = [(row[name], f'"{name}"') for name in ("preferred_output", "non_preferred_output")]
    found = answers_to(prompt, answers, place)
    if isinstance(found, Left):
        yield found
        return
    asked, (chosen, rejected) = found
    if chosen.strip() == rejected.strip():
        yield Left(place, "same_text")
    else:
        yield two(asked, Rated(chosen), Rated(rejected), 1, place=place)


def _lines(written: Written) -> list[str]:
    def upload(name: str, file: str) -> str:
        return f'{name} = client.files.create(file=open({json.dumps(file)}, "rb"), purpose="fine-tune")'

    lines, held = [upload("train", written.train[0])], ""
    if written.evaluation:
        lines.append(upload("held", written.evaluation[0]))
        held = "validation_file=held.id, "
    return [
        *lines,
        f"client.fine_tuning.jobs.create(model=MODEL, training_file=train.id, {held}"
        'method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}})',
    ]


FORMATS = (
    Format(
        "openai-dpo",
        "OpenAI, Together and Fireworks preference fine-tuning",
        Source(
            read,
            lambda row: "preferred_output" in row and "non_preferred_output" in row,
            "dataset",
        ),
        Target("pairs", preference, {}, _lines, endings=JSONL_ONLY, one_file=True),
        "the vendor's upload",
    ),
)
