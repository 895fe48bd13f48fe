"""Imports point down only: a floor may use its own and those below, never one above."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "pairwright"

# The first entry that matches a module's path decides.
FLOORS = {
    "types": 0,
    "errors": 0,
    "keys": 0,
    "rows": 0,
    "literals": 0,
    "judging/chat": 2,
    "judging": 1,
    "routing": 1,
    "quality": 1,
    "reward": 1,
    "stats": 1,
    "pairing": 1,
    "models": 2,
    "store": 2,
    "formats": 2,
    "hub": 2,
    "report": 2,
    "stages": 3,
    "face": 3,
    "held": 3,
    "waiting": 3,
    "annotate": 4,
    "browse": 4,
    "cli": 4,
    "demo": 5,
    "__init__": 5,
    "__main__": 5,
}


def floor_of(module: str) -> int:
    path = module.replace(".", "/")
    for name, floor in FLOORS.items():
        if path == name or path.startswith(name + "/"):
            return floor
    raise AssertionError(f"{module} stands on no floor: add it to FLOORS")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pairwright"):
            base = node.module.removeprefix("pairwright").lstrip(".")
            for name in node.names:
                inner = f"{base}.{name.name}".lstrip(".")
                is_module = (SOURCE / inner.replace(".", "/")).with_suffix(".py").exists()
                is_package = (SOURCE / inner.replace(".", "/") / "__init__.py").exists()
                found.add(inner if is_module or is_package else base or "__init__")
        elif isinstance(node, ast.Import):
            found |= {
                n.name.removeprefix("pairwright.") for n in node.names if n.name.startswith("pairwright.")
            }
    return found


MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations/versions" not in str(path))


def name_of(path: Path) -> str:
    name = str(path.relative_to(SOURCE).with_suffix("")).replace("/", ".")
    return name.removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path):
    here = floor_of(name_of(path))
    above = {name for name in imports_of(path) if floor_of(name) > here}
    assert not above, f"{name_of(path)} (floor {here}) imports {above} from above"


@pytest.mark.parametrize("path", [p for p in MODULES if floor_of(name_of(p)) <= 1], ids=name_of)
def test_the_lower_floors_know_no_database_network_or_clock(path):
    text = path.read_text(encoding="utf-8")
    for word in (
        "import sqlalchemy",
        "from sqlalchemy",
        "aiohttp",
        "import time",
        "import random",
        "import asyncio",
    ):
        assert word not in text
