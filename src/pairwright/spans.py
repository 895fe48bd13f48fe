"""What decided in a response: spans that an annotator marked, by characters of one message's own text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pairwright.types import Message


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (not included) of the content of a response's message number `turn`."""

    side: Literal["a", "b"]
    turn: int
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def quoted(span: Mapping[str, Any], turns: Sequence[Message]) -> str:
    """The words a recorded span stands for, in the messages of its response."""
    content: str = turns[span["turn"]].content
    return content[span["start"] : span["end"]]
