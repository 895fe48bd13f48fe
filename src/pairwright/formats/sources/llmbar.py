"""LLMBar: two outputs, of which experts agree that one follows the instruction; `label` is 1 or 2.

The shape of Dataset/LLMBar/*/dataset.json in princeton-nlp/LLMBar (input, output_1, output_2, label) is from
memory, and that the number is that of the better output.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, two
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.values import as_text


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    label = number_of(row["label"])
    if label not in (1, 2):
        raise InputError(f'"label" is {row["label"]!r}; it is 1 or 2, the number of the better output')
    a, b = (Rated(as_text(row[f"output_{n}"], f'"output_{n}"')) for n in (1, 2))
    yield two(messages_of(row["input"], '"input"'), a, b, 1 if label == 1 else -1, shown=True, place=place)


FORMATS = (
    Format(
        "llmbar",
        "LLMBar: the output that follows the instruction",
        Source(read, lambda row: {"input", "output_1", "output_2", "label"} <= row.keys(), "llmbar"),
    ),
)
