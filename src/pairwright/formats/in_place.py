"""May a dataset be written here? Only where nothing is, or what was written here before."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import orjson

from pairwright.errors import InputError

_BESIDE = (".manifest.json", ".meta.jsonl")


def check_free(out: Path, manifest: Path, *, killed: bool) -> None:
    """Raises InputError where `out` is a file that no export has written, or has the name of a side file.

    `killed`: a run that was stopped while it moved its files left rows and no `manifest` yet.
    """
    if out.name.endswith(_BESIDE):
        raise InputError(f"{out} is what stands beside an export by that name: choose another")
    if out.is_file() and not killed and not manifest.exists() and not _is_ours(out):
        raise InputError(
            f"{out} is there already, and no manifest beside it says that it is an export: choose another "
            "name, or remove it"
        )


def _is_ours(out: Path) -> bool:
    """Whether some manifest in the folder names the file: as a part or a shard."""
    for path in out.parent.glob("*.manifest.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            if out.name in {each["name"] for each in orjson.loads(path.read_bytes())["files"]}:
                return True
    return False
