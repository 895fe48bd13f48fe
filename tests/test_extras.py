"""What a bare install lacks: features say which extra brings it, and no other library is needed for them."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from pairwright.cli.main import run
from pairwright.errors import MissingExtra
from pairwright.extras import needed

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def names(requirements):
    return {re.match(r"[\w.-]+", each)[0] for each in requirements}


def without(monkeypatch, *packages):
    """As if these were not installed."""
    for name in [each for each in sys.modules if each.split(".")[0] in packages]:
        monkeypatch.delitem(sys.modules, name)
    for name in packages:
        monkeypatch.setitem(sys.modules, name, None)


def test_a_missing_library_is_named_with_what_to_type():
    with pytest.raises(MissingExtra) as error, needed("parquet", "reading Parquet"):
        import no_such_library  # noqa: F401
    assert str(error.value) == (
        'reading Parquet needs the extra "parquet" (no_such_library is not installed). '
        'Run in a copy of the source: pip install -e ".[parquet]"'
    )
    assert isinstance(error.value, ImportError)


def test_every_extra_that_code_names_is_there():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = set(re.findall(r'with needed\("(\w+)"', code))
    assert named == set(EXTRAS) - {"math"}, "math is used where it is there"


def test_what_an_extra_brings_is_no_requirement_of_all():
    for each in EXTRAS.values():
        assert not names(each) & names(PROJECT["dependencies"])


def test_files_that_are_no_parquet_need_no_pyarrow(tmp_path, capsys, monkeypatch):
    without(monkeypatch, "pyarrow", "sklearn", "threadpoolctl", "matplotlib")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "Why?", "chosen": "So.", "rejected": "No."}\n')
    assert run(["convert", str(rows), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 0
    capsys.readouterr()
    assert run(["convert", str(rows), str(tmp_path / "out.parquet"), "--to", "trl-dpo"]) == 1
    said = capsys.readouterr().err
    assert 'writing Parquet needs the extra "parquet"' in said
    assert sorted(path.name for path in tmp_path.iterdir() if "parquet" in path.name) == []


def test_a_parquet_file_without_pyarrow_is_no_damaged_one(tmp_path, capsys, monkeypatch):
    without(monkeypatch, "pyarrow")
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    assert (
        run(["convert", str(tmp_path / "rows.parquet"), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 1
    )
    assert 'reading Parquet needs the extra "parquet"' in capsys.readouterr().err
