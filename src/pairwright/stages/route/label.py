"""votes -> labels: several people's answers become one, each counting as much as it is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection

from pairwright.errors import NotConverged
from pairwright.literals import checked
from pairwright.routing.decide import Combination
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.stats.anchored import RIGHT, WRONG, one_coin, ties_among
from pairwright.stats.combine import FEWEST_GOLD, Combined, Method, PeopleVotes, best_method, combine
from pairwright.store.people import annotators
from pairwright.store.route.combinations import add_combination, newest_combination, newest_facts
from pairwright.store.votes import PAGE, evidence_on
from pairwright.types import VERDICTS, Belief


@dataclass(frozen=True, slots=True, repr=False)
class LabelResult(Result):
    """What people's answers came to.

    `labels` counts verdicts of pairs people decided. `settled` are pairs on which people
    were split and that their record settled; `open` those that still need somebody.
    `answers` counts a ranking once, by the pair that stands for it; of these pairs are `contested` labels,
    which judges and people's record together speak against. `people` is how often each is taken to be right;
    `assumed` are those of them of whom nothing was measured, on gold pairs or pairs that others answered too.
    `note` says why another method than the best was used.
    """

    method: str
    pairs: int
    answers: int
    labels: dict[str, int]
    settled: int
    open: int
    contested: int
    changed: int
    people: dict[str, float] = field(default_factory=dict)
    note: str | None = None
    assumed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answered:
    """All answers of people, with the pairs and names behind the numbers.

    A ranking is one answer, on one of its pairs; `labelled` are all pairs that have votes of people.
    """

    votes: PeopleVotes
    pair_ids: np.ndarray
    labelled: list[int]
    names: tuple[str, ...]


@checked
def run_label(project: Project, method: Method | None = None) -> LabelResult:
    """Combine people's answers anew and renew the labels that rest on them.

    `method` over the one of the settings, this time. Raises NotConverged where a
    method that was asked for by name can't tell from these answers.
    """
    with project.store.exclusively("route"):
        with project.store.read() as connection:
            answered = answers_of(connection)
            before = _decisions(connection, answered.labelled)
        found, note = _combined(project, answered, method)
        _record(project, answered, found)
        pair_ids = answered.labelled
        for at in range(0, len(pair_ids), PAGE):
            with project.store.write() as connection:
                renew_beliefs(connection, project, pair_ids[at : at + PAGE])
        with project.store.read() as connection:
            after = _decisions(connection, answered.labelled)
    labelled = {pair_id: belief for pair_id, belief in after.items() if belief.decision == "accept"}
    if found is not None and found.by_gold and found.method == "anchored":
        note = "gold pairs speak against what people agree on, so gold alone says who is believed"
    return LabelResult(
        "none" if found is None else found.method,
        len(pair_ids),
        len(answered.votes.row),
        dict(Counter(str(belief.verdict) for belief in labelled.values())),
        sum("settled_by" in belief.basis for belief in labelled.values()),
        sum(belief.decision == "ask" for belief in after.values()),
        _contested(answered, found, labelled),
        sum(before.get(pair_id) != belief for pair_id, belief in after.items()),
        {} if found is None else _shares(answered, found),
        note,
        () if found is None or found.confusion is None else _assumed(answered.votes, answered.names),
    )


def answers_of(
    connection: Connection, forecast_of: Callable[[int], Sequence[float] | None] | None = None
) -> Answered:
    """Everything people said, a lead's decisions aside, with what judges say of the same pairs."""
    columns = annotators.votes_as_columns(connection, lengths=False)
    gold, names = annotators.gold_verdicts(connection), annotators.person_names(connection)
    pair_ids, row = np.unique(columns["item"], return_inverse=True)
    raters, person = np.unique(columns["rater"], return_inverse=True)
    known = np.array([gold.get(int(pair_id), -1) for pair_id in pair_ids], int)
    forecast = np.full((len(pair_ids), 3), 1 / 3)
    heard = False
    for at in range(0, len(pair_ids), PAGE):
        page = [int(i) for i in pair_ids[at : at + PAGE]]
        if forecast_of is not None:
            said = [forecast_of(pair_id) for pair_id in page]
        else:
            evidence = evidence_on(connection, page)
            said = [seen.current.basis.get("forecast") if seen.current else None for seen in evidence]
        for i, given in enumerate(said, at):
            if given is not None:
                forecast[i], heard = given, True
    votes = PeopleVotes(
        row, person, columns["said"], len(pair_ids), len(raters), known, forecast if heard else None
    )
    labelled = annotators.pairs_answered(connection)
    return Answered(votes, pair_ids, labelled, tuple(names[int(i)] for i in raters))


