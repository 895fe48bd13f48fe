"""Pairs a second, beside what else one would use for the same, in one run on one core."""

from __future__ import annotations

import difflib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pairwright.quality.checks import make_checks
from pairwright.quality.example import Example
from pairwright.quality.near import NearTexts, signature
from pairwright.quality.run import run_checks
from pairwright.quality.similarity import TooSimilar

WORDS = 200
_STEMS, _ENDS = ["re", "un", "in", "for", "with", "so", "be", "con"], ["ted", "ing", "al", "er", "ly", "es"]
_VOCABULARY = [
    f"{a}{b}"
    for a in ("re", "un", "in", "for", "with", "so", "be", "con")
    for b in ("ted", "ing", "al", "er", "ly", "es")
]


def text(rng: random.Random, words: int = WORDS) -> str:
    return " ".join(rng.choices(_VOCABULARY, k=words))


def edited(rng: random.Random, of: str, share: float) -> str:
    words = of.split()
    for place in rng.sample(range(len(words)), int(share * len(words))):
        words[place] = rng.choice(_VOCABULARY)
    return " ".join(words)


def pairs(n: int, seed: int = 0) -> Iterator[Example]:
    """Half unlike, half alike to some degree; every prompt its own."""
    rng = random.Random(seed)
    for i in range(n):
        a = text(rng)
        b = text(rng) if i % 2 else edited(rng, a, rng.random() * 0.5)
        yield Example(
            str(i),
            f"Question {i}: {text(rng, 20)}",
            f"Question {i}",
            a,
            b,
            "A" if rng.random() < 0.5 else "B",
        )


def rate(work: Callable[[list[Example]], Any], examples: list[Example]) -> float:
    began = time.perf_counter()
    work(examples)
    return len(examples) / (time.perf_counter() - began)


def similarity() -> list[tuple[str, float]]:
    """(method, pairs a second) at 200 words a text."""
    fast, slow = list(pairs(20_000)), list(pairs(100))
    return [
        ("too_similar (rapidfuzz, words)", rate(_ours, fast)),
        ("difflib, words", rate(lambda of: [_difflib(e.a.split(), e.b.split()) for e in of], slow)),
        ("difflib, characters", rate(lambda of: [_difflib(e.a, e.b) for e in of], slow[:20])),
        ("difflib quick_ratio, characters", rate(lambda of: [_quick(e.a, e.b) for e in of], slow)),
        ("TF-IDF cosine, fitted on all (scikit-learn)", rate(_tfidf, fast[:5000])),
    ]  # fmt: skip


def _ours(examples: list[Example]) -> None:
    check = TooSimilar()
    for each in examples:
        # A new one, as they come from a stream: one that was looked at before has been split already.
        list(check.look(replace(each)))


def _difflib(a: Any, b: Any) -> float:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def _quick(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).quick_ratio()


def _tfidf(examples: list[Example]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer().fit_transform([e.a for e in examples] + [e.b for e in examples])
    n = len(examples)
    return vectors[:n].multiply(vectors[n:]).sum(1)


def autojunk() -> tuple[float, float, float]:
    """Of a text of 300 words with one word changed: (difflib by default, with autojunk off, ours)."""
    rng = random.Random(1)
    a = " ".join(rng.choices(_VOCABULARY, k=300))
    b = edited(rng, a, 0.004)
    from pairwright.quality.similarity import similarity as ours

    return difflib.SequenceMatcher(None, a, b).ratio(), _difflib(a, b), ours(a, b)


def near() -> list[tuple[str, float]]:
    """(method, texts a second): signatures of 200-word texts, and finding those alike."""
    rng = random.Random(2)
    texts = [text(rng) for _ in range(5000)]

    def ours() -> None:
        found = NearTexts()
        for each in texts:
            found.add(signature(each))
        list(found.alike(0.85))

    def theirs() -> None:
        from datasketch import MinHash, MinHashLSH

        index = MinHashLSH(threshold=0.85, num_perm=64)
        for i, each in enumerate(texts):
            words = each.split()
            minima = MinHash(num_perm=64)
            minima.update_batch([" ".join(words[j : j + 3]).encode() for j in range(len(words) - 2)])
            index.query(minima)
            index.insert(i, minima)

    found = []
    for name, work in (("near_duplicates (rensa + sorted bands)", ours), ("datasketch MinHashLSH", theirs)):
        began = time.perf_counter()
        try:
            work()
        except ImportError:
            found.append((f"{name}: not installed", float("nan")))
            continue
        found.append((name, len(texts) / (time.perf_counter() - began)))
    return found


def all_checks(n: int, workers: int) -> tuple[float, int, float]:
    """(seconds, findings, MB at most) of all default checks on n pairs, in a process of its own."""
    here = os.path.dirname(__file__)
    code = f"import sys; sys.path.insert(0, {here!r}); import speed; speed.measured({n}, {workers})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, findings, megabytes = done.stdout.split()
    return float(seconds), int(findings), float(megabytes)


def measured(n: int, workers: int) -> None:
    began = time.perf_counter()
    findings = sum(1 for _ in run_checks(pairs(n), make_checks(), workers=workers))
    seconds = time.perf_counter() - began
    with open("/proc/self/status", encoding="ascii") as file:
        most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    print(seconds, findings, most / 1024)
