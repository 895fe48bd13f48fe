"""JudgeLM: GPT-4 gave each of two answers a score from 1 to 10, and said why.

Read from a record of BAAI/JudgeLM-100K (question_body, answer1_body, score: [1.0, 10.0], text) in loaders of
it. Equal scores are a tie. A score under 0 stands for a reply of GPT-4 that had none (from memory).
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, ranked, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    given = row["score"]
    scores = [score for each in given if (score := number_of(each)) is not None] if given else []
    if len(scores) != 2:
        raise InputError(f'"score" is {given!r}, no list of two numbers')
    if min(scores) < 0:
        yield Left(place, "judge_failed")
        return
    a, b = (
        Rated(as_text(row[f"answer{n}_body"], f'"answer{n}_body"'), row.get(f"answer{n}_model_id"), score)
        for n, score in enumerate(scores, 1)
    )
    reason = row.get("text")
    said = RowOpinion("gpt-4", "judge", ranked(scores), reason=reason if isinstance(reason, str) else None)
    own = row.get("question_id")
    yield two(
        messages_of(row["question_body"], '"question_body"'),
        a,
        b,
        (scores[0] > scores[1]) - (scores[0] < scores[1]),
        id=None if own is None else str(own),
        opinions=(said,),
        shown=True,
        place=place,
    )


FORMATS = (
    Format(
        "judgelm",
        "JudgeLM: GPT-4's scores of two answers",
        Source(
            read,
            lambda row: {"question_body", "answer1_body", "answer2_body", "score"} <= row.keys(),
            "gpt-4",
        ),
    ),
)
