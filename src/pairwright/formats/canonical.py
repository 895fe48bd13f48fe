"""One row of any preference dataset: a prompt, its responses, and what is said of them.

Every format is read into this and written from it, so n formats need n readers
and n writers. Paired rows are two ranked responses, rankings are more of them,
unpaired rows one response with `good`. A tie is two equal ranks and stays a tie.
Pure.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import Any, Literal, get_args

from pairwright.frozen import frozen
from pairwright.images import is_url
from pairwright.literals import checked
from pairwright.turns import all_laid_out, laid_out
from pairwright.types import Maker, Message, prompt_key

Which = Literal["best", "all", "adjacent"]
WHICH: tuple[Which, ...] = get_args(Which)
Both = Literal["good", "bad"]
Unit = Literal["row", "pair", "response", "vote"]
MarginUnit = Literal["dataset", "ratings", "probability"]
MARGIN_UNITS: tuple[MarginUnit, ...] = get_args(MarginUnit)


@frozen
class Rated:
    """One response and what is said of it: `rank` is better the smaller it is, `rating` the larger.

    `turns` are its messages where it is more than a text (calls of tools, reasoning, images), and
    `text` is then these laid out.
    """

    text: str
    model: str | None = None
    rating: float | None = None
    rank: float | None = None
    good: bool | None = None
    turns: tuple[Message, ...] = ()

    @classmethod
    def of(cls, turns: Sequence[Message], model: str | None = None) -> Rated:
        """The response that these messages are."""
        if len(turns) == 1 and turns[0].is_plain:
            return cls(turns[0].content, model)
        return cls(all_laid_out(turns), model, turns=tuple(turns))

    @property
    def messages(self) -> tuple[Message, ...]:
        return self.turns or (Message("assistant", self.text),)

    @property
    def said(self) -> str | tuple[Message, ...]:
        """What makes two responses the same: white space around a text does not make another."""
        return self.turns or self.text.strip()

    def ranked(self, rank: float | None) -> Rated:
        """The same response at this rank."""
        return Rated(self.text, self.model, self.rating, rank, self.good, self.turns)


@frozen
class RowOpinion:
    """What one rater said of all responses of a row: their ranks, in the order of the responses.

    `strength` is -3..3, positive towards the second of two. `prob_first` is the
    probability the rater gives to the first of two; `ratings` what they gave each response.
    """

    rater: str
    kind: Maker
    ranks: tuple[float, ...]
    both: Both | None = None
    strength: int | None = None
    seconds: float | None = None
    reason: str | None = None
    prob_first: float | None = None
    ratings: tuple[float, ...] | None = None


@frozen
class Canonical:
    """A prompt and its responses.

    `margin` is how much better the best is, in the dataset's own units, `weight` how much the row counts,
    `probability` how surely it is better and `tie` how surely neither is.
    `tools` were on offer, `template` are further arguments of the chat template.
    `source` is the domain or subset the row names, `place` where it stands (file:line).
    `shown`: the responses stand in the order raters saw them. `faults` are known
    errors of the dataset that this row has. `between` is what stood between prompt and
    answer where both are plain text, which is nobody's to change; None where there is no such thing.
    `beside` are columns of the file that had a value and are not carried. `known_key` is `key`, where
    whoever made the row knew it.
    """

    prompt: tuple[Message, ...]
    responses: tuple[Rated, ...]
    id: str | None = None
    margin: float | None = None
    probability: float | None = None
    source: str | None = None
    meta: Mapping[str, Any] | None = None
    place: str = ""
    opinions: tuple[RowOpinion, ...] = ()
    shown: bool = False
    faults: tuple[str, ...] = ()
    tie: float | None = None
    between: str | None = None
    beside: tuple[str, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()
    template: Mapping[str, Any] | None = None
    weight: float | None = None
    known_key: bytes | None = field(default=None, repr=False, compare=False)
    _key: bytes | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def key(self) -> bytes:
        """The key of the prompt. Several steps want it, so it is made once."""
        made = self.known_key or self._key
        if made is None:
            made = prompt_key([message.as_dict() for message in self.prompt], self.tools, self.template)
            object.__setattr__(self, "_key", made)
        return made


@frozen
class Drop:
    """Why there is no row: a reason to count by, in the words of REASONS or a plugin's own."""

    reason: str


