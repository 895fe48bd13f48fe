"""What a format is: a name, how its rows are read, how they are written, and what to do with the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pairwright.formats.canonical import (
    BEYOND,
    Beyond,
    Canonical,
    Drop,
    Needs,
    Pair,
    Unit,
    responses_of,
    unfit,
)
from pairwright.formats.reading import BadRow, Record, Records
from pairwright.formats.trl import Weights
from pairwright.frozen import frozen
from pairwright.types import Maker

Row = dict[str, Any]
Takes = Literal["pairs", "ranking", "responses", "prompts"]
TEXT_ONLY = Needs()
ANY_FILE = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".parquet")
JSONL_ONLY = (".jsonl",)
PARQUET_ONLY = (".parquet",)


@frozen
class Left:
    """A row that was understood and can't be used, where it stands, and why (a word to count by).

    `unit`: the whole row, or one response or one rater's vote of it, whose neighbours are used.
    """

    place: str
    reason: str
    unit: Unit = "row"


Found = Canonical | Left | BadRow
RowReader = Callable[[Row, str], Iterator[Canonical | Left] | Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Source:
    """How a dataset is read.

    `row(values, place)` gives what one row holds; InputError says why it can't
    be read, and a BadRow beside a Canonical what of it can't. `looks(values)` is whether
    a row has this format's keys. `rater` is the name of who made the labels where rows don't
    say, and `kind` what that is: unknown unless the format itself tells, for one shape of row
    is written by people and by programs. A dataset that is more than one row at a time has
    `rows` (all records in, all rows out) or `path` (a folder) instead; `gather` makes one record
    of several that belong together, which `row` then reads. Where rows hold several labels,
    `by_label` gives the reader of the one that the user names, or of rows where none was named:
    InputError lists those there are.
    """

    row: RowReader
    looks: Callable[[Mapping[str, Any]], bool]
    rater: str
    kind: Maker = "unknown"
    rows: Callable[[Iterator[Record | BadRow]], Iterator[Found]] | None = None
    path: Callable[[Path], Iterator[Found]] | None = None
    gather: Callable[[Records], Records] | None = None
    by_label: Callable[[str | None], RowReader] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, for whoever writes the configuration: part name -> file names."""

    name: str  # of the dataset: the file's name without ending
    parts: Mapping[str, tuple[str, ...]]
    weights: Weights | None = None
    columns: Mapping[str, Any] | None = None  # where rows are more than text: all there are, and their types

    @property
    def train_part(self) -> str:
        return "train" if "train" in self.parts else next(iter(self.parts))

    @property
    def evaluation_part(self) -> str | None:
        """Never the part that is trained on."""
        held = (name for name in ("validation", "test") if name in self.parts)
        return next((name for name in held if name != self.train_part), None)

    @property
    def train(self) -> tuple[str, ...]:
        return self.parts[self.train_part]

    @property
    def evaluation(self) -> tuple[str, ...]:
        return self.parts[self.evaluation_part] if self.evaluation_part else ()


def _no_files(_: Written) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Target:
    """How a file is written for one framework.

    `takes` says what `row` is given: a Pair, a whole Canonical, a Single, or a
    Canonical of which only the prompt counts; it is given only what `needs` allows
    (None: everything). `columns` are those of the row and
    what each holds, for Parquet. `config` gives files to write beside the data
    (name -> text), `how_to_load` the command or lines to paste. `one_file`: its
    loader takes one file for training, so there are no shards. `may_be_empty` are columns that
    are null or empty in some rows: in a file of JSON a row that fills them comes first, because
    a loader takes the type of a column from its first 10 MB. `images` stand in files beside the rows, of
    which these have the paths, or inside of the rows. `in_all` are columns that stand in all rows of
    a file where they stand in one, with the value of those that have none. `strings`: `row` takes a
    second argument, what stands between a prompt and an answer.
    """

    takes: Takes
    row: Callable[..., Row | Drop]
    columns: Mapping[str, Any]
    how_to_load: Callable[[Written], list[str]]
    config: Callable[[Written], dict[str, str]] = _no_files
    endings: tuple[str, ...] = ANY_FILE
    kto: bool = False  # neighbours must not share a prompt, and weights are suggested
    one_file: bool = False
    strings: bool = False
    may_be_empty: tuple[str, ...] = ()
    images: Literal["beside", "inside"] = "beside"
    in_all: Mapping[str, Any] = field(default_factory=dict)
    needs: Needs | None = TEXT_ONLY

    def made(self, item: Any) -> Row | Drop:
        """The row of a pair, a response or a whole row, or why there is none."""
        if self.needs is not None:
            row = item if isinstance(item, Canonical) else item.row
            if drop := unfit(row, () if self.takes == "prompts" else responses_of(item), self.needs):
                return drop
        return self.row(item)

    @property
    def holds(self) -> frozenset[Beyond]:
        """What of a row beyond text it has a place for."""
        return BEYOND if self.needs is None else self.needs.holds

    def separated_by(self, separator: str) -> Target:
        """The same with this between a prompt and an answer, where both are one string."""
        return replace(self, row=partial(self.row, separator=separator)) if self.strings else self


@dataclass(frozen=True, slots=True)
class Format:
    """A format by the name one types. `title` says what it is for, `loader` who reads it."""

    name: str
    title: str
    reads: Source | None = None
    writes: Target | None = None
    loader: str = ""


def with_margin(make: Callable[[Pair], Row]) -> Callable[[Pair], Row | Drop]:
    """Rows of pairs with how much better the chosen one is, in every row.

    Reward trainers subtract it from the logits: a missing one would be no number, or "no better at all".
    """

    def made(pair: Pair) -> Row | Drop:
        if pair.margin is None:
            return Drop("no_margin")
        if pair.margin < 0:
            return Drop("rejected_is_rated_higher")
        return {**make(pair), "margin": float(pair.margin)}

    return made