def renew_combination(
    project: Project, forecast_of: Callable[[int], Sequence[float] | None] | None = None
) -> Combination | None:
    """How people's answers are to be combined now: fitted anew if there are other answers than last time.

    `forecast_of` gives what judges now say of a pair, where that is newer than what is on record.
    """
    with project.store.read() as connection:
        answered = answers_of(connection, forecast_of)
        facts = newest_facts(connection)
        newest = newest_combination(connection)
    asked = project.settings.label.method
    same = facts is not None and facts["made_of"] == _made_of(answered) and facts["asked"] == asked
    if newest is not None and same:
        return newest
    found, _ = _combined(project, answered, None)
    return _record(project, answered, found)


def _combined(
    project: Project, answered: Answered, method: Method | None
) -> tuple[Combined | None, str | None]:
    """None where nobody answered. Falls back to the majority where the method was not asked for by name."""
    votes, setting = answered.votes, project.settings.label.method
    if not len(votes.row):
        return None, None
    if method is None and setting != "auto":
        method = setting
    if method is not None:
        return combine(votes, method), None
    best, note = best_method(votes), None
    for each in dict.fromkeys((best, *(("anchored",) if best == "dawid-skene" else ()), "majority")):
        try:
            return combine(votes, each), note
        except NotConverged as problem:
            note = note or f"not by {best}: {problem}"
    raise AssertionError("the majority is always defined")


def _record(project: Project, answered: Answered, found: Combined | None) -> Combination | None:
    if found is None:
        return None
    matrices = {} if found.confusion is None else dict(zip(answered.names, found.confusion, strict=True))
    prior = found.prior.tolist() if found.prior.ndim == 1 else None
    newcomer = np.round(one_coin(np.array([RIGHT / (RIGHT + WRONG)]), ties_among(answered.votes.said))[0], 4)
    combination = Combination(
        found.method,
        {name: np.round(matrix, 4).tolist() for name, matrix in matrices.items()},
        prior,
        None if found.taught is None or prior is not None else asdict(found.taught),
        newcomer.tolist() if matrices else None,
    )
    facts = {"made_of": _made_of(answered), "asked": project.settings.label.method}
    with project.store.write() as connection:
        add_combination(connection, combination, facts)
    return combination


def _made_of(answered: Answered) -> list[int]:
    """Tells one set of answers from another: how many, of how many people, and a checksum."""
    votes = answered.votes
    check = int(((votes.said + 1) * (answered.pair_ids[votes.row] * 31 + votes.person + 7)).sum())
    judged = 0 if votes.forecast is None else round(float(votes.forecast[:, 0].sum()) * 1e4)
    return [len(votes.row), len(answered.names), check % 2**53, judged]


def _decisions(connection: Connection, pair_ids: list[int]) -> dict[int, Belief]:
    found: dict[int, Belief] = {}
    for at in range(0, len(pair_ids), PAGE):
        page = pair_ids[at : at + PAGE]
        found |= {seen.pair_id: seen.current for seen in evidence_on(connection, page) if seen.current}
    return found


def _assumed(votes: PeopleVotes, names: Sequence[str]) -> tuple[str, ...]:
    """Whose answers were compared with nobody's: they are taken for newcomers, at least for the most part."""
    compared = (np.bincount(votes.row, minlength=votes.n_pairs) > 1) | (votes.known >= 0)
    measured = np.bincount(votes.person[compared[votes.row]], minlength=votes.n_people)
    return tuple(name for name, n in zip(names, measured.tolist(), strict=True) if n < FEWEST_GOLD)


def _shares(answered: Answered, found: Combined) -> dict[str, float]:
    """How often each person is right by the fit; nothing where people are not told apart."""
    if found.confusion is None:
        return {}
    share = np.broadcast_to(found.prior, found.probs.shape).mean(0)
    right = np.einsum("ptt,t->p", found.confusion, share / share.sum())
    return {name: round(float(each), 4) for name, each in zip(answered.names, right, strict=True)}


def _contested(answered: Answered, found: Combined | None, labelled: dict[int, Belief]) -> int:
    if found is None:
        return 0
    best, ranked = found.probs.argmax(1), np.sort(found.probs, 1)
    best[ranked[:, 2] - ranked[:, 1] < 1e-9] = -1  # evenly split: they speak against nobody
    at: Sequence[int] = answered.pair_ids.tolist()
    return sum(
        labelled[pair_id].verdict != VERDICTS[verdict]
        for pair_id, verdict in zip(at, best.tolist(), strict=True)
        if verdict >= 0 and pair_id in labelled
    )
