"""Potato: items.jsonl with config.yaml, and the user_state.json each person's folder gets.

Source: potato's docs/annotation-types/comparison/pairwise_annotation.md and user_state_management.py.
Sides are shuffled here, since it shows them as they are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pairwright.errors import InputError
from pairwright.formats.tools.shapes import (
    Answers,
    Choice,
    GivenAnswer,
    SentTask,
    Tool,
    Unreadable,
    identity,
    known_choice,
    read_json,
)


def write(tasks: list[SentTask], folder: Path, guidelines: str, people: int) -> list[Path]:
    """items.jsonl, config.yaml, guidelines.md; the order shown is the end of each item's id."""
    items, config, text = folder / "items.jsonl", folder / "config.yaml", folder / "guidelines.md"
    with items.open("w", encoding="utf-8") as file:
        for task in tasks:
            row = {
                "id": f"{task.id}.{task.order}",
                "text": task.prompt,
                "responses": [task.first, task.second],
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    settings = {
        "annotation_task_name": "Which response is better?",
        "task_dir": ".",
        "data_files": ["items.jsonl"],
        "item_properties": {"id_key": "id", "text_key": "text"},
        "output_annotation_dir": "annotation_output",
        "num_annotators_per_item": people,
        "annotation_schemes": [
            {
                "annotation_type": "pairwise",
                "name": "preference",
                "description": "Which response is better?",
                "items_key": "responses",
                "mode": "binary",
                "labels": ["A", "B"],
                "allow_tie": True,
                "tie_label": "Tie",
            },
            {
                "annotation_type": "radio",
                "name": "tie_kind",
                "description": "If it is a tie: are both good, or both bad?",
                "labels": ["both good", "both bad"],
                "label_requirement": {"required": False},
            },
        ],
    }
    config.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")
    text.write_text(guidelines, encoding="utf-8")
    return [items, config, text]


def read(path: Path) -> Answers:
    """Everybody's answers: `path` is the annotation_output folder, or one user_state.json."""
    for file in states(path):
        state = read_json(file)
        person = str(state.get("user_id") or file.parent.name)
        for item, labels in (state.get("instance_id_to_label_to_value") or {}).items():
            yield _answer(
                file, person, item, labels, (state.get("instance_id_to_behavioral_data") or {}).get(item)
            )


def states(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    found = sorted(path.rglob("user_state.json"))
    if not found:
        raise InputError(f"{path} holds no user_state.json: name Potato's annotation_output folder")
    yield from found


def _answer(file: Path, person: str, item: str, labels: Any, behaviour: Any) -> GivenAnswer | Unreadable:
    place = f"{file.parent.name}/{file.name} item {item}"
    name, _, order = item.rpartition(".")
    found = identity({"pairwright_id": name, "pairwright_order": order}, place)
    if isinstance(found, Unreadable):
        return found
    given = labels_of(labels)
    choice = choice_of(given)
    if choice is None:
        shown = {schema: given[schema] for schema in sorted(given)}
        return Unreadable(place, f"has no answer that can be read: {shown}")
    return GivenAnswer(place, *found, choice, person, seconds_of(behaviour))


def labels_of(labels: Any) -> dict[str, dict[str, Any]]:
    """schema -> {name: value}, from a list of [{schema, name}, value] or from nested objects."""
    if isinstance(labels, dict):
        return {schema: value if isinstance(value, dict) else {"": value} for schema, value in labels.items()}
    found: dict[str, dict[str, Any]] = {}
    for key, value in labels or []:
        found.setdefault(str(key.get("schema")), {})[str(key.get("name"))] = value
    return found


def choice_of(given: dict[str, dict[str, Any]]) -> Choice | None:
    scale = given.get("preference_scale") or {}
    said: Any = scale.get("scale_value")
    if said is not None:  # -2 .. 2: negative is the first
        try:
            value = float(said)
        except ValueError:
            return None
        return "tie" if value == 0 else "first" if value < 0 else "second"
    preference = given.get("preference") or {}
    said = preference.get("selection")
    if said is None:  # the name is the label where the value only says it is set
        said = next((name for name, value in preference.items() if value and value != "false"), None)
    choice = known_choice(said) if said is not None else None
    if choice == "tie":
        kinds = given.get("tie_kind") or {}
        for name, value in kinds.items():
            kind = known_choice(name) or known_choice(value)
            if kind in ("both_good", "both_bad"):
                return kind
    return choice


def seconds_of(behaviour: Any) -> float | None:
    """Seconds on the item, where Potato kept them: "Time spent: 0d 0h 1m 12s", or milliseconds."""
    if not isinstance(behaviour, dict):
        return None
    if isinstance(behaviour.get("total_time_ms"), int | float):
        return float(behaviour["total_time_ms"]) / 1000 or None
    parts = re.search(r"(\d+)d (\d+)h (\d+)m (\d+(?:\.\d+)?)s", str(behaviour.get("time_string", "")))
    if not parts:
        return None
    days, hours, minutes, seconds = map(float, parts.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


TOOL = Tool("potato", "Potato", write, read)
