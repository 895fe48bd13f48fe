"""A project's labels in any format that `convert` writes, with the same parts, shards, caps and reasons.

    export_dataset(project.store, Path("export/dpo.json"), to="llama-factory-dpo")

The side file leads from every row back to its pair, belief and votes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.formats import writing
from pairwright.formats.canonical import Canonical, Pair, Rated, Tally, Unit
from pairwright.formats.catalog import reader_of, target_named
from pairwright.formats.files import Layout, dataset_files
from pairwright.formats.format import Target
from pairwright.formats.trl import SEPARATOR
from pairwright.keys import public_id
from pairwright.literals import checked
from pairwright.stages.export.convert import (
    ConvertResult,
    Selection,
    capped,
    finish,
    left_out,
    made_rows,
    manifest,
)
from pairwright.stages.export.images import from_project
from pairwright.stages.export.side_lines import pair_meta, response_meta
from pairwright.stages.project.media import Media
from pairwright.store.check.softening import softened_mark
from pairwright.store.export import labelled_pairs as rows_of
from pairwright.store.export import labelled_responses as singles_of
from pairwright.store.export.labelled_pairs import PAGE
from pairwright.store.export.ratings import rating_kinds, ratings_by_key
from pairwright.store.export.why import anything_told, why_by_key
from pairwright.store.meta import prompts_by_domain
from pairwright.store.response_votes import response_votes_mark
from pairwright.store.store import Store
from pairwright.types import RatedBy, Source

# `annotate` asks for ratings from 1 to 5: 4 and 5 are good.
GOOD_FROM = 3.5
PROGRESS_EVERY = 500
Label = TypeVar("Label")


@checked
def export_dataset(
    store: Store,
    out: Path,
    *,
    to: str,
    selection: Selection | None = None,
    layout: Layout | None = None,
    source: Source | None = None,
    ratings: RatedBy | None = None,
    separator: str = SEPARATOR,
    seed: int = 0,
    include_flagged: bool = False,
    media: Media | None = None,
    progress: Callable[..., None] | None = None,
) -> ConvertResult:
    """Write the labels of `store` to `out` in the format `to`, all or nothing.

    `source` takes only what judges, or people, settled. For single responses
    (KTO) good and bad need a word about the response itself: both good, both
    bad, or ratings held against `selection.threshold`, which may be left out
    for those that `annotate` asked people for (3.5 of 5);
    `selection.split_pairs` calls winners good and losers bad, by majority.
    `ratings` says whose count, by default the first there is of annotate, people, judges, unknown.
    Margins are P(chosen) - P(rejected), with `selection.margin` "ratings" their difference, with "dataset"
    those that came with the rows.
    `separator` stands between a prompt and an answer that are strings. `media` are the project's images.
    Stratified parts go by all prompts that have a pair, so they are the same in every format.
    Raises InputError where there is nothing to write.
    """
    selection = selection or Selection()
    selection = replace(selection, margin=selection.margin or "probability")
    _check(selection)
    target = target_named(to).separated_by(separator)
    writing.check_ending(out, target.endings, reader_of(to))
    result = ConvertResult("project", False, to, out)
    result.naive = target.takes == "responses" and selection.split_pairs
    with store.read() as connection, ExitStack() as stack:
        rows_of.snapshot(connection)
        kind = _rated_by(connection, ratings)
        heeds_softening = target.takes != "responses" or selection.min_probability is not None
        result.more = {
            "include_flagged": include_flagged,
            "ratings": kind,
            "seed": seed,
            "softened": softened_mark(connection) if heeds_softening else None,
            "response_votes": response_votes_mark(connection) if target.takes == "responses" else None,
        }
        layout = (layout or Layout()).by_domain(lambda: prompts_by_domain(connection))
        result.domains = layout.domains
        if target.takes == "responses":
            wanted = _wanted(selection, source, kind, include_flagged=include_flagged)
            rows = _responses(connection, wanted, seed, result, progress)
            # The rest was done by the database.
            selection = Selection(per_prompt=selection.per_prompt, reasoning=selection.reasoning)
        else:
            rows = _pairs(connection, source, kind, include_flagged, result, progress)
        files = stack.enter_context(dataset_files(out, target, layout))
        place = from_project(media, target, files)
        made = capped(
            made_rows(rows, target, selection, result, _describe, place=place),
            target,
            selection,
            result.dropped,
            stack,
        )
        sources: Counter[str] = Counter()
        for each in made:
            files.write(each)
            sources[each.meta["source"]] += 1
        result.by_source = dict(sorted(sources.items()))
        finish(files, target, result)
        if not result.rows:
            raise InputError(_nothing(result))
        if target.takes == "responses":
            good = sum(part.good for part in files.parts.values())
            result.labels = {"good": good, "bad": result.rows - good}
        files.publish(manifest(result))
    return result


def _check(selection: Selection) -> None:
    if selection.split_pairs and selection.threshold is not None:
        raise InputError(
            f"--threshold {selection.threshold} goes by ratings, and --split-pairs by who won: choose one"
        )


def _rated_by(connection: Connection, asked: RatedBy | None) -> RatedBy | None:
    """Whose ratings count: one kind a file, for each has its own scale."""
    there = rating_kinds(connection)
    if asked is not None and asked not in there:
        known = f"it has those of {', '.join(there)}" if there else "it has none"
        raise InputError(f"--ratings {asked}: the project has no such ratings; {known}.")
    return asked or next(iter(there), None)


def _pairs(
    connection: Connection,
    source: Source | None,
    kind: RatedBy | None,
    include_flagged: bool,
    result: ConvertResult,
    progress: Callable[..., None] | None,
) -> Iterator[Canonical]:
    census = rows_of.census(connection, include_flagged=include_flagged)
    result.read = census.pairs
    _count(result.dropped, census.drops("label"))
    total = census.standing.get("label", 0)
    labels = _told(rows_of.labelled_pairs(connection, include_flagged=include_flagged), total, progress)
    told = anything_told(connection)
    while page := list(islice(labels, PAGE)):
        keys = [label.pair_key for label in page]
        ratings = ratings_by_key(connection, keys, kind) if kind else {}
        why = why_by_key(connection, keys) if told else {}
        for label in page:
            if source is not None and label.source != source:
                result.dropped.add("settled_by_others", "", "pair")
                continue
            a, b = ratings.get(label.pair_key, (None, None))
            good, bad = (a, b) if label.verdict == "A" else (b, a)
            yield Canonical(
                label.prompt.messages,
                (
                    Rated(label.chosen, label.chosen_model, good, 1.0, None, label.chosen_turns),
                    Rated(label.rejected, label.rejected_model, bad, 2.0, None, label.rejected_turns),
                ),
                label.pair_external_id or public_id("pair", label.pair_key),
                margin=label.margin,
                weight=label.weight,
                probability=label.prob_chosen,
                meta=pair_meta(label, why.get(label.pair_key)),
                tie=label.prob_tied,
                tools=label.prompt.tools,
                template=label.prompt.template,
                known_key=label.prompt_key,
            )


def _wanted(
    selection: Selection, source: Source | None, kind: RatedBy | None, *, include_flagged: bool
) -> singles_of.WantedResponses:
    """What makes a response good or bad. On what scale a dataset rated, only a threshold tells."""
    on_known_scale = kind == "annotate" or selection.threshold is not None
    return singles_of.WantedResponses(
        include_flagged,
        source,
        selection.min_probability,
        by_itself=not selection.split_pairs,
        ratings=kind if on_known_scale else None,
        threshold=GOOD_FROM if selection.threshold is None else selection.threshold,
    )


def _responses(
    connection: Connection,
    wanted: singles_of.WantedResponses,
    seed: int,
    result: ConvertResult,
    progress: Callable[..., None] | None,
) -> Iterator[Canonical]:
    census = rows_of.census(connection, include_flagged=wanted.include_flagged)
    result.read = census.pairs
    tally = singles_of.count_responses(connection, seed, wanted=wanted)
    accepted = census.pairs - sum(census.drops(*singles_of.TOLD, "tie").values())
    _count(result.dropped, census.drops(*singles_of.TOLD, "tie"))
    silent = accepted - singles_of.speaking(connection, wanted)
    otherwise = singles_of.rated_otherwise(connection, wanted) if wanted.by_itself else 0
    _count(result.dropped, {"says_nothing_of_a_response": silent - otherwise, "rated_otherwise": otherwise})
    said = {"conflicting": tally.conflicting, "duplicate": tally.duplicate}
    _count(result.dropped, said, "response")
    _count(result.dropped, singles_of.silent_votes(connection, wanted), "vote")
    for label in _told(singles_of.labelled_responses(connection), tally.labelled, progress):
        yield Canonical(
            label.prompt.messages,
            (Rated(label.text, label.model, good=label.good, turns=label.turns),),
            meta=response_meta(label),
            weight=label.weight,
            tools=label.prompt.tools,
            template=label.prompt.template,
            known_key=label.prompt_key,
        )


def _told(labels: Iterator[Label], total: int, progress: Callable[..., None] | None) -> Iterator[Label]:
    """The labels, while `progress` is told now and then how many were looked at, of how many."""
    for done, label in enumerate(labels, 1):
        if progress and (done % PROGRESS_EVERY == 0 or done == total):
            progress(done=done, total=total)
        yield label


def _describe(row: Canonical, item: Any) -> Mapping[str, Any]:
    """What leads back to the pair or response; weight, ratings and the margin where there are any."""
    more: dict[str, Any] = {"weight": row.weight}
    if isinstance(item, Pair):
        ratings = {"chosen_rating": item.chosen.rating, "rejected_rating": item.rejected.rating}
        more = {**ratings, "margin": item.margin, **more}
    return {**(row.meta or {}), **{name: value for name, value in more.items() if value is not None}}


def _count(dropped: Tally, counts: Mapping[str, int], unit: Unit = "pair") -> None:
    for reason, n in counts.items():
        if n:
            dropped.add(reason, "", unit, n)


def _nothing(result: ConvertResult) -> str:
    what = f"nothing to export to {result.path} as {result.target}"
    alone = (result.more["response_votes"] or {}).get("votes", 0)
    if not result.read and not alone:
        return f"{what}: the store has no pairs. Run `pairwright add`, `generate` and `pair` first."
    asked = f" and {counted(alone, 'label')} of single responses" if alone else ""
    reasons = "".join(f"\n  {line}" for line in left_out(result.dropped))
    return f"{what}: none of {counted(result.read, 'pair')}{asked} gives a row.{reasons}"


def ending_for(target: Target, file_format: str) -> str:
    """The file ending of the project's settings where the framework takes it, else its own first."""
    wanted = f".{file_format}"
    return wanted if wanted in target.endings else target.endings[0]
