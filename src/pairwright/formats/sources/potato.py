"""Potato: a project's folder, with the items its config.yaml names and everybody's user_state.json.

Source: potato's docs/annotation-types/comparison/pairwise_annotation.md and potato/export/cli.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Opinion, Rated, agreed
from pairwright.formats.carried import Watched, with_beside
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of
from pairwright.formats.reading import BadRow, Record, read_records
from pairwright.formats.rows import LIKELY_PROMPTS, as_text
from pairwright.formats.sources.choices import opinion_on
from pairwright.formats.tools.potato import choice_of, labels_of, seconds_of, states
from pairwright.formats.tools.shapes import read_json


def read_folder(path: Path) -> Iterator[Found]:
    """The items in their order, each with what people answered. The answers are held, the items stream."""
    if not path.is_dir():
        raise InputError(f"{path} is no folder: name the Potato project that holds config.yaml")
    settings = _settings(path)
    answers = _answers(path)
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


def _answers(path: Path) -> dict[str, list[Opinion | str | None]]:
    """item -> what each person said; None for nothing, and a text says why an answer can't be read."""
    found: dict[str, list[Opinion | str | None]] = {}
    for file in states(path):
        state = read_json(file)
        person = str(state.get("user_id") or file.parent.name)
        times = state.get("instance_id_to_behavioral_data") or {}
        for item, labels in (state.get("instance_id_to_label_to_value") or {}).items():
            given = labels_of(labels)
            if not given:
                found.setdefault(str(item), []).append(None)
                continue
            choice = choice_of(given)
            said: Opinion | str = f"{person} gave no answer that can be read: {given}"
            if choice is not None:
                said = opinion_on(f"potato/{person}", choice, seconds_of(times.get(item)), None)
            found.setdefault(str(item), []).append(said)
    return found


def _item(
    record: Record, answers: Mapping[str, list[Any]], id_key: str, text_key: str, key: str
) -> Iterator[Found]:
    row, place = record.row, record.place
    own = str(row[id_key])
    given = answers.get(own, [])
    said = [each for each in given if isinstance(each, Opinion)]
    yield from (BadRow(place, each) for each in given if isinstance(each, str))
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
            opinions=tuple(said),
            shown=True,
        )
    )


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    """One file of the project alone does not hold both texts and answers."""
    raise InputError("a Potato project is a folder: name that, not one of its files")


FORMATS = (
    Format(
        "potato",
        "Potato's project folder: items and everybody's answers",
        Source(read, lambda row: "instance_id_to_label_to_value" in row, "potato", path=read_folder),
    ),
)
