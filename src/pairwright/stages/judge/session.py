"""What stays the same for every pair of one run of a chat judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pairwright.amounts import counted, exact_usd
from pairwright.errors import BudgetReached, ConfigError
from pairwright.keys import content_key
from pairwright.models.budget import Budget
from pairwright.models.chat import ChatClient
from pairwright.models.chat_judge import JudgeOptions, chat_rater, request_limits
from pairwright.models.prices import Price
from pairwright.stages.pay.bounds import most_tokens_out
from pairwright.stages.pay.images import check_sees_images
from pairwright.stages.pay.paid_calls import Run
from pairwright.stages.pay.payer import Payer, unknown_price
from pairwright.stages.pay.workers import Scan, Worker, at_once, budget_of
from pairwright.stages.project.judge_kinds import kind_of
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings
from pairwright.store.judge.cut_prompts import REMEDY, cut_prompts
from pairwright.store.judge.pending import PAGE, JudgeWork, PriorCall, Take, judge_work, prior_calls
from pairwright.store.secret import project_secret
from pairwright.store.votes import count_current_votes, guideline_id, rater_id, raters_named
from pairwright.store.writer import GroupCommit
from pairwright.turns import shortened
from pairwright.types import Order, Rater


@dataclass
class JudgeSession:
    """What stays the same for every pair of one run."""

    project: Project
    name: str
    settings: JudgeSettings
    orders: tuple[Order, ...]
    options: JudgeOptions
    rater: Rater
    rater_id: int
    guideline_id: int
    price: Price | None
    budget: Budget
    spent_before: float
    prior: dict[bytes, list[PriorCall]]
    most_out: int
    secret: bytes  # of the project: the fences' marks are made of it
    cut: set[str] = field(default_factory=set)  # texts it was shown without their middle

    def payer(self, run: Run, writer: GroupCommit) -> Payer:
        return Payer(run, "judge", self.model, self.price, writer)

    def key_of(self, work: JudgeWork) -> bytes:
        return content_key("judge", work.pair_key, self.rater.key, work.order, work.round)

    def scan(self, in_flight: int, *, retry_failed: bool, left: bool) -> Scan[JudgeWork]:
        """What it has not answered yet; with `left` of that what is left to it in a cascade."""

        def pages(take: Take | None, again: bool) -> Iterator[list[JudgeWork]]:
            for page in judge_work(
                self.project.store,
                self.name,
                self.orders,
                retry_failed=retry_failed and not again,
                left=left,
                reasoning=self.settings.show_reasoning,
                take=take,
                page_of=PAGE if take is None else at_once(in_flight),
            ):
                if take is not None:
                    self._read_prior(page)
                yield page

        return pages

    def _read_prior(self, works: Sequence[JudgeWork]) -> None:
        """What others, who are gone, have paid for about this work."""
        with self.project.store.read() as connection:
            self.prior |= prior_calls(connection, "judge", [self.key_of(work) for work in works])

    def shown(self, text: str) -> str:
        """A response as this judge is shown it: a long trajectory by its first and last steps."""
        if self.settings.longest is None:
            return text
        short = shortened(text, self.settings.longest)
        if short != text:
            self.cut.add(short)
        return short

    @property
    def model(self) -> str:
        assert self.settings.model is not None  # checked when the project file was read
        return self.settings.model


def open_session(
    project: Project,
    name: str,
    settings: JudgeSettings,
    orders: tuple[Order, ...],
    budget_usd: float | None,
    worker: Worker | None = None,
) -> JudgeSession:
    assert settings.model is not None
    model = project.settings.models[settings.model]
    assert settings.max_tokens is not None  # filled in when the project file was read
    options = JudgeOptions(
        settings.temperature,
        settings.max_tokens,
        settings.answer_format,
        settings.logprobs,
        tuple(settings.extra.items()),
        settings.strategy,
        settings.sample,
    )
    scores = kind_of(settings.kind).scores
    if scores:
        asked = {"model": model.model, "api": settings.api, "label": settings.label, "extra": model.extra}
        rater = Rater("judge", name, {"kind": settings.kind, **asked, "single_order": True})
    else:
        rater = chat_rater(name, model, project.guidelines, options, single_order=len(orders) == 1)
    if settings.show_reasoning:
        rater = replace(rater, spec={**rater.spec, "shown": "reasoning"})
    if settings.longest is not None:
        rater = replace(rater, spec={**rater.spec, "longest": settings.longest})
    price = project.price(settings.model)
    limit = budget_usd if budget_usd is not None else project.settings.project.budget_usd
    if limit is not None and price is None:
        raise ConfigError(unknown_price(settings.model, model.model))
    with project.store.write() as connection:
        this = rater_id(connection, rater)
        guideline = guideline_id(connection, project.guidelines)
        budget = budget_of(project, connection, limit, worker)
        prior = prior_calls(connection, "judge")
        secret = project_secret(connection)
    return JudgeSession(
        project,
        name,
        settings,
        orders,
        options,
        rater,
        this,
        guideline,
        price,
        budget,
        budget.spent,
        prior,
        0 if scores else most_tokens_out(request_limits(model, options), limit, settings.model),
        secret,
    )


def notes_on(project: Project, judge: Rater, model: str | None = None) -> tuple[str, ...]:
    """That votes of an earlier version of this judge still count, and that prompts to `model` were cut."""
    with project.store.read() as connection:
        others = [
            number
            for number, spec in raters_named(connection, "judge", judge.name)
            if not _same_judge(spec, judge.spec)
        ]
        kept = count_current_votes(connection, others)
        cut = cut_prompts(connection, "judge", model) if model else []
    notes = [f"{each}: {REMEDY}" for each in cut]
    if kept:
        votes = counted(kept, f"vote of {judge.name} was", f"votes of {judge.name} were")
        notes.append(
            f"{votes} cast under other settings or guidelines, or by an earlier version of its file, and "
            "kept; --rejudge asks again"
        )
    return tuple(notes)


def _same_judge(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal settings, in however many orders it was asked."""
    return {**one, "single_order": None} == {**other, "single_order": None}


def cut_notes(session: JudgeSession) -> tuple[str, ...]:
    """That trajectories were shown without their middle."""
    if not session.cut:
        return ()
    return (
        f"{counted(len(session.cut), 'response')} over {session.settings.longest:,} characters "
        "had the middle left out: [judges] longest",
    )


def check_images(session: JudgeSession) -> None:
    """Raises ConfigError where there are images and the judge would not see them."""
    check_sees_images(
        session.project,
        f"judge {session.name}",
        session.model,
        text_only=kind_of(session.settings.kind).scores,
        responses=True,
    )


async def check_asking(session: JudgeSession) -> None:
    """Raise where nothing could be asked, before anything is retracted. Nothing is sent.

    Raises ConfigError for a missing key, BudgetReached where nothing is left.
    """
    if session.budget.limit is not None and not session.budget.left:
        raise BudgetReached(
            f"the budget of {exact_usd(session.budget.limit)} is spent already: "
            f"{exact_usd(session.budget.spent)}. Raise it to go on."
        )
    model = session.project.settings.models[session.model]
    async with ChatClient(model.endpoint, session.project.settings.endpoints[model.endpoint]):
        pass
