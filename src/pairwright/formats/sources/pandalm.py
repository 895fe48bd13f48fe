"""PandaLM's test set: three people on two responses; 1 and 2 name the better, 0 is a tie.

Read from WeOpenML/PandaLM (data/testset-v1.json and data/compute_metrics.py). A majority decides. Where there
is no input it is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.rows import with_input
from pairwright.formats.values import as_id, as_text

_RANKS = {0.0: (1.5, 1.5), 1.0: (1.0, 2.0), 2.0: (2.0, 1.0)}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    opinions = []
    for n in (1, 2, 3):
        said = number_of(row.get(f"annotator{n}"))
        if said is None:
            yield Left(place, "no_answer", "vote")
        elif said not in _RANKS:
            raise InputError(f'"annotator{n}" is {row[f"annotator{n}"]!r}; it is 1, 2, or 0 for a tie')
        else:
            opinions.append(RowOpinion(f"pandalm/{n}", "person", _RANKS[said]))
    texts = (as_text(row[f"response{n}"], f'"response{n}"') for n in (1, 2))
    yield agreed(
        Canonical(
            messages_of(with_input(row["instruction"], row.get("input")), '"instruction"'),
            tuple(Rated(text) for text in texts),
            None if row.get("idx") is None else as_id(row["idx"]),
            place=place,
            opinions=tuple(opinions),
            shown=True,
        )
    )


FORMATS = (
    Format(
        "pandalm",
        "PandaLM's test set: three annotators each",
        Source(
            read,
            lambda row: {"instruction", "response1", "response2", "annotator1"} <= row.keys(),
            "pandalm",
        ),
    ),
)
