"""TRL: preference rows (DPO, ORPO, CPO, reward) and unpaired ones (KTO, BCO).

Source: trl's docs/source/dataset_formats.md; RewardTrainer's optional float `margin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats import trl
from pairwright.formats.answers import answer_to, rows_of
from pairwright.formats.canonical import Canonical, Needs, Pair, Single, two
from pairwright.formats.carried import is_messages
from pairwright.formats.format import Format, Found, Left, Row, Source, Target, Written, with_margin
from pairwright.formats.images import refs_of
from pairwright.formats.messages import (
    answer_dicts,
    dicts,
    messages_of,
    number_of,
    probability_of,
    told_apart,
    with_system,
)
from pairwright.types import Message

CONVERSATION = Needs(holds=frozenset(("tools", "reasoning", "template")))
SEEING = Needs(holds=CONVERSATION.holds | {"images"})
# Its trainers take a column's missing value for none of these, and fail on null; its collators want images in
# every row or in none.
_ARGUMENTS: dict[str, Any] = {"chat_template_kwargs": {}}
_IN_ALL = {**_ARGUMENTS, "images": []}
TEXT = Needs(one_turn=True, no_system=True)


# --- out --------------------------------------------------------------------------------------


def preference(pair: Pair) -> Row:
    """`{prompt, chosen, rejected}` for DPOTrainer, ORPOTrainer and RewardTrainer."""
    return _with_context(
        pair.row,
        {
            "prompt": dicts(pair.prompt),
            "chosen": answer_dicts(pair.chosen),
            "rejected": answer_dicts(pair.rejected),
        },
    )


def preference_text(pair: Pair, separator: str = trl.SEPARATOR) -> Row:
    prompt = pair.prompt[0].content + _between(pair.row, separator)
    return {"prompt": prompt, "chosen": pair.chosen.text, "rejected": pair.rejected.text}


def _with_context(row: Canonical, made: Row) -> Row:
    """A row with what else was seen, in columns of their own: tools, arguments of the template, images."""
    if row.tools:
        made["tools"] = list(row.tools)
    if row.template:
        made["chat_template_kwargs"] = dict(row.template)
    if refs := refs_of(row.prompt):
        made["images"] = refs
    return made


def _between(row: Canonical, separator: str) -> str:
    """What stands between a prompt and its answer: TRL puts them together as they are.

    Where both came as plain text it is theirs. Without anything between them an answer would begin in the
    middle of the question's line.
    """
    return separator if row.between is None else row.between


def implicit(pair: Pair) -> Row:
    """Prompt and answer in one conversation, twice: what RewardTrainer recommends."""
    prompt = dicts(pair.prompt)
    chosen, rejected = ([*prompt, *answer_dicts(side)] for side in (pair.chosen, pair.rejected))
    return _with_context(pair.row, {"chosen": chosen, "rejected": rejected})


def implicit_text(pair: Pair, separator: str = trl.SEPARATOR) -> Row:
    row = preference_text(pair, separator)
    return {side: row["prompt"] + row[side] for side in ("chosen", "rejected")}


def unpaired(one: Single) -> Row:
    """`{prompt, completion, label: bool}` for KTOTrainer."""
    made = {"prompt": dicts(one.prompt), "completion": answer_dicts(one.response), "label": one.good}
    return _with_context(one.row, made)


def unpaired_text(one: Single, separator: str = trl.SEPARATOR) -> Row:
    prompt = one.prompt[0].content + _between(one.row, separator)
    return {"prompt": prompt, "completion": one.response.text, "label": one.good}


# --- in ---------------------------------------------------------------------------------------


def read(row: Row, place: str) -> Iterator[Found]:
    """Any of TRL's shapes, but a prompt that is only implied by two strings."""
    if "chosen" not in row and "label" in row:
        yield _unpaired(row, place)
        return
    more: dict[str, Any] = {
        "margin": number_of(row.get("margin")),
        "probability": probability_of(row.get("probability")),
        "place": place,
    }
    if "prompt" in row:
        asked, between = _prompt(row["prompt"])
        yield from rows_of(with_system(row.get("system"), asked), row, between=between, **more)
        return
    if isinstance(row["chosen"], str):
        yield Left(place, "prompt_not_told")
        return
    prompt, chosen = told_apart(row["chosen"], '"chosen"')
    other, rejected = told_apart(row["rejected"], '"rejected"')
    if prompt != other:
        yield Left(place, "prompts_differ")
    else:
        yield two(prompt, chosen, rejected, 1, **more)


def _prompt(value: Any) -> tuple[tuple[Message, ...], str | None]:
    """The prompt, and of a plain one what stands between it and the answer: what we and others put there."""
    if not isinstance(value, str):
        return messages_of(value, '"prompt"'), None
    text = value.removesuffix(trl.SEPARATOR)
    return messages_of(text, '"prompt"'), value[len(text) :]


