"""VLFeedback: answers of several vision models about an image, rated by GPT-4V.

Source: the loaders of VL-RLHF and of Silkie's authors, which read `prompt`, `img_path` and `completions` as
`datasets` holds a sequence of objects: lists of `response`, `model` and `annotations`, each annotation
{aspect: {"Rating", "Rationale"}} with ratings that are strings, "N/A" among them. Both take the mean of the
aspects' ratings, and the larger mean as the better answer. The path of the image goes from the file's folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed, ranked
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.images import column_of, filled, refs_in
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.reading import BadRow

JUDGE = "gpt-4v"


def read(row: Row, place: str) -> Iterator[Found]:
    prompt = messages_of(row["prompt"], '"prompt"')
    if row.get("img_path") and column_of(lambda name: dict.get(row, name)) is None:
        prompt = filled(prompt, refs_in(row["img_path"], '"img_path"'), '"img_path"')
    found: list[Rated] = []
    for number, item in enumerate(_items(row["completions"]), 1):
        if not isinstance(item.get("response"), str):
            yield BadRow(place, f'"completions" number {number} has no "response"')
            continue
        model = item.get("model")
        found.append(Rated(item["response"], str(model) if model else None, _rating(item.get("annotations"))))
    if len(found) < 2:
        yield Left(place, "single_response")
        return
    ratings = [one.rating for one in found if one.rating is not None]
    # Half a ranking would call the others equal.
    said = (RowOpinion(JUDGE, "judge", ranked(ratings)),) if len(ratings) == len(found) else ()
    yield agreed(Canonical(prompt, tuple(found), place=place, opinions=said))


def _items(completions: Any) -> Sequence[Mapping[str, Any]]:
    """The completions one by one: `datasets` turns a list of objects into an object of lists."""
    if not isinstance(completions, Mapping):
        return [each for each in completions if isinstance(each, Mapping)]
    names = [name for name in ("response", "model", "annotations") if isinstance(completions.get(name), list)]
    columns = [completions[name] for name in names]
    if len({len(column) for column in columns}) != 1:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in zip(names, columns, strict=True))
        raise InputError(f'"completions" has lists of different lengths ({lengths or "none at all"})')
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _rating(annotations: Any) -> float | None:
    """The mean of the aspects' ratings, from 1 to 5; None where one of them has none."""
    if not isinstance(annotations, dict):
        return None
    aspects = [name for name in annotations if isinstance(dict.get(annotations, name), Mapping)]
    given = [number_of(annotations[name].get("Rating")) for name in aspects]
    rated = [each for each in given if each is not None]
    return sum(rated) / len(rated) if rated and len(rated) == len(given) else None


def _looks(row: Mapping[str, Any]) -> bool:
    return {"prompt", "completions"} <= row.keys() and ("img_path" in row or "image" in row)


FORMATS = (
    Format(
        "vlfeedback",
        "VLFeedback: answers about an image, rated by GPT-4V",
        Source(read, _looks, "vlfeedback"),
    ),
)
