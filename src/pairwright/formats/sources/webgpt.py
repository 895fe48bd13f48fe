"""WebGPT: two answers with quotes; the better has the positive score, and two zeros are a tie.

Read from loaders of openai/webgpt_comparisons, OpenRLHF's among them (question.full_text; answer_0 is chosen
where score_0 > score_1). That the scores are one number with two signs, and `tokens_0`, are from memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    scores = [number_of(row[f"score_{n}"]) for n in (0, 1)]
    if scores[0] is None or scores[1] is None:
        yield Left(place, "not_labelled")
        return
    if abs(scores[0] + scores[1]) > 1e-6:
        raise InputError(f'"score_0" and "score_1" are {scores[0]} and {scores[1]}; their sum is 0')
    question = row["question"]
    asked = question["full_text"] if isinstance(question, dict) else question
    own = question.get("id") if isinstance(question, dict) else None
    first, second = (Rated(as_text(row[f"answer_{n}"], f'"answer_{n}"')) for n in (0, 1))
    yield two(
        messages_of(asked, '"question"'),
        first,
        second,
        (scores[0] > 0) - (scores[0] < 0),
        id=str(own) if own else None,
        margin=abs(scores[0]),
        source=question.get("dataset") if isinstance(question, dict) else None,
        place=place,
    )


FORMATS = (
    Format(
        "webgpt",
        "WebGPT's comparisons: the answer with the positive score",
        Source(read, lambda row: {"question", "answer_0", "answer_1", "score_0"} <= row.keys(), "webgpt"),
    ),
)