def _unpaired(row: Row, place: str) -> Canonical | Left:
    good = row["label"]
    if not isinstance(good, bool):
        raise InputError(
            f'"label" is {good!r}, not true or false: a trainer takes any other value for nothing'
        )
    prompt, between = _prompt(row["prompt"])
    found = answer_to(prompt, row["completion"], '"completion"', place)
    if isinstance(found, Left):
        return found
    asked, answer = found
    return Canonical(asked, (replace(answer, good=good),), place=place, between=between)


def _looks(*, prompt: type | None, answer: type, name: str = "chosen") -> Any:
    def is_answer(value: Any) -> bool:
        if answer is str and name == "chosen" and isinstance(value, list):  # several answers
            return bool(value) and isinstance(value[0], str)
        if prompt is list and answer is list and isinstance(value, dict):  # one message
            value = [value]
        return isinstance(value, answer) and (answer is str or is_messages(value))

    def looks(row: Mapping[str, Any]) -> bool:
        one = row.get("prompt")
        asked = [one] if is_messages([one]) else one
        has = asked is None if prompt is None else isinstance(asked, prompt)
        if not has or not is_answer(row.get(name)):
            return False
        if name == "completion":
            return isinstance(row.get("label"), bool) and "system" not in row
        if not is_answer(row.get("rejected")) or "prompt_id" in row:
            return False
        if "system" in row and prompt is None:
            return False
        return not str(row.get("prompt", "")).startswith("\n\nHuman:")

    return looks


def _source(looks: Any) -> Source:
    return Source(read, looks, "dataset")


# --- what to paste ------------------------------------------------------------------------------


def _lines(trainer: str) -> Any:
    def lines(written: Written) -> list[str]:
        load = trl.load_files(written.parts, written.columns)
        if "train" not in written.parts:
            return load  # what is held out is not to be trained on
        held = written.evaluation_part
        evaluation = f'data["{held}"]' if held else None
        made = trl.trainer_lines(trainer, 'data["train"]', written.weights, evaluation=evaluation)
        return [*load, *made]

    return lines


_PAIR = {"prompt": "messages", "chosen": "messages", "rejected": "messages"}
_PAIR_TEXT = {"prompt": "text", "chosen": "text", "rejected": "text"}
_KTO = {"prompt": "messages", "completion": "messages", "label": "bool"}
_KTO_TEXT = {"prompt": "text", "completion": "text", "label": "bool"}
_DPO, _REWARD = "DPOTrainer; also CPO and GRPO-like trainers of TRL", "RewardTrainer"

FORMATS = (
    Format(
        "trl-dpo",
        "TRL DPO: chat messages, explicit prompt",
        _source(_looks(prompt=list, answer=list)),
        Target("pairs", preference, _PAIR, _lines("DPO"), needs=SEEING, in_all=_IN_ALL),
        _DPO,
    ),
    Format(
        "trl-dpo-text",
        "TRL DPO: plain strings, explicit prompt",
        _source(_looks(prompt=str, answer=str)),
        Target("pairs", preference_text, _PAIR_TEXT, _lines("DPO"), strings=True, needs=TEXT),
        _DPO,
    ),
    Format(
        "trl-orpo",
        "TRL ORPO: the rows of trl-dpo",
        None,
        Target("pairs", preference, _PAIR, _lines("ORPO"), needs=CONVERSATION, in_all=_ARGUMENTS),
        "ORPOTrainer",
    ),
    Format(
        "trl-reward",
        "TRL reward model: whole conversations, prompt implied",
        _source(_looks(prompt=None, answer=list)),
        Target(
            "pairs",
            implicit,
            {"chosen": "messages", "rejected": "messages"},
            _lines("Reward"),
            needs=CONVERSATION,
            in_all=_ARGUMENTS,
        ),
        _REWARD,
    ),
    Format(
        "trl-reward-margin",
        "trl-reward with how much better (float margin)",
        None,
        Target(
            "pairs",
            with_margin(implicit),
            {"chosen": "messages", "rejected": "messages", "margin": "float"},
            _lines("Reward"),
            needs=CONVERSATION,
            in_all=_ARGUMENTS,
        ),
        _REWARD,
    ),
    Format(
        "trl-reward-text",
        "TRL reward model: whole strings, prompt implied",
        None,
        Target(
            "pairs",
            implicit_text,
            {"chosen": "text", "rejected": "text"},
            _lines("Reward"),
            strings=True,
            needs=TEXT,
        ),
        _REWARD,
    ),
    Format(
        "trl-kto",
        "TRL KTO, BCO: one response a row, good or bad; chat messages",
        _source(_looks(prompt=list, answer=list, name="completion")),
        Target("responses", unpaired, _KTO, _lines("KTO"), kto=True, needs=SEEING, in_all=_IN_ALL),
        "KTOTrainer",
    ),
    Format(
        "trl-kto-text",
        "TRL KTO, BCO: one response a row, good or bad; plain strings",
        _source(_looks(prompt=str, answer=str, name="completion")),
        Target("responses", unpaired_text, _KTO_TEXT, _lines("KTO"), kto=True, strings=True, needs=TEXT),
        "KTOTrainer",
    ),
)
