"""TRL: preference rows (DPO, ORPO, CPO, reward) and unpaired ones (KTO, BCO).

Source: trl's docs/source/dataset_formats.md; RewardTrainer's optional float `margin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.formats import trl
from pairwright.formats.answers import answer_to, pairs_of
from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, Rated, Single, two, unfit
from pairwright.formats.carried import is_messages
from pairwright.formats.format import Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import (
    dicts,
    messages_of,
    number_of,
    probability_of,
    said,
    told_apart,
    with_system,
)
from pairwright.types import Message

CONVERSATION, TEXT = Needs(no_tools=False), Needs(one_turn=True, no_system=True)


# --- out --------------------------------------------------------------------------------------


def preference(pair: Pair) -> Row | Drop:
    asked = trl.LabelledPair(pair.prompt, pair.chosen.text, pair.rejected.text)
    return trl.preference_row(asked, "conversational")


def preference_text(pair: Pair, separator: str = trl.SEPARATOR) -> Row | Drop:
    asked = trl.LabelledPair(pair.prompt, pair.chosen.text, pair.rejected.text)
    row = unfit(pair.prompt, (), TEXT)
    return row or trl.preference_row(asked, "standard", _between(pair.row, separator))


def _between(row: Canonical, separator: str) -> str:
    """What stands between a prompt and its answer: where both came as plain text it is theirs."""
    return separator if row.between is None else row.between


def implicit(pair: Pair) -> Row | Drop:
    """Prompt and answer in one conversation, twice: what RewardTrainer recommends."""
    if drop := unfit(pair.prompt, (pair.chosen.text, pair.rejected.text), CONVERSATION):
        return drop
    prompt = dicts(pair.prompt)
    return {"chosen": [*prompt, said(pair.chosen.text)], "rejected": [*prompt, said(pair.rejected.text)]}


def implicit_text(pair: Pair, separator: str = trl.SEPARATOR) -> Row | Drop:
    if drop := unfit(pair.prompt, (pair.chosen.text, pair.rejected.text), TEXT):
        return drop
    prompt = pair.prompt[-1].content + _between(pair.row, separator)
    return {"chosen": prompt + pair.chosen.text, "rejected": prompt + pair.rejected.text}


def reward_margin(pair: Pair) -> Row | Drop:
    row = implicit(pair)
    if isinstance(row, Drop):
        return row
    # A missing margin would be no number, and RewardTrainer subtracts it from every row's logits.
    if pair.margin is None:
        return Drop("no_margin")
    return Drop("rejected_is_rated_higher") if pair.margin < 0 else {**row, "margin": float(pair.margin)}


def unpaired(one: Single) -> Row | Drop:
    return trl.kto_row(trl.LabelledResponse(one.prompt, one.response.text, one.good), "conversational")


def unpaired_text(one: Single, separator: str = trl.SEPARATOR) -> Row | Drop:
    response = trl.LabelledResponse(one.prompt, one.response.text, one.good)
    row = unfit(one.prompt, (), TEXT)
    return row or trl.kto_row(response, "standard", _between(one.row, separator))


# --- in ---------------------------------------------------------------------------------------


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
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
        for found in pairs_of(with_system(row.get("system"), asked), row, place):
            if isinstance(found, Left):
                yield found
            else:
                yield two(found[0], Rated(found[1]), Rated(found[2]), 1, between=between, **more)
        return
    if isinstance(row["chosen"], str):
        yield Left(place, "prompt_not_told")
        return
    prompt, chosen = told_apart(row["chosen"], '"chosen"')
    other, rejected = told_apart(row["rejected"], '"rejected"')
    if prompt != other:
        yield Left(place, "prompts_differ")
    elif chosen.strip() == rejected.strip():
        yield Left(place, "same_text")
    else:
        yield two(prompt, Rated(chosen), Rated(rejected), 1, **more)


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
    return Canonical(found[0], (Rated(found[1], good=good),), place=place, between=between)


def _looks(*, prompt: type | None, answer: type, name: str = "chosen") -> Any:
    def is_answer(value: Any) -> bool:
        if answer is str and name == "chosen" and isinstance(value, list):  # several answers
            return bool(value) and isinstance(value[0], str)
        return isinstance(value, answer) and (answer is str or is_messages(value))

    def looks(row: Mapping[str, Any]) -> bool:
        has = (row.get("prompt") is None) if prompt is None else isinstance(row.get("prompt"), prompt)
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
    return Source(read, looks, "dataset", "person")


# --- what to paste ------------------------------------------------------------------------------


def _lines(trainer: str) -> Any:
    def lines(written: Written) -> list[str]:
        load = trl.load_files(written.parts)
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
        Target("pairs", preference, _PAIR, _lines("DPO")),
        _DPO,
    ),
    Format(
        "trl-dpo-text",
        "TRL DPO: plain strings, explicit prompt",
        _source(_looks(prompt=str, answer=str)),
        Target("pairs", preference_text, _PAIR_TEXT, _lines("DPO"), strings=True),
        _DPO,
    ),
    Format(
        "trl-orpo",
        "TRL ORPO: the rows of trl-dpo",
        None,
        Target("pairs", preference, _PAIR, _lines("ORPO")),
        "ORPOTrainer",
    ),
    Format(
        "trl-reward",
        "TRL reward model: whole conversations, prompt implied",
        _source(_looks(prompt=None, answer=list)),
        Target("pairs", implicit, {"chosen": "messages", "rejected": "messages"}, _lines("Reward")),
        _REWARD,
    ),
    Format(
        "trl-reward-margin",
        "trl-reward with how much better (float margin)",
        None,
        Target(
            "pairs",
            reward_margin,
            {"chosen": "messages", "rejected": "messages", "margin": "float"},
            _lines("Reward"),
        ),
        _REWARD,
    ),
    Format(
        "trl-reward-text",
        "TRL reward model: whole strings, prompt implied",
        None,
        Target(
            "pairs", implicit_text, {"chosen": "text", "rejected": "text"}, _lines("Reward"), strings=True
        ),
        _REWARD,
    ),
    Format(
        "trl-kto",
        "TRL KTO, BCO: one response a row, good or bad; chat messages",
        _source(_looks(prompt=list, answer=list, name="completion")),
        Target("responses", unpaired, _KTO, _lines("KTO"), kto=True),
        "KTOTrainer",
    ),
    Format(
        "trl-kto-text",
        "TRL KTO, BCO: one response a row, good or bad; plain strings",
        _source(_looks(prompt=str, answer=str, name="completion")),
        Target("responses", unpaired_text, _KTO_TEXT, _lines("KTO"), kto=True, strings=True),
        "KTOTrainer",
    ),
)
