"""The docs' Python runs and prints what it says; their settings are settings; what they point to is there."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
CODE = [
    pytest.param(code, id=f"{path.stem}-{i}")
    for path in DOCS
    for i, code in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.mark.parametrize("code", CODE)
def test_python_runs_and_prints_what_it_says(code):
    expected = "\n".join(re.findall(r"^\s*print\(.*\)  # (.*)$", code, re.MULTILINE))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"__name__": "docs"})
    assert printed.getvalue().strip() == expected


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_what_a_page_points_to_is_there(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
