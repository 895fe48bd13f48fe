"""Labels of single responses, kept as votes on them; a good and a bad one to a prompt make a pair.

A thumb, a boolean label or a rating says something of one response by itself. It is a vote on that response,
by whom the row names or the dataset. Where one rater called one response to a prompt good and another bad (or
rated one higher), that rater prefers the one: a vote on their pair, which names the two it follows from and
is retracted where one of these is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from sqlalchemy import Connection

from pairwright.formats.canonical import Canonical, Rated, RowOpinion, Which, better, meetings
from pairwright.keys import seeded_fraction
from pairwright.literals import checked
from pairwright.pairing import pair_key, text_key
from pairwright.stages.add.label_maker import LabelMaker
from pairwright.store.content import NewPair, insert_pairs, stored_pairs
from pairwright.store.export.scratch import Counts
from pairwright.store.response_votes import (
    WHAT,
    SaidAlone,
    add_response_votes,
    outlived,
    response_votes_by,
    said_on_prompts,
)
from pairwright.store.votes import add_vote, retract, votes_by_raters, withdraw
from pairwright.types import Maker, Rater, ResponseVote, Vote

POLICY = "labels"  # of pairs that are made here
_OUTLIVED = "a label of one response that it followed from no longer counts"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a row says of one of its responses by itself. `alone`: the row has no other response."""

    response: int  # its place in the row
    rater: str
    kind: Maker
    good: bool | None
    rating: float | None
    reason: str | None
    alone: bool


@dataclass(frozen=True, slots=True)
class GivenVote:
    """An opinion whose rater and response have their numbers."""

    vote: ResponseVote
    prompt_id: int
    name: str
    kind: Maker
    alone: bool


@dataclass(slots=True)
class KeptVotes:
    """What became of a page's labels of single responses.

    `made` are the new votes' kinds of raters, `formed` the votes on pairs that follow, of which
    `new_pairs` pairs were not there; `touched` are pairs whose votes changed.
    """

    made: list[Maker] = field(default_factory=list)
    already: int = 0
    changed: int = 0
    contradictions: int = 0
    formed: int = 0
    new_pairs: int = 0
    touched: set[int] = field(default_factory=set)


def opinions_of(row: Canonical, own: LabelMaker) -> Iterator[Opinion]:
    """What a row says of its responses by themselves; nothing where votes on its pairs say the same."""
    if len(row.responses) == 1:
        one = row.responses[0]
        if one.good is not None or one.rating is not None:
            for each in row.opinions or (RowOpinion(own.named, own.kind, (1.0,)),):
                yield _of_one(one, each)
        return
    if any(each.both for each in row.opinions) or _both_alike(row):
        return
    who = row.opinions[0] if len(row.opinions) == 1 else RowOpinion(own.named, own.kind, ())
    for place, one in enumerate(row.responses):
        if one.good is not None:
            yield Opinion(place, who.rater, who.kind, one.good, None, who.reason, False)


def _of_one(one: Rated, by: RowOpinion) -> Opinion:
    good = one.good if by.both is None else by.both == "good"
    rating = one.rating if by.ratings is None else by.ratings[0]
    return Opinion(0, by.rater, by.kind, good, rating, by.reason, True)


def _both_alike(row: Canonical) -> bool:
    """Both good or both bad: the tie of such a pair says so already."""
    if len(row.responses) > 2:
        return False
    a, b = row.responses
    return a.good is not None and a.good == b.good and better(a, b) == 0


def given_by(
    opinion: Opinion, who: tuple[Rater, int], response_id: int, prompt_id: int, place: str
) -> GivenVote:
    """An opinion as the vote of a rater, of whom the number is known, on a response."""
    rater, number = who
    vote = ResponseVote(response_id, number, opinion.good, opinion.rating, opinion.reason, place or None)
    kind: Maker = rater.kind if rater.kind in ("person", "unknown") else "judge"
    return GivenVote(vote, prompt_id, opinion.rater, kind, opinion.alone)


# --- into the store -------------------------------------------------------------------------------


@checked
def keep(
    connection: Connection,
    given: Sequence[GivenVote],
    prompt_keys: Mapping[int, bytes],
    own: LabelMaker,
    which: Which,
    seen: Counts,
) -> KeptVotes:
    """Keep a page's labels of single responses, and the votes on pairs that follow from them.

    `prompt_keys` are those of the page's prompts by number, `which` responses of a prompt meet.
    """
    kept = KeptVotes()
    if _votes(connection, given, own, seen, kept):
        for number, pair_id in outlived(connection, sorted({each.prompt_id for each in given})):
            retract(connection, number, _OUTLIVED)
            kept.touched.add(pair_id)
    _follow(connection, [each for each in given if each.alone], prompt_keys, which, kept)
    return kept


