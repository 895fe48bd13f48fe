"""The files of a dataset: parts (train, validation, test), shards, their side files and configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from pairwright.errors import InputError
from pairwright.formats import trl, writing
from pairwright.formats.config_files import described
from pairwright.formats.dry_run import PlannedFiles
from pairwright.formats.format import Row, Target, Written
from pairwright.formats.split import Parts, Stratified, stratified
from pairwright.types import Message

PARTS = ("train", "validation", "test")
_LISTS = {"tools": ["json"], "images": ["image"]}  # columns that only rows beyond text have
WHOLE = ""  # the part's name where there is only one


class Made(NamedTuple):
    """A row to be written, with its side line. `key` is its prompt's."""

    row: Row
    meta: Mapping[str, Any]
    prompt: tuple[Message, ...]
    key: bytes
    good: bool | None = None
    beyond_text: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are laid out in files. `parts` None is one part, `shard` None one file a part.

    `stratify`: whoever reads the rows makes `parts` stratified by domain first.
    """

    parts: Parts | Stratified | None = None
    shard: int | None = None
    stratify: bool = False

    def by_domain(self, prompts: Callable[[], Iterable[tuple[Sequence[Message], str | None]]]) -> Layout:
        """This layout with its parts stratified, if that was asked for."""
        if not self.stratify or not isinstance(self.parts, Parts):
            return self
        return replace(self, parts=stratified(self.parts, prompts()))

    @property
    def domains(self) -> dict[str, dict[str, int]] | None:
        """How many prompts of each domain are in each part, where parts are stratified."""
        return self.parts.domains if isinstance(self.parts, Stratified) else None


@dataclass(slots=True)
class FilePart:
    """What has been written of one part. `neighbours` are rows with the prompt of the row before."""

    rows: int = 0
    good: int = 0
    neighbours: int = 0
    names: list[str] = field(default_factory=list)


def parse_shares(text: str | None, seed: int) -> Parts | None:
    """`0.9,0.05,0.05` as shares of train, validation and test; two are train and test. Raises InputError."""
    if not text:
        return None
    try:
        shares = [float(each) for each in text.split(",")]
    except ValueError:
        raise InputError(f'--split "{text}" is no list of shares, as in --split 0.9,0.05,0.05') from None
    names = {2: ("train", "test"), 3: PARTS}.get(len(shares))
    if names is None or not all(map(isfinite, shares)) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(
            f'--split "{text}": two shares (train, test) or three (train, validation, test) that come to 1'
        )
    return Parts(tuple((name, share) for name, share in zip(names, shares, strict=True)), seed)


class DatasetFiles:
    """Takes rows for one target and lays them out. `complete` and `publish` as of writing.FileSet."""

    def __init__(
        self, out: Path, target: Target, layout: Layout, files: writing.FileSet | PlannedFiles
    ) -> None:
        self._out, self._target, self._layout, self._files = out, target, layout, files
        self._name, self._ending = writing.without_ending(out.name)
        self._open: dict[str, tuple[writing.RowWriter, writing.RowWriter]] = {}
        self._shards: dict[str, list[tuple[writing.RowWriter, writing.RowWriter]]] = {}
        self._order: dict[str, trl.Separator[Made]] = {}
        self._before: dict[str, bytes] = {}
        self._filled: dict[writing.RowWriter, int] = {}  # the first row in which no column is empty
        self._more: set[str] = set()  # columns that only rows beyond text have
        self._beyond_text = False
        self._short: dict[writing.RowWriter, set[str]] = {}  # which columns of `in_all` some row lacks
        self.images: dict[str, int] = {}  # that stand beside the rows, and how many bytes each has
        self.parts: dict[str, FilePart] = {}
        self.configs: list[dict[str, Any]] = []  # what the manifest says of configuration beside the rows

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    @property
    def rows_by_part(self) -> dict[str, int]:
        ordered = sorted(self.parts, key=(WHOLE, *PARTS).index)
        return {part or "train": self.parts[part].rows for part in ordered}

    def write(self, made: Made) -> None:
        parts = self._layout.parts
        part = parts.of(made.prompt) if parts else WHOLE
        if not self._target.kto:
            self._put(part, made)
            return
        order = self._order.setdefault(part, trl.Separator(lambda each: each.key))
        for each in order.push(made):
            self._put(part, each)

    def _put(self, name: str, made: Made) -> None:
        if name not in self._open or (self._layout.shard and self._open[name][0].count >= self._layout.shard):
            self._next_file(name)
        part, (rows, meta) = self.parts[name], self._open[name]
        rows.write(made.row)
        if made.beyond_text:
            self._beyond_text = True
            self._more |= made.row.keys() - self._target.columns.keys()
        for column in self._target.in_all:
            if column not in made.row:
                self._short.setdefault(rows, set()).add(column)
        meta.write({"row": rows.count, **made.meta})
        if rows not in self._filled and not any(
            made.row[each] in (None, "", []) for each in self._target.may_be_empty
        ):
            self._filled[rows] = rows.count
        part.rows += 1
        part.good += bool(made.good)
        part.neighbours += made.key == self._before.get(name)
        self._before[name] = made.key

    def _next_file(self, name: str) -> None:
        if name in self._open:
            self._finish(*self._open[name])
        self.parts.setdefault(name, FilePart())
        label = f"{self._name}.{name}" if name else self._name
        final = f"{label}{self._ending}"
        rows = self._files.open(final, self._target.columns)
        meta = self._files.open(writing.meta_path(Path(final)).name, {})
        self._open[name] = (rows, meta)
        self._shards.setdefault(name, []).append((rows, meta))

    def complete(self) -> list[writing.WrittenFile]:
        """Write what is held back, and give every file its name."""
        for name, order in self._order.items():
            for made in order.rest():
                self._put(name, made)
        for name, shards in self._shards.items():
            label = f"{self._name}.{name}" if name else self._name
            for number, (rows, meta) in enumerate(shards):
                at = f"-{number:05d}-of-{len(shards):05d}" if self._layout.shard else ""
                final = f"{label}{at}{self._ending}"
                self._finish(rows, meta, final)
                self.parts[name].names.append(final)
        for rows, lacking in self._short.items():
            if missing := {name: self._target.in_all[name] for name in lacking & self._more}:
                self._files.fill(rows, missing)
        return self._files.complete()

    def image(self, name: str, data: bytes) -> str:
        """Put an image beside the rows; gives its path as seen from their folder."""
        if name not in self.images:
            self._files.image(name, data)
            self.images[name] = len(data)
        return f"{writing.media_path(self._out).name}/{name}"

    def _finish(self, rows: writing.RowWriter, meta: writing.RowWriter, final: str | None = None) -> None:
        lines = self._ending in (".jsonl", ".json")  # told by their columns, or compressed, the others stay
        first = self._filled.get(rows, 1) if lines else 1
        self._files.finish(rows, final, first=first)
        self._files.finish(meta, writing.meta_path(Path(final)).name if final else None, first=first)

    @property
    def empty_parts(self) -> list[str]:
        """The parts that were asked for and got no row."""
        parts = self._layout.parts
        return [name for name, _ in parts.shares if name not in self.parts] if parts else []

    @property
    def weights(self) -> trl.Weights | None:
        """For KTO: of the part to train on."""
        if not self._target.kto or not self.parts:
            return None
        part = self.parts.get("train") or next(iter(self.parts.values()))
        return trl.suggested_weights(part.good, part.rows - part.good)

    @property
    def written(self) -> Written:
        ordered = sorted(self.parts, key=(WHOLE, *PARTS).index)
        names = {part or "train": tuple(self.parts[part].names) for part in ordered}
        return Written(self._name, names, self.weights, self._columns)

    @property
    def _columns(self) -> dict[str, Any] | None:
        if not self._beyond_text:
            return None
        known = {
            # Not a list of JSON: what a trainer puts there with `map`, a text, would become its characters.
            name: "json" if kind == "messages" else kind
            for name, kind in self._target.columns.items()
        }
        return known | {name: _LISTS.get(name, "json") for name in sorted(self._more)}

    def configure(self) -> list[str]:
        """Lay the framework's configuration beside the rows; gives the names of its files."""
        made = self._target.config(self.written)
        self.configs = [described(name, text) for name, text in made.items()]
        for name, text in made.items():
            there = self._out.with_name(name)
            self._files.text(
                name,
                _merged(there, text, self._files.stale())
                if name.endswith(".json") and there.exists()
                else text,
            )
        return list(made)

    def publish(self, manifest: Mapping[str, Any]) -> None:
        self._files.publish(manifest)