@frozen
class Pair:
    """Two responses of a row, one better than the other. `unit` is that of the file's margins, once known."""

    row: Canonical
    chosen: Rated
    rejected: Rated
    unit: MarginUnit | None = None

    @property
    def prompt(self) -> tuple[Message, ...]:
        return self.row.prompt

    @checked
    def in_unit(self, unit: MarginUnit) -> Pair:
        """The same pair in a file whose margins are in this unit."""
        return Pair(self.row, self.chosen, self.rejected, unit)

    @property
    def margins(self) -> dict[MarginUnit, float]:
        """How much better, in every unit there is.

        `dataset`: the row's own, where it has two responses. `ratings`: their difference. `probability`:
        P(chosen) - P(rejected), never under 0, for who is not sure of a side asks a model for nothing.
        """
        row, found = self.row, dict[MarginUnit, float]()
        two_only = len(row.responses) == 2
        if two_only and row.margin is not None:
            found["dataset"] = row.margin
        if self.chosen.rating is not None and self.rejected.rating is not None:
            found["ratings"] = self.chosen.rating - self.rejected.rating
        if two_only and row.probability is not None:
            found["probability"] = round(max(0.0, 2 * row.probability + (row.tie or 0.0) - 1), 4)
        return found

    @property
    def margin(self) -> float | None:
        """How much better in the file's unit; where none is set yet in the first there is."""
        found = self.margins
        return found.get(self.unit) if self.unit else next(iter(found.values()), None)


@frozen
class Single:
    """One response of a row, good or bad by itself."""

    row: Canonical
    response: Rated
    good: bool

    @property
    def prompt(self) -> tuple[Message, ...]:
        return self.row.prompt


# Why a row, pair or response is not in the file, and what moves it on.
REASONS: dict[str, str] = {
    "tie": "a tie has no better side",
    "raters_disagree": "as many for one side as for the other: `pairwright add --from` keeps each vote, and "
    "people can settle it",
    "not_labelled": "nothing says which response is better",
    "single_response": "one response alone makes no pair",
    "no_absolute_signal": "which is better says not which is good: pass --threshold for ratings, or "
    "--split-pairs to call every winner good and every loser bad",
    "empty_prompt": "there is no text to answer",
    "prompt_does_not_end_with_user": "there is nothing for a response to answer",
    "multi_turn_needs_conversational": "this format holds one question: choose a conversational one",
    "system_message_not_supported": "this format has no place for a system message",
    "turns_do_not_alternate": "its loader wants user and assistant in turn",
    "tools_not_supported": "this format has no place for tools and calls (docs/formats.md says which has)",
    "images_not_supported": "this format has no place for images (docs/formats.md says which has)",
    "image_in_answer": "this format has a place for images in what is asked, not in answers",
    "image_address_not_supported": "its loader reads images from files and fetches none: download them first",
    "image_missing": "the file of an image is not where the row says, or is no image",
    "image_not_given": "there is a place for an image and no image",
    "image_mark_in_text": "a text spells <image>, and its loader would take that for one",
    "template_arguments_not_supported": "this format has no place for arguments of the chat template",
    "several_messages_in_answer": "an answer is one message, or calls of tools, their results and a last one",
    "answers_go_on_after_they_part": "an answer is one message in this format: the turns both share are put "
    "into the prompt, but these have several of their own",
    "several_results_in_a_row": "its loader takes one result of a tool after a call",
    "text_beside_a_call": "its loader takes a text or a call, not both in one message",
    "needs_jsonl": "a column of Parquet has one type, and calls of tools have as many as tools: write .jsonl",
    "turn_marker_in_text": 'a text holds "\\n\\nHuman:" or "\\n\\nAssistant:", which would be read as a turn',
    "empty_response": "a response has no text",
    "same_text": "the answers are the same text, but for white space around it",
    "nul_character": "a text has a NUL character, which no model takes",
    "no_margin": "no number says how much better, or none in the unit of this file's margins, which --margin "
    "names: choose that, or the format without margins",
    "below_min_probability": "less sure than --min-probability",
    "no_probability": "no probability is given, and --min-probability asks for one",
    "over_per_prompt": "more of one prompt than --per-prompt",
    "conflicting": "good as often as bad",
}


def better(a: Rated, b: Rated) -> int | None:
    """1 where a is better, -1 where b is, 0 for a tie, None where nothing is said.

    Ranks count first, then ratings, then good against bad.
    """
    if a.rank is not None and b.rank is not None:
        return (a.rank < b.rank) - (a.rank > b.rank)
    if a.rating is not None and b.rating is not None:
        return (a.rating > b.rating) - (a.rating < b.rating)
    if a.good is not None and b.good is not None and a.good != b.good:
        return 1 if a.good else -1
    return None


