"""Argilla 2.x: records.json with a script that makes the dataset, and records as `to_json` writes them.

Sources: docs.argilla.io/latest/how_to_guides/import_export; distilabel's PreferenceToArgilla for ratings.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from pairwright.formats.tools.shapes import (
    CHOICES,
    Answers,
    Choice,
    GivenAnswer,
    SentTask,
    Tool,
    Unreadable,
    identity,
    known_choice,
    read_json,
    write_json,
)

SCRIPT = '''\
"""Make the dataset in Argilla and fill it: python make_dataset.py (ARGILLA_API_URL, ARGILLA_API_KEY set)."""

import json
import os
from pathlib import Path

import argilla as rg

here = Path(__file__).parent
client = rg.Argilla(api_url=os.environ["ARGILLA_API_URL"], api_key=os.environ["ARGILLA_API_KEY"])
settings = rg.Settings(
    guidelines=(here / "guidelines.md").read_text(encoding="utf-8"),
    fields=[
        rg.TextField(name="prompt"),
        rg.TextField(name="response-1", use_markdown=True),
        rg.TextField(name="response-2", use_markdown=True),
    ],
    questions=[
        rg.LabelQuestion(
            name="preference",
            title="Which response is better?",
            labels={
                "response-1": "Response 1",
                "response-2": "Response 2",
                "tie": "Tie",
                "both_good": "Both good",
                "both_bad": "Both bad",
            },
        ),
        rg.TextQuestion(name="note", required=False),
    ],
    metadata=[
        rg.TermsMetadataProperty(name="pairwright_id"),
        rg.TermsMetadataProperty(name="pairwright_order"),
    ],
    distribution=rg.TaskDistribution(min_submitted=PEOPLE),
)
dataset = rg.Dataset(name="pairwright", settings=settings, client=client)
dataset.create()
records = json.loads((here / "records.json").read_text(encoding="utf-8"))
dataset.records.log([rg.Record(**record) for record in records])
print("When people are done: dataset.records(with_responses=True).to_json('answers.json')")
'''


def write(tasks: list[SentTask], folder: Path, guidelines: str, people: int) -> list[Path]:
    """records.json, guidelines.md, and make_dataset.py, which creates and fills the dataset."""
    rows = [
        {
            "id": task.id,
            "fields": {"prompt": task.prompt, "response-1": task.first, "response-2": task.second},
            "metadata": {"pairwright_id": task.id, "pairwright_order": task.order},
        }
        for task in tasks
    ]
    script, text = folder / "make_dataset.py", folder / "guidelines.md"
    script.write_text(SCRIPT.replace("PEOPLE", str(people)), encoding="utf-8")
    text.write_text(guidelines, encoding="utf-8")
    return [write_json(folder / "records.json", rows), script, text]


def read(path: Path) -> Answers:
    """Submitted answers of all people; drafts are none, and what was discarded is a skip."""
    rows = read_json(path)
    for n, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        if not isinstance(row, dict):
            yield Unreadable(f"{path.name} record {n}", "is no object: write it with records.to_json(...)")
            continue
        place = f"{path.name} record {row.get('id', n)}"
        found = identity(row.get("metadata") or row, place)
        if isinstance(found, Unreadable):
            yield found
            continue
        for person, answers in by_person(row).items():
            said = _said(answers)
            if said is None:
                continue
            if said not in CHOICES:
                yield Unreadable(f"{place}, user {person}", said)
                continue
            note, status = answers.get("note", (None, ""))
            text = str(note) if note and status == "submitted" else None
            yield GivenAnswer(place, *found, said, person, None, text)


def by_person(row: dict[str, Any]) -> dict[str, dict[str, tuple[Any, str]]]:
    """person -> question -> (value, status), from records as lists or as flattened columns."""
    found: dict[str, dict[str, tuple[Any, str]]] = defaultdict(dict)
    for question, given in (row.get("responses") or {}).items():
        for each in given:
            status = each.get("status") or "submitted"
            found[str(each.get("user_id"))][question] = (each.get("value"), status)
    for column, values in row.items():
        question, dot, rest = column.rpartition(".responses")
        if dot and not rest and values:
            users = row.get(f"{column}.users") or [None] * len(values)
            states = row.get(f"{column}.status") or ["submitted"] * len(values)
            for value, user, status in zip(values, users, states, strict=True):
                found[str(user)][question] = (value, status)
    return found


def _said(answers: dict[str, tuple[Any, str]]) -> Choice | str | None:
    """One person's choice, by our question, a ranking or two ratings (distilabel); None for a draft."""
    states = {status for _, status in answers.values()}
    if "discarded" in states:
        return "skip"
    if states and "submitted" not in states:
        return None
    done = {question: value for question, (value, status) in answers.items() if status == "submitted"}
    if "preference" in done:
        value = done["preference"]
        if isinstance(value, list):  # a ranking: [{"value": "response-1", "rank": 1}, ...]
            ranks = {str(each.get("value")): each.get("rank") for each in value}
            return _lower_is_better(ranks.get("response-1"), ranks.get("response-2"))
        return known_choice(value) or f"answers {value!r}, which is none of the choices sent"
    ratings = [done.get(f"generations-{i}-rating") for i in (0, 1)]
    if None not in ratings:
        first, second = (-float(rating) for rating in ratings if rating is not None)
        return _lower_is_better(first, second)
    return "has no answer to the question 'preference'"


def _lower_is_better(first: Any, second: Any) -> Choice | str:
    if first is None or second is None:
        return "ranks only one of the two"
    return "tie" if first == second else "first" if first < second else "second"


TOOL = Tool("argilla", "Argilla", write, read)
