"""One dataset format to another, streaming, without a project.

    convert(Path("hh.jsonl.gz"), Path("dpo.jsonl"), to="trl-dpo")

Rows are read into canonical ones, made into what the target takes (pairs,
rankings, single responses, prompts), checked as its loader would, and written.
What gives no row is counted by reason, with the places of the first ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.formats import writing
from pairwright.formats.canonical import (
    REASONS,
    Canonical,
    Drop,
    MarginUnit,
    Pair,
    Single,
    Tally,
    Unit,
    Which,
    beyond_text,
    changed,
    has_images,
    has_reasoning,
    pairs,
    plain,
    responses_of,
    singles,
    without_reasoning,
)
from pairwright.formats.carried import why_not_carried
from pairwright.formats.catalog import read_dataset, reader_of, target_named
from pairwright.formats.files import DatasetFiles, Layout, Made, dataset_files
from pairwright.formats.format import Target
from pairwright.formats.guess import guess
from pairwright.formats.images import mapped
from pairwright.formats.reading import BadRow, Given, Rows, name_of
from pairwright.formats.reading_options import AS_IT_STANDS, ReadingOptions
from pairwright.formats.streams import STDIN
from pairwright.keys import content_key
from pairwright.stages.add.images import base_of
from pairwright.stages.add.usable_rows import usable
from pairwright.stages.export.convert_pairs import Opposed
from pairwright.stages.export.convert_responses import by_majority
from pairwright.stages.export.images import Place, from_file
from pairwright.stages.export.in_memory import as_dataset, as_pandas, rows_in
from pairwright.stages.export.side_lines import REMEDY
from pairwright.stages.result import Result, facts_of
from pairwright.store.export.scratch import Counts
from pairwright.types import SETTLED_BY

# Reasons that readers give, beside those of canonical.REASONS.
_LEFT: dict[str, str] = {
    "prompts_differ": "chosen and rejected do not answer the same prompt",
    "conversations_differ": "the vote is about two whole conversations, not two answers to one prompt",
    "prompt_not_told": "two whole strings do not tell where the prompt ends: give it in its own column",
    "judge_failed": "the judge gave no verdict, which is no tie",
    "no_answer": "nothing was answered",
    "no_submitted_answer": "no answer was submitted; drafts and suggestions are none",
    "skipped": "it was skipped",
    "empty_turn": "an earlier turn has no text",
    "rejected_is_rated_higher": "scores, margin or verdict say the opposite of chosen and rejected",
    "contradicting": "as many rows say the opposite of this pair, which together teach nothing",
    "outvoted": "more rows say the opposite of this pair",
    "several_answers": "the label is about several answers together, not about the last one",
    "not_two_responses": "it has not two responses",
    "settled_by_others": "not settled by whom --source names",
    "says_nothing_of_a_response": "settled, but only which is better, or not as asked for: rate "
    "responses, call both good or both bad, or pass --split-pairs",
    "rated_otherwise": "rated, but not by people under the criteria of [annotate]: ratings that came with a "
    "dataset are on a scale of its own, so pass the --threshold from which they are good, and --ratings "
    "people or judges where annotators rated too",
    "people_said": "a person said of the response whether it is good, and people count first",
    "duplicate": "the same text answered the same prompt; it counts once",
}


Reasoning = Literal["keep", "drop"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which pairs, responses and rows are taken, the same for `convert` and `export`.

    `which` pairs of a ranking. `margin` is the unit of the file's margins.
    `threshold` is the rating from which a response is good by itself;
    `split_pairs` calls winners good and losers bad where nothing else is said.
    `per_prompt` rows at most of one prompt. `reasoning` is kept where the format has a place for it.
    """

    which: Which = "best"
    threshold: float | None = None
    split_pairs: bool = False
    min_probability: float | None = None
    per_prompt: int | None = None
    margin: MarginUnit | None = None
    reasoning: Reasoning = "keep"

    def __post_init__(self) -> None:
        for name in ("threshold", "min_probability"):
            value = getattr(self, name)
            if value is not None and not isfinite(value):
                raise InputError(f"--{name.replace('_', '-')} is {value}: give a number")


