"""too_similar: the two responses are nearly the same text, so there is little to learn from the choice.

Similarity is of words in order: twice the length of their longest common
subsequence over the length of both (rapidfuzz, Indel). `difflib`, which people
use for this, takes popular words of long texts for noise and is far slower
(`benchmarks/quality`).
"""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz.distance import Indel

from pairwright.quality.example import Example, Finding

MOST = 0.95
# A text with so few spaces is not written in words that spaces part (Chinese, Japanese, Thai).
LONG_WORDS = 15


def similarity(a: str, b: str) -> float:
    """How alike two texts are, 0 to 1, word by word; by characters where no spaces part words."""
    return _alike(a, b, a.split(), b.split(), 0.0)


def _alike(a: str, b: str, words_a: list[str], words_b: list[str], least: float) -> float:
    if len(a) + len(b) > LONG_WORDS * (len(words_a) + len(words_b)):
        return float(Indel.normalized_similarity(a, b, score_cutoff=least))
    return float(Indel.normalized_similarity(words_a, words_b, score_cutoff=least))


class TooSimilar:
    """An error over `most` alike: chosen and rejected teach a trainer next to nothing."""

    name = "too_similar"

    def __init__(self, most: float = MOST) -> None:
        self._most = most

    def look(self, example: Example) -> Iterator[Finding]:
        found = _alike(example.a, example.b, example.words_a, example.words_b, self._most)
        if example.a == example.b:
            reason = "the two responses are the same text"
        elif found > self._most:
            reason = f"the two responses are {found:.1%} alike, word by word; {self._most:.0%} is the most"
        else:
            return
        remedy = "drop the pair, or draw one of the responses again"
        yield Finding(self.name, "error", reason, remedy, example.id, value=round(found, 4))
