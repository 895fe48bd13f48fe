"""What TRL needs beside rows: columns, an order for KTO, weights, and the lines that load and train.

Prompts are always explicit. TRL can find a shared prompt by itself, but on
strings it compares characters and swallows the words both answers begin with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, get_args

from pairwright.formats.canonical import Drop as Drop
from pairwright.literals import checked

Shape = Literal["dpo", "orpo", "kto", "unpaired"]
Style = Literal["conversational", "standard"]
Column = Literal["text", "messages", "bool"]
Row = dict[str, Any]

SHAPES: tuple[Shape, ...] = get_args(Shape)
STYLES: tuple[Style, ...] = get_args(Style)
PAIRED: tuple[Shape, ...] = ("dpo", "orpo")
SEPARATOR = "\n\n"


@checked
def columns(shape: Shape, style: Style) -> dict[str, Column]:
    """The columns of a row and what each holds, in the order they are written."""
    said: Column = "messages" if style == "conversational" else "text"
    if shape in PAIRED:
        return {"prompt": said, "chosen": said, "rejected": said}
    if shape == "kto":
        return {"prompt": said, "completion": said, "label": "bool"}
    return {"prompt": said, "response": "text", "label": "text"}


T = TypeVar("T")


class Separator(Generic[T]):
    """Moves rows as little as possible so that no two neighbours share a key.

    KTOTrainer estimates its KL term from "mismatched" completions: each row is
    paired with the completion of the row before it. With the same prompt in
    both, that completion is not mismatched at all. (The first row of a batch gets
    the last one's; where batches end is not known here, and in random order those
    two rarely share a prompt.)

    A row that cannot follow the one before it waits for the next one with
    another key. What still waits at the end is tucked in among the last `window`
    rows, which are held back for that. Up to `window` rows the number of equal
    neighbours is the smallest possible; in a longer stream it is zero unless
    one key crowds a stretch longer than that. At most 2 x `window` rows are in memory.
    """

    def __init__(self, key: Callable[[T], object], window: int = 1024) -> None:
        self._key, self._window = key, window
        self._settled: deque[T] = deque()
        self._waiting: deque[T] = deque()  # all of one key: that of settled[-1]
        self._handed_on: object = object()  # the key of the last row given; at first equal to no key

    def push(self, row: T) -> Iterator[T]:
        """Take a row; gives those whose place is certain now."""
        settled, waiting = self._settled, self._waiting
        if settled and self._key(row) == self._key(settled[-1]):
            waiting.append(row)
            if len(waiting) > self._window:
                settled.append(waiting.popleft())
        else:
            settled.append(row)
            if waiting:
                settled.append(waiting.popleft())
        while len(settled) > self._window:
            self._handed_on = self._key(settled[0])
            yield settled.popleft()

    def rest(self) -> Iterator[T]:
        """What is still held back, when no more rows come."""
        before, waiting = self._handed_on, self._waiting
        for row in self._settled:
            if waiting and self._key(waiting[0]) not in (before, self._key(row)):
                yield waiting.popleft()
            yield row
            before = self._key(row)
        yield from waiting


@dataclass(frozen=True, slots=True)
class Weights:
    """KTOConfig's `desirable_weight` and `undesirable_weight`."""

    desirable: float
    undesirable: float


def suggested_weights(good: int, bad: int) -> Weights | None:
    """Weights that bring desirable x good : undesirable x bad into 1:1 .. 4:3, as KTOTrainer asks.

    One of the two stays 1. None if a label is missing altogether, which no weight can mend.
    """
    if not good or not bad:
        return None
    ratio = good / bad
    if 1 <= ratio <= 4 / 3:
        return Weights(1.0, 1.0)
    middle = 7 / 6  # halfway between 1:1 and 4:3, so that rounding stays inside
    if ratio < 1:
        return Weights(round(middle / ratio, 2), 1.0)
    return Weights(1.0, round(ratio / middle, 2))


def load_files(parts: Mapping[str, Sequence[str]], columns: Mapping[str, Any] | None = None) -> list[str]:
    """Lines of Python that load the files of each part, all of them: `data[part]` is one dataset.

    `columns`, of a format in which one may be null or empty, become features: the loader of JSON takes a
    column's type from the first 10 MB, and a column of nulls there refuses the first number after them.
    """
    files = {part: list(names) for part, names in parts.items()}
    kind = _kind(next(iter(files.values()))[0])
    if columns is None or kind == "parquet":
        return ["from datasets import load_dataset", f'data = load_dataset("{kind}", data_files={files})']
    features = _features(dict(columns))
    more = [name for name in ("Image", "Json") if f"{name}()" in features]  # Json: of datasets 4.8 and later
    return [
        f"from datasets import {', '.join(['Features', *more, 'Value'])}, load_dataset",
        f"features = Features({features})",
        f'data = load_dataset("{kind}", data_files={files}, features=features)',
    ]


def _features(column: Any) -> str:
    """A column as the source of datasets' features."""
    if column == "messages":
        column = [{"role": "text", "content": "text"}]
    if isinstance(column, list):
        return f"[{_features(column[0])}]"
    if isinstance(column, dict):
        return "{" + ", ".join(f'"{name}": {_features(inner)}' for name, inner in column.items()) + "}"
    if column in ("json", "image"):
        return f"{column.capitalize()}()"
    kind = {"text": "string", "bool": "bool", "int": "int64", "float": "float64"}[column]
    return f'Value("{kind}")'


def trainer_lines(
    name: str, train: str, weights: Weights | None = None, *, evaluation: str | None = None
) -> list[str]:
    """Lines of Python that make the trainer NAMETrainer; `train` and `evaluation` are expressions."""
    module = "trl.experimental.orpo" if name == "ORPO" else "trl"
    options = ""
    if name == "KTO":
        options = "per_device_train_batch_size=8"  # its KL term needs more than one row a batch
        if weights:
            options += f", desirable_weight={weights.desirable}, undesirable_weight={weights.undesirable}"
    also = f", eval_dataset={evaluation}" if evaluation else ""
    return [
        f"from {module} import {name}Config, {name}Trainer",
        f"trainer = {name}Trainer(model, args={name}Config({options}), train_dataset={train}{also})",
    ]


def _kind(file_name: str) -> str:
    return "parquet" if file_name.endswith(".parquet") else "json"
