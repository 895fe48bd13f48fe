"""A table of your own: columns by their names, or by --map (chosen=good_answer,prompt=question).

Reads pairs (chosen and rejected; or response_a, response_b and label), and single responses with
good (thumbs up or down) or a rating. `rater` is who said so, `annotator` the same of a
person (but for names of models): rows of several on one pair are as many votes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from pairwright.errors import InputError
from pairwright.formats.answers import pairs_of
from pairwright.formats.canonical import Both, Canonical, Rated, RowOpinion, two
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of, probability_of, reply_of, with_system
from pairwright.formats.ratings import rating_in
from pairwright.formats.thumbs import thumb_of
from pairwright.formats.values import as_id
from pairwright.types import Maker

COLUMNS = (
    "prompt", "system", "chosen", "rejected", "response_a", "response_b", "label", "response", "good",
    "rating", "chosen_rating", "rejected_rating", "model", "model_a", "model_b", "chosen_model",
    "rejected_model", "margin", "probability", "weight", "id", "source", "rater", "annotator",
)  # fmt: skip
# With a number or a variant: Claude alone is also a person's name.
_A_MODEL = re.compile(
    r"(?<![a-z])(?:gpt|claude|gemini|gemma|llama|mi[sx]tral|qwen|deepseek|grok|phi|command|olmo|glm|kimi)"
    r"[-_ ]?(?:v?\d|r\d|instant|opus|sonnet|haiku|pro|flash|large|small|turbo|chat)"
    r"|\bchat_?gpt\b|alpaca_eval|reward_?model",
    re.IGNORECASE,
)
Side = Literal["A", "B", "TIE", "BOTH_GOOD", "BOTH_BAD"]
# No numbers: whether 1 stands for the first or for "the second won" (as beside 0) is not told by one.
_SIDES: dict[str, Side] = {
    "a": "A",
    "b": "B",
    "tie": "TIE",
    "both_good": "BOTH_GOOD",
    "both_bad": "BOTH_BAD",
    **dict.fromkeys(("tied", "draw", "equal", "equally_good", "no_preference"), "TIE"),
    **dict.fromkeys(("response_a", "answer_a", "model_a", "assistant_a", "output_a"), "A"),
    **dict.fromkeys(("response_b", "answer_b", "model_b", "assistant_b", "output_b"), "B"),
}


def read(row: Row, place: str) -> Iterator[Found]:
    if row.get("prompt") is None:
        shown = ", ".join(list(row)[:12])
        raise InputError(f'"prompt" is missing (columns: {shown}). Say which it is: --map prompt=COLUMN')
    prompt = with_system(row.get("system"), messages_of(row["prompt"], '"prompt"'))
    more: dict[str, Any] = {
        "id": as_id(row["id"]) or None if row.get("id") is not None else None,
        "margin": number_of(row.get("margin")),
        "probability": probability_of(row.get("probability")),
        "source": None if row.get("source") is None else str(row["source"]),
        "place": place,
    }
    texts = [
        row[name]
        for name in ("prompt", "chosen", "rejected", "response_a", "response_b", "response")
        if row.get(name) is not None
    ]
    if all(isinstance(text, str) for text in texts):
        more["between"] = ""  # plain text, white space and all, as its author wants it
    if row.get("chosen") is not None and row.get("rejected") is not None:
        for found in _ranked(prompt, row, more):
            yield _by(row, found)
    elif row.get("response_a") is not None and row.get("response_b") is not None:
        yield _by(row, _labelled(prompt, row, more))
    elif row.get("response") is not None:
        yield _by(row, _single(prompt, row, more))
    else:
        raise InputError(
            "there is no chosen and rejected, no response_a and response_b, and no response "
            f"(columns: {', '.join(list(row)[:12])}). Say which they are: --map chosen=COLUMN,rejected=COLUMN"
        )


def _by(row: Row, found: Found) -> Found:
    """With whoever said so by name, where the row says who and what. An annotator is a person, gpt-4 none."""
    annotator = row.get("annotator")
    rater = row.get("rater") if annotator is None else annotator
    kind: Maker = "unknown" if annotator is None or _A_MODEL.search(str(annotator)) else "person"
    if not isinstance(found, Canonical) or rater is None or not str(rater).strip():
        return found
    ranks = tuple(each.rank for each in found.responses)
    if len(ranks) == 1:
        return replace(found, opinions=(RowOpinion(str(rater).strip(), kind, (1.0,)),))
    if None in ranks:
        return found
    good = {each.good for each in found.responses} if len(set(ranks)) == 1 else set()
    both: Both | None = "good" if good == {True} else "bad" if good == {False} else None
    said = RowOpinion(str(rater).strip(), kind, tuple(float(each or 0) for each in ranks), both)
    return replace(found, opinions=(said,))


def _rated(row: Row, name: str, model: str) -> Rated:
    return replace(reply_of(row[name], f'"{name}"'), model=str(row[model]) if row.get(model) else None)


def _ranked(prompt: Any, row: Row, more: dict[str, Any]) -> Iterator[Found]:
    models = [str(model) if (model := row.get(f"{side}_model")) else None for side in ("chosen", "rejected")]
    for found in pairs_of(prompt, row, more["place"]):
        if not isinstance(found, tuple):
            yield found
        else:
            asked, *sides = found
            good, bad = (replace(one, model=model) for one, model in zip(sides, models, strict=True))
            yield two(asked, good, bad, 1, **more)


def _labelled(prompt: Any, row: Row, more: dict[str, Any]) -> Canonical | Left:
    a, b = _rated(row, "response_a", "model_a"), _rated(row, "response_b", "model_b")
    side = None
    if row.get("label") is not None:
        side = _SIDES.get(_word(row["label"]))
        if side is None:
            raise InputError(
                f'"label" is {row["label"]!r}; it is one of A, B, TIE, BOTH_GOOD, BOTH_BAD. '
                "Write these words in its place: which answer a number means is not told"
            )
    if side in ("BOTH_GOOD", "BOTH_BAD"):
        good = side == "BOTH_GOOD"
        a, b = replace(a, good=good), replace(b, good=good)
    sign = None if side is None else {"A": 1, "B": -1}.get(side, 0)
    return two(prompt, a, b, sign, shown=True, **more)


def _single(prompt: Any, row: Row, more: dict[str, Any]) -> Canonical | Left:
    said = row.get("good") if row.get("good") is not None else row.get("label")
    good = None
    if said is not None:
        good = thumb_of(said)
        if good is None:
            raise InputError(f'"good" is {said!r}; it is true or false, 1 or 0, up or down, good or bad')
    rating = rating_in(row)
    if good is None and rating is None:
        return Left(more["place"], "not_labelled")
    one = _rated(row, "response", "model")
    return Canonical(prompt, (replace(one, rating=rating, good=good),), **more)


def _word(value: Any) -> str:
    return str(value).strip().casefold().replace("-", "_").replace(" ", "_")


def _looks(row: Mapping[str, Any]) -> bool:
    if {"prompt", "response_a", "response_b", "label"} <= row.keys():
        return True
    return {"prompt", "response"} <= row.keys() and ("good" in row or rating_in(row) is not None)


FORMATS = (
    Format(
        "table",
        "CSV, TSV or rows of your own, columns named with --map",
        Source(read, _looks, "dataset"),
    ),
)
