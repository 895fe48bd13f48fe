"""`reward-folds/`: what took a reward model long to make, a folder for each model and state of the labels.

The newest few stay, so that a run that was broken off goes on and an undone change
costs nothing; what is older goes. All of it can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from pairwright.reward.cross_fit import KeptMargins

FOLDER = "reward-folds"
NEWEST = 8  # folders that stay: two models with embeddings, before and after a repair
_KEY = re.compile(r"[0-9a-f]{32}")
# What is small enough to be read says itself what it is; of weights, name, size and time are looked at.
_READ = 1 << 20


def kept_folds(root: Path, key: bytes) -> KeptMargins:
    """The folder of this key, as the one used last; the oldest ones beyond the newest few are dropped."""
    mine = root / FOLDER / key.hex()
    mine.mkdir(parents=True, exist_ok=True)
    os.utime(mine)
    others = [each for each in mine.parent.iterdir() if _KEY.fullmatch(each.name) and each != mine]
    others.sort(key=_used, reverse=True)
    for old in others[NEWEST - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
    return KeptMargins(mine)


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # another run dropped it meanwhile
        return 0.0


def fingerprint(path: Path) -> str:
    """One name for what a file or a folder holds at present; empty for what is not on this machine."""
    if not path.exists():
        return ""
    told = hashlib.blake2b(digest_size=16)
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    for file in files:
        said = file.stat()
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        told.update(f"{name}\0{said.st_size}\0".encode("utf-8", "surrogatepass"))
        told.update(file.read_bytes() if said.st_size <= _READ else str(said.st_mtime_ns).encode())
    return told.hexdigest()