@checked
def meetings(row: Canonical, which: Which = "best") -> list[tuple[int, int, int]]:
    """Which responses meet, as (place, place, 1 the first is better | -1 | 0 a tie).

    best: the best one and each other. all: every two. adjacent: each and the
    next best. Responses of which nothing is said meet nobody. The places are
    in the row's own order, so the smaller comes first.
    """
    said = [n for n, one in enumerate(row.responses) if one.rank is not None]
    if not said:
        said = [n for n, one in enumerate(row.responses) if one.rating is not None]
    if not said:
        said = [n for n, one in enumerate(row.responses) if one.good is not None]

    def place(n: int) -> tuple[float, float, bool]:
        one = row.responses[n]
        return one.rank or 0.0, -(one.rating or 0.0) if one.rank is None else 0.0, one.good is False

    if len(said) < 3 or which == "all":
        met = list(combinations(said, 2))
    elif which == "adjacent":
        met = list(pairwise(sorted(said, key=place)))
    else:
        order = sorted(said, key=place)
        met = [(order[0], other) for other in order[1:]]
    found = []
    for one, other in met:
        first, second = (one, other) if one < other else (other, one)
        sign = better(row.responses[first], row.responses[second])
        if sign is not None:
            found.append((first, second, sign))
    return found


@checked
def pairs(row: Canonical, which: Which = "best") -> Iterator[Pair | Drop]:
    """The pairs of a row, best first within each; what gives none is a Drop."""
    if len(row.responses) < 2:
        yield Drop("single_response")
        return
    met = meetings(row, which)
    judged = {n for first, second, _ in met for n in (first, second)}
    # A row of which nothing is known is left out once; else each response that was compared with none.
    for _ in range(len(row.responses) - len(judged) if met else 1):
        yield Drop("not_labelled")
    for first, second, sign in met:
        a, b = row.responses[first], row.responses[second]
        if not sign:
            yield Drop("raters_disagree" if disagree(row, first, second) else "tie")
        elif len(row.responses) > 2 and rated_otherwise(row, a, b, sign):
            yield Drop("rejected_is_rated_higher")
        else:
            yield Pair(row, a, b) if sign > 0 else Pair(row, b, a)


def disagree(row: Canonical, first: int, second: int) -> bool:
    """Whether raters said different things of the two, none of them most: no tie of theirs."""
    people = [each for each in row.opinions if each.kind == "person"]
    heard = people or row.opinions
    return bool(heard) and _most_said(heard, first, second) is None


def _most_said(heard: Sequence[RowOpinion], first: int, second: int) -> int | None:
    """1 the first is better, -1 the second, 0 a tie: what most say; None where two are said as often."""
    said = Counter(
        (each.ranks[first] < each.ranks[second]) - (each.ranks[first] > each.ranks[second]) for each in heard
    )
    (most, n), *others = said.most_common()
    return None if others and others[0][1] == n else most


def singles(
    row: Canonical, *, threshold: float | None = None, split_pairs: bool = False
) -> Iterator[Single | Drop]:
    """The responses of a row that are good or bad.

    That takes a word about the response itself: `good`, or a rating held
    against `threshold` (at it is good). Being better than another is no such
    word: both may be bad. With `split_pairs` the winner of the best pair is
    good and the loser bad all the same, where nothing else is said.
    """
    naive: dict[int, bool] = {}
    if split_pairs:
        for first, second, sign in meetings(row):
            if sign:
                naive.setdefault(first, sign > 0)
                naive.setdefault(second, sign < 0)
    for number, response in enumerate(row.responses):
        good = response.good
        if good is None and threshold is not None and response.rating is not None:
            good = response.rating >= threshold
        if good is None:
            good = naive.get(number)
        yield Drop("no_absolute_signal") if good is None else Single(row, response, good)


# --- what raters said, together ---------------------------------------------------------------


def fractional(ranks: Sequence[float]) -> tuple[float, ...]:
    """Ranks 1..n, smaller is better; equal ones share the mean of their places."""
    order = sorted(ranks)
    return tuple((order.index(rank) + 1 + len(order) - order[::-1].index(rank)) / 2 for rank in ranks)


def ranked(ratings: Sequence[float]) -> tuple[float, ...]:
    """The ranks that ratings stand for: the largest is best."""
    return fractional([-rating for rating in ratings])


