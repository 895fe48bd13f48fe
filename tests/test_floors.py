"""Imports point down only: a floor may use its own and those below, never one above."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "pairwright"

# The first entry that matches a module's path decides.
FLOORS = {
    "types": 0,
    "errors": 0,
    "extras": 0,
    "keys": 0,
    "rows": 0,
    "frozen": 0,
    "literals": 0,
    "amounts": 0,
    "interrupts": 0,
    "whole_file": 0,
    "turns": 0,
    "images": 0,
    "spans": 0,
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
    "tokens": 2,
    "stages": 3,
    "face": 3,
    "judge_objects": 3,
    "run_async": 3,
    "progress": 3,
    "project": 3,
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


def circle(edges: dict[str, set[str]]) -> list[str]:
    """Names that lead back to the first of them, or nothing."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name not in done:
            for other in sorted(edges.get(name, ())):
                if found := walk(other, [*path, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(edges) if (found := walk(name, []))), [])


def folder_of(module: str) -> str:
    """The folder a module lies in; a file of the top floor is one by itself."""
    name = SOURCE / module.replace(".", "/")
    if name.is_dir():
        return module
    return module.rpartition(".")[0] or module


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_no_file_imports_itself_over_others_not_even_inside_a_function():
    assert circle({name_of(path): imports_of(path) for path in MODULES}) == []


def test_no_folder_imports_itself_over_others():
    """A folder and those inside it are one: a table of formats names the files that use what lies beside it."""
    edges: dict[str, set[str]] = {}
    for path in MODULES:
        here = folder_of(name_of(path))
        others = {folder_of(name) for name in imports_of(path)}
        apart = {
            each
            for each in others
            if not f"{each}.".startswith(f"{here}.") and not f"{here}.".startswith(f"{each}.")
        }
        edges.setdefault(here, set()).update(apart)
    assert circle(edges) == []
