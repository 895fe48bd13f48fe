"""HH-RLHF: two transcripts, "\\n\\nHuman: ...\\n\\nAssistant: ...", alike up to the last answer.

Source: anthropics/hh-rlhf README.md. In the harmless subsets chosen is the less harmful answer, not the
more helpful one. Rows whose conversations differ before the last answer, or whose last answer is empty
or the same, are left out: what they compare is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, Rated, two
from pairwright.formats.format import ANY_FILE, Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import ASSISTANT, from_transcript, has_turn_marker, to_transcript
from pairwright.formats.trl import load_files


def transcripts(pair: Pair) -> Row | Drop:
    texts = (pair.chosen.text, pair.rejected.text)
    if any(map(has_turn_marker, (*texts, *(message.content for message in pair.prompt)))):
        return Drop("turn_marker_in_text")
    asked = to_transcript(pair.prompt) + ASSISTANT
    return {"chosen": asked + texts[0], "rejected": asked + texts[1]}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    chosen, rejected = (from_transcript(row[name], f'"{name}"') for name in ("chosen", "rejected"))
    if row["chosen"].strip() == row["rejected"].strip():
        yield Left(place, "same_text")
    elif chosen[:-1] != rejected[:-1] or chosen[-1].role != rejected[-1].role:
        yield Left(place, "prompts_differ")
    elif chosen[-1].role != "assistant" or len(chosen) < 2 or chosen[-2].role != "user":
        yield Left(place, "prompt_does_not_end_with_user")
    elif not chosen[-1].content.strip() or not rejected[-1].content.strip():
        yield Left(place, "empty_response")
    elif not all(turn.content.strip() for turn in chosen[:-1]):
        yield Left(place, "empty_turn")
    else:
        good, bad = (Rated(turns[-1].content) for turns in (chosen, rejected))
        yield two(tuple(chosen[:-1]), good, bad, 1, place=place)


def _looks(row: Mapping[str, Any]) -> bool:
    return "prompt" not in row and all(
        isinstance(row.get(name), str) and row[name].lstrip("\n").startswith("Human:")
        for name in ("chosen", "rejected")
    )


def _lines(written: Written) -> list[str]:
    return load_files(written.parts)


FORMATS = (
    Format(
        "hh-rlhf",
        "Anthropic's HH-RLHF: two transcripts",
        Source(read, _looks, "hh-rlhf"),
        Target(
            "pairs",
            transcripts,
            {"chosen": "text", "rejected": "text"},
            _lines,
            endings=ANY_FILE,
            needs=Needs(no_system=True),
        ),
        "trl's examples/datasets/hh-rlhf-*.py, RewardTrainer as plain strings",
    ),
)
