"""A labelled dataset into a project: its prompts, responses and pairs, and its labels as votes.

    add_dataset(project, [Path("hh.jsonl.gz")], source="hh-rlhf")

A vote's rater is whom the row names (an annotator, a judge), else the dataset
itself, of which nobody says whether people or models made it: an unknown rater.
People's labels count at once; all others stand as "given" until people or
the project's own judges are asked. All goes in by one transaction, and adding
twice adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from pairwright.errors import InputError
from pairwright.formats.canonical import (
    BEYOND,
    Both,
    Canonical,
    Drop,
    Needs,
    Rated,
    RowOpinion,
    Tally,
    Which,
    better,
    fractional,
    meetings,
    unfit,
)
from pairwright.formats.catalog import read_dataset, source_named
from pairwright.formats.format import Found
from pairwright.formats.guess import guess
from pairwright.formats.reading import BadRow, Given, name_of
from pairwright.formats.reading_options import AS_IT_STANDS, ReadingOptions
from pairwright.formats.values import as_json
from pairwright.formats.writing import without_ending
from pairwright.keys import seeded_fraction
from pairwright.literals import checked
from pairwright.pairing import pair_key, text_key
from pairwright.stages.add.add import BAD_ROWS_LISTED, Added, own_ids
from pairwright.stages.add.images import Keeper, base_of
from pairwright.stages.add.label_maker import LabelMaker, number_of_rater
from pairwright.stages.add.response_votes import GivenVote, KeptVotes, given_by, keep, opinions_of
from pairwright.stages.add.usable_rows import usable
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, facts_of
from pairwright.store.content import (
    NewPair,
    NewResponse,
    given_response_key,
    insert_pairs,
    insert_prompts,
    insert_responses,
    metas_of,
    prompt_ids,
    response_ids,
    stored_pairs,
)
from pairwright.store.export.labelled_pairs import MARGIN, WEIGHT, amount_in
from pairwright.store.export.scratch import Counts
from pairwright.store.response_votes import params_of
from pairwright.store.votes import add_vote, retract, votes_by_raters
from pairwright.types import MAKERS, Maker, OnError, Prompt, Rater, Response, Verdict, Vote

PAGE = 250
_FILE = "dataset"  # the rater of formats in which anybody's labels may come


@dataclass(repr=False)
class AddDatasetResult(Result):
    """What was added. With bad rows and on_error "stop" nothing was (`committed` false).

    `votes` are on pairs, `response_votes` on single responses; `formed` of the votes follow from these,
    where one rater called one response to a prompt good and another bad. `contradictions` are labels for a
    pair or response the same rater labelled otherwise in an earlier row: the first one stands. `dropped` are
    rows and labels by reason, `not_carried` columns with a value that are kept nowhere, and in how many
    rows; `empty` files without a row. `labels_by` counts the labels by who made them: person, judge, unknown.
    """

    source: str
    guessed: bool
    read: int = 0
    prompts: Added = field(default_factory=Added)
    responses: Added = field(default_factory=Added)
    pairs: Added = field(default_factory=Added)
    votes: Added = field(default_factory=Added)
    response_votes: Added = field(default_factory=Added)
    formed: int = 0
    changed: int = 0
    contradictions: int = 0
    raters: set[str] = field(default_factory=set)
    labels_by: dict[Maker, int] = field(default_factory=dict)
    dropped: Tally = field(default_factory=Tally)
    faults: dict[str, int] = field(default_factory=dict)
    not_carried: dict[str, int] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    committed: bool = True

    @property
    def rows(self) -> int:
        """As of an `AddResult`."""
        return self.read

    def as_dict(self) -> dict[str, Any]:
        kinds = ("prompts", "responses", "pairs", "votes", "response_votes")
        counts = {kind: getattr(self, kind) for kind in kinds}
        return {
            "from": self.source,
            "guessed": self.guessed,
            "rows": self.read,
            **{kind: {"added": each.added, "already": each.already} for kind, each in counts.items()},
            "formed": self.formed,
            "changed": self.changed,
            "contradictions": self.contradictions,
            "raters": len(self.raters),
            "labels_by": self.labels_by,
            "dropped": self.dropped.counts,
            "first_dropped": self.dropped.places,
            "dropped_by_unit": self.dropped.units,
            "faults": self.faults,
            "not_carried": self.not_carried,
            "empty": self.empty,
            "bad_rows": self.bad_rows,
            "bad": [row.as_dict() for row in self.bad],
            "committed": self.committed,
        }

    def facts(self) -> list[tuple[str, str]]:
        apart = ("guessed", "bad", "committed", "first_dropped", "dropped_by_unit")
        return facts_of(self.as_dict(), *apart)

    def sentences(self) -> list[str]:
        return [f"{row.place}: {row.reason}" for row in self.bad]


class _TakeBack(Exception):
    """Ends the transaction without a trace."""


@checked
def add_dataset(
    project: Project,
    paths: Sequence[Given],
    *,
    source: str | None = None,
    options: ReadingOptions = AS_IT_STANDS,
    which: Which = "best",
    rater: str | None = None,
    labels_by: Maker | None = None,
    on_error: OnError = "stop",
    image_urls: bool = False,
    progress: Callable[[int], None] | None = None,
) -> AddDatasetResult:
    """Add what the files hold, or rows in memory, in the format `source` (None: told by the rows' keys).

    `which` responses of a ranking meet. `rater` names who made labels whose row does
    not say: unless told it is the dataset, else the file. `labels_by` says what all
    raters of the files are, and takes back what was said otherwise of them before;
    without it a row that does not say is of an unknown rater. Images are kept in the project's
    `media/`; with `image_urls` those that are addresses stay addresses. Raises InputError for a
    format there is not.
    """
    if labels_by is not None and labels_by not in MAKERS:
        raise InputError(f'labels_by is "{labels_by}"; it is one of {", ".join(MAKERS)}')
    name = source or guess(paths[0], options.mapping, options.file_format)
    reads = source_named(name)
    result, keeper = AddDatasetResult(name, source is None), Keeper(project.media, urls=image_urls)
    with ExitStack() as stack:
        seen = stack.enter_context(Counts())
        try:
            with project.store.write() as connection:
                for path in paths:
                    file = Path(name_of(path)).name
                    stem = without_ending(file)[0] or Path(file).stem
                    called = rater or (stem if reads.rater == _FILE else reads.rater)
                    own = LabelMaker(name, called, reads.kind, labels_by)
                    found = _with_images_kept(read_dataset(path, name, options), keeper, base_of(path))
                    before, rows = result.read, usable(found, result, progress, _unfit)
                    while page := list(islice(rows, PAGE)):
                        _add_page(connection, project, page, own, which, result, seen)
                    if result.read == before:
                        result.empty.append(file)
                if result.bad_rows and on_error == "stop":
                    raise _TakeBack
        except BaseException as error:
            keeper.take_back()
            if not isinstance(error, _TakeBack):
                raise
            result.committed = False
            result.prompts = result.responses = result.pairs = result.votes = Added()
            result.response_votes = Added()
            result.formed = result.changed = result.contradictions = 0
            result.labels_by = {}
    return result


_HELD = Needs(holds=BEYOND)


def _unfit(row: Canonical) -> Drop | None:
    """Why a project can't hold it."""
    return unfit(row, row.responses, _HELD)


def _with_images_kept(found: Iterator[Found], keeper: Keeper, base: Path) -> Iterator[Found]:
    """The same rows, with the images they speak of in the project."""
    for each in found:
        if isinstance(each, Canonical):
            try:
                each = keeper.row(each, base)
            except InputError as error:
                each = BadRow(each.place, str(error))
        yield each


# --- content --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Met:
    """Two responses of a row that meet, by their places; `first` was or will be the pair's a."""

    row: Canonical
    key: bytes
    first: int
    second: int


def _add_page(
    connection: Connection,
    project: Project,
    page: Sequence[Canonical],
    own: LabelMaker,
    which: Which,
    result: AddDatasetResult,
    seen: Counts,
) -> None:
    taken = own_ids(connection, [(row.id, row.key, row.place) for row in page])
    for bad in taken.values():
        _bad(result, bad)
    page = [row for place, row in enumerate(page) if place not in taken]
    keys = [row.key for row in page]
    prompts = [Prompt(row.prompt, row.id, _meta(row), row.place, row.tools, row.template) for row in page]
    result.prompts += _added(insert_prompts(connection, prompts, keys), len(keys))
    numbers = prompt_ids(connection, keys)
    new = {
        (n, place): NewResponse(
            numbers[keys[n]],
            given_response_key(keys[n], one.text, _named(one.model), one.turns),
            Response(one.text, _named(one.model), _params(row), source=row.place, turns=one.turns),
        )
        for n, row in enumerate(page)
        for place, one in enumerate(row.responses)
    }
    result.responses += _added(insert_responses(connection, list(new.values())), len(new))
    there = response_ids(connection, [each.key for each in new.values()])
    met: list[_Met] = []
    pairs: list[NewPair] = []
    weighed: list[tuple[float, int | None]] = []
    for n, row in enumerate(page):
        own_met = _meet(row, keys[n], which)
        met += own_met
        if row.weight is not None and not own_met:
            only = there[new[n, 0].key] if len(row.responses) == 1 else None
            weighed.append((row.weight, only))
        for number, each in enumerate(own_met):
            a, b = (there[new[n, place].key] for place in (each.first, each.second))
            name = row.id if len(own_met) == 1 or row.id is None else f"{row.id}/{number + 1}"
            meta = _meta(row, _amounts(each))
            pairs.append(NewPair(numbers[keys[n]], each.key, a, b, "given", name, meta, row.place))
    if lost := _lost_weights(connection, weighed):
        result.not_carried["weight"] = result.not_carried.get("weight", 0) + lost
    added = _added(insert_pairs(connection, pairs), len(pairs))
    result.pairs += added
    for name, lost in _lost_amounts(connection, pairs).items() if added.already else ():
        result.not_carried[name] = result.not_carried.get(name, 0) + lost
    touched = _vote(connection, met, own, result, seen)
    about = {place: (there[each.key], each.prompt_id) for place, each in new.items()}
    given = _given_votes(connection, page, own, about, result)
    by_number = {numbers[key]: key for key in keys}
    touched |= _count(keep(connection, given, by_number, own, which, seen), result)
    renew_beliefs(connection, project, sorted(touched))


def _params(row: Canonical) -> dict[str, Any] | None:
    """What is kept with the only response of a row: how much the row counts."""
    return {WEIGHT: row.weight} if row.weight is not None and len(row.responses) == 1 else None


def _lost_weights(connection: Connection, weighed: Sequence[tuple[float, int | None]]) -> int:
    """How many weights of rows without a pair are not kept with their only response, given by its number.

    A response that was there before keeps the weight it had, or none.
    """
    kept = params_of(connection, sorted({number for _, number in weighed if number is not None}))
    return sum(number is None or amount_in(kept[number], WEIGHT) != weight for weight, number in weighed)


def _lost_amounts(connection: Connection, pairs: Sequence[NewPair]) -> Counter[str]:
    """How many margins and weights are others than their pair has, which keeps what came first."""
    said = [(each.key, name, amount_in(each.meta, name)) for each in pairs for name in (MARGIN, WEIGHT)]
    said = [each for each in said if each[2] is not None]
    kept = metas_of(connection, sorted({key for key, *_ in said}))

    def size(amount: float | None) -> float | None:
        return None if amount is None else abs(amount)  # the pair may have been there the other way round

    lost = [name for key, name, amount in said if size(amount_in(kept[key], name)) != size(amount)]
    return Counter("margin" if name == MARGIN else name for name in lost)


def _given_votes(
    connection: Connection,
    page: Sequence[Canonical],
    own: LabelMaker,
    about: Mapping[tuple[int, int], tuple[int, int]],
    result: AddDatasetResult,
) -> list[GivenVote]:
    """What the rows say of single responses, as their raters' votes; a rater of a bad name gives a bad row.

    `about`: the numbers of a response and its prompt, by the places of its row and in that.
    """
    known: dict[bytes, int] = {}
    given = []
    for n, row in enumerate(page):
        for opinion in opinions_of(row, own):
            who = own.rater(opinion.kind, opinion.rater)
            try:
                number = known.get(who.key) or number_of_rater(connection, who)
            except InputError as error:
                _bad(result, BadRow(row.place, str(error)))
                continue
            known[who.key] = number
            result.raters.add(f"{who.kind} {who.name}")
            given.append(given_by(opinion, (who, number), *about[n, opinion.response], row.place))
    return given


def _count(kept: KeptVotes, result: AddDatasetResult) -> set[int]:
    """Count what was kept of labels of single responses; gives the pairs whose votes changed."""
    result.response_votes += Added(len(kept.made), kept.already)
    result.changed += kept.changed
    result.contradictions += kept.contradictions
    result.pairs += Added(kept.new_pairs, 0)
    result.votes += Added(kept.formed, 0)
    result.formed += kept.formed
    for kind in kept.made:
        result.labels_by[kind] = result.labels_by.get(kind, 0) + 1
    return kept.touched


def _bad(result: AddDatasetResult, row: BadRow) -> None:
    result.bad_rows += 1
    if len(result.bad) < BAD_ROWS_LISTED:
        result.bad.append(row)


def _named(model: Any) -> str | None:
    """A model's name as text: datasets have numbers there too."""
    return None if model is None else str(model)


def _meet(row: Canonical, key: bytes, which: Which) -> list[_Met]:
    """Which responses meet, and which is a: as shown, or by a seeded coin where that is not known."""
    places = [(first, second) for first, second, _ in meetings(row, which)]
    if not places and len(row.responses) == 2:
        places = [(0, 1)]
    found = []
    for first, second in places:
        both = pair_key(key, *(_said(row.responses[place]) for place in (first, second)))
        # The chosen one stands first in most datasets: left so, the side would tell the label.
        if not row.shown and seeded_fraction("given side", both) < 0.5:
            first, second = second, first
        found.append(_Met(row, both, first, second))
    return found


def _said(one: Rated) -> bytes:
    return text_key(one.text, one.turns)


def _amounts(met: _Met) -> dict[str, float]:
    """By how much a row says the pair's a is better, and how much the row counts."""
    row, found = met.row, dict[str, float]()
    sign = better(row.responses[met.first], row.responses[met.second])
    if row.margin is not None and len(row.responses) == 2 and sign is not None:
        found[MARGIN] = abs(row.margin) * sign
    if row.weight is not None:
        found[WEIGHT] = row.weight
    return found


def _meta(row: Canonical, amounts: Mapping[str, float] | None = None) -> dict[str, Any] | None:
    kept = {**(row.meta or {}), **(amounts or {})}
    if row.source:
        kept.setdefault("domain", row.source)
    if row.faults:
        kept["faults"] = list(row.faults)
    return as_json(kept) if kept else None


# --- votes ----------------------------------------------------------------------------------------


def _vote(
    connection: Connection, met: Sequence[_Met], own: LabelMaker, result: AddDatasetResult, seen: Counts
) -> set[int]:
    """Add what rows say of their pairs; gives the pairs whose votes may have changed."""
    pairs = stored_pairs(connection, [each.key for each in met])
    wanted: list[Vote] = []
    kinds: dict[int, Maker] = {}
    names: set[str] = set()
    for each in met:
        number, a_said = pairs[each.key]
        # The pair may have been there the other way round.
        turned = a_said != _said(each.row.responses[each.first])
        a, b = (each.second, each.first) if turned else (each.first, each.second)
        for who, opinion in _opinions(each, own):
            try:
                this = number_of_rater(connection, who)
            except InputError as error:
                _bad(result, BadRow(each.row.place, str(error)))
                continue
            names.add(opinion.rater)
            result.raters.add(f"{who.kind} {who.name}")
            vote = _vote_of(opinion, each.row, a, b, number, this, who.kind)
            wanted.append(vote)
            kinds[vote.rater_id] = own.all_are or opinion.kind
    current = votes_by_raters(
        connection, sorted({vote.pair_id for vote in wanted}), sorted({vote.rater_id for vote in wanted})
    )
    touched = set[int]()
    for vote in wanted:
        again = seen.add(b"%d %d" % (vote.pair_id, vote.rater_id)) > 1
        old = current.get((vote.pair_id, vote.rater_id))
        if old is not None and (again or old[1:] == (vote.verdict, vote.both)):
            result.votes += Added(0, 1)
            result.contradictions += old[1:] != (vote.verdict, vote.both)
            continue
        number = add_vote(connection, vote, uuid4().bytes)
        if old is not None:
            retract(connection, old[0], "replaced by a changed label", number)
            result.changed += 1
        current[vote.pair_id, vote.rater_id] = (number, vote.verdict, vote.both)
        result.votes += Added(1, 0)
        kind = kinds[vote.rater_id]
        result.labels_by[kind] = result.labels_by.get(kind, 0) + 1
        touched.add(vote.pair_id)
    if own.all_are is not None:
        pair_ids = sorted({vote.pair_id for vote in wanted})
        others = own.before(connection, names)
        before = votes_by_raters(connection, pair_ids, others, imported=True) if others else {}
        for number, *_ in before.values():
            retract(connection, number, own.as_told)
        result.changed += len(before)
        touched |= set(pair_ids)
    return touched


def _opinions(met: _Met, own: LabelMaker) -> list[tuple[Rater, RowOpinion]]:
    """What each rater the row names says, else what the row itself says; nothing where nothing is said."""
    row = met.row
    if row.opinions:
        return [(own.rater(each.kind, each.rater), each) for each in row.opinions]
    first, second = row.responses[met.first], row.responses[met.second]
    if better(first, second) is None:
        return []
    ranks = fractional([-_score(row, one) for one in row.responses])
    both: Both | None = None
    if first.good is not None and first.good == second.good:
        both = "good" if first.good else "bad"
    said = RowOpinion(own.named, own.kind, ranks, both)
    return [(own.rater(said.kind, said.rater), said)]


def _score(row: Canonical, one: Rated) -> float:
    """How many of the row's responses this one beats."""
    return float(sum(better(one, other) == 1 for other in row.responses if other is not one))


def _vote_of(
    opinion: RowOpinion, row: Canonical, a: int, b: int, pair_id: int, rater: int, kind: str
) -> Vote:
    """An opinion as a vote on one pair, in terms of its own a and b."""
    rank_a, rank_b = opinion.ranks[a], opinion.ranks[b]
    verdict: Verdict = "TIE" if rank_a == rank_b else "A" if rank_a < rank_b else "B"
    two = len(row.responses) == 2
    prob = opinion.prob_first
    strength = opinion.strength
    if a > b:  # both are about the first and second of the row
        prob = None if prob is None else 1 - prob
        strength = None if strength is None else -strength
    ratings: dict[str, dict[str, float | None]] | None = None
    given = (row.responses[a].rating, row.responses[b].rating)
    if opinion.ratings is not None:
        ratings = {"a": {"rating": opinion.ratings[a]}, "b": {"rating": opinion.ratings[b]}}
    elif len(row.opinions) < 2 and None not in given:
        ratings = {side: {"rating": rating} for side, rating in zip("ab", given, strict=True)}
    return Vote(
        pair_id,
        rater,
        # Where nobody knows who was shown first, the side is drawn, and so is this.
        "AB" if a < b or not row.shown else "BA",
        verdict,
        prob_a=prob if two else None,
        strength=strength if two else None,
        both=opinion.both if verdict == "TIE" else None,
        seconds=opinion.seconds,
        reason=opinion.reason,
        purpose=None if kind == "person" else "given",
        ratings=ratings,
    )


def _added(new: int, asked: int) -> Added:
    return Added(new, asked - new)
