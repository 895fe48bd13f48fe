"""What the light reward model sees of a response: its form in some dozens of figures, and its words.

No model has to be downloaded. Words and pairs of words are hashed, so that there is
no vocabulary to keep; a response's score is a weighted sum of what is seen, so a
margin is a difference of scores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from pairwright.extras import needed
from pairwright.quality.refusals import looks_like_refusal

VERSION = 2
HASHES = 2**17
_LOOKED_AT = 20_000  # characters of a text

_LINES = (
    re.compile(r"^[^\S\n]*[-*•]\s", re.MULTILINE),
    re.compile(r"^[^\S\n]*\d+[.)]\s", re.MULTILINE),
    re.compile(r"^#+ ", re.MULTILINE),
)
_MARKS = ("**", "```", "\n", "\n\n", ",", ":", "(", "!", "?")
_OPENINGS = ("sorry", "certainly", "sure", "i ", "here")
# Words that tell how a response takes its prompt: each tells little, so it weighs less than a figure.
_WORDS = (
    "can't", "cannot", "sorry", "not sure", "don't", "shouldn't", "illegal", "wrong", "help",
    "why", "would you", "i'm not", "i think", "maybe", "please", "dangerous", "hurt", "feel",
    "you could", "you can", "try", "suggest", "here are", "yes", "no,", "it's", "that's",
    "i don't know", "understand", "important", "talk", "law", "people",
)  # fmt: skip
_WORD_SHARE = 0.3
_START = 60  # characters


def form(prompt: str, response: str) -> list[float]:
    """The figures of one response; counts as logarithms."""
    text = response[:_LOOKED_AT]
    words, low = text.split(), text.lower().replace("’", "'")
    n, chars = len(words) + 1, len(text) + 1
    sentences = len(re.findall(r"[.!?]+", text)) + 1
    own, asked, start = set(low.split()), set(prompt.lower().split()[-80:]), low[:_START]
    found = [
        np.log(chars + 20),
        np.log(n),
        np.log(sentences),
        min(n, 50),
        min(n, 200),
        len(own) / n,
        sum(map(len, words)) / n,
        n / sentences,
        sum(map(str.isdigit, text)) / chars,
        sum(map(str.isupper, text)) / chars,
        not text.isascii(),
        0.0 if text.isascii() else np.log1p(sum(not c.isascii() for c in text)),
        bool(re.search(r"[.!?\"')`]\s*$", text)),
        '"' in text,
        "as an ai" in low,
        "however" in low,
        looks_like_refusal(text),
        len(asked & own) / n,
        *(np.log1p(text.count(mark)) for mark in _MARKS),
        *(opening in start for opening in _OPENINGS),
    ]
    for pattern in _LINES:
        times = len(pattern.findall(text))
        found += [times > 0, np.log1p(times)]
    found += [word in low for word in _WORDS]
    found += [word in start for word in _WORDS]
    return [float(each) for each in found]


# How much a change of one standard deviation of each figure weighs, beside words of length 1.
SHARES = np.full(len(form("", "")), 0.3)
SHARES[-2 * len(_WORDS) :] *= _WORD_SHARE


def forms(prompts: Sequence[str], responses: Sequence[str]) -> np.ndarray:
    """(n, k) figures."""
    return np.array([form(p, r) for p, r in zip(prompts, responses, strict=True)], float).reshape(
        len(responses), -1
    )


def words(responses: Sequence[str]) -> sparse.csr_matrix:
    """(n, HASHES) 1 + log of how often each word or pair of words stands in a response."""
    with needed("reward", "the light reward model"):
        from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        n_features=HASHES, ngram_range=(1, 2), norm=None, alternate_sign=False, dtype=np.float64
    )
    counts = vectorizer.transform(text[:_LOOKED_AT] for text in responses)
    counts.data = 1 + np.log(counts.data)
    return counts.tocsr()


def inverse_frequency(counts: sparse.csr_matrix) -> np.ndarray:
    """(HASHES,) how much a word tells: log((1 + n) / (1 + in how many)) + 1, as scikit-learn has it."""
    n = counts.shape[0]
    present = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + n) / (1 + present)) + 1)


def weighed(counts: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
    """Words weighed by what they tell, each response of length 1."""
    found = counts.multiply(idf[None]).tocsr()
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-12)) @ found
