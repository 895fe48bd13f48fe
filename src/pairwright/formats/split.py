"""Train, validation and test by the prompt, so that no prompt is in two of them.

`Parts` goes by a hash alone: a prompt keeps its part in every file, every format
and every later version of the data. `stratified` gives each domain its share of
every part, to the prompt, for which all prompts must be known beforehand. Pure.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pairwright.formats.canonical import plain
from pairwright.keys import content_key
from pairwright.types import Message

_HASH_BYTES = 7


@dataclass(frozen=True, slots=True)
class Parts:
    """Shares of the parts by name, that come to 1. Prompts that `plain` makes alike are the same."""

    shares: tuple[tuple[str, float], ...]
    seed: int = 0

    def of(self, prompt: Sequence[Message]) -> str:
        """The part's name."""
        at = self.place(prompt) / 2 ** (8 * _HASH_BYTES)
        for name, share in self.shares:
            if at < share:
                return name
            at -= share
        return next(name for name, share in reversed(self.shares) if share)

    def place(self, prompt: Sequence[Message]) -> int:
        """The prompt's place in a random order that the seed gives, 0 to 2^56."""
        return int.from_bytes(content_key("split", self.seed, plain(prompt))[:_HASH_BYTES])


@dataclass(frozen=True, slots=True)
class Stratified:
    """Parts in which every domain has its share. `places` are sorted, `part` the number of each one's part.

    `domains` tells how many prompts of each are in each part; "" are those that name none.
    """

    parts: Parts
    places: np.ndarray
    part: np.ndarray
    domains: dict[str, dict[str, int]]

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        return self.parts.shares

    def of(self, prompt: Sequence[Message]) -> str:
        """The part's name; a prompt that was not among those given goes by its hash alone."""
        place = self.parts.place(prompt)
        at = int(np.searchsorted(self.places, place))
        if at < len(self.places) and int(self.places[at]) == place:
            return self.parts.shares[int(self.part[at])][0]
        return self.parts.of(prompt)


def stratified(parts: Parts, prompts: Iterable[tuple[Sequence[Message], str | None]]) -> Stratified:
    """Divide prompts, each given with its domain, so that every domain is in every part by the shares.

    In a domain each part has its share rounded down or up; what is left over goes where most is
    missing of the whole, so that many small domains together still come to the shares. Which prompts
    they are is random by the seed and does not depend on their order. A prompt of several domains
    counts to the first by name. 16 bytes a prompt are held.
    """
    numbers: dict[str, int] = {}
    places, found = array("Q"), array("L")
    for prompt, domain in prompts:
        places.append(parts.place(prompt))
        found.append(numbers.setdefault(domain or "", len(numbers)))
    names = sorted(numbers)
    rank = np.zeros(len(names), int)
    rank[[numbers[name] for name in names]] = np.arange(len(names))
    where = np.array(places, np.uint64)
    domain_of = rank[np.array(found, int)] if len(found) else np.zeros(0, int)
    order = np.lexsort((domain_of, where))
    where, first = np.unique(where[order], return_index=True)
    domain_of = domain_of[order][first]

    shares = np.array([share for _, share in parts.shares])
    part, given, tally = np.zeros(len(where), np.uint8), np.zeros(len(shares)), {}
    # In a random order, too: what is left over must not always be held out of the same domains.
    for number in sorted(range(len(names)), key=lambda i: content_key("split domain", parts.seed, names[i])):
        name = names[number]
        rows = np.flatnonzero(domain_of == number)  # sorted by place, which is a random order
        counts = _apportion(shares, len(rows), given)
        given += counts
        part[rows] = np.repeat(np.arange(len(shares)), counts)
        tally[name] = {each: int(n) for (each, _), n in zip(parts.shares, counts, strict=True)}
    return Stratified(parts, where, part, {name: tally[name] for name in names})


def _apportion(shares: np.ndarray, n: int, given: np.ndarray) -> np.ndarray:
    """How many of `n` each part gets, after `given` of what came before: whole, and `n` together."""
    counts = np.floor(shares * n + 1e-9).astype(int)
    missing = shares * (given.sum() + n) - given - counts
    missing[shares * n - counts < 1e-9] = -np.inf  # its share is whole
    most = np.argsort(-missing, kind="stable")[: n - counts.sum()]
    counts[most] += 1
    return counts
