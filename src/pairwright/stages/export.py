"""Beliefs become a dataset: the rows a trainer reads, where each came from, and what was left out.

    export(store, Path("export/dpo.jsonl"), shape="dpo")

writes `dpo.jsonl`, `dpo.jsonl.meta.jsonl` (one line for each row: its pair,
belief, source) and `dpo.jsonl.manifest.json` (counts, hashes, how to load it).
The same store and options give the same rows, byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.formats import trl, writing
from pairwright.formats.trl import Shape, Style, Weights
from pairwright.keys import public_id
from pairwright.store import export as rows_of
from pairwright.store import export_responses as singles_of
from pairwright.store.softening import softened_mark
from pairwright.store.store import Store

PROGRESS_EVERY = 500


class Progress(Protocol):
    """Told now and then how many labels have been looked at, of how many."""

    def __call__(self, *, done: int, total: int) -> None: ...


# Where pairs stand that give no row, and what moves them on.
REMEDY = {
    "not_judged": "run `pairwright judge`, then `pairwright route`",
    "waiting_for_people": "label them with `pairwright annotate`",
    "tie": "a tie has no better side",
    "dropped": "routing decided not to use them",
    "flagged": "look at them with `pairwright show`, or export with --include-flagged",
    "no_verdict": "run `pairwright route` again",
    "conflicting": "good in as many pairs as bad; more pairs would decide",
    "multi_turn_needs_conversational": 'export with style "conversational"',
    "prompt_does_not_end_with_user": "there is nothing for a response to answer",
    "empty_prompt": "see `pairwright show` for the pair",
    "empty_response": "see `pairwright show` for the pair",
    "same_text": "chosen and rejected differ in outer white space only",
}


@dataclass(frozen=True)
class ExportOptions:
    """What was asked for. `seed` orders KTO and unpaired rows; `separator` ends a standard prompt."""

    shape: Shape
    style: Style
    seed: int
    separator: str
    include_flagged: bool


@dataclass(frozen=True)
class Singles:
    """What is counted when rows are single responses.

    Every response of a pair that says something is a row or one of `drops`.
    `neighbours` are rows whose prompt is also that of the row before.
    """

    responses: int
    drops: dict[str, int]
    good: int
    bad: int
    neighbours: int

    @property
    def weights(self) -> Weights | None:
        return trl.suggested_weights(self.good, self.bad)


@dataclass(frozen=True)
class ExportResult:
    """What an export wrote and what it left out.

    For pairs (dpo, orpo) every pair of the store is a row or one of `drops`.
    For single responses `drops` are the pairs that say nothing about a response.
    `softened` tells what labels of pairs were softened to at that moment.
    """

    path: Path
    options: ExportOptions
    pairs: int
    rows: int
    drops: dict[str, int]
    by_source: dict[str, int]
    singles: Singles | None
    softened: dict[str, Any] | None
    files: tuple[writing.WrittenFile, ...]

    @property
    def how_to_load(self) -> list[str]:
        weights = self.singles.weights if self.singles else None
        return trl.how_to_load(self.options.shape, self.path.name, weights)

    def as_dict(self) -> dict[str, Any]:
        """As the manifest has it."""
        totals, drops = {"pairs": self.pairs, "rows": self.rows}, {"pairs": self.drops}
        balance: dict[str, Any] = {}
        if singles := self.singles:
            totals["responses"], drops["responses"] = singles.responses, singles.drops
            balance["label_balance"] = {"good": singles.good, "bad": singles.bad}
            balance["same_prompt_neighbours"] = singles.neighbours
            if self.options.shape == "kto":
                balance["suggested_weights"] = singles.weights and {
                    "desirable_weight": singles.weights.desirable,
                    "undesirable_weight": singles.weights.undesirable,
                }
        return {
            "path": str(self.path),
            **asdict(self.options),
            "totals": totals,
            "drops": drops,
            "by_source": self.by_source,
            **({"softened": self.softened} if self.softened else {}),
            **balance,
            "files": [file.as_dict() for file in self.files],
            "how_to_load": self.how_to_load,
        }


def export(
    store: Store,
    out: Path,
    *,
    shape: Shape = "dpo",
    style: Style = "conversational",
    seed: int = 0,
    separator: str = trl.SEPARATOR,
    include_flagged: bool = False,
    progress: Progress | None = None,
) -> ExportResult:
    """Write the labels of `store` to `out` (.jsonl, .jsonl.gz, .jsonl.zst or .parquet), all or nothing.

    `dpo` and `orpo` (the same rows) take pairs, `kto` and `unpaired` single
    responses. Raises InputError, and leaves what was at `out` untouched, if
    there is nothing to write or `out` cannot be written.
    """
    options = ExportOptions(shape, style, seed, separator, include_flagged)
    _check(options)
    writing.check_ending(out)
    with store.read() as connection:
        rows_of.snapshot(connection)
        source = _pairs(connection, options) if shape in trl.PAIRED else _responses(connection, options)
        if not source.labels:
            raise InputError(_nothing(out, options, source, Counter()))
        with writing.file_set(out, trl.columns(shape, style)) as files:
            counts = _write(files, source, progress)
            if not files.rows.count:
                raise InputError(_nothing(out, options, source, counts.drops))
            result = _result(out, options, source, counts, files.complete())
            files.publish(_manifest(result))
    return result


def _check(options: ExportOptions) -> None:
    for name, value, known in (
        ("shape", options.shape, trl.SHAPES),
        ("style", options.style, trl.STYLES),
    ):
        if value not in known:
            raise InputError(f'{name} "{value}" is unknown. Choose one of {", ".join(known)}.')


@dataclass(frozen=True)
class _Source:
    """What there is to write: `labels` rows to be made, and what was left out before that."""

    pairs: int
    drops: dict[str, int]
    tally: singles_of.Tally | None  # of responses; None for pairs
    labels: int
    rows: Iterator[_Made]
    softened: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """A row (or why there is none), its side line, and what is counted about it."""

    row: trl.Row | trl.Drop
    meta: dict[str, Any]
    prompt_id: int
    source: rows_of.Source
    good: bool | None


def _pairs(connection: Connection, options: ExportOptions) -> _Source:
    census = rows_of.census(connection, include_flagged=options.include_flagged)
    labels = rows_of.labelled_pairs(connection, include_flagged=options.include_flagged)
    made = (_made_pair(label, options) for label in labels)
    count, soft = census.standing.get("label", 0), softened_mark(connection)
    return _Source(census.pairs, census.drops("label"), None, count, made, soft)


def _made_pair(label: rows_of.PairRow, options: ExportOptions) -> _Made:
    pair = trl.LabelledPair(label.prompt, label.chosen, label.rejected)
    row = trl.preference_row(pair, options.style, options.separator)
    return _Made(row, pair_meta(label), label.prompt_id, label.source, None)


def pair_meta(label: rows_of.PairRow) -> dict[str, Any]:
    """The side line of a pair: what leads back to it."""
    return {
        "pair": public_id("pair", label.pair_key, full=True),
        "prompt": public_id("prompt", label.prompt_key, full=True),
        "chosen": public_id("response", label.chosen_key, full=True),
        "rejected": public_id("response", label.rejected_key, full=True),
        "pair_external_id": label.pair_external_id,
        "prompt_external_id": label.prompt_external_id,
        "chosen_model": label.chosen_model,
        "rejected_model": label.rejected_model,
        "source": label.source,
        "verdict": label.verdict,
        "belief": label.belief_id,
        "prob_chosen": label.prob_chosen,
        "reason": label.reason,
    }


def _responses(connection: Connection, options: ExportOptions) -> _Source:
    census = rows_of.census(connection, include_flagged=options.include_flagged)
    tally = singles_of.count_responses(connection, options.seed, include_flagged=options.include_flagged)
    drops = census.drops("label", "tie_both_good", "tie_both_bad")
    made = (_made_response(label, options) for label in singles_of.labelled_responses(connection))
    return _Source(census.pairs, drops, tally, tally.labelled, made)


def _made_response(label: singles_of.ResponseRow, options: ExportOptions) -> _Made:
    response = trl.LabelledResponse(label.prompt, label.text, label.good)
    make = trl.kto_row if options.shape == "kto" else trl.unpaired_row
    row = make(response, options.style, options.separator)
    return _Made(row, response_meta(label), label.prompt_id, label.source, label.good)


def response_meta(label: singles_of.ResponseRow) -> dict[str, Any]:
    """The side line of a response, with all pairs that speak of it."""
    return {
        "response": public_id("response", label.response_key, full=True),
        "prompt": public_id("prompt", label.prompt_key, full=True),
        "prompt_external_id": label.prompt_external_id,
        "model": label.model,
        "label": "good" if label.good else "bad",
        "source": label.source,
        "pairs": [
            {
                "pair": public_id("pair", side.pair_key, full=True),
                "pair_external_id": side.pair_external_id,
                "belief": side.belief_id,
                "said": "good" if side.good else "bad",
                "source": side.source,
            }
            for side in label.sides
        ],
    }


@dataclass
class _Counts:
    """Filled while writing. `drops` are of labels that gave no row."""

    drops: Counter[str] = field(default_factory=Counter)
    by_source: Counter[str] = field(default_factory=Counter)
    good: int = 0
    neighbours: int = 0


def _write(files: writing.FileSet, source: _Source, progress: Progress | None) -> _Counts:
    counts = _Counts()
    made_rows = _sayable(source, counts.drops, progress)
    if source.tally is not None:
        made_rows = trl.separate_neighbours(made_rows, attrgetter("prompt_id"))
    before = None
    for made in made_rows:
        assert not isinstance(made.row, trl.Drop)
        files.rows.write(made.row)
        files.meta.write({"row": files.rows.count, **made.meta})
        counts.by_source[made.source] += 1
        counts.good += bool(made.good)
        counts.neighbours += made.prompt_id == before
        before = made.prompt_id
    return counts


def _sayable(source: _Source, drops: Counter[str], progress: Progress | None) -> Iterator[_Made]:
    """The rows that can be written; the others are counted by reason."""
    for number, made in enumerate(source.rows, 1):
        if progress and (number % PROGRESS_EVERY == 0 or number == source.labels):
            progress(done=number, total=source.labels)
        if isinstance(made.row, trl.Drop):
            drops[made.row.reason] += 1
        else:
            yield made


def _result(
    out: Path,
    options: ExportOptions,
    source: _Source,
    counts: _Counts,
    written: list[writing.WrittenFile],
) -> ExportResult:
    rows, tally = written[0].rows, source.tally
    unsaid = dict(sorted(counts.drops.items()))
    singles = None
    if tally is not None:
        drops = _nonzero({"conflicting": tally.conflicting, "duplicate": tally.duplicate}) | unsaid
        singles = Singles(tally.responses, drops, counts.good, rows - counts.good, counts.neighbours)
    return ExportResult(
        path=out,
        options=options,
        pairs=source.pairs,
        rows=rows,
        drops=source.drops if tally is not None else source.drops | unsaid,
        by_source=dict(sorted(counts.by_source.items())),
        singles=singles,
        softened=source.softened,
        files=tuple(written),
    )


def _nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _manifest(result: ExportResult) -> dict[str, Any]:
    said = result.as_dict()
    del said["path"]  # where it stood on this machine is nobody's business; the names are under "files"
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pairwright": version("pairwright"), "created_at": created, **said}


def _nothing(out: Path, options: ExportOptions, source: _Source, unsaid: Counter[str]) -> str:
    """Why there is nothing to write, and what to do."""
    what = f"nothing to export to {out} in shape {options.shape}"
    if not source.pairs:
        return f"{what}: the store has no pairs. Run `pairwright add`, `generate` and `pair` first."
    drops = Counter(source.drops) + unsaid
    if source.tally is not None:
        drops["conflicting"] += source.tally.conflicting
    reasons = (f"\n  {count:,} {name}: {REMEDY[name]}" for name, count in drops.most_common() if count)
    return f"{what}: none of {source.pairs:,} pairs gives a row.{''.join(reasons)}"


def row_of_export(path: Path, line: int) -> str:
    """What line `line` of an exported file is: the full id of a pair (`x-...`) or response (`r-...`).

    Lines count from 1; for Parquet they are rows. Raises InputError if the
    file is no finished export, was changed since, or has no such line.
    """
    rows = _unchanged(path)
    if not 1 <= line <= rows:
        raise InputError(f"{path} has no line {line}: it has lines 1 to {rows:,}.")
    with writing.meta_path(path).open("rb") as file:
        meta = orjson.loads(next(islice(file, line - 1, None)))
    name = meta.get("pair") or meta.get("response")
    if name is None:
        raise InputError(f"{path} came from no project: its side file says where line {line} stood.")
    return str(name)


def _unchanged(path: Path) -> int:
    """How many rows the export at `path` has, sure that its files are those its manifest describes."""
    files = _described(path)
    rows_file, meta_file = files[path.name], files[writing.meta_path(path).name]
    for described in (rows_file, meta_file):
        file = path.with_name(described["name"])
        there = writing.file_hash(file) if file.exists() else (0, "")
        if there != (described["bytes"], described["sha256"]):
            raise InputError(
                f"{file} is not the file its manifest describes: it was changed after the export, "
                "so its lines cannot be traced. Export again."
            )
    return int(rows_file["rows"])


def _described(path: Path) -> dict[str, Any]:
    """The files of the manifest that has this one: its own, or that of the set it is a part or shard of."""
    own = writing.manifest_path(path)
    for manifest_path in (own, *sorted(path.parent.glob("*.manifest.json"))):
        try:
            manifest = orjson.loads(manifest_path.read_bytes())
            files = {file["name"]: file for file in manifest["files"]}
        except FileNotFoundError:
            continue
        except (orjson.JSONDecodeError, KeyError, TypeError):
            files = {}
        if path.name in files and writing.meta_path(path).name in files:
            return files
        if manifest_path == own:
            raise InputError(f"{own} is not a manifest of {path.name}. Export again.")
    raise InputError(f"{own} does not exist: {path} is no finished export of this program. Export again.")
