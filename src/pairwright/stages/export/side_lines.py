"""What stands beside exported rows: the side line that leads back to a pair, and what reads it again."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats import writing
from pairwright.keys import public_id
from pairwright.spans import quoted
from pairwright.store.export import labelled_pairs as rows_of
from pairwright.store.export import labelled_responses as singles_of
from pairwright.store.export.why import Why
from pairwright.types import Message

# Where pairs stand that give no row, and what moves them on.
REMEDY = {
    "not_judged": "run `pairwright judge`, then `pairwright route`",
    "waiting_for_people": "label them with `pairwright annotate`",
    "tie": "a tie has no better side",
    "dropped": "routing decided not to use them",
    "flagged": "look at them with `pairwright show`, or export with --include-flagged",
    "no_verdict": "run `pairwright route` again",
    "conflicting": "good in as many pairs as bad; more pairs would decide",
    "multi_turn_needs_conversational": 'export with style "conversational"',
    "prompt_does_not_end_with_user": "there is nothing for a response to answer",
    "empty_prompt": "see `pairwright show` for the pair",
    "empty_response": "see `pairwright show` for the pair",
    "same_text": "chosen and rejected differ in outer white space only",
}


def pair_meta(label: rows_of.PairRow, why: Why | None = None) -> dict[str, Any]:
    """The side line of a pair: what leads back to it, and the reasons annotators gave, if any."""
    return {
        "pair": public_id("pair", label.pair_key, full=True),
        "prompt": public_id("prompt", label.prompt_key, full=True),
        "chosen": public_id("response", label.chosen_key, full=True),
        "rejected": public_id("response", label.rejected_key, full=True),
        "pair_external_id": label.pair_external_id,
        "prompt_external_id": label.prompt_external_id,
        "chosen_model": label.chosen_model,
        "rejected_model": label.rejected_model,
        "source": label.source,
        "verdict": label.verdict,
        "belief": label.belief_id,
        "prob_chosen": label.prob_chosen,
        "reason": label.reason,
        **(_told(label, why) if why else {}),
    }


def _told(label: rows_of.PairRow, why: Why) -> dict[str, Any]:
    sides = {"A": ("chosen", "rejected"), "B": ("rejected", "chosen")}[label.verdict]
    turns = {
        "chosen": label.chosen_turns or (Message("assistant", label.chosen),),
        "rejected": label.rejected_turns or (Message("assistant", label.rejected),),
    }
    spans = []
    for each in why.spans:
        side = sides["ab".index(each["side"])]
        spans.append({**each, "side": side, "text": quoted(each, turns[side])})
    told = {"reasons": dict(why.reasons), "spans": spans}
    return {name: value for name, value in told.items() if value}


def response_meta(label: singles_of.ResponseRow) -> dict[str, Any]:
    """The side line of a response, with all pairs that speak of it and all votes on itself."""
    return {
        "response": public_id("response", label.response_key, full=True),
        "prompt": public_id("prompt", label.prompt_key, full=True),
        "prompt_external_id": label.prompt_external_id,
        "model": label.model,
        "label": "good" if label.good else "bad",
        "source": label.source,
        "pairs": [
            {
                "pair": public_id("pair", side.pair_key, full=True),
                "pair_external_id": side.pair_external_id,
                "belief": side.belief_id,
                "said": "good" if side.good else "bad",
                "source": side.source,
            }
            for side in label.sides
            if side.pair_key is not None
        ],
        "votes": [
            {"rater": side.rater, "said": "good" if side.good else "bad", "source": side.source}
            for side in label.sides
            if side.rater is not None
        ],
    }


def row_of_export(path: Path, line: int) -> str:
    """What line `line` of an exported file is: the full id of a pair (`x-...`) or response (`r-...`).

    Lines count from 1; for Parquet they are rows. Raises InputError if the
    file is no finished export, was changed since, or has no such line.
    """
    rows = _unchanged(path)
    if not 1 <= line <= rows:
        raise InputError(f"{path} has no line {line}: it has lines 1 to {rows:,}.")
    with writing.meta_path(path).open("rb") as file:
        meta = orjson.loads(next(islice(file, line - 1, None)))
    name = meta.get("pair") or meta.get("response")
    if name is None:
        raise InputError(f"{path} came from no project: its side file says where line {line} stood.")
    return str(name)


def _unchanged(path: Path) -> int:
    """How many rows the export at `path` has, sure that its files are those its manifest describes."""
    files = _described(path)
    rows_file, meta_file = files[path.name], files[writing.meta_path(path).name]
    for described in (rows_file, meta_file):
        file = path.with_name(described["name"])
        there = writing.file_hash(file) if file.exists() else (0, "")
        if there != (described["bytes"], described["sha256"]):
            raise InputError(
                f"{file} is not the file its manifest describes: it was changed after the export, "
                "so its lines cannot be traced. Export again."
            )
    return int(rows_file["rows"])


def _described(path: Path) -> dict[str, Any]:
    """The files of the manifest that has this one: its own, or that of the set it is a part or shard of."""
    own = writing.manifest_path(path)
    for manifest_path in (own, *sorted(path.parent.glob("*.manifest.json"))):
        try:
            manifest = orjson.loads(manifest_path.read_bytes())
            files = {file["name"]: file for file in manifest["files"]}
        except FileNotFoundError:
            continue
        except (orjson.JSONDecodeError, KeyError, TypeError):
            files = {}
        if path.name in files and writing.meta_path(path).name in files:
            return files
        if manifest_path == own:
            raise InputError(f"{own} is not a manifest of {path.name}. Export again.")
    raise InputError(f"{own} does not exist: {path} is no finished export of this program. Export again.")