def agreed(row: Canonical) -> Canonical:
    """The row with the ranks its opinions come to: people's, or all others' where no person spoke.

    Of two responses that is what most say, a tie being one of the three things they may
    say, and equal ranks where two of these were said as often; of more it is the mean rank.
    Both good or both bad is kept where most of all say so.
    """
    people = [each for each in row.opinions if each.kind == "person"]
    heard = people or list(row.opinions)
    if not heard:
        return row
    sums = [round(sum(ranks), 9) for ranks in zip(*(each.ranks for each in heard), strict=True)]
    ranks = fractional(sums)
    if len(row.responses) == 2:
        ranks = {1: (1.0, 2.0), -1: (2.0, 1.0)}.get(_most_said(heard, 0, 1) or 0, (1.5, 1.5))
    both = {kind: sum(each.both == kind for each in heard) for kind in ("good", "bad")}
    good: bool | None = None
    if len(set(ranks)) == 1 and both["good"] != both["bad"]:
        kind = max(both, key=lambda each: both[each])
        if 2 * both[kind] > len(heard):
            good = kind == "good"
    responses = tuple(
        replace(one, rank=rank, good=one.good if good is None else good)
        for one, rank in zip(row.responses, ranks, strict=True)
    )
    return replace(row, responses=responses)


def rated_otherwise(row: Canonical, a: Rated, b: Rated, sign: int) -> bool:
    """Whether the ratings say the opposite of `sign`, and nobody but the row itself said that."""
    if len(row.opinions) > 1 or a.rating is None or b.rating is None:
        return False
    return (a.rating - b.rating) * sign < 0


_RANKS_OF_TWO: dict[int | None, tuple[float | None, float | None]] = {
    1: (1.0, 2.0),
    -1: (2.0, 1.0),
    0: (1.5, 1.5),
    None: (None, None),
}


def two(prompt: tuple[Message, ...], a: Rated, b: Rated, sign: int | None, **more: Any) -> Canonical:
    """A row of two responses: sign 1 a is better, -1 b is, 0 a tie, None nothing is said."""
    ranks = _RANKS_OF_TWO[sign]
    return Canonical(prompt, (a.ranked(ranks[0]), b.ranked(ranks[1])), **more)


# --- what every loader needs -------------------------------------------------------------------


Beyond = Literal["tools", "images", "images_in_answers", "reasoning", "template"]
BEYOND: frozenset[Beyond] = frozenset(get_args(Beyond))


@dataclass(frozen=True, slots=True)
class Needs:
    """What a format can't hold, or its loader does not take; `holds` is what it can beyond text."""

    one_turn: bool = False
    no_system: bool = False
    in_turn: bool = False
    no_addresses: bool = False  # of images
    holds: frozenset[Beyond] = frozenset()


def unfit(row: Canonical, responses: Sequence[Rated], needs: Needs) -> Drop | None:
    """Why a row would be refused, dropped or misread; None where it is fit."""
    prompt = row.prompt
    if not prompt or not laid_out(prompt[-1]).strip():
        return Drop("empty_prompt")
    if prompt[-1].role not in ("user", "tool"):
        return Drop("prompt_does_not_end_with_user")
    if drop := _beyond_text(row, responses, needs):
        return drop
    turns = prompt[1:] if prompt[0].role in ("system", "developer") else prompt
    if needs.no_system and len(turns) < len(prompt):
        return Drop("system_message_not_supported")
    if needs.one_turn and len(turns) > 1:
        return Drop("multi_turn_needs_conversational")
    if needs.in_turn:
        # Calls and results are part of the assistant's turn.
        spoken = [message for message in turns if message.role != "tool" and not message.tool_calls]
        wanted = [("user", "assistant")[n % 2] for n in range(len(spoken))]
        if [message.role for message in spoken] != wanted:
            return Drop("turns_do_not_alternate")
    texts = [one.text for one in responses]
    if not all(map(str.strip, texts)):
        return Drop("empty_response")
    if any("\0" in text for text in (*texts, *[each.content for each in prompt])):
        return Drop("nul_character")
    if len({one.said for one in responses}) < len(responses):
        return Drop("same_text")
    return None