@dataclass(repr=False)
class ConvertResult(Result):
    """What was read, written and left out.

    `margin_unit` is that of every margin in the files, `more` what only an export from a project tells.
    `domains` are prompts by domain and part, where the split was stratified.
    `by_source` counts rows of an export by who settled them: judge, people, unknown.
    `dropped` are pairs, responses and rows by reason. `faults` are rows with a
    known error of the dataset that were written all the same, and marked. `not_carried` are
    columns with a value that are kept nowhere, and in how many rows; `contradicting` rows that were
    written although another says the opposite, because they could be read only once.
    """

    source: str
    guessed: bool
    target: str
    path: Path
    read: int = 0
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    rows: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    empty_parts: list[str] = field(default_factory=list)
    domains: dict[str, dict[str, int]] | None = None
    labels: dict[str, int] | None = None
    neighbours: int = 0
    weights: dict[str, float] | None = None
    naive: bool = False
    by_source: dict[str, int] = field(default_factory=dict)
    margin_unit: MarginUnit | None = None
    more: dict[str, Any] = field(default_factory=dict)
    dropped: Tally = field(default_factory=Tally)
    faults: dict[str, int] = field(default_factory=dict)
    not_carried: dict[str, int] = field(default_factory=dict)
    contradicting: int = 0
    files: list[writing.WrittenFile] = field(default_factory=list)
    config: list[str] = field(default_factory=list)
    config_files: list[dict[str, Any]] = field(default_factory=list)
    how_to_load: list[str] = field(default_factory=list)
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "from": self.source,
            "guessed": self.guessed,
            "to": self.target,
            "path": str(self.path),
            "read": self.read,
            "bad_rows": self.bad_rows,
            "bad": [row.as_dict() for row in self.bad],
            "rows": self.rows,
            "parts": self.parts,
            "empty_parts": self.empty_parts,
            "prompts_by_domain": self.domains,
            "label_balance": self.labels,
            "same_prompt_neighbours": self.neighbours,
            "suggested_weights": self.weights,
            "naive_labels": self.naive,
            "by_source": self.by_source,
            "margin_unit": self.margin_unit,
            **self.more,
            "dropped": self.dropped.counts,
            "first_dropped": self.dropped.places,
            "dropped_by_unit": self.dropped.units,
            "faults": self.faults,
            "not_carried": self.not_carried,
            "contradicting": self.contradicting,
            "files": [
                {"name": each.name, "rows": each.rows} if self.dry_run else each.as_dict()
                for each in self.files
            ],
            "config": self.config,
            "how_to_load": self.how_to_load,
            "dry_run": self.dry_run,
        }

    def to_list(self, part: str | None = None) -> list[dict[str, Any]]:
        """The rows that were written, or those of one part (train, validation, test)."""
        return rows_in(self.path, part)

    def to_pandas(self, part: str | None = None) -> Any:
        """The rows as a `pandas.DataFrame`."""
        return as_pandas(self.path, part)

    def to_dataset(self, part: str | None = None) -> Any:
        """The rows as a `datasets.Dataset`; all of several parts as a `DatasetDict`."""
        return as_dataset(self.path, part)

    @property
    def title(self) -> str:
        return "Export" if self.source == "project" else "Convert"

    def facts(self) -> list[tuple[str, str]]:
        where = "would go to" if self.dry_run else "in"
        told = [(self.target, f"{counted(self.rows, 'row')} of {self.read:,} {where} {self.path}")]
        settled = {SETTLED_BY[name]: n for name, n in self.by_source.items()}
        parts = self.parts if len(self.parts) > 1 else {}
        return told + facts_of({"parts": parts, "settled by": settled, "label balance": self.labels or {}})

    def sentences(self) -> list[str]:
        return [f"Left out: {line}" for line in left_out(self.dropped)]

    @property
    def drops(self) -> dict[str, int]:
        """The pairs that gave no row, by reason."""
        return {reason: of["pair"] for reason, of in self.dropped.units.items() if "pair" in of}


