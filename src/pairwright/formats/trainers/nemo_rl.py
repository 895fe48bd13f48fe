"""NeMo-RL: a context and its ranked completions, rank 0 the best; more than two are kept.

Source: NeMo-RL's docs/guides/dpo.md and rm.md. Its trainers take the lowest rank for chosen and the
highest for rejected, so a row in which all are equal is never written.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from pairwright.errors import InputError
from pairwright.formats.answers import answers_to
from pairwright.formats.canonical import Canonical, Drop, Needs, Rated, better, unfit
from pairwright.formats.format import Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import dicts, messages_of, number_of, said


def completions(row: Canonical) -> Row | Drop:
    if len(row.responses) < 2:
        return Drop("single_response")
    if drop := unfit(row.prompt, [one.text for one in row.responses], Needs(no_tools=False)):
        return drop
    places = []
    for one in row.responses:
        signs = [better(other, one) for other in row.responses if other is not one]
        if None in signs:
            return Drop("not_labelled")
        places.append(sum(sign == 1 for sign in signs))
    # Dense: 0, 1, 1, 2; responses that tie share a rank.
    dense = {place: rank for rank, place in enumerate(sorted(set(places)))}
    if len(dense) == 1:
        return Drop("tie")
    ranked = sorted(zip(places, range(len(places)), row.responses, strict=True), key=lambda each: each[:2])
    return {
        "context": dicts(row.prompt),
        "completions": [{"rank": dense[place], "completion": [said(one.text)]} for place, _, one in ranked],
    }


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    ranks, answers = [], []
    for number, item in enumerate(row["completions"], 1):
        where = f'"completions" number {number}'
        rank = number_of(item.get("rank")) if isinstance(item, dict) else None
        if rank is None:
            raise InputError(f'{where} has no "rank" that is a number')
        ranks.append(rank)
        answers.append((item.get("completion"), where))
    found = answers_to(messages_of(row["context"], '"context"'), answers, place)
    if isinstance(found, Left):
        yield found
        return
    asked, texts = found
    rated = tuple(Rated(text, rank=rank) for text, rank in zip(texts, ranks, strict=True))
    yield Canonical(asked, rated, place=place)


def _lines(written: Written) -> list[str]:
    held = " # nothing is held out, so it validates on nothing: --split 0.95,0.05 would"
    if written.evaluation:
        held = f" data.validation.data_path={quote(written.evaluation[0])}"
    return [
        "uv run examples/run_dpo.py data.default.dataset_name=PreferenceDataset "
        f"data.train.data_path={quote(written.train[0])}{held}"
    ]


FORMATS = (
    Format(
        "nemo-rl",
        "NeMo-RL DPO and reward model: ranked completions, also more than two",
        Source(read, lambda row: "context" in row and "completions" in row, "dataset"),
        Target(
            "ranking",
            completions,
            {"context": "messages", "completions": [{"rank": "int", "completion": "messages"}]},
            _lines,
            endings=(".jsonl", ".json"),
            one_file=True,
        ),
        "PreferenceDataset",
    ),
)
