"""too_similar: the two responses are nearly the same text, so there is little to learn from the choice.

Similarity is of words in order: twice the length of their longest common
subsequence over the length of both (rapidfuzz, Indel). `difflib`, which people
use for this, takes popular words of long texts for noise and is far slower
(`benchmarks/quality`). Case, white space and the marks around words make no other
word; operators do, for in code and arithmetic they are all the difference.

Responses that are more than a text are compared by their parts: final answer, calls (equal or not, by name
and arguments), what was said beside them, images, and reasoning where it counts. Where one of them differs
there are two answers; that the final answers are the same all the same is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz.distance import Indel

from pairwright.quality.example import Example, Finding, Severity
from pairwright.quality.parts import ResponseParts, parts_of

MOST = 0.95
# A text with so few spaces is not written in words that spaces part (Chinese, Japanese, Thai).
LONG_WORDS = 15
_BEFORE = "\"'([{*_`~#>\u00bf\u00a1\u201c\u2018\u00ab\u2026\u2013\u2014"
_AFTER = "\"')]}*_`~.,;:!?\u201d\u2019\u00bb\u2026\u2013\u2014"
# Marks that stand within unspaced text: CJK stops, commas, quotation marks and full-width forms.
_WITHIN = str.maketrans(
    dict.fromkeys("\u3001\u3002\u300c\u300d\u300e\u300f\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f", " ")
)
_MARKS = frozenset(_BEFORE + _AFTER) - frozenset("*>~#")  # alone, these may be operators


def similarity(a: str, b: str) -> float:
    """How alike two texts are, 0 to 1, word by word; by characters where no spaces part words.

    1.0 where they differ only in white space, case or the punctuation around words.
    """
    return _alike(a, b, a.split(), b.split(), 0.0)


def _alike(a: str, b: str, words_a: list[str], words_b: list[str], least: float) -> float:
    by_characters = len(a) + len(b) > LONG_WORDS * (len(words_a) + len(words_b))
    plain_a, plain_b = _plain(a), _plain(b)
    together_a, together_b = "".join(plain_a), "".join(plain_b)
    if together_a == together_b or "".join(words_a).casefold() == "".join(words_b).casefold():
        return 1.0
    if by_characters:
        return float(Indel.normalized_similarity(together_a, together_b, score_cutoff=least))
    return float(Indel.normalized_similarity(plain_a, plain_b, score_cutoff=least))


def _as_they_are(a: str, b: str, words_a: list[str], words_b: list[str], least: float) -> float:
    if len(a) + len(b) > LONG_WORDS * (len(words_a) + len(words_b)):
        return float(Indel.normalized_similarity(a, b, score_cutoff=least))
    return float(Indel.normalized_similarity(words_a, words_b, score_cutoff=least))


def _plain(text: str) -> list[str]:
    """The words of a text without case and the marks around them; marks that stand alone are none."""
    found = []
    for word in text.casefold().translate(_WITHIN).split():
        stripped = word.lstrip(_BEFORE).rstrip(_AFTER)
        if stripped or not _MARKS.issuperset(word):
            found.append(stripped or word)
    return found


_ANSWERS = "final answers"


def _told(name: str, share: float) -> str:
    return f"{name} equal" if share == 1 else f"{name} {share:.1%} alike"


class TooSimilar:
    """An error over `most` alike: chosen and rejected teach a trainer next to nothing.

    A warning where that holds only without case, white space and the punctuation around words.
    """

    name = "too_similar"

    def __init__(self, most: float = MOST, *, reasoning_counts: bool = True) -> None:
        self._most, self._reasoning_counts = most, reasoning_counts

    def look(self, example: Example) -> Iterator[Finding]:
        return self._by_parts(example) if example.turns_a or example.turns_b else self._texts(example)

    def _by_parts(self, example: Example) -> Iterator[Finding]:
        a, b = parts_of(example.a, example.turns_a), parts_of(example.b, example.turns_b)
        alike = self._compared(a, b)
        if not alike:
            return
        differ = [name for name, share in alike.items() if share <= self._most]
        same = [_told(name, share) for name, share in alike.items() if share > self._most]
        least = round(min(alike.values()), 4)
        if not differ:
            reason = f"the two responses are alike in every part: {', '.join(same)}"
            remedy = "drop the pair, or draw one of the responses again"
            yield Finding(self.name, "error", reason, remedy, example.id, value=least)
        elif alike.get(_ANSWERS, 0.0) > self._most:
            reason = f"{', '.join(same)}; {' and '.join(differ)} differ"
            remedy = f"keep the pair if {' and '.join(differ)} are what is to be learned; otherwise drop it"
            yield Finding(self.name, "info", reason, remedy, example.id, "same_answer", least)

    def _compared(self, a: ResponseParts, b: ResponseParts) -> dict[str, float]:
        """How alike each part is that one of them has, from 0 to 1."""
        texts = {_ANSWERS: (a.answer, b.answer), "texts beside calls": (a.beside, b.beside)}
        if self._reasoning_counts:
            texts["reasoning traces"] = a.reasoning, b.reasoning
        exact = {"calls": (a.calls, b.calls), "images": (a.images, b.images)}
        found = {name: similarity(*two) for name, two in texts.items() if any(map(str.strip, two))}
        return found | {name: float(one == other) for name, (one, other) in exact.items() if one or other}

    def _texts(self, example: Example) -> Iterator[Finding]:
        a, b = example.a, example.b
        as_they_are = _as_they_are(a, b, example.words_a, example.words_b, self._most)
        found = max(as_they_are, _alike(a, b, example.words_a, example.words_b, self._most))
        if found <= self._most:
            return
        if a == b:
            reason = "the two responses are the same text"
        elif found == 1:
            reason = "the two responses differ only in punctuation, case or white space"
        else:
            reason = f"the two responses are {found:.1%} alike, word by word; {self._most:.0%} is the most"
        # Punctuation and case may be what was asked for.
        severity: Severity = "error" if as_they_are > self._most else "warning"
        remedy = "drop the pair, or draw one of the responses again"
        if severity == "warning":
            remedy += ", unless punctuation and case are what is to be learned"
        yield Finding(self.name, severity, reason, remedy, example.id, value=round(found, 4))