def _votes(
    connection: Connection, given: Sequence[GivenVote], own: LabelMaker, seen: Counts, kept: KeptVotes
) -> bool:
    """Add the votes that are new or changed; gives whether any of before was taken back."""
    responses = sorted({each.vote.response_id for each in given})
    raters = sorted({each.vote.rater_id for each in given})
    current = response_votes_by(connection, responses, raters)
    gone: list[int] = []
    new: list[ResponseVote] = []
    for each in given:
        vote, at = each.vote, (each.vote.response_id, each.vote.rater_id)
        again = seen.add(b"response %d %d" % at) > 1
        number, old = current.get(at, (0, None))
        if old is not None and (again or old.says == vote.says):
            kept.already += 1
            kept.contradictions += old.says != vote.says
            continue
        if old is not None:
            gone.append(number)
            kept.changed += 1
        new.append(vote)
        kept.made.append(own.all_are or each.kind)
        current[at] = (0, vote)  # numbered below
    add_response_votes(connection, new)
    if own.all_are is not None and (others := own.before(connection, {each.name for each in given})):
        before = [number for number, _ in response_votes_by(connection, responses, others).values()]
        gone += before
        kept.changed += len(before)
    for number in gone:
        withdraw(connection, WHAT, number)
    return bool(gone)


# --- what follows for pairs -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Preferred:
    """Two responses to one prompt of which one rater said what makes one better."""

    prompt_id: int
    rater_id: int
    key: bytes
    better: SaidAlone
    worse: SaidAlone


def _follow(
    connection: Connection,
    given: Sequence[GivenVote],
    prompt_keys: Mapping[int, bytes],
    which: Which,
    kept: KeptVotes,
) -> None:
    kinds = {each.vote.rater_id: each.kind for each in given}
    touched = {(each.prompt_id, each.vote.rater_id) for each in given}
    wanted: list[_Preferred] = []
    prompts = sorted({prompt_id for prompt_id, _ in touched})
    for prompt_id, rater_id, said in said_on_prompts(connection, prompts, sorted(kinds)):
        if (prompt_id, rater_id) in touched:
            wanted += _preferred(prompt_id, rater_id, prompt_keys[prompt_id], said, which)
    if not wanted:
        return
    kept.new_pairs += insert_pairs(connection, [_new_pair(each) for each in wanted])
    there = stored_pairs(connection, [each.key for each in wanted])
    spoken = votes_by_raters(
        connection,
        sorted({there[each.key][0] for each in wanted}),
        sorted({each.rater_id for each in wanted}),
    )
    for each in wanted:
        pair_id, a_said = there[each.key]
        if (pair_id, each.rater_id) in spoken:
            continue
        better_is_a = a_said == _key(each.better)
        vote = Vote(
            pair_id,
            each.rater_id,
            "AB",
            "A" if better_is_a else "B",
            reason=_why(each),
            purpose=None if kinds[each.rater_id] == "person" else "given",
            better_id=each.better.number,
            worse_id=each.worse.number,
        )
        add_vote(connection, vote, uuid4().bytes)
        kept.formed += 1
        kept.touched.add(pair_id)


def _preferred(
    prompt_id: int, rater_id: int, prompt_key: bytes, said: Sequence[SaidAlone], which: Which
) -> Iterator[_Preferred]:
    """Of one rater's labels of a prompt's responses: the pairs in which one is better."""
    first: dict[bytes, SaidAlone] = {}
    for each in said:
        first.setdefault(_key(each), each)  # the same text by two models is one answer
    by_word = any(each.vote.good is not None for each in said)
    there = [each for each in first.values() if not by_word or each.vote.good is not None]
    responses = tuple(
        Rated(each.text, good=each.vote.good) if by_word else Rated(each.text, rating=each.vote.rating)
        for each in there
    )
    for a, b, sign in meetings(Canonical((), responses), which):
        if sign:
            good, bad = (there[a], there[b]) if sign > 0 else (there[b], there[a])
            key = pair_key(prompt_key, _key(good), _key(bad))
            yield _Preferred(prompt_id, rater_id, key, good, bad)


def _new_pair(each: _Preferred) -> NewPair:
    """With the better one on either side, by a coin."""
    a, b = each.better, each.worse
    if seeded_fraction("given side", each.key) < 0.5:
        a, b = b, a
    sides = (a.vote.response_id, b.vote.response_id)
    return NewPair(each.prompt_id, each.key, *sides, POLICY, None, None, each.better.vote.source)


def _why(each: _Preferred) -> str:
    if each.better.vote.good is not None:
        return "said good of one response and bad of the other, each by itself"
    return f"rated {each.better.vote.rating:g} and {each.worse.vote.rating:g}, each by itself"


def _key(said: SaidAlone) -> bytes:
    return text_key(said.text, said.turns)
