"""Printing the whole chain behind a prompt, response, pair, vote or exported row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.keys import parse_public_id
from pairwright.routing import wording
from pairwright.stages.export.exported import rows_of_pair
from pairwright.stages.export.side_lines import row_of_export
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, in_short
from pairwright.stages.route.calibrate import calibration_of
from pairwright.store.browse import lookup
from pairwright.store.figures.origins import frames_of


@dataclass(frozen=True, repr=False)
class ChainResult(Result):
    """Everything on record behind a prompt, a response, a pair or an exported row."""

    chain: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.chain

    def facts(self) -> list[tuple[str, str]]:
        """What it is, and who said what of it."""
        told: list[tuple[str, str]] = []
        for name in ("prompt", "pair", "a", "b", "response"):
            if each := self.chain.get(name):
                told.append((name, " ".join([each["id"], in_short(each.get("text"))])))
        for vote in self.chain.get("votes", ()):
            told.append((f"{vote['kind']} {vote['rater']}", f"{vote['verdict']}, shown {vote['order']}"))
        for belief in self.chain.get("beliefs", ()):
            told.append(("belief", f"{belief['decision']} {belief['verdict'] or ''}: {belief['reason']}"))
        return told


def chain_of(project: Project, name: str) -> dict[str, Any]:
    """Everything on record behind `name`.

    `name` is a public id (`x-3fa9c2`, any unique prefix), an id from the
    user's own file, or `FILE:LINE` of an export. Raises InputError naming what
    was looked for.
    """
    if (place := re.fullmatch(r"(.+):(\d+)", name)) and Path(place[1]).exists():
        name = row_of_export(Path(place[1]), int(place[2]))
    with project.store.read() as connection:
        kind, number = _find(connection, name)
        if kind == "prompt":
            return lookup.prompt_chain(connection, number)
        if kind == "response":
            return lookup.response_chain(connection, number)
        if kind == "vote":
            number = lookup.pair_of_vote(connection, number)
        chain, frames = lookup.pair_chain(connection, number), frames_of(connection, number)
    sides = (chain["a"]["id"], chain["b"]["id"])
    told = _guarantee(project, frames, chain)
    return {**chain, "guarantee": told, "exports": rows_of_pair(project, chain["pair"]["id"], sides)}


def _guarantee(project: Project, frames: list[int], chain: dict[str, Any]) -> str | None:
    """Which frame covers the pair and what is guaranteed of it, or why none does; None under other rules."""
    if project.settings.route.accept != "guarantee" or not project.settings.judges:
        return None
    found = calibration_of(project).as_dict()
    for frame in found["frames"]:
        if frame["frame"] in frames:
            return f"{wording.name(frame)}: {wording.of_frame(found, frame)}"
    if any(vote["kind"] == "person" and not vote["retracted"] for vote in chain["votes"]):
        return "outside: people answered it before a frame was made of the others"
    basis = chain["beliefs"][-1]["basis"] if chain["beliefs"] else {}
    why = basis.get("outside") or basis.get("waits") or "no frame covers it yet: `pairwright route`"
    return f"outside: {why}"


def _find(connection: Connection, name: str) -> tuple[str, int]:
    parsed = parse_public_id(name)
    if parsed:
        kind, digits = parsed
        found = [(kind, number, full) for number, full in lookup.by_key(connection, kind, digits)]
    else:
        found = lookup.by_external_id(connection, name)
    if not found and (place := re.fullmatch(r"(.+\.\w+):\d+", name)):
        raise InputError(f"there is no file {place[1]}, of which {name} would be a line. Export first?")
    if not found:
        raise InputError(
            f'nothing here has the id "{name}". Ids look like p-3fa9c2d41b07 (prompt), r-... (response), '
            "x-... (pair), v-... (vote), FILE:LINE of an export, or are those of your own file."
        )
    if len(found) > 1:
        raise InputError(
            f'"{name}" may be any of {", ".join(full for _, _, full in found)}: give more digits.'
        )
    return found[0][0], found[0][1]
