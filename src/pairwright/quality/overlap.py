"""split_overlap and contamination: prompts that stand in train and test, and texts of benchmarks.

Both by runs of words, as in the GPT-3 paper (Brown et al. 2020, appendix C: runs
of 13 words); a text shorter than that has to match whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from pairwright.quality.duplicates import fingerprint
from pairwright.quality.example import Example, Finding
from pairwright.quality.near import NearTexts, signature
from pairwright.quality.near_duplicates import LEAST

RUN = 13  # words
_FEWEST = 5  # words of a short text that has to match whole
_WORD = re.compile(r"\w+")
_TRAIN = ("train", "training")


class SplitOverlap:
    """An error where a prompt of one split stands, word for word or nearly, in another."""

    name = "split_overlap"

    def __init__(self, least: float = LEAST) -> None:
        self._least = least
        self._texts = NearTexts()
        self._of: list[tuple[str, str]] = []
        self._seen: set[tuple[str, int]] = set()

    def note(self, example: Example) -> tuple[str, str, int, bytes] | None:
        if example.split is None:
            return None
        return example.id, example.split, fingerprint(example.prompt), signature(example.prompt)

    def see(self, note: tuple[str, str, int, bytes]) -> None:
        example, split, print_, minima = note
        if (split, print_) not in self._seen:
            self._seen.add((split, print_))
            self._texts.add(minima)
            self._of.append((example, split))

    def end(self) -> Iterator[Finding]:
        if len({split for _, split in self._of}) < 2:
            return
        for i, earlier, share in self._texts.alike(self._least):
            (here, split), (there, other) = self._of[i], self._of[earlier]
            if split == other:
                continue
            if other not in _TRAIN and split in _TRAIN:
                (here, split), (there, other) = (there, other), (here, split)
            how = "" if share == 1 else f" (about {share:.0%} alike)"
            reason = f'its prompt is in "{split}" and, as that of {there}, in "{other}"{how}'
            remedy = "keep all pairs of a prompt in one split"
            yield Finding(self.name, "error", reason, remedy, here, value=there)


class Contamination:
    """An error where a prompt or response holds a text of a benchmark the model will be tested on.

    `texts` are those of the user's list.
    """

    name = "contamination"

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: dict[int, int] = {}
        self._whole: dict[int, int] = {}
        self._shown: list[str] = []
        for text in texts:
            words = _words(text)
            if len(words) < _FEWEST:
                continue
            number = len(self._shown)
            self._shown.append(" ".join(text.split())[:80])
            if len(words) < RUN:
                self._whole.setdefault(_hash(words), number)
            for run in _runs(words):
                self._runs.setdefault(run, number)

    def look(self, example: Example) -> Iterator[Finding]:
        if not self._runs and not self._whole:
            return
        for part, text in (("prompt", example.asked), ("response", example.a), ("response", example.b)):
            words = _words(text)
            number = self._whole.get(_hash(words))
            if number is None and self._runs:
                number = next((self._runs[run] for run in _runs(words) if run in self._runs), None)
            if number is not None:
                reason = f'its {part} holds a text of the benchmark list: "{self._shown[number]}"'
                remedy = "drop the pair: what is trained on can't be tested on"
                yield Finding(self.name, "error", reason, remedy, example.id, part, self._shown[number])
                return


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(words: list[str]) -> Iterator[int]:
    for i in range(len(words) - RUN + 1):
        yield _hash(words[i : i + RUN])


def _hash(words: list[str]) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")
