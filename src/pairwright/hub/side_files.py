"""Side files as they are sent: what leads from a row to its pair, and nothing that is of this house only.

A side file on disk also says why a belief is held ("decided by Maria: A"), the
user's own ids and the store's row numbers. Of these only the ids can be sent, on demand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pairwright.hub.pseudonyms import Pseudonyms

KEPT = (
    "row", "pair", "prompt", "chosen", "rejected", "response", "chosen_model", "rejected_model", "model",
    "source", "verdict", "label", "said", "prob_chosen", "chosen_rating", "rejected_rating", "margin",
)  # fmt: skip
IDS = ("pair_external_id", "prompt_external_id")
# What models are called may be what a person is called who wrote a response.
_WORDS = ("chosen_model", "rejected_model", "model", *IDS)


def side_line(said: Mapping[str, Any], names: Pseudonyms, *, with_ids: bool) -> dict[str, Any]:
    """One line, of what may be sent only."""
    kept = KEPT + (IDS if with_ids else ())
    found: dict[str, Any] = {}
    for key in said:
        if key == "pairs":
            found[key] = [side_line(each, names, with_ids=with_ids) for each in said[key]]
        elif key in kept:
            value = said[key]
            found[key] = names.scrub(value) if key in _WORDS and isinstance(value, str) else value
    return found


def write_side(path: Path, out: Path, names: Pseudonyms, *, with_ids: bool) -> Counter[str]:
    """Rewrite a side file to `out`; gives by whom its rows were settled."""
    sources: Counter[str] = Counter()
    with path.open("rb") as lines, out.open("wb") as file:
        for line in lines:
            said = orjson.loads(line)
            sources[said.get("source") or "unknown"] += 1
            file.write(
                orjson.dumps(side_line(said, names, with_ids=with_ids), option=orjson.OPT_APPEND_NEWLINE)
            )
    return sources
