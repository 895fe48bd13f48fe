"""OpenAI's preference fine-tuning JSONL, which Together and Fireworks take as it is.

Source: OpenAI's guide to direct preference optimization; docs.together.ai (exactly one assistant
message an output); docs.fireworks.ai (3 examples at least).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.answers import answers_to
from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, at_the_fork, two
from pairwright.formats.carried import whole
from pairwright.formats.context import tools_of
from pairwright.formats.format import JSONL_ONLY, Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import messages_of


def preference(pair: Pair) -> Row | Drop:
    forked = at_the_fork(pair)
    if isinstance(forked, Drop):
        return forked
    prompt, chosen, rejected = forked
    return {
        "input": {
            "messages": [message.as_dict() for message in prompt],
            "tools": list(pair.row.tools),
            "parallel_tool_calls": True,
        },
        "preferred_output": [chosen.as_dict()],
        "non_preferred_output": [rejected.as_dict()],
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
    prompt, (chosen, rejected) = found
    tools = tools_of(whole(asked, "tools"), '"input.tools"')
    yield two(prompt, chosen, rejected, 1, place=place, tools=tools)


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
        Target(
            "pairs",
            preference,
            {},
            _lines,
            endings=JSONL_ONLY,
            one_file=True,
            needs=Needs(holds=frozenset(("tools", "images"))),
            images="inside",
        ),
        "the vendor's upload",
    ),
)
