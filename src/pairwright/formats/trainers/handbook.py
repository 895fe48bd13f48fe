"""The alignment-handbook's shape: ultrafeedback_binarized, and distilabel's FormatTextGenerationDPO.

Source: distilabel's steps/formatting/dpo.py; HuggingFaceH4/ultrafeedback_binarized. Equal scores are
ties: distilabel takes the first answer for both best and worst where all ratings are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.formats.canonical import Canonical, Pair, two
from pairwright.formats.carried import is_messages, repeats
from pairwright.formats.format import Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import answer_dicts, dicts, told_apart, turns_of
from pairwright.formats.trl import load_files, trainer_lines


def binarized(pair: Pair) -> Row:
    """`prompt` is the first question, `prompt_id` its SHA-256; the conversations hold everything."""
    asked = turns_of(pair.prompt)[0].content
    chosen = [*dicts(pair.prompt), *answer_dicts(pair.chosen)]
    return {
        "prompt": asked,
        "prompt_id": hashlib.sha256(asked.encode()).hexdigest(),
        "chosen": chosen,
        "rejected": [*dicts(pair.prompt), *answer_dicts(pair.rejected)],
        "messages": chosen,
        "score_chosen": pair.chosen.rating,
        "score_rejected": pair.rejected.rating,
    }


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    prompt, chosen = told_apart(row["chosen"], '"chosen"')
    other, rejected = told_apart(row["rejected"], '"rejected"')
    if prompt != other:
        yield Left(place, "prompts_differ")
        return
    repeats(row, "prompt", next((turn.content for turn in turns_of(prompt)), None))
    repeats(row, "messages", row["chosen"])
    good, bad = (
        replace(one, model=row.get(f"{side}_model", row.get(f"{side}-model")))
        for side, one in (("chosen", chosen), ("rejected", rejected))
    )
    kept = {"prompt_id": row["prompt_id"]} if row.get("prompt_id") else None
    yield two(prompt, good, bad, 1, source=row.get("source"), meta=kept, place=place)


def _looks(row: Mapping[str, Any]) -> bool:
    """Whole conversations, and the first question, an id or a score beside them."""
    if not is_messages(row.get("chosen")) or len(row["chosen"]) < 2 or "system" in row:
        return False
    # Ratings alone tell nothing: Magpie's rows are TRL's with ratings beside them, and read as such.
    return isinstance(row.get("prompt"), str) or "prompt_id" in row or "score_chosen" in row


_COLUMNS = {
    "prompt": "text",
    "prompt_id": "text",
    "chosen": "messages",
    "rejected": "messages",
    "messages": "messages",
    "score_chosen": "float",
    "score_rejected": "float",
}


def _lines(written: Written) -> list[str]:
    """DPOTrainer refuses a prompt that is text beside answers that are messages: it gets those alone."""
    lines = load_files(written.parts, _COLUMNS)
    if "train" not in written.parts:
        return lines
    held = written.evaluation_part
    evaluation = _conversations(held) if held else None
    return [*lines, *trainer_lines("DPO", _conversations("train"), evaluation=evaluation)]


def _conversations(part: str) -> str:
    return f'data["{part}"].select_columns(["chosen", "rejected"])'


FORMATS = (
    Format(
        "ultrafeedback-binarized",
        "alignment-handbook, distilabel: whole conversations with scores",
        Source(
            read,
            _looks,
            "dataset",
        ),
        Target(
            "pairs",
            binarized,
            _COLUMNS,
            _lines,
            may_be_empty=("score_chosen", "score_rejected"),
        ),
        "DPOTrainer by the lines that are printed, alignment-handbook scripts, axolotl chatml.ultra",
    ),
)