def _merged(there: Path, text: str, stale: set[str]) -> str:
    """A registry of several datasets keeps the others' entries, but none of files that are removed."""
    try:
        old = json.loads(there.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{there} is not JSON ({error}), and the new entry belongs in it. Mend it."
        ) from None
    if not isinstance(old, dict):
        raise InputError(f"{there} is no JSON object, and the new entry belongs in it. Mend it.")
    for name in [
        name for name, each in old.items() if isinstance(each, dict) and each.get("file_name") in stale
    ]:
        del old[name]
    return json.dumps({**old, **json.loads(text)}, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def dataset_files(
    out: Path, target: Target, layout: Layout, source: Path | None = None, *, dry_run: bool = False
) -> Iterator[DatasetFiles]:
    """The files of a dataset at `out`; they appear when published, or never. Raises as file_set.

    `source` is read meanwhile and never written over. A dry run only counts.
    """
    writing.check_ending(out, target.endings)
    if layout.shard is not None and target.one_file:
        raise InputError(
            f"--shard {layout.shard} asks for several files, and the loader of this format takes one: it "
            "would train on the first and leave the others out. Leave --shard out."
        )
    if dry_run:
        yield DatasetFiles(out, target, layout, PlannedFiles(out, source))
        return
    with writing.file_set(out, None, source) as files:
        yield DatasetFiles(out, target, layout, files)
