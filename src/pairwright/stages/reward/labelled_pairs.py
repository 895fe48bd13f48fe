"""A project's labels as reward models read them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairwright.quality.duplicates import fingerprint
from pairwright.quality.example import Example
from pairwright.quality.near import NearTexts, signature
from pairwright.reward.light import Comparisons
from pairwright.stages.project.project import Project
from pairwright.store.check.examples import Examples
from pairwright.store.check.softening import Softened, softened
from pairwright.store.people import annotators
from pairwright.types import Message

NEAR = 0.85


@dataclass(frozen=True)
class Labelled:
    """The labelled pairs of a project, as a reward model reads them; arrays in the order of `examples`.

    `gold` (n,): 1 where the label is known to be right, 0 wrong, nan unknown. `domains` (n,) names, ""
    unknown. `numbers` are the pairs' row numbers by the id shown.
    """

    examples: tuple[Example, ...]
    pairs: Comparisons
    gold: np.ndarray
    domains: np.ndarray
    numbers: dict[str, int]

    def with_labels(self) -> Labelled:
        """Those of it that have a label."""
        rows = np.flatnonzero(np.isfinite(self.pairs.labels))
        return self if len(rows) == len(self.pairs) else self.only(rows.tolist())

    def only(self, rows: Sequence[int]) -> Labelled:
        """These rows of it."""
        pairs = self.pairs
        return Labelled(
            tuple(self.examples[i] for i in rows),
            Comparisons(
                tuple(pairs.prompts[i] for i in rows),
                tuple(pairs.chosen[i] for i in rows),
                tuple(pairs.rejected[i] for i in rows),
                pairs.labels[rows],
                pairs.groups[rows],
                tuple(pairs.conversations[i] for i in rows),
                None if pairs.vectors is None else (pairs.vectors[0][rows], pairs.vectors[1][rows]),
                pairs.reasoning and _rows_of(pairs.reasoning, rows),
            ),
            self.gold[rows],
            self.domains[rows],
            self.numbers,
        )

    @property
    def key(self) -> bytes:
        """One name for these very texts and labels."""
        told = hashlib.blake2b(digest_size=16)
        for parts in zip(self.pairs.prompts, self.pairs.chosen, self.pairs.rejected, strict=True):
            told.update("\0".join(parts).encode("utf-8", "surrogatepass"))
        told.update(self.pairs.labels.tobytes())
        if self.pairs.reasoning is not None:
            told.update(repr(self.pairs.reasoning).encode())
        return told.digest()


def read_labelled(project: Project, *, besides: bool = False) -> Labelled:
    """All labels, ties and softened ones too. Prompts that are nearly the same are one group.

    `besides`: then also the pairs without a label of prompts that have one, last, with labels of nan: a model
    that was trained on their prompt is no judge of them.
    """
    stream = Examples(project.store)
    every = list(stream)
    found = [example for example in every if example.verdict is not None]
    n = len(found)
    groups = _groups([example.prompt for example in found])
    if besides:
        more = [example for example in every if example.verdict is None]
        known_groups = _groups([example.prompt for example in (*found, *more)])
        kept = np.flatnonzero(np.isin(known_groups[n:], known_groups[:n]))
        groups = np.concatenate([known_groups[:n], known_groups[n:][kept]])
        found += [more[i] for i in kept]
    with project.store.read() as connection:
        known = annotators.gold_verdicts(connection)
        soft = softened(connection)
    gold = np.full(len(found), np.nan)
    for i, example in enumerate(found):
        verdict = known.get(stream.numbers[example.id])
        if verdict is not None:
            gold[i] = ("A", "B", "TIE")[verdict] == example.verdict
    labels = [_label(example, soft.get(stream.numbers[example.id])) for example in found[:n]]
    pairs = Comparisons(
        tuple(example.prompt for example in found),
        tuple(example.a if example.verdict != "B" else example.b for example in found),
        tuple(example.b if example.verdict != "B" else example.a for example in found),
        np.concatenate([labels, np.full(len(found) - n, np.nan)]),
        groups,
        tuple(example.messages for example in found),
        reasoning=_reasoning(found) if reasoning_counts(project) else None,
    )
    domains = np.array([example.domain or "" for example in found], object)
    return Labelled(tuple(found), pairs, gold, domains, stream.numbers)


def reasoning_counts(project: Project) -> bool:
    """Whether what models thought makes another response, or is shown to a judge."""
    settings = project.settings
    return settings.pair.reasoning_counts or any(each.show_reasoning for each in settings.judges.values())


def _reasoning(examples: Sequence[Example]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """How many characters the better and the other response were thought; None where none was."""
    found = (
        tuple(_thought(each.turns_b if each.verdict == "B" else each.turns_a) for each in examples),
        tuple(_thought(each.turns_a if each.verdict == "B" else each.turns_b) for each in examples),
    )
    return found if any(map(any, found)) else None


def _thought(turns: Sequence[Message]) -> int:
    return sum(len(turn.reasoning or "") for turn in turns)


def _rows_of(
    lengths: tuple[tuple[int, ...], tuple[int, ...]], rows: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    chosen, rejected = (tuple(each[i] for i in rows) for each in lengths)
    return chosen, rejected


def _label(example: Example, soft: Softened | None) -> float:
    """How far the label speaks for its side: 1, half for a tie, what it was softened to."""
    if example.verdict == "TIE":
        return 0.5
    # It was read a moment later than the label, which may have changed meanwhile.
    return 1.0 if soft is None or soft.verdict != example.verdict else soft.probability + soft.tie / 2


def _groups(prompts: list[str]) -> np.ndarray:
    """(n,) one number for all prompts that are the same or nearly so."""
    prints = [fingerprint(prompt) for prompt in prompts]
    place: dict[int, int] = {}
    texts = NearTexts()
    for prompt, print_ in zip(prompts, prints, strict=True):
        if print_ not in place:
            place[print_] = len(place)
            texts.add(signature(prompt))
    first = list(range(len(place)))
    for i, earlier, _ in texts.alike(NEAR):
        first[i] = first[earlier]  # the earlier one has found its own first already
    return np.array([first[place[print_]] for print_ in prints], int)
