"""Near-duplicate texts among millions, by MinHash signatures in bands (Broder 1997; Leskovec et al., ch. 3).

A text is its set of word triples. 64 minima estimate the share of triples two
texts have in common to about +-5 points; two texts are compared where all 8
minima of one of 8 bands agree, which finds 99 % of those 90 % alike and 3 % of
those half alike.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator

import numpy as np
from rensa import RMinHash

PERMUTATIONS = 64
BANDS = 8
_WORD = re.compile(r"\w+")
_SHINGLE = 3
_SEED = 42
Share = Callable[[int, np.ndarray], np.ndarray]  # (a text, earlier ones) -> what they have in common

_LARGEST_GROUP = 50  # texts of a bucket compared with all before them; more are compared with the first


def signature(text: str) -> bytes:
    """64 unsigned 32-bit minima over the text's word triples.

    That of two texts together is the smaller of both, minimum by minimum (`together`).
    """
    words = _WORD.findall(text.lower())
    minima = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    if len(words) < _SHINGLE:
        minima.update([" ".join(words)])
    else:
        minima.update([" ".join(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1)])
    return array("I", minima.digest()).tobytes()


def together(*signatures: bytes) -> bytes:
    """The signature of the union of several texts' triples."""
    return np.minimum.reduce([np.frombuffer(each, np.uint32) for each in signatures]).tobytes()  # type: ignore[no-any-return]


def alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The estimated share in common of rows of signatures."""
    return np.asarray((a == b).mean(-1))


class NearTexts:
    """Signatures of texts, in the order added; 128 bytes each.

    Of each minimum 16 bits are kept: two that differ look the same once in 65,536.
    """

    def __init__(self) -> None:
        self._minima = array("H")

    def add(self, minima: bytes) -> None:
        self._minima.frombytes(np.frombuffer(minima, np.uint32).astype(np.uint16).tobytes())

    def __len__(self) -> int:
        return len(self._minima) // PERMUTATIONS

    @property
    def minima(self) -> np.ndarray:
        """(n, 64) uint16."""
        return np.frombuffer(self._minima, np.uint16).reshape(-1, PERMUTATIONS)

    def alike(self, least: float, also: Share | None = None) -> Iterator[tuple[int, int, float]]:
        """(text, an earlier one, estimated share in common) for each text that has one over `least`.

        `also` gives the share that counts, where it is not that of these texts alone.
        """
        minima = self.minima
        best: dict[int, tuple[int, float]] = {}
        for band in np.split(minima, BANDS, axis=1):
            for group in _groups(band):
                self._compare(minima, group, least, best, also)
        for i, (earlier, share) in sorted(best.items()):
            yield i, earlier, share

    def _compare(
        self,
        minima: np.ndarray,
        group: np.ndarray,
        least: float,
        best: dict[int, tuple[int, float]],
        also: Share | None,
    ) -> None:
        """Each text of a bucket against the earlier ones; the earliest that is alike enough is kept."""
        for place in range(1, len(group)):
            text = int(group[place])
            earlier = group[: min(place, _LARGEST_GROUP)]
            share = alike(minima[earlier], minima[text])
            if also is not None and (share >= least).any():
                share = np.minimum(share, also(text, earlier))
            near = np.flatnonzero(share >= least)
            if len(near):
                found = int(earlier[near[0]]), float(share[near[0]])
                if text not in best or found[0] < best[text][0]:
                    best[text] = found


def _groups(band: np.ndarray) -> Iterator[np.ndarray]:
    """Rows that are equal, two or more, in the order of their numbers."""
    mixed = np.zeros(len(band), np.uint64)
    with np.errstate(over="ignore"):
        for column in band.T:
            mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    ends = np.flatnonzero(np.diff(mixed[order])) + 1
    starts = np.concatenate([[0], ends])
    sizes = np.diff(np.concatenate([starts, [len(order)]]))
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        yield order[start : start + size]
