"""UltraFeedback as it was published: four answers a prompt, rated by GPT-4; and distilabel's generations.

Source: trl's examples/datasets/ultrafeedback.py. Ratings are strings, "N/A" among them. About 2,000
answers that were criticised with a 1 have an `overall_score` of 10 (OpenBMB/UltraFeedback#8): the mean of
the fine-grained ratings counts, and such rows are marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed, ranked
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.reading import BadRow
from pairwright.types import Maker

ASPECTS = ("helpfulness", "honesty", "instruction_following", "truthfulness")
LOW = 3.0  # a mean rating under this, of 1..5, does not go with 10 of 10
FAULT = "overall_score_10_with_low_ratings"


def read(row: Row, place: str) -> Iterator[Found]:
    prompt = messages_of(row["instruction"], '"instruction"')
    found: list[Rated] = []
    faults = 0
    for number, item in enumerate(row["completions"], 1):
        if not isinstance(item, dict) or not isinstance(item.get("response"), str):
            yield BadRow(place, f'"completions" number {number} has no "response"')
            continue
        rating = _rating(item.get("annotations"))
        faults += rating is not None and rating < LOW and number_of(item.get("overall_score")) == 10
        found.append(Rated(item["response"], item.get("model"), rating))
    if len(found) < 2:
        yield Left(place, "single_response")
        return
    yield _judged(prompt, found, "gpt-4", row, place, (FAULT,) if faults else ())


def _rating(annotations: Any) -> float | None:
    """The mean of the aspects that have a number."""
    ratings = []
    for aspect in ASPECTS:
        given = (annotations or {}).get(aspect)
        given = given[0] if isinstance(given, list) and given else given
        rating = number_of(given.get("Rating")) if isinstance(given, dict) else None
        if rating is not None:
            ratings.append(rating)
    return sum(ratings) / len(ratings) if ratings else None


def _judged(
    prompt: Any, found: list[Rated], judge: str | None, row: Row, place: str, faults: tuple[str, ...] = ()
) -> Canonical:
    """Ranks only where all are rated: half a ranking would call the others equal."""
    ratings = [one.rating for one in found if one.rating is not None]
    kind: Maker = "judge" if judge else "unknown"
    said = RowOpinion(judge or "ratings", kind, ranked(ratings))
    opinions = (said,) if len(ratings) == len(found) else ()
    source = row.get("source")
    return agreed(
        Canonical(
            prompt,
            tuple(found),
            source=source if isinstance(source, str) else None,
            place=place,
            opinions=opinions,
            faults=faults,
        )
    )


def read_distilabel(row: Row, place: str) -> Iterator[Canonical | Left]:
    """`generations` with `ratings` (null where the judge failed) by `model_name`."""
    texts, ratings = row["generations"], row["ratings"]
    if not isinstance(texts, list) or not isinstance(ratings, list) or len(texts) != len(ratings):
        raise InputError('"generations" and "ratings" are no lists of the same length')
    models = row.get("generation_models") or [None] * len(texts)
    found = [
        Rated(text if isinstance(text, str) else "", model, number_of(rating))
        for text, model, rating in zip(texts, models, ratings, strict=False)
    ]
    if not any(one.rating is not None for one in found):
        yield Left(place, "judge_failed")
    elif len(found) < 2:
        yield Left(place, "single_response")
    else:
        prompt = messages_of(row["instruction"], '"instruction"')
        yield _judged(prompt, found, str(row.get("model_name") or "") or None, row, place)


FORMATS = (
    Format(
        "ultrafeedback",
        "UltraFeedback as published: four rated answers",
        Source(
            read,
            lambda row: "instruction" in row and isinstance(row.get("completions"), list),
            "ultrafeedback",
        ),
    ),
    Format(
        "distilabel",
        "distilabel's UltraFeedback task: generations and ratings",
        Source(
            read_distilabel,
            lambda row: {"instruction", "generations", "ratings"} <= row.keys(),
            "distilabel",
        ),
    ),
)
