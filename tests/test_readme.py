"""What the README shows is true: its code runs, its settings are read, its verbs exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from pairwright.cli.verbs import LINES
from pairwright.stages.project.settings import read_settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_prints_what_it_says(code):
    expected = "\n".join(re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().strip() == expected


@pytest.mark.parametrize("text", blocks("toml"))
def test_settings_are_read(text, tmp_path):
    path = tmp_path / "pairwright.toml"
    path.write_text(text)
    assert read_settings(path).generate.models == ["small"]


def test_every_verb_named_exists_and_every_verb_is_named():
    table = README.split("| verb | does |")[1].split("\n\n")[0]
    named = set(
        re.findall(
            r"`([a-z]+)(?: ID)?`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
        )
    )
    assert named == set(LINES)


def test_the_files_it_points_to_are_there():
    root = Path(__file__).parents[1]
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (root / target).exists(), target
