"""Configuration that stands beside rows: what of a file is an export's own, and whether it still is that.

A registry of several datasets (LLaMA-Factory's dataset_info.json) is one JSON object that
all of a folder share, so an export vouches for its own entries only. Any other file is its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.keys import canonical_json


def described(name: str, text: str) -> dict[str, Any]:
    """What a manifest says of a file: its hash, and of a registry which entries are hashed."""
    if not name.endswith(".json"):
        return {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    entries = json.loads(text)
    return {"name": name, "sha256": _hash(entries), "entries": sorted(entries)}


def own_entries(path: Path, said: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entries of the registry at `path` that are this export's; None where all of the file is.

    Raises InputError where the file is gone, or is not as `said`.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise InputError(f"{path} is missing, and its export had it. Export again.") from None
    if "entries" not in said:
        if hashlib.sha256(content).hexdigest() != said["sha256"]:
            raise InputError(f"{path} was changed after the export. Export again.")
        return None
    try:
        there = json.loads(content)
        found = {name: there[name] for name in said["entries"]}
    except (ValueError, KeyError, TypeError):
        found = {}
    if _hash(found) != said["sha256"]:
        names = ", ".join(said["entries"])
        raise InputError(f"the entries {names} of {path} were changed after the export. Export again.")
    return found


def _hash(entries: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(entries)).hexdigest()
