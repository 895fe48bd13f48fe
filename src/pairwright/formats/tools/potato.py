"""Potato: items and a configuration out, the user_state.json of everybody's folder in.

Sources: potato's docs/annotation-types/comparison/pairwise_annotation.md, user_state_management.py and
potato/export/cli.py. Sides are shuffled here, since it shows them as they are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, agreed
from pairwright.formats.carried import Watched, with_beside
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of
from pairwright.formats.reading import BadRow, Record, read_records
from pairwright.formats.rows import LIKELY_PROMPTS
from pairwright.formats.tools.shapes import (
    CHOICES,
    Answers,
    Choice,
    Said,
    SentTask,
    Tool,
    known_choice,
    read_json,
)
from pairwright.formats.values import as_text


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


# --- what people said -------------------------------------------------------------------------------


def _answers(path: Path) -> Iterator[tuple[str, str, Said | None]]:
    """(place, item, what a person said of it; None where nothing)."""
    for file in _states(path):
        state = read_json(file)
        person = str(state.get("user_id") or file.parent.name)
        times = state.get("instance_id_to_behavioral_data") or {}
        for item, labels in (state.get("instance_id_to_label_to_value") or {}).items():
            place, given = f"{file.parent.name}/{file.name} item {item}", _labels(labels)
            choice = _choice(given) or f"has no answer that can be read: {dict(sorted(given.items()))}"
            yield place, str(item), Said(choice, person, _seconds(times.get(item))) if given else None


def _states(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    found = sorted(path.rglob("user_state.json"))
    if not found:
        raise InputError(f"{path} holds no user_state.json: name Potato's annotation_output folder")
    yield from found


def _labels(labels: Any) -> dict[str, dict[str, Any]]:
    """schema -> {name: value}, from a list of [{schema, name}, value] or from nested objects."""
    if isinstance(labels, dict):
        return {schema: value if isinstance(value, dict) else {"": value} for schema, value in labels.items()}
    found: dict[str, dict[str, Any]] = {}
    for key, value in labels or []:
        found.setdefault(str(key.get("schema")), {})[str(key.get("name"))] = value
    return found


def _choice(given: dict[str, dict[str, Any]]) -> Choice | None:
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


def _seconds(behaviour: Any) -> float | None:
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


# --- answers to tasks that were sent ----------------------------------------------------------------


def read(path: Path) -> Answers:
    """Everybody's answers: `path` is the annotation_output folder, or one user_state.json."""
    for place, item, said in _answers(path):
        name, _, order = item.rpartition(".")
        said = said or Said("has no answer", None)
        yield said.of_task({"pairwright_id": name, "pairwright_order": order}, place)


# --- a dataset, with its texts ----------------------------------------------------------------------


def read_folder(path: Path) -> Iterator[Found]:
    """The items in their order, each with what people answered. The answers are held, the items stream."""
    if not path.is_dir():
        raise InputError(f"{path} is no folder: name the Potato project that holds config.yaml")
    settings = _settings(path)
    answers: dict[str, list[Said | None]] = {}
    for _, item, said in _answers(path):
        answers.setdefault(item, []).append(said)
    properties = settings.get("item_properties") or {}
    id_key, text_key = properties.get("id_key", "id"), properties.get("text_key", "text")
    schemes = settings.get("annotation_schemes") or []
    key = next((each["items_key"] for each in schemes if each.get("items_key")), "responses")
    for name in settings["data_files"]:
        for record in read_records(path / name):
            if isinstance(record, BadRow):
                yield record
                continue
            row = Watched(record.row)
            try:
                found = list(_item(Record(record.place, row), answers, id_key, text_key, key))
            except (InputError, KeyError) as error:
                yield BadRow(record.place, f"{error}")
                continue
            yield from with_beside(found, row, record.place)


def _settings(path: Path) -> dict[str, Any]:
    found = sorted(path.glob("*.y*ml")) or sorted(path.glob("configs/*.y*ml"))
    for file in found:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(settings, dict) and settings.get("data_files"):
            names = [each.get("path") if isinstance(each, dict) else each for each in settings["data_files"]]
            return {**settings, "data_files": names}
    raise InputError(f"{path} has no config.yaml with data_files: which texts were compared is not told")


def _item(
    record: Record, answers: Mapping[str, list[Said | None]], id_key: str, text_key: str, key: str
) -> Iterator[Found]:
    row, place = record.row, record.place
    own = str(row[id_key])
    given = answers.get(own, [])
    said = [each for each in given if each and each.choice in CHOICES]
    yield from (BadRow(place, f"{each.person} {each.choice}") for each in given if each and each not in said)
    if not said:
        if not any(given):
            yield Left(place, "no_answer")
        return
    yield from (Left(place, "no_answer", "vote") for each in given if each is None)
    texts = [as_text(text, f'"{key}"') for text in row[key]]
    if len(texts) != 2:
        yield Left(place, "not_two_responses")
        return
    name = next((each for each in (text_key, "prompt", *LIKELY_PROMPTS) if row.get(each)), None)
    if name is None:
        raise InputError(f"there is no prompt (keys: {', '.join(row)}): name it as text_key in config.yaml")
    yield agreed(
        Canonical(
            messages_of(row[name], f'"{name}"'),
            tuple(map(Rated, texts)),
            own,
            place=place,
            opinions=tuple(each.opinion("potato") for each in said),
            shown=True,
        )
    )


def read_row(row: Row, place: str) -> Iterator[Canonical | Left]:
    """One file of the project alone does not hold both texts and answers."""
    raise InputError("a Potato project is a folder: name that, not one of its files")


TOOL = Tool(
    "potato",
    "Potato",
    write,
    read,
    Format(
        "potato",
        "Potato's project folder: items and everybody's answers",
        Source(read_row, lambda row: "instance_id_to_label_to_value" in row, "potato", path=read_folder),
    ),
)
