"""near_duplicates: pairs that are an earlier pair with a few words changed, and prompts that are.

Of a pair, prompt and both responses have to be alike. Prompts that are alike by
themselves are worth a notice: they must not be parted between train and test
(`split_overlap`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pairwright.quality.duplicates import fingerprint
from pairwright.quality.example import Example, Finding
from pairwright.quality.near import NearTexts, alike, signature, together

LEAST = 0.85


class NearDuplicates:
    """Warnings for pairs, one notice for all prompts together."""

    name = "near_duplicates"

    def __init__(self, least: float = LEAST) -> None:
        self._least = least
        self._pairs, self._a, self._b, self._prompts = (NearTexts() for _ in range(4))
        self._ids: list[str] = []
        self._prompt_ids: list[str] = []
        self._seen: set[int] = set()

    def note(self, example: Example) -> tuple[str, int, int, tuple[bytes, bytes, bytes]]:
        exact = fingerprint("\0".join((example.prompt, *sorted((example.a, example.b)))))
        signatures = signature(example.asked), signature(example.a), signature(example.b)
        return example.id, exact, fingerprint(example.asked), signatures

    def see(self, note: tuple[str, int, int, tuple[bytes, bytes, bytes]]) -> None:
        example, exact, asked, (prompt, a, b) = note
        if exact in self._seen:
            return  # `duplicates` says so
        self._seen.add(exact)
        self._ids.append(example)
        self._pairs.add(together(prompt, a, b))
        self._a.add(a)
        self._b.add(b)
        if asked not in self._seen:
            self._seen.add(asked)
            self._prompts.add(prompt)
            self._prompt_ids.append(example)

    def _both(self, i: int, earlier: np.ndarray) -> np.ndarray:
        """How alike the less alike of the two responses are, whichever way round."""
        a, b = self._a.minima, self._b.minima
        straight = np.minimum(alike(a[earlier], a[i]), alike(b[earlier], b[i]))
        crossed = np.minimum(alike(a[earlier], b[i]), alike(b[earlier], a[i]))
        return np.asarray(np.maximum(straight, crossed))

    def end(self) -> Iterator[Finding]:
        for i, earlier, share in self._pairs.alike(self._least, self._both):
            reason = (
                f"nearly the pair {self._ids[earlier]}: about {share:.0%} of their word triples are the same"
            )
            remedy = "drop one, unless the difference is what is to be learned"
            yield Finding(self.name, "warning", reason, remedy, self._ids[i], "pair", round(share, 3))
        near = list(self._prompts.alike(self._least))
        if near:
            i, earlier, _ = near[0]
            some = f"{self._prompt_ids[i]} and {self._prompt_ids[earlier]}"
            reason = (
                f"{len(near):,} of {len(self._prompts):,} prompts are nearly an earlier one, as in {some}"
            )
            remedy = "keep such prompts in one split; drop them where more variety is wanted"
            yield Finding(self.name, "info", reason, remedy, None, "prompts", len(near))
