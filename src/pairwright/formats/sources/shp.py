"""SHP: two comments on a Reddit post; `labels` 1 says the first got the better score.

Source: stanfordnlp/SHP. Upvotes are no rating of the text: a score depends on when it was written and
how many looked, so only the label counts and `score_ratio` is kept as meta.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    label = number_of(row["labels"])
    if label not in (0, 1):
        raise InputError(f'"labels" is {row["labels"]!r}; 1 says A is preferred, 0 B')
    a, b = (as_text(row[f"human_ref_{side}"], f'"human_ref_{side}"') for side in "AB")
    kept = {name: row[name] for name in ("post_id", "score_A", "score_B", "score_ratio") if name in row}
    names = [row.get(f"c_root_id_{side}") for side in "AB"]
    own = "-".join(str(each) for each in (row.get("post_id"), *names) if each) or None
    yield two(
        messages_of(row["history"], '"history"'),
        Rated(a),
        Rated(b),
        1 if label == 1 else -1,
        id=own,
        source=row.get("domain"),
        meta=kept or None,
        place=place,
    )


FORMATS = (
    Format(
        "shp",
        "Stanford Human Preferences: two Reddit comments",
        Source(
            read,
            lambda row: {"history", "human_ref_A", "human_ref_B", "labels"} <= row.keys(),
            "reddit",
        ),
    ),
)
