"""summarize_from_feedback: the better of two summaries, and single ones rated from 1 to 7.

Read from huggingface/trl (examples/datasets/tldr_preference.py): `choice` is the number of the better one,
what is asked is laid out as there, and texts begin with a space. Each row names the worker who chose. The
rated rows (config "axis") are from memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    choice = number_of(row["choice"])
    if choice not in (0, 1):
        raise InputError(f'"choice" is {row["choice"]!r}; it is 0 or 1, the number of the better summary')
    summaries = row["summaries"]
    if not isinstance(summaries, list) or len(summaries) != 2:
        raise InputError('"summaries" is no list of two')
    a, b = (_summary(each, f'"summaries" number {n}') for n, each in enumerate(summaries, 1))
    ranks = (1.0, 2.0) if choice == 0 else (2.0, 1.0)
    who = row.get("worker")
    opinions = (RowOpinion(f"summarize/{who}", "person", ranks),) if who else ()
    info = row["info"]
    yield two(
        _asked(info),
        a,
        b,
        1 if choice == 0 else -1,
        source=info.get("subreddit") or info.get("site"),
        opinions=opinions,
        shown=True,
        place=place,
    )


def read_axis(row: Row, place: str) -> Iterator[Canonical | Left]:
    """One summary; `overall` is its rating, the other axes are not."""
    summary = row["summary"]
    rating = number_of((summary.get("axes") or {}).get("overall"))
    if rating is None:
        yield Left(place, "not_labelled")
        return
    one = _summary(summary, '"summary"')
    info = row["info"]
    yield Canonical(
        _asked(info),
        (Rated(one.text, one.model, rating),),
        source=info.get("subreddit") or info.get("site"),
        place=place,
    )


def _summary(item: Any, where: str) -> Rated:
    if not isinstance(item, dict):
        raise InputError(f"{where} is no object with a text")
    return Rated(as_text(item["text"], where).strip(), item.get("policy"))


def _asked(info: Any) -> Any:
    if not isinstance(info, dict):
        raise InputError('"info" is no object with a post or an article')
    if info.get("article"):
        return messages_of(f"Article:\n{info['article']}\n\nTL;DR:", '"info"')
    head = f"SUBREDDIT: r/{info.get('subreddit')}\n\nTITLE: {info.get('title')}"
    return messages_of(f"{head}\n\nPOST: {as_text(info['post'], 'info.post')}\n\nTL;DR:", '"info"')


FORMATS = (
    Format(
        "summarize-feedback",
        "summarize_from_feedback: comparisons of two summaries",
        Source(read, lambda row: {"info", "summaries", "choice"} <= row.keys(), "summarize-feedback"),
    ),
    Format(
        "summarize-feedback-axis",
        "summarize_from_feedback: summaries rated 1 to 7 (axis)",
        Source(
            read_axis,
            lambda row: "info" in row and isinstance(row.get("summary"), dict) and "axes" in row["summary"],
            "summarize-feedback",
        ),
    ),
)
