"""The alignment-handbook's shape: ultrafeedback_binarized, and distilabel's FormatTextGenerationDPO.

Source: distilabel's steps/formatting/dpo.py; HuggingFaceH4/ultrafeedback_binarized. Equal scores are
ties: distilabel takes the first answer for both best and worst where all ratings are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, Rated, two, unfit
from pairwright.formats.format import Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import dicts, number_of, said, told_apart, turns_of
from pairwright.formats.trl import load_files


def binarized(pair: Pair) -> Row | Drop:
    """`prompt` is the first question, `prompt_id` its SHA-256; the conversations hold everything."""
    if drop := unfit(pair.prompt, (pair.chosen.text, pair.rejected.text), Needs(no_tools=False)):
        return drop
    asked = turns_of(pair.prompt)[0].content
    chosen = [*dicts(pair.prompt), said(pair.chosen.text)]
    return {
        "prompt": asked,
        "prompt_id": hashlib.sha256(asked.encode()).hexdigest(),
        "chosen": chosen,
        "rejected": [*dicts(pair.prompt), said(pair.rejected.text)],
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
    if chosen.strip() == rejected.strip():
        yield Left(place, "same_text")
        return

    def rated(side: str, text: str) -> Rated:
        rating = row.get(f"{side}_rating") if f"score_{side}" not in row else row[f"score_{side}"]
        return Rated(text, row.get(f"{side}_model"), number_of(rating))

    good, bad = rated("chosen", chosen), rated("rejected", rejected)
    sign = 1
    if good.rating is not None and bad.rating is not None:
        # A rejected answer that is rated higher would be a wrong label, not a taste.
        sign = (good.rating > bad.rating) - (good.rating < bad.rating)
        if sign < 0:
            yield Left(place, "rejected_is_rated_higher")
            return
    kept = {"prompt_id": row["prompt_id"]} if row.get("prompt_id") else None
    yield two(prompt, good, bad, sign, source=row.get("source"), meta=kept, place=place)


def _looks(row: Mapping[str, Any]) -> bool:
    """Whole conversations, and the first question, an id or a score beside them."""
    if not isinstance(row.get("chosen"), list) or len(row["chosen"]) < 2 or "system" in row:
        return False
    return isinstance(row.get("prompt"), str) or "prompt_id" in row or "score_chosen" in row


def _lines(written: Written) -> list[str]:
    return load_files(written.parts)


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
            {
                "prompt": "text",
                "prompt_id": "text",
                "chosen": "messages",
                "rejected": "messages",
                "messages": "messages",
                "score_chosen": "float",
                "score_rejected": "float",
            },
            _lines,
        ),
        "alignment-handbook scripts, axolotl chatml.ultra",
    ),
)