def unused_options(
    to: str, selection: Selection, *, split: str | None, seed: int = 0, stratify: bool = False
) -> list[str]:
    """Which options do nothing for the format: they may have been meant for another."""
    takes = target_named(to).takes
    unused = {
        "--threshold": selection.threshold is not None and takes != "responses",
        "--split-pairs": selection.split_pairs and takes != "responses",
        "--reasoning drop": selection.reasoning == "drop" and "reasoning" not in target_named(to).holds,
        f"--margin {selection.margin}": selection.margin is not None and takes != "pairs",
        f"--pairs {selection.which}": selection.which != "best" and takes != "pairs",
    }
    told = [
        f"{name} does nothing for {to}, which "
        + ("has no place for it" if "reasoning" in name else f"takes {takes}")
        for name, given in unused.items()
        if given
    ]
    for name, given in (("--seed", seed), ("--stratify", stratify)):
        if given and split is None:
            told.append(f"{name} does nothing without --split")
    return told


def remedy(reason: str) -> str:
    known = REASONS.get(reason) or _LEFT.get(reason) or why_not_carried(reason)
    return known or REMEDY.get(reason, reason.replace("_", " "))


def convert(
    path: Given,
    out: Path,
    *,
    to: str,
    source: str | None = None,
    options: ReadingOptions = AS_IT_STANDS,
    selection: Selection | None = None,
    layout: Layout | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ConvertResult:
    """Write the rows of `path` to `out` in the format `to`, all or nothing.

    `source` None: the format is told by the rows' keys. Stratified parts take reading `path`
    twice, and so do rows that contradict one another.
    `progress` is told how many rows were read. Raises InputError for formats there are not,
    and where nothing is left to write.
    """
    selection = selection or Selection()
    target = target_named(to)
    writing.check_ending(out, target.endings, reader_of(to))
    name = source or guess(path, options.mapping, options.file_format)

    def read(into: ConvertResult) -> Iterator[Canonical]:
        return usable(read_dataset(path, name, options), into, progress)

    def new() -> ConvertResult:
        naive = target.takes == "responses" and selection.split_pairs
        return ConvertResult(name, source is None, to, out, dry_run=dry_run, naive=naive)

    layout = layout or Layout()
    if layout.stratify and name_of(path) == STDIN:
        raise InputError("--stratify reads IN twice, and - can be read once: save it to a file first")
    layout = layout.by_domain(lambda: ((row.prompt, row.source) for row in read(new())))
    opposed = Opposed()
    for again in (False, True):
        result = new()
        result.domains, rows = layout.domains, read(result)
        with ExitStack() as stack:
            files = stack.enter_context(dataset_files(out, target, layout, _file(path), dry_run=dry_run))
            settle = _settling(target, result, stack, opposed)
            place = from_file(base_of(path), out, target, files)
            made = made_rows(rows, target, selection, result, settle=settle, place=place)
            for each in capped(made, target, selection, result.dropped, stack):
                files.write(each)
                _count_label(result, target, each)
            if opposed.rows and not again and name_of(path) != STDIN:
                opposed.known = True
                continue  # nothing was published: once more, now that it is known which rows to leave out
            finish(files, target, result)
            if not result.rows:
                raise InputError(_nothing(result, name_of(path)))
            if not opposed.known:
                result.contradicting = opposed.rows
            files.publish(manifest(result))
        return result
    raise AssertionError("a second reading always ends")


def _settling(
    target: Target, result: ConvertResult, stack: ExitStack, opposed: Opposed
) -> Callable[[Iterator[Any]], Iterator[Any]] | None:
    """What is made of all rows that speak of the same response, or the same pair."""
    if target.takes == "responses":
        return partial(by_majority, dropped=result.dropped, stack=stack)
    if target.takes == "pairs":
        return partial(opposed.settle, dropped=result.dropped, stack=stack)
    return None


def _count_label(result: ConvertResult, target: Target, made: Made) -> None:
    if target.takes == "responses":
        result.labels = result.labels or {"good": 0, "bad": 0}
        result.labels["good" if made.good else "bad"] += 1


# --- what export does too -------------------------------------------------------------------------


def made_rows(
    rows: Iterator[Canonical],
    target: Target,
    selection: Selection,
    result: ConvertResult,
    describe: Callable[[Canonical, Any], Mapping[str, Any]] | None = None,
    settle: Callable[[Iterator[Any]], Iterator[Any]] | None = None,
    place: Place | None = None,
) -> Iterator[Made]:
    """The rows a target takes of canonical ones; the others are counted by reason.

    `describe` gives the side line of a row and what was taken of it. `settle`
    makes one of all that speak of the same response. `place` says where images go. All margins are in one
    unit: the one asked for, else that of the first pair that has any.
    """
    describe, dropped = describe or _meta, result.dropped
    result.margin_unit = selection.margin if target.takes == "pairs" else None
    items = _taken(rows, target, selection, dropped)
    for item in settle(items) if settle else items:
        if isinstance(item, Pair):
            result.margin_unit = result.margin_unit or next(iter(item.margins), None)
            if result.margin_unit is not None:
                item = item.in_unit(result.margin_unit)
        row = item if isinstance(item, Canonical) else item.row
        beyond = beyond_text(row, responses_of(item))
        if beyond:
            item = _as_asked(item, row, target, selection, result, place)
        made = item if isinstance(item, Drop) else target.made(item)
        if not isinstance(made, Drop) and beyond and _out_of_types(target, made, result.path):
            made = Drop("needs_jsonl")
        if isinstance(made, Drop):
            dropped.add(made.reason, row.place, _unit(target))
        else:
            if row.weight is not None and "weight" not in made:  # a trainer that has no place for it
                result.not_carried["weight"] = result.not_carried.get("weight", 0) + 1
            good = item.good if isinstance(item, Single) else None
            yield Made(made, describe(row, item), row.prompt, row.key, good, beyond)


def _as_asked(
    item: Any,
    row: Canonical,
    target: Target,
    selection: Selection,
    result: ConvertResult,
    place: Place | None,
) -> Any:
    """An item with its reasoning, or without it, which is told where the target has no place for it.

    Its images are where they are written to; a Drop where one is gone.
    """
    responses = responses_of(item)
    keeps = "reasoning" in target.holds and selection.reasoning == "keep"
    if not keeps and has_reasoning(row, responses):
        result.not_carried["reasoning_content"] = result.not_carried.get("reasoning_content", 0) + 1
        item = without_reasoning(item)
    if place is None or "images" not in target.holds or not has_images(row, responses):
        return item
    try:
        return changed(item, partial(mapped, ref=place))
    except InputError:
        return Drop("image_missing")


def _out_of_types(target: Target, made: Mapping[str, Any], path: Path) -> bool:
    """Whether a column of the file would need as many types as there are tools: Parquet has one a column."""
    several = "messages" in target.columns.values() or made.keys() != target.columns.keys()
    return path.suffix == ".parquet" and several


def _taken(rows: Iterator[Canonical], target: Target, selection: Selection, dropped: Tally) -> Iterator[Any]:
    """The pairs, responses or rows that are sure enough."""
    least = selection.min_probability
    for row in rows:
        if least is not None and (row.probability is None or row.probability < least):
            reason = "no_probability" if row.probability is None else "below_min_probability"
            dropped.add(reason, row.place)
            continue
        for item in _items(row, target, selection):
            if isinstance(item, Drop):
                dropped.add(item.reason, row.place, _unit(target))
            else:
                yield item


def _unit(target: Target) -> Unit:
    units: dict[str, Unit] = {"pairs": "pair", "responses": "response"}
    return units.get(target.takes, "row")


def _items(row: Canonical, target: Target, selection: Selection) -> Iterator[Any]:
    if target.takes == "pairs":
        return pairs(row, selection.which)
    if target.takes == "responses":
        return singles(row, threshold=selection.threshold, split_pairs=selection.split_pairs)
    return iter((row,))


def capped(
    made: Iterator[Made], target: Target, selection: Selection, dropped: Tally, stack: ExitStack
) -> Iterator[Made]:
    """At most `per_prompt` rows of each prompt, the first ones; a prompt alone stands once."""
    most = 1 if target.takes == "prompts" else selection.per_prompt
    if most is None:
        return made
    counts = stack.enter_context(Counts())

    def kept() -> Iterator[Made]:
        for each in made:
            key = content_key("plain prompt", plain(each.prompt)) if selection.per_prompt else each.key
            if counts.add(key) <= most:
                yield each
            else:
                dropped.add("over_per_prompt", str(each.meta.get("place") or ""), _unit(target))

    return kept()


def _meta(row: Canonical, item: Any) -> dict[str, Any]:
    """The side line: all that the framework's columns have no place for."""
    said: dict[str, Any] = {"place": file_and_line(row.place), "id": row.id, "source": row.source}
    if isinstance(item, Pair):
        said |= {
            "chosen_model": item.chosen.model,
            "rejected_model": item.rejected.model,
            "chosen_rating": item.chosen.rating,
            "rejected_rating": item.rejected.rating,
            "margin": item.margin,
        }
    elif isinstance(item, Single):
        said |= {"model": item.response.model, "rating": item.response.rating, "margin": row.margin}
    elif any(one.model is not None or one.rating is not None for one in row.responses):
        said["responses"] = [{"model": one.model, "rating": one.rating} for one in row.responses]
    said |= {"probability": row.probability, "tie": row.tie, "weight": row.weight}
    if row.opinions:
        said["votes"] = [asdict(each) for each in row.opinions]
    if row.faults:
        said["faults"] = list(row.faults)
    if row.meta:
        said["meta"] = dict(row.meta)
    return {name: value for name, value in said.items() if value is not None}


def left_out(dropped: Tally) -> list[str]:
    """What was left out, one line a reason, the most first: `4 pairs tie (...); first: in.jsonl:3`."""
    lines = []
    for reason, n in sorted(dropped.counts.items(), key=lambda each: -each[1]):
        units = dropped.units.get(reason) or {"row": n}
        of = " and ".join(f"{m:,} {unit}{'s' if m != 1 else ''}" for unit, m in units.items())
        first = ", ".join(dropped.places.get(reason, []))
        lines.append(
            f"{of}, {reason.replace('_', ' ')} ({remedy(reason)})" + (f"; first: {first}" if first else "")
        )
    return lines


def file_and_line(place: str) -> str:
    """A place without its folder: where the file stood on this machine is nobody's business."""
    return place.rpartition("/")[2]


def finish(files: DatasetFiles, target: Target, result: ConvertResult) -> None:
    """Complete the files and put into `result` what they are."""
    result.files = files.complete()
    result.rows = files.rows
    if not result.rows:
        return
    result.config, result.config_files = files.configure(), files.configs
    result.how_to_load = target.how_to_load(files.written)
    result.parts, result.empty_parts = files.rows_by_part, files.empty_parts
    result.neighbours = sum(part.neighbours for part in files.parts.values()) if target.kto else 0
    if files.images:
        result.more = {
            **result.more,
            "media": {"images": len(files.images), "bytes": sum(files.images.values())},
        }
    if files.weights:
        result.weights = {
            "desirable_weight": files.weights.desirable,
            "undesirable_weight": files.weights.undesirable,
        }


def manifest(result: ConvertResult) -> dict[str, Any]:
    said = result.as_dict()
    for name in ("path", "dry_run", "bad"):  # where it stood is nobody's business; names are under "files"
        del said[name]
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "pairwright": version("pairwright"),
        "created_at": created,
        **said,
        "config_files": result.config_files,
    }


def _file(given: Given) -> Path | None:
    """The file that is read, which must not be written over."""
    return None if isinstance(given, Rows) else Path(given)


def _nothing(result: ConvertResult, path: str) -> str:
    if not result.read:
        return f"nothing to write: {path} holds no rows. Is it the right file?"
    what = (
        f"nothing to write: none of {counted(result.read, 'row')} of {path} (read as "
        f"{result.source}) gives a row"
    )
    reasons = "".join(f"\n  {line}" for line in left_out(result.dropped))
    bad = "".join(f"\n  {row.place}: {row.reason}" for row in result.bad[:3])
    columns = ", ".join(list(result.not_carried)[:12])
    unread = f"\n  columns that were not read: {columns}" if columns else ""
    return f"{what} of {result.target}.{reasons}{bad}{unread}"