def _beyond_text(row: Canonical, responses: Sequence[Rated], needs: Needs) -> Drop | None:
    """Why a row is more than a format holds. Reasoning is no reason: an answer is one without it, too."""
    holds = needs.holds
    if not beyond_text(row, responses) and not any(turn.role == "tool" for turn in row.prompt):
        return None
    if row.template and "template" not in holds:
        return Drop("template_arguments_not_supported")
    if "tools" not in holds and row.tools:
        return Drop("tools_not_supported")
    for one in responses:
        turns = one.turns
        if not turns:
            continue
        calls = any(turn.role == "tool" or turn.tool_calls for turn in turns)
        if len(turns) > 1 and not calls:
            return Drop("several_messages_in_answer")
        if "images_in_answers" not in holds and any(turn.images for turn in turns):
            return Drop("image_in_answer" if "images" in holds else "images_not_supported")
    for turn in (*row.prompt, *(turn for one in responses for turn in one.turns)):
        if turn.is_plain and turn.role != "tool":
            continue
        if "tools" not in holds and (turn.role == "tool" or turn.tool_calls):
            return Drop("tools_not_supported")
        if "images" not in holds and turn.images:
            return Drop("images_not_supported")
        if needs.no_addresses and any(is_url(image.ref) for image in turn.images):
            return Drop("image_address_not_supported")
        if not all(image.ref for image in turn.images):
            return Drop("image_not_given")
    return None


def responses_of(item: Any) -> tuple[Rated, ...]:
    """The responses of a pair (chosen, rejected), of a single response, or of a row."""
    if isinstance(item, Pair):
        return item.chosen, item.rejected
    return (item.response,) if isinstance(item, Single) else item.responses


def beyond_text(row: Canonical, responses: Sequence[Rated]) -> bool:
    """Whether a row is more than messages of role and content."""
    if row.tools or row.template or any(one.turns for one in responses):
        return True
    return not all(turn.is_plain for turn in row.prompt)


def has_reasoning(row: Canonical, responses: Sequence[Rated]) -> bool:
    """Whether any message has reasoning beside what it says."""
    return any(turn.reasoning for turn in (*row.prompt, *(turn for one in responses for turn in one.turns)))


def has_images(row: Canonical, responses: Sequence[Rated]) -> bool:
    return any(turn.images for turn in (*row.prompt, *(turn for one in responses for turn in one.turns)))


def without_reasoning(item: Any) -> Any:
    """A pair, response or row whose messages have no reasoning."""
    return changed(item, lambda message: replace(message, reasoning=None))


def changed(item: Any, change: Callable[[Message], Message]) -> Any:
    """A pair, response or row with every message changed."""

    def of_row(row: Canonical) -> Canonical:
        return replace(row, prompt=tuple(map(change, row.prompt)), known_key=None)

    def of_response(one: Rated) -> Rated:
        made = Rated.of([change(turn) for turn in one.turns]) if one.turns else one
        return replace(one, text=made.text, turns=made.turns)

    if isinstance(item, Pair):
        chosen, rejected = of_response(item.chosen), of_response(item.rejected)
        return replace(item, row=of_row(item.row), chosen=chosen, rejected=rejected)
    if isinstance(item, Single):
        return replace(item, row=of_row(item.row), response=of_response(item.response))
    return replace(of_row(item), responses=tuple(map(of_response, item.responses)))


def plain(prompt: Sequence[Message]) -> list[list[str]]:
    """The messages without what makes no other question: case, white space, how Unicode spells it.

    A prompt that stands in train and, with one more space, in test would be a leak all the same.
    """
    return [[message.role, _plain(laid_out(message))] for message in prompt]


def _plain(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        # Cf: zero-width spaces and joiners, soft hyphens, marks of direction.
        text = "".join(each for each in text if unicodedata.category(each) != "Cf")
    return " ".join(text.casefold().split())


def at_the_fork(pair: Pair) -> tuple[tuple[Message, ...], Message, Message] | Drop:
    """What was asked, with the turns both answers share, and the one message in which each goes its own way.

    For formats in which an answer is one message. A Drop where an answer goes on after that message.
    """
    chosen, rejected = pair.chosen.messages, pair.rejected.messages
    shared = 0
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    if len(chosen) > shared + 1 or len(rejected) > shared + 1:
        return Drop("answers_go_on_after_they_part")
    return (*pair.prompt, *chosen[:shared]), chosen[shared], rejected[shared]


@dataclass(slots=True)
class Tally:
    """What was left out, by reason, with the places of the first ones.

    `units` says of what: whole rows, pairs of a row, or its single responses.
    """

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    units: dict[str, dict[Unit, int]] = field(default_factory=dict)

    @checked
    def add(self, reason: str, place: str, unit: Unit = "row", n: int = 1) -> None:
        """`place` is shown without its folder: where a file stood is nobody's business."""
        self.counts[reason] = self.counts.get(reason, 0) + n
        said = self.units.setdefault(reason, {})
        said[unit] = said.get(unit, 0) + n
        first, place = self.places.setdefault(reason, []), place.rpartition("/")[2]
        if len(first) < 3 and place and place not in first:
            first.append(place)
