"""examples/*.py as notebooks: `python tools/notebook.py` runs them and keeps what they print.

The .py file is what one edits: `# %%` begins a cell, `# %% [markdown]` a text. Needs the group `docs`
and, for what is there now, the extra `train`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"
LONGEST = 4000  # characters of output that a cell keeps


def cells(text: str) -> list[dict[str, Any]]:
    """A .py file's cells, without outputs."""
    found: list[dict[str, Any]] = []
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        body = body.strip("\n")
        if "[markdown]" in head:
            source = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.splitlines())
            found.append(
                {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}
            )
        else:
            source = re.sub(r"  # (noqa: \w+|fmt: skip)$", "", body, flags=re.MULTILINE)
            found.append(
                {
                    "cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [],
                    "source": source.splitlines(keepends=True),
                }
            )  # fmt: skip
    for number, cell in enumerate(found):
        cell["id"] = f"cell-{number}"
    return found


def notebook(text: str) -> dict[str, Any]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells(text), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def executed(text: str) -> dict[str, Any]:
    """The same with what its cells print to stdout; raises what a cell raises."""
    import nbformat
    from nbclient import NotebookClient

    made = nbformat.reads(json.dumps(notebook(text)), as_version=4)
    NotebookClient(made, timeout=600, kernel_name="python3").execute()
    for number, cell in enumerate(each for each in made.cells if each.cell_type == "code"):
        said = clean("".join(map(_said, cell.outputs)))
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=said)] if said.strip() else []
        cell.execution_count = number + 1
        cell.metadata = {}
    made.metadata = notebook(text)["metadata"]
    return json.loads(nbformat.writes(made))


def clean(text: str) -> str:
    """Without colours, and without paths of the machine it ran on."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"/\S*?/?pairwright-\w+/", "", text)
    return re.sub(r"/\S*?/?pairwright-\w+", ".", text)[:LONGEST]


def _said(output: Any) -> str:
    """What a cell printed, in plain text; notes to stderr and progress bars are not kept."""
    printed = output.output_type == "stream" and output.name == "stdout"
    return str(output.text) if printed else ""


def main() -> None:
    for path in sorted(EXAMPLES.glob("*.py")):
        done = executed(path.read_text(encoding="utf-8"))
        text = json.dumps(done, indent=1, ensure_ascii=False) + "\n"
        path.with_suffix(".ipynb").write_text(text, encoding="utf-8")
        print(path.with_suffix(".ipynb").name, file=sys.stderr)


if __name__ == "__main__":
    main()
