"""Stack Exchange: answers with a score made of upvotes, and pairs in which `response_j` is the better.

Read from loaders of HuggingFaceH4/stack-exchange-preferences (question, answers: text, pm_score, selected)
and of lvwerra/stack-exchange-paired as in trl's StackLLaMA (question, response_j, response_k). `pm_score` is
log2(1 + upvotes), rounded, and one more where the asker accepted the answer (from memory); texts are HTML.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.formats.canonical import Canonical, Rated, ranked, two
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.reading import BadRow
from pairwright.formats.values import as_text


def read(row: Row, place: str) -> Iterator[Found]:
    found: list[tuple[str, float]] = []
    for number, item in enumerate(row["answers"], 1):
        score = number_of(item.get("pm_score")) if isinstance(item, dict) else None
        if score is None or not isinstance(item.get("text"), str):
            yield BadRow(place, f'"answers" number {number} has no "text" with a "pm_score"')
            continue
        found.append((item["text"], score))
    if len(found) < 2:
        yield Left(place, "single_response")
        return
    ranks = ranked([score for _, score in found])
    yield Canonical(
        messages_of(row["question"], '"question"'),
        tuple(Rated(text, rating=score, rank=rank) for (text, score), rank in zip(found, ranks, strict=True)),
        None if row.get("qid") is None else str(row["qid"]),
        place=place,
    )


def read_paired(row: Row, place: str) -> Iterator[Canonical | Left]:
    good, bad = (Rated(as_text(row[f"response_{side}"], f'"response_{side}"')) for side in "jk")
    own = None if row.get("qid") is None else str(row["qid"])
    yield two(messages_of(row["question"], '"question"'), good, bad, 1, id=own, place=place)


FORMATS = (
    Format(
        "stack-exchange",
        "Stack Exchange: answers ranked by upvotes",
        Source(
            read,
            lambda row: (
                "question" in row
                and isinstance(row.get("answers"), list)
                and bool(row["answers"])
                and "pm_score" in row["answers"][0]
            ),
            "stack-exchange",
        ),
    ),
    Format(
        "stack-exchange-paired",
        "Stack Exchange, paired: response_j is the better",
        Source(
            read_paired,
            lambda row: {"question", "response_j", "response_k"} <= row.keys(),
            "stack-exchange",
        ),
    ),
)
