"""Crowd markets: CSV out and back. Mechanical Turk's batch files, and plain CSV for Prolific and others.

Source: docs.aws.amazon.com/AWSMechTurk (batch results: Input.*, Answer.*, WorkerId,
WorkTimeInSeconds, AssignmentStatus).
"""

from __future__ import annotations

import csv
import html
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pairwright.formats.tools.shapes import (
    Answers,
    Choice,
    Said,
    SentTask,
    Tool,
    known_choice,
    number,
)

LAYOUT = """\
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<style>
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1em }
  .text { white-space: pre-wrap; border: 1px solid #ccc; padding: 1em; overflow-wrap: anywhere }
</style>
<crowd-form>
  <full-instructions header="Which response is better?"><div class="text">GUIDELINES</div></full-instructions>
  <h3>Prompt</h3>
  <div class="text">${prompt}</div>
  <div class="pair">
    <div><h3>First</h3><div class="text">${first}</div></div>
    <div><h3>Second</h3><div class="text">${second}</div></div>
  </div>
  <h3>Which response is better?</h3>
  <crowd-radio-group>
    <crowd-radio-button name="first">The first</crowd-radio-button>
    <crowd-radio-button name="second">The second</crowd-radio-button>
    <crowd-radio-button name="tie">Tie</crowd-radio-button>
    <crowd-radio-button name="both_good">Both good</crowd-radio-button>
    <crowd-radio-button name="both_bad">Both bad</crowd-radio-button>
  </crowd-radio-group>
  <crowd-text-area name="note" label="Note (optional)"></crowd-text-area>
</crowd-form>
"""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # full-width, too
COLUMNS = ("pairwright_id", "pairwright_order", "prompt", "first", "second")


def _write_csv(path: Path, tasks: list[SentTask], shown: Callable[[str], str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for task in tasks:
            rows.writerow([task.id, task.order, *map(shown, (task.prompt, task.first, task.second))])
    return path


def as_cell(text: str) -> str:
    """A text that a spreadsheet takes for a text: what begins like a formula could run as one."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_html(text: str) -> str:
    """The same for a page: there a character can be named by its number, and is shown as it is."""
    return f"&#{ord(text[0])};{html.escape(text[1:])}" if text.startswith(FORMULA) else html.escape(text)


def write_mturk(tasks: list[SentTask], folder: Path, guidelines: str, people: int) -> list[Path]:
    """batch.csv and layout.html. Texts are escaped: the market puts them into the page as they are."""
    layout = folder / "layout.html"
    layout.write_text(LAYOUT.replace("GUIDELINES", html.escape(guidelines)), encoding="utf-8")
    return [_write_csv(folder / "batch.csv", tasks, as_html), layout]


def write_plain(tasks: list[SentTask], folder: Path, guidelines: str, people: int) -> list[Path]:
    """tasks.csv and guidelines.md; answers come back with the columns worker, answer, seconds, note."""
    text = folder / "guidelines.md"
    text.write_text(guidelines, encoding="utf-8")
    return [_write_csv(folder / "tasks.csv", tasks, as_cell), text]


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield f"{path.name}:{reader.line_num}", {k: v or "" for k, v in row.items() if isinstance(k, str)}


def read_mturk(path: Path) -> Answers:
    """A batch results file. Rejected assignments are none."""
    for place, row in _rows(path):
        if row.get("AssignmentStatus") == "Rejected":
            continue
        inputs = {
            name.removeprefix("Input."): value for name, value in row.items() if name.startswith("Input.")
        }
        answers = {
            name.removeprefix("Answer."): value for name, value in row.items() if name.startswith("Answer.")
        }
        answers |= _task_answers(answers.pop("taskAnswers", ""))
        ticked = [name for name in _CHOICES if str(answers.get(name, "")).lower() in ("true", "on")]
        said = ticked[0] if len(ticked) == 1 else answers.get("preference") or answers.get("answer")
        worker, seconds = row.get("WorkerId"), row.get("WorkTimeInSeconds")
        yield _said(said, worker, seconds, answers.get("note")).of_task(inputs, place)


_CHOICES: tuple[Choice, ...] = ("first", "second", "tie", "both_good", "both_bad")


def _task_answers(text: str) -> dict[str, Any]:
    """What crowd elements send: [{"first": {"first": true}}], or names that hold booleans themselves."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return {}
    flat: dict[str, Any] = {}
    for entry in found if isinstance(found, list) else [found]:
        for name, value in entry.items():
            flat |= value if isinstance(value, dict) else {name: value}
    return flat


def read_plain(path: Path) -> Answers:
    """Rows with the columns sent, and who answered what; a column's usual other names are understood."""
    for place, row in _rows(path):
        lower = {name.strip().lower(): value for name, value in row.items()}

        def first(*names: str, of: dict[str, str] = lower) -> str | None:
            return next((of[name] for name in names if of.get(name)), None)

        if (first("status") or "").upper() in ("RETURNED", "REJECTED", "TIMED-OUT"):
            continue
        said = first("answer", "label", "preference", "choice")
        person = first("worker", "participant id", "participant_id", "prolific_pid", "workerid", "annotator")
        seconds = first("seconds", "time taken", "time_taken", "worktimeinseconds")
        yield _said(said, person, seconds, first("note", "comment")).of_task(row, place)


def _said(said: Any, person: Any, seconds: Any, note: Any) -> Said:
    choice: Choice | str | None = known_choice(said)
    if str(said).strip().lower() == "skip":
        choice = "skip"
    if not person:
        choice = "who answered is missing (WorkerId, or a column `worker`)"
    elif str(said).strip().casefold() in ("a", "b"):
        what = "it may mean the response shown first or the pair's own A"
        choice = f"the answer is {said!r}, and {what}: write first or second"
    wrong = f"the answer is {said!r}; it is one of {', '.join(_CHOICES)}, or skip"
    return Said(choice or wrong, str(person), number(seconds), note or None)


MTURK = Tool("mturk", "Mechanical Turk", write_mturk, read_mturk)
PROLIFIC = Tool("prolific", "Prolific", write_plain, read_plain)
CSV = Tool("csv", "CSV", write_plain, read_plain)
