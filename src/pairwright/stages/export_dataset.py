"""A project's labels in any format that `convert` writes, with the same parts, shards, caps and reasons.

    export_dataset(project.store, Path("export/dpo.json"), to="llama-factory-dpo")

The side file leads from every row back to its pair, belief and votes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from pairwright.errors import InputError
from pairwright.formats import writing
from pairwright.formats.canonical import Canonical, Pair, Rated, Tally, Unit
from pairwright.formats.catalog import reader_of, target_named
from pairwright.formats.files import Layout, dataset_files
from pairwright.formats.format import Target
from pairwright.keys import public_id
from pairwright.stages.convert import (
    ConvertResult,
    Selection,
    capped,
    finish,
    left_out,
    made_rows,
    manifest,
)
from pairwright.stages.export import pair_meta, response_meta
from pairwright.store import export as rows_of
from pairwright.store import export_responses as singles_of
from pairwright.store.examples import prompts_by_domain
from pairwright.store.export import PAGE, Source
from pairwright.store.ratings import ratings_by_key
from pairwright.store.store import Store

# Ratings in a project go from 1 to 5: 4 and 5 are good.
GOOD_FROM = 3.5


def export_dataset(
    store: Store,
    out: Path,
    *,
    to: str,
    selection: Selection | None = None,
    layout: Layout | None = None,
    source: Source | None = None,
    seed: int = 0,
    include_flagged: bool = False,
) -> ConvertResult:
    """Write the labels of `store` to `out` in the format `to`, all or nothing.

    `source` takes only what judges, or people, settled. For single responses
    (KTO) good and bad need a word about the response itself: both good, both
    bad, or ratings held against `selection.threshold` (3.5 of 5 unless told);
    `selection.split_pairs` calls winners good and losers bad, by majority.
    Stratified parts go by all prompts that have a pair, so they are the same in every format.
    Raises InputError where there is nothing to write.
    """
    selection = selection or Selection()
    target = target_named(to)
    writing.check_ending(out, target.endings, reader_of(to))
    result = ConvertResult("project", False, to, out)
    result.naive = target.takes == "responses" and selection.split_pairs
    with store.read() as connection, ExitStack() as stack:
        rows_of.snapshot(connection)
        layout = (layout or Layout()).by_domain(lambda: prompts_by_domain(connection))
        result.domains = layout.domains
        if target.takes == "responses":
            rows = _responses(connection, selection, source, seed, include_flagged, result)
            selection = Selection(per_prompt=selection.per_prompt)  # the rest was done by the database
        else:
            rows = _pairs(connection, source, include_flagged, result)
        made = capped(
            made_rows(rows, target, selection, result.dropped, _describe),
            target,
            selection,
            result.dropped,
            stack,
        )
        files = stack.enter_context(dataset_files(out, target, layout))
        for each in made:
            files.write(each)
        finish(files, target, result)
        if not result.rows:
            raise InputError(_nothing(result))
        if target.takes == "responses":
            good = sum(part.good for part in files.parts.values())
            result.labels = {"good": good, "bad": result.rows - good}
        files.publish(manifest(result))
    return result


def _pairs(
    connection: Connection, source: Source | None, include_flagged: bool, result: ConvertResult
) -> Iterator[Canonical]:
    census = rows_of.census(connection, include_flagged=include_flagged)
    result.read = census.pairs
    _count(result.dropped, census.drops("label"))
    labels = rows_of.labelled_pairs(connection, include_flagged=include_flagged)
    while page := list(islice(labels, PAGE)):
        ratings = ratings_by_key(connection, [label.pair_key for label in page])
        for label in page:
            if source is not None and label.source != source:
                result.dropped.add("settled_by_others", "", "pair")
                continue
            a, b = ratings.get(label.pair_key, (None, None))
            good, bad = (a, b) if label.verdict == "A" else (b, a)
            yield Canonical(
                label.prompt,
                (
                    Rated(label.chosen, label.chosen_model, good, 1.0),
                    Rated(label.rejected, label.rejected_model, bad, 2.0),
                ),
                label.pair_external_id or public_id("pair", label.pair_key),
                margin=_margin(label.prob_chosen, good, bad),
                probability=label.prob_chosen,
                meta=pair_meta(label),
            )


def _margin(probability: float | None, chosen: float | None, rejected: float | None) -> float | None:
    """How much better: P(chosen) - P(rejected), or the difference of people's ratings where they gave any.

    Never under 0: a label that was softened to less than even asks a reward model for nothing.
    """
    if chosen is not None and rejected is not None:
        return max(0.0, chosen - rejected)
    return None if probability is None else round(max(0.0, 2 * probability - 1), 4)


def _responses(
    connection: Connection,
    selection: Selection,
    source: Source | None,
    seed: int,
    include_flagged: bool,
    result: ConvertResult,
) -> Iterator[Canonical]:
    threshold = GOOD_FROM if selection.threshold is None else selection.threshold
    wanted = singles_of.Wanted(
        include_flagged,
        source,
        selection.min_probability,
        None if selection.split_pairs else threshold,
    )
    census = rows_of.census(connection, include_flagged=include_flagged)
    result.read = census.pairs
    tally = singles_of.count_responses(connection, seed, wanted=wanted)
    accepted = census.pairs - sum(census.drops(*singles_of.TOLD, "tie").values())
    _count(result.dropped, census.drops(*singles_of.TOLD, "tie"))
    _count(result.dropped, {"says_nothing_of_a_response": accepted - _speaking(connection)})
    said = {"conflicting": tally.conflicting, "duplicate": tally.duplicate}
    _count(result.dropped, said, "response")
    for label in singles_of.labelled_responses(connection):
        yield Canonical(
            label.prompt, (Rated(label.text, label.model, good=label.good),), meta=response_meta(label)
        )


def _speaking(connection: Connection) -> int:
    """How many pairs say something of a response, after count_responses."""
    side = singles_of.SIDE
    return int(connection.execute(select(func.count(func.distinct(side.c.pair_id)))).scalar_one())


def _describe(row: Canonical, item: Any) -> Mapping[str, Any]:
    """What leads back to the pair; ratings where there are any."""
    said = dict(row.meta or {})
    if isinstance(item, Pair) and item.margin is not None:
        ratings = {"chosen_rating": item.chosen.rating, "rejected_rating": item.rejected.rating}
        said |= {**ratings, "margin": item.margin}
    return said


def _count(dropped: Tally, counts: Mapping[str, int], unit: Unit = "pair") -> None:
    for reason, n in counts.items():
        if n:
            dropped.add(reason, "", unit, n)


def _nothing(result: ConvertResult) -> str:
    what = f"nothing to export to {result.path} as {result.target}"
    if not result.read:
        return f"{what}: the store has no pairs. Run `pairwright add`, `generate` and `pair` first."
    reasons = "".join(f"\n  {line}" for line in left_out(result.dropped))
    return f"{what}: none of {result.read:,} pairs gives a row.{reasons}"


def default_target(shape: str, style: str) -> str:
    """The format that is the same as an export's shape and style. Raises InputError for the plain form."""
    if shape == "unpaired":
        raise InputError('shape "unpaired" is written as it is: name another format with --to')
    if style == "standard":
        return "trl-kto-text" if shape == "kto" else "trl-dpo-text"
    return f"trl-{shape}"


def ending_for(target: Target, file_format: str) -> str:
    """The file ending of the project's settings where the framework takes it, else its own first."""
    wanted = f".{file_format}"
    return wanted if wanted in target.endings else target.endings[0]
