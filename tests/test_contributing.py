"""CONTRIBUTING names every folder there is, and a way through the code that can be read in an evening."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pairwright"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TREE, WALK = TEXT.split("## The tree")[1].split("## One pair through the code")


def named(part: str) -> list[str]:
    """What the first column of the tables names."""
    first = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return [name for cell in first for name in re.findall(r"`([^`]+)`", cell)]


def test_the_tree_names_every_folder_once():
    folders = [SOURCE, SOURCE / "stages"]
    there = {
        f"{each.relative_to(SOURCE)}/"
        for at in folders
        for each in at.iterdir()
        if (each / "__init__.py").exists()
    }
    assert sorted(name for name in named(TREE) if name.endswith("/")) == sorted(there - {"stages/"})


def test_what_is_named_is_there():
    for name in (*named(TREE), *named(WALK)):
        assert (SOURCE / name).exists(), name


def test_the_walk_can_be_read_in_an_evening():
    lines = sum(len((SOURCE / name).read_text(encoding="utf-8").splitlines()) for name in named(WALK))
    assert 2_000 < lines <= 4_000, lines
