"""duplicates: the same pair again, with the same or the opposite label, and one answer given to many prompts.

Exact but for case and white space; `near_duplicates` finds those that were edited.
A text is kept as 8 bytes of its hash, so that millions of pairs fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from pairwright.quality.example import Example, Finding, Severity
from pairwright.types import Verdict

BOILERPLATE = 5  # prompts that get the very same answer
_LEAST_WORDS = 8  # of an answer that counts as boilerplate: "Yes." is nobody's


def fingerprint(text: str) -> int:
    """64 bits that tell texts apart, whatever their case and white space."""
    plain = " ".join(text.casefold().split())
    return int.from_bytes(blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class Duplicates:
    """Opposite labels on one pair are an error; the same pair again, and boilerplate, are warnings."""

    name = "duplicates"

    def __init__(self) -> None:
        self._first: dict[tuple[int, int, int], tuple[str, int | None]] = {}
        self._found: list[Finding] = []
        self._answers: dict[int, set[int]] = {}
        self._shown: dict[int, tuple[str, str]] = {}

    def note(self, example: Example) -> tuple[str, int, int, int, Verdict | None, list[tuple[int, str]]]:
        a, b = fingerprint(example.a), fingerprint(example.b)
        sides = ((a, example.a, example.words_a), (b, example.b, example.words_b))
        shown = [(print_, text[:100]) for print_, text, words in sides if len(words) >= _LEAST_WORDS]
        return example.id, fingerprint(example.prompt), a, b, example.verdict, shown

    def see(self, note: tuple[str, int, int, int, Verdict | None, list[tuple[int, str]]]) -> None:
        example, prompt, a, b, verdict, shown = note
        chosen = {"A": a, "B": b}.get(str(verdict))
        key = (prompt, min(a, b), max(a, b))
        if key in self._first:
            self._found.append(self._again(example, *self._first[key], chosen))
        else:
            self._first[key] = example, chosen
        for print_, text in shown:
            prompts = self._answers.setdefault(print_, set())
            prompts.add(prompt)
            if len(prompts) == BOILERPLATE and print_ not in self._shown:
                self._shown[print_] = example, " ".join(text.split())[:80]

    def _again(self, example: str, first: str, label: int | None, chosen: int | None) -> Finding:
        severity: Severity = "warning"
        if label is not None and chosen is not None and label != chosen:
            severity, part = "error", "opposite_labels"
            reason = f"the same pair as {first}, with the opposite label"
            remedy = "send both to people, or drop both"
        else:
            part, remedy = "same_pair", "drop one: it counts twice in training"
            reason = f"the same pair as {first}"
        return Finding(self.name, severity, reason, remedy, example, part, first)

    def end(self) -> Iterator[Finding]:
        yield from self._found
        for print_, (example, text) in self._shown.items():
            n = len(self._answers[print_])
            reason = f'{n:,} prompts get the very same answer, as in {example}: "{text}"'
            remedy = "see whether a model or its adapter always says this; drop these pairs"
            yield Finding(self.name, "warning", reason, remedy, None, f"boilerplate: {print_:016x}", n)
