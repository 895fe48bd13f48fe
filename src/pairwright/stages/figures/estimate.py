"""Calls, tokens, money and hours, before anything runs.

Lengths come from what is in the store; tokens a byte, answer lengths and
latency from this project's own calls once there are some, from stated
assumptions before. Every line says which.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from pairwright.amounts import counted, hours, usd
from pairwright.judging.rubric import judge_messages
from pairwright.judging.strategies import STRATEGIES
from pairwright.literals import checked
from pairwright.routing.plan import Plan
from pairwright.stages.figures.plan import coverage_of, pace, plans_of
from pairwright.stages.generate.pair import pairs_to_make
from pairwright.stages.panel.asked import comes_later, orders_asked
from pairwright.stages.pay.dispatch import Via
from pairwright.stages.project.judge_kinds import kind_of
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.figures import totals
from pairwright.store.figures.totals import CallCounts
from pairwright.store.judge.images import images_a_prompt
from pairwright.store.people import tasks
from pairwright.store.route.calibrations import RecordedLook, newest_calibration
from pairwright.types import ORDERS, Prompt

BYTES_PER_TOKEN = 4.0  # English text, common tokenizers
ANSWER_SHARE = 0.5  # of max_tokens, for responses not yet seen
VERDICT_TOKENS = 45  # {"verdict", "confidence", "reason"}
SECONDS_PER_TOKEN = 0.02  # a hosted model at about 50 tokens/s
SECONDS_TO_FIRST_TOKEN = 0.5
IN_FLIGHT = 64  # calls at once that a server is expected to take; a run finds out, up to `concurrency`
BATCH_HOURS = 24.0  # within which providers promise to have done a batch
PEOPLE_SHARE = 0.2  # of pairs: what a good judge leaves to people, until routing has been seen


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """One paid stage. `usd` is None where no price is known; `basis` says where the rates come from."""

    stage: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    hours: float
    basis: str


@dataclass(frozen=True, slots=True)
class PeopleEstimate:
    """What is left for people: so many pairs, and so many answers to them."""

    pairs: int
    answers: int
    hours: float
    usd: float
    basis: str

    @property
    def in_words(self) -> str:
        """`13 pairs (26 answers)`; the answers where they are not one a pair."""
        answers = f" ({counted(self.answers, 'answer')})" if self.answers != self.pairs else ""
        return counted(self.pairs, "pair") + answers


@dataclass(frozen=True, slots=True, repr=False)
class ProjectEstimate(Result):
    """What it takes to finish. `usd` and `hours` are of machines; people stand apart.

    `notes` say what will not happen for lack of a setting; `plans` are all ways to
    label the pairs, those there and those to come.
    """

    stages: tuple[StageEstimate, ...]
    people: PeopleEstimate
    usd: float | None
    hours: float
    spent_usd: float
    unpriced: tuple[str, ...]
    notes: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> list[tuple[str, str]]:
        told = [
            (
                f"{each.stage} {each.model}",
                f"{counted(each.calls, 'call')}, {usd(each.usd)}, {hours(each.hours)}",
            )
            for each in self.stages
        ]
        if self.people.pairs:
            who = self.people
            told.append(("people", f"about {who.in_words}, {hours(who.hours)}, {usd(who.usd)}"))
        return told

    def sentences(self) -> list[str]:
        unpriced = [f"No price is known for {', '.join(self.unpriced)}."] if self.unpriced else []
        return [*unpriced, *self.notes]


@dataclass(frozen=True, slots=True)
class _Counts:
    prompts: int
    responses: int
    pairs: int
    missing: int
    prompt_bytes: float
    response_bytes: float
    images: float  # a prompt
    calls: tuple[CallCounts, ...]
    spent: float
    judge_pending: dict[str, int]
    judge_orders: dict[str, int]
    for_people: int
    answers_wanted: int
    new: int
    uncalibrated: int
    accepted: int


@checked
def estimate(
    project: Project,
    *,
    stages: Iterable[str] = ("generate", "judge"),
    judges: Iterable[str] | None = None,
    single_order: bool = False,
    retry_failed: bool = False,
    rejudge: bool = False,
    via: Via = "live",
) -> ProjectEstimate:
    """What the named stages (and judges; all unless named) would take from here. Nothing is sent.

    `via` is who would make the calls: in batches they cost less, and take up to a day.
    """
    counts = _count(project, single_order, retry_failed or rejudge, rejudge)
    rows: list[StageEstimate] = []
    if "generate" in stages:
        rows += _generate(project, counts)
    pairs_to_come = _pairs_to_come(project)
    if "judge" in stages:
        names = project.settings.judges if judges is None else judges
        asked = (name for name in names if name in counts.judge_orders)  # not those that are refused
        rows += [_judge(project, name, counts, pairs_to_come) for name in asked]
    rows = [_sent(project, row, via) for row in rows if row.calls]
    unpriced = tuple(sorted({row.model for row in rows if row.usd is None}))
    return ProjectEstimate(
        tuple(rows),
        _people(project, counts, pairs_to_come),
        None if unpriced else sum(row.usd or 0.0 for row in rows),
        sum(row.hours for row in rows),
        counts.spent,
        unpriced,
        unset(project),
        tuple(plans_of(project, counts.pairs + pairs_to_come)),
    )


def _count(project: Project, single_order: bool, retry_failed: bool, rejudge: bool) -> _Counts:
    generate = project.settings.generate
    with project.store.read() as connection:
        content = totals.content(connection)
        missing = 0
        if generate.models:
            _, missing, failed = totals.responses_missing(
                connection, generate.responses_per_prompt, all_prompts=project.settings.pair.all_prompts
            )
            missing -= 0 if retry_failed else failed
        decided = totals.decisions(connection)
        open_pairs = tasks.open_pairs(connection)
        asked = orders_asked(connection, project)
        if single_order:
            asked = dict.fromkeys(asked, ORDERS[:1])
        return _Counts(
            content.prompts,
            content.responses,
            content.pairs,
            missing,
            *totals.mean_bytes(connection),
            images_a_prompt(connection),
            tuple(totals.call_counts(connection)),
            totals.spent_usd(connection),
            {
                name: content.pairs * len(orders)
                if rejudge
                else totals.judge_pending(
                    connection,
                    name,
                    orders,
                    retry_failed=retry_failed,
                    left=comes_later(connection, project, name),
                )
                for name, orders in asked.items()
            },
            {name: len(orders) for name, orders in asked.items()},
            open_pairs.waiting + open_pairs.skipped + open_pairs.disputed,
            open_pairs.answers,
            content.pairs - sum(decided.values()),
            tasks.uncalibrated(connection),
            sum(n for (decision, _, _), n in decided.items() if decision == "accept"),
        )


def _generate(project: Project, counts: _Counts) -> list[StageEstimate]:
    """One line a model, by its share in the mix."""
    settings = project.settings.generate
    if not settings.models or not counts.missing:
        return []
    if settings.mix == "all":
        n = settings.responses_per_prompt
        weights = {name: len(range(i, n, len(settings.models))) for i, name in enumerate(settings.models)}
    else:
        weights = {name: settings.weights.get(name, 1.0) for name in settings.models}  # type: ignore[misc]
    whole = sum(weights.values())
    rows = []
    for name, weight in weights.items():
        model = project.settings.models[name]
        calls = round(counts.missing * weight / whole)
        rates = _rates(counts.calls, "generate", name, model.max_tokens * ANSWER_SHARE)
        size = counts.prompt_bytes + len(model.system or "")
        rows.append(_stage(project, "generate", name, calls, size, rates, counts.images))
    return rows


def _judge(project: Project, name: str, counts: _Counts, pairs_to_come: int) -> StageEstimate:
    judge = project.settings.judges[name]
    kind = kind_of(judge.kind)
    if not kind.paid or judge.model is None:
        return StageEstimate("judge", name, 0, 0, 0, 0.0, 0.0, f"{judge.kind} judge: no calls")
    votes, strategy = counts.judge_pending[name] + pairs_to_come * counts.judge_orders[name], judge.strategy
    calls, shown = votes, 2.0
    if STRATEGIES[strategy].aid is not None:  # and one before, once a prompt
        calls += min(counts.prompts, -(-votes // counts.judge_orders[name]))
    # Calls that serve several pairs: as many as there are responses to score, or prompts to rank them of.
    pairs = max(1, counts.pairs + pairs_to_come)
    responses = min(max(counts.responses + counts.missing, 1), 2 * pairs)
    if kind.scores:
        calls, shown = min(2 * votes, math.ceil(responses * votes / pairs)), 1.0
    elif STRATEGIES[strategy].ranks:
        prompts = max(1, min(counts.prompts, pairs))
        calls, shown = min(votes, math.ceil(prompts * votes / pairs)), responses / prompts
    around = sum(
        len(m["content"].encode()) for m in judge_messages(Prompt.of(""), "", "", project.guidelines)
    )
    response_bytes = counts.response_bytes
    if not counts.responses:
        response_bytes = _answer_tokens(project, counts) * BYTES_PER_TOKEN
    size = counts.prompt_bytes + shown * response_bytes
    if kind.scores:
        return _stage(
            project, "judge", judge.model, calls, size, _rates(counts.calls, "judge", judge.model, 0)
        )
    size += around
    rates = _rates(counts.calls, "judge", judge.model, VERDICT_TOKENS)
    return _stage(project, "judge", judge.model, calls, size, rates, counts.images)


def _answer_tokens(project: Project, counts: _Counts) -> float:
    models = [project.settings.models[name] for name in project.settings.generate.models]
    if not models:
        return 0.0
    return sum(model.max_tokens * ANSWER_SHARE for model in models) / len(models)


@dataclass(frozen=True, slots=True)
class _Rates:
    bytes_per_token: float
    answer_tokens: float
    seconds: float | None
    basis: str


def _rates(calls: tuple[CallCounts, ...], stage: str, model: str, answer_tokens: float) -> _Rates:
    for seen in calls:
        if (seen.stage, seen.model) == (stage, model) and seen.counted >= 5 and seen.prompt_tokens:
            return _Rates(
                seen.prompt_bytes / seen.prompt_tokens,
                seen.completion_tokens / seen.counted,
                seen.seconds / seen.timed if seen.timed else None,
                f"measured on {counted(seen.counted, 'call')} of this project",
            )
    basis = f"assumed: {BYTES_PER_TOKEN:g} bytes a token, {answer_tokens:,.0f} tokens an answer, 50 tokens/s"
    return _Rates(BYTES_PER_TOKEN, answer_tokens, None, basis)


def _stage(
    project: Project,
    stage: str,
    name: str,
    calls: int,
    size: float,
    rates: _Rates,
    images: float = 0.0,
) -> StageEstimate:
    model = project.settings.models[name]
    endpoint = project.settings.endpoints[model.endpoint]
    tokens_in, tokens_out, basis = size / rates.bytes_per_token, rates.answer_tokens, rates.basis
    if images and rates.seconds is None:  # what was measured was measured with them
        tokens_in += images * model.image_tokens
        basis += f", {model.image_tokens:,} tokens an image"
    price = project.price(name)
    seconds = rates.seconds or SECONDS_TO_FIRST_TOKEN + tokens_out * SECONDS_PER_TOKEN
    per_second = min(endpoint.concurrency, IN_FLIGHT) / seconds
    if endpoint.requests_per_minute:
        per_second = min(per_second, endpoint.requests_per_minute / 60)
    if endpoint.tokens_per_minute:
        per_second = min(per_second, endpoint.tokens_per_minute / 60 / (tokens_in + tokens_out))
    per_second *= len(endpoint.servers)
    return StageEstimate(
        stage,
        name,
        calls,
        round(calls * tokens_in),
        round(calls * tokens_out),
        calls * price.cost(tokens_in, tokens_out) if price else None,
        calls / per_second / 3600,
        basis,
    )


def _sent(project: Project, row: StageEstimate, via: Via) -> StageEstimate:
    """The stage as it comes to with its calls made this way."""
    if via != "batch":
        return row
    endpoint = project.settings.endpoints[project.settings.models[row.model].endpoint]
    share = endpoint.batch_price
    basis = f"{row.basis}; in a batch at {share:.0%} of the price, within {BATCH_HOURS:.0f} hours"
    return replace(row, usd=None if row.usd is None else row.usd * share, hours=BATCH_HOURS, basis=basis)


def _pairs_to_come(project: Project) -> int:
    """Pairs that generating and pairing will still make."""
    settings = project.settings
    drawn = settings.generate.responses_per_prompt if settings.generate.models else None
    return pairs_to_make(project.store, settings.pair, settings.project.seed, drawn)


def unset(project: Project) -> tuple[str, ...]:
    """What will not happen for lack of a setting, and which."""
    settings, notes = project.settings, []
    without_responses = 0
    if not settings.generate.models:
        with project.store.read() as connection:
            without_responses, _, _ = totals.responses_missing(connection, 2)
    if without_responses:
        notes.append(
            f"{counted(without_responses, 'prompt has', 'prompts have')} fewer than two "
            "responses, and no model is named "
            "to draw them: set models under [generate]"
        )
    if not settings.judges:
        notes.append("there is no judge, so people decide every pair: add [judges.main] to have one")
    return tuple(notes)


def _people(project: Project, counts: _Counts, pairs_to_come: int) -> PeopleEstimate:
    settings, seconds = project.settings.annotate, pace(project)
    routed = counts.accepted + counts.for_people
    share, basis = PEOPLE_SHARE, f"assumed: judges leave {PEOPLE_SHARE:.0%} to people"
    promised = project.settings.route.accept == "guarantee"
    with project.store.read() as connection:
        newest = newest_calibration(connection) if promised else None
    if not project.settings.judges:
        share, basis = 1.0, "no judge: people decide every pair"
    elif newest is not None:
        share = 1 - coverage_of(newest)
        basis = f"measured: with the labels at hand `route` leaves {share:.0%} of pairs to people"
    elif not promised and routed >= 50:
        share = counts.for_people / routed
        basis = f"measured: {share:.0%} of {routed:,} routed pairs went to people"
    new = counts.new + pairs_to_come
    left = new + counts.uncalibrated
    pairs, answers = counts.for_people, counts.answers_wanted
    if not left:
        basis = "they wait now"
    elif project.settings.judges and promised and _draws(project, counts, newest):
        drawn = _to_calibrate(project, new)
        left -= drawn
        pairs += drawn
        answers += drawn * settings.overlap
        basis = f"{drawn:,} to calibrate the judges on; of the rest {basis}"
    pairs += round(share * left)
    answers += round(share * left) * settings.overlap
    return PeopleEstimate(pairs, answers, answers * seconds / 3600, answers * settings.usd_per_pair, basis)


def _draws(project: Project, counts: _Counts, newest: RecordedLook | None) -> bool:
    """Whether new pairs get a calibration sample of their own."""
    if newest is None:
        return not counts.for_people
    return counts.new > 0 and project.settings.route.new_pairs == "draw"


def _to_calibrate(project: Project, pairs: int) -> int:
    """How many pairs people are asked about before anything else: as many as `route` will draw."""
    from pairwright.stages.route.frames import first_draw
    from pairwright.stages.route.look import spend

    return first_draw(project, spend(project.settings.route.delta, 0), pairs, None) if pairs else 0
