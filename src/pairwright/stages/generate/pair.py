"""pair: which of a prompt's responses meet.

A prompt that came with a pair of its own keeps it and gets no others, unless
`all_prompts` asks for them. Truncated responses do not meet unless
`include_truncated` says so (a cut-off answer loses for a reason that teaches
nothing); refusals do. Running it again makes only what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.pairing import POLICIES, check_policy, choose_pairs, distinct
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import PairSettings
from pairwright.stages.result import Result
from pairwright.store.content import (
    Meeting,
    NewPair,
    StoredResponse,
    has_response_of,
    insert_pairs,
    meeting_pages,
    new_pair,
    response_models,
)
from pairwright.store.store import Store

_MODELS_LISTED = 10


@dataclass(frozen=True, slots=True, repr=False)
class PairResult(Result):
    """What `pair` did, in numbers of prompts unless said otherwise.

    pairs_added, pairs_already: pairs the policy wants that are new, that were there.
    given: prompts left alone because they came with a pair.
    too_few: prompts with fewer than two distinct texts that may meet.
    without_reference: prompts the reference model has not answered (policy "reference").
    truncated: responses left out because they were cut off.
    """

    policy: str
    prompts: int = 0
    pairs_added: int = 0
    pairs_already: int = 0
    given: int = 0
    too_few: int = 0
    without_reference: int = 0
    truncated: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class _Tally:
    prompts: int = 0
    pairs_added: int = 0
    pairs_already: int = 0
    given: int = 0
    too_few: int = 0
    without_reference: int = 0
    truncated: int = 0


def cut_off(n: int) -> str:
    """What to do about responses that were left out because they end in the middle."""
    return (
        f"{counted(n, 'response was', 'responses were')} cut off at max_tokens and left out: "
        "raise max_tokens under [models.NAME] for "
        "those still to come, or pair them too with [pair] include_truncated = true"
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the user asked for."""

    policy: str
    k: int
    reference: str | None
    seed: int
    include_truncated: bool
    all_prompts: bool
    reasoning_counts: bool


def make_pairs(
    store: Store,
    policy: str = "all",
    k: int = 1,
    reference: str | None = None,
    seed: int = 0,
    *,
    include_truncated: bool = False,
    all_prompts: bool = False,
    reasoning_counts: bool = True,
    progress: Callable[[int], None] | None = None,
) -> PairResult:
    """Make the pairs that `policy` wants (see `pairing.choose_pairs`) and that are not there yet.

    With policy "random" a prompt never gets more than `k` pairs in all, also
    when it has got further responses since. `progress` is told the number of
    prompts done so far. Every page of prompts is its own transaction.

    Raises InputError for a policy that lacks what it needs, and when no
    response at all is by `reference`.
    """
    check_policy(policy, k, reference)
    if POLICIES[policy].needs_reference:
        _check_reference(store, reference or "")
    wanted = _Wanted(policy, k, reference, seed, include_truncated, all_prompts, reasoning_counts)
    tally = _Tally()
    for page in meeting_pages(store):
        pairs = [pair for meeting in page for pair in _pairs_of(meeting, wanted, tally)]
        if pairs:
            with store.write() as connection:
                tally.pairs_added += insert_pairs(connection, pairs)
        tally.prompts += len(page)
        if progress is not None:
            progress(tally.prompts)
    return PairResult(policy, **asdict(tally))


@checked
def pair(
    project: Project,
    *,
    policy: str | None = None,
    k: int | None = None,
    reference: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> PairResult:
    """`make_pairs` by the settings under [pair], but for what is said here."""
    settings = project.settings.pair
    return make_pairs(
        project.store,
        policy=policy or settings.policy,
        k=k or settings.k,
        reference=reference or settings.reference,
        seed=project.settings.project.seed,
        include_truncated=settings.include_truncated,
        all_prompts=settings.all_prompts,
        reasoning_counts=settings.reasoning_counts,
        progress=progress,
    )


def pairs_to_make(store: Store, settings: PairSettings, seed: int, responses_per_prompt: int | None) -> int:
    """How many pairs `make_pairs` would add by now, and once each prompt has its responses, all distinct.

    `responses_per_prompt` is None where no model will draw any.
    """
    wanted = _Wanted(
        settings.policy,
        settings.k,
        settings.reference,
        seed,
        settings.include_truncated,
        settings.all_prompts,
        settings.reasoning_counts,
    )
    n, total = responses_per_prompt, 0
    for page in meeting_pages(store):
        for meeting in page:
            given = any(pair.policy == "given" for pair in meeting.pairs)
            if given and not wanted.all_prompts:
                continue
            if n is not None and len(meeting.responses) < n:
                each = POLICIES[wanted.policy].at_most(n, wanted.k)
                made = sum(pair.policy != "given" for pair in meeting.pairs)
                total += max(0, min(each, n * (n - 1) // 2) - made)
            else:
                total += len(_pairs_of(meeting, wanted, _Tally()))
    return total


def _check_reference(store: Store, reference: str) -> None:
    with store.read() as connection:
        if has_response_of(connection, reference):
            return
        models = response_models(connection)
    if not models:
        raise InputError(
            f'no response is by the reference model "{reference}": there are no responses yet. '
            "Run `pairwright generate`, or `pairwright add` a file that has them."
        )
    shown = [f"{name or '(no model named)'}: {number}" for name, number in models[:_MODELS_LISTED]]
    more = ", ..." if len(models) > _MODELS_LISTED else ""
    raise InputError(
        f'no response is by the reference model "{reference}". Name one that has some: '
        f"{', '.join(shown)}{more}"
    )


def _pairs_of(meeting: Meeting, wanted: _Wanted, tally: _Tally) -> list[NewPair]:
    """The pairs still to be made for one prompt."""
    if not wanted.all_prompts and any(pair.policy == "given" for pair in meeting.pairs):
        tally.given += 1
        return []
    responses = [one for one in meeting.responses if wanted.include_truncated or one.mark != "truncated"]
    tally.truncated += len(meeting.responses) - len(responses)
    policy = POLICIES[wanted.policy]
    chosen = _choose(meeting, responses, wanted)
    if not chosen:
        if len(distinct(responses, reasoning_counts=wanted.reasoning_counts)) < 2:
            tally.too_few += 1
        elif policy.needs_reference and not any(one.model == wanted.reference for one in responses):
            tally.without_reference += 1
        return []
    there = {pair.key for pair in meeting.pairs}
    missing = [pair for pair in chosen if pair.key not in there]
    tally.pairs_already += len(chosen) - len(missing)
    if policy.k_in_all:
        made = sum(pair.policy != "given" for pair in meeting.pairs)
        missing = missing[: max(0, wanted.k - made)]
    return missing


def _choose(meeting: Meeting, responses: list[StoredResponse], wanted: _Wanted) -> list[NewPair]:
    positions = choose_pairs(
        responses,
        wanted.policy,
        wanted.k,
        wanted.reference,
        wanted.seed,
        prompt_key=meeting.prompt_key,
        reasoning_counts=wanted.reasoning_counts,
    )
    return [new_pair(meeting, responses[a], responses[b], wanted.policy) for a, b in positions]
