"""What all tools have in common: a task that is sent, an answer that comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pairwright.errors import InputError
from pairwright.formats.canonical import Opinion
from pairwright.formats.format import Format
from pairwright.formats.sources.choices import opinion_on
from pairwright.formats.streams import open_stream
from pairwright.types import ORDERS, Order

# About what was shown: the first, the second, a tie, or no answer.
Choice = Literal["first", "second", "tie", "both_good", "both_bad", "skip"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True, slots=True)
class SentTask:
    """A pair as another tool shows it: `first` is the pair's a where `order` is AB.

    `id` and `order` travel with it, so that answers come home whatever the tool does.
    """

    id: str
    order: Order
    prompt: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What one person answered. `place` is where it stands in the file."""

    place: str
    id: str
    order: Order
    choice: Choice
    person: str
    seconds: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An answer that can't be used, where it stands, and why."""

    place: str
    reason: str


Answers = Iterator[GivenAnswer | Unreadable]


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said of two texts. A `choice` that is none of the choices says what is wrong."""

    choice: Choice | str
    person: str | None
    seconds: float | None = None
    note: str | None = None

    def of_task(self, task: Mapping[str, Any], place: str) -> GivenAnswer | Unreadable:
        """As the answer to a task that was sent, by what travelled with it."""
        found = identity(task, place)
        if isinstance(found, Unreadable):
            return found
        if self.choice not in CHOICES:
            return Unreadable(place, self.choice)
        return GivenAnswer(place, *found, self.choice, str(self.person), self.seconds, self.note)

    def opinion(self, tool: str) -> Opinion:
        """As a label of a dataset. Raises InputError with what is wrong."""
        if self.choice not in CHOICES:
            raise InputError(self.choice)
        return opinion_on(f"{tool}/{self.person}", self.choice, self.seconds, self.note)


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: `write(tasks, folder, guidelines, people)` gives the files written, `read(path)` answers.

    `dataset` reads whole projects of it, which need not have been sent from here.
    """

    name: str
    title: str
    write: Callable[[list[SentTask], Path, str, int], list[Path]]
    read: Callable[[Path], Answers]
    dataset: Format | None = None


def known_choice(text: Any) -> Choice | None:
    """The choice that the labels of our own configurations, and usual spellings of them, stand for."""
    return _CHOICES.get(str(text).strip().casefold().replace("-", "_").replace(" ", "_"))


_CHOICES: dict[str, Choice] = {
    **dict.fromkeys(("first", "left", "1", "a", "response_1", "response_a", "first_is_better"), "first"),
    **dict.fromkeys(("second", "right", "2", "b", "response_2", "response_b", "second_is_better"), "second"),
    **dict.fromkeys(("tie", "equal", "same", "neither"), "tie"),
    **dict.fromkeys(("both_good", "both_are_good"), "both_good"),
    **dict.fromkeys(("both_bad", "both_are_bad"), "both_bad"),
}


def identity(values: Mapping[str, Any], place: str) -> tuple[str, Order] | Unreadable:
    """The pair and order a task was sent with."""
    name, order = values.get("pairwright_id"), values.get("pairwright_order")
    if not name:
        return Unreadable(place, '"pairwright_id" is missing: this task was not sent by `pairwright send`')
    if order not in ORDERS:
        return Unreadable(place, f'"pairwright_order" is {order!r}; it is AB or BA, as it was sent')
    return str(name), order


def read_json(path: Path) -> Any:
    """A whole JSON file. Raises InputError naming it and where it breaks."""
    try:
        with open_stream(str(path)) as file:
            return json.loads(file.read())
    except ValueError as error:
        raise InputError(f"{path.name} is not JSON: {error}") from None


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def number(value: Any) -> float | None:
    """Seconds, None where they are missing or no number."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < 1e7 else None
