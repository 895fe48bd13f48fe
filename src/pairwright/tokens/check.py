"""token_length: rows that a trainer's limit would cut, for a tokenizer that the user names.

Cut ends may be all that two responses differ in: then a trainer is told to prefer a text to itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairwright.amounts import counted
from pairwright.quality.example import Example, Finding
from pairwright.tokens.report import LengthLimits, TokenReport, emptied_when_cut, equal_when_cut
from pairwright.tokens.tokenizer import PLAIN, row_tokenizer
from pairwright.tokens.trainers import TRAINERS, Lengths, chosen_trainers

NAME = "token_length"
_LONGER = "set {setting} to {whole:,} or more, or drop the pair"


@dataclass(frozen=True, slots=True)
class _Measured:
    """One pair, measured. `lengths` is None where it has no label, or the template refuses it."""

    id: str
    labelled: bool
    lengths: Lengths | None = None
    refused: str | None = None
    images: bool = False


class TokenLength:
    """One finding a pair and kind, with all trainers it is about; one notice a trainer on the whole set.

    `trainers` are all unless some are named, `max_length` goes over their defaults. The tokenizer is read
    where it is needed, for checks are pickled into other processes. After a run `report` has the lengths.
    """

    name = NAME

    def __init__(
        self, tokenizer: str, *, trainers: Sequence[str] = (), max_length: int | None = None
    ) -> None:
        self.tokenizer, self.shown = tokenizer, shown(tokenizer)
        rows = row_tokenizer(tokenizer)
        self._limits = LengthLimits.default(chosen_trainers(trainers), max_length, rows.context)
        self._report = TokenReport(self._limits)
        self._last: tuple[Example, _Measured] | None = None
        self._template = rows.has_template

    def look(self, example: Example) -> Iterator[Finding]:
        seen = self._seen(example)
        if seen.refused is not None:
            yield Finding(
                self.name,
                "warning",
                f"the chat template of {self.shown} refuses it: {seen.refused}",
                "a trainer stops here too: change the messages, or drop the pair",
                example.id,
                "template_fails",
            )
        if seen.lengths is None:
            return
        of = seen.lengths
        equal = [name for name, limit in self._limited() if equal_when_cut(name, of, limit)]
        emptied = [name for name, limit in self._limited() if emptied_when_cut(name, of, limit)]
        if equal:
            first = of.prompt + of.shared + 1
            said = f"chosen and rejected are the same once cut: they differ from token {first:,} on"
            yield self._finding(example, of, "equal_when_cut", equal, said)
        if emptied:
            said = f"nothing is left of a response once cut: the prompt alone has {of.prompt:,} tokens"
            yield self._finding(example, of, "emptied_when_cut", emptied, said)

    def note(self, example: Example) -> _Measured:
        return self._seen(example)

    def see(self, note: _Measured) -> None:
        report = self._report
        report.unlabelled += not note.labelled
        report.refused += note.refused is not None
        report.with_images += note.images
        if note.lengths is not None:
            report.add(note.id, note.lengths)

    def end(self) -> Iterator[Finding]:
        for each in self.report()["trainers"]:
            told = cut_by(each)
            if told:
                yield Finding(
                    self.name,
                    "info",
                    f"{told} ({each['setting']} {each['limit']:,})",
                    self._keeps(each["setting"]),
                    part=f"cut: {each['trainer']}",
                    value=each["cut"] + each["dropped"],
                )

    def report(self) -> dict[str, Any]:
        """The lengths of what was seen, and each trainer's cuts."""
        said = {"tokenizer": self.shown, "chat_template": self._template}
        return {**said, "assumed": None if self._template else PLAIN, **self._report.as_dict()}

    def _keeps(self, setting: str) -> str:
        keeps = self._report.as_dict()["lengths"]["whole"]
        return f"{setting} " + ", ".join(f"{n:,} keeps {share} of rows whole" for share, n in keeps.items())

    def _limited(self) -> Iterator[tuple[str, int]]:
        yield from ((name, limit) for name, limit in self._limits.of.items() if limit is not None)

    def _finding(self, example: Example, of: Lengths, part: str, trainers: list[str], said: str) -> Finding:
        by = ", ".join(f"{TRAINERS[name].name} at {self._limits.of[name]:,}" for name in trainers)
        remedy = _LONGER.format(setting=" or ".join(settings_of(trainers)), whole=of.whole)
        return Finding(self.name, "warning", f"{said} ({by})", remedy, example.id, part, of.whole)

    def _seen(self, example: Example) -> _Measured:
        """Both `look` and `note` ask for the same pair, one after the other: it is measured once."""
        if self._last is None or self._last[0] is not example:
            self._last = example, self._measured(example)
        return self._last[1]

    def _measured(self, example: Example) -> _Measured:
        if not example.decided:
            return _Measured(example.id, labelled=False)
        images = any(each.images for each in (*example.messages, *example.turns_a, *example.turns_b))
        try:
            lengths = row_tokenizer(self.tokenizer).lengths(example)
        except Exception as error:  # a template is a program of the model's maker: it may raise anything
            said = " ".join(str(error).split())[:200] or type(error).__name__
            return _Measured(example.id, True, None, said, images)
        return _Measured(example.id, True, lengths, None, images)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_last": None}


def settings_of(trainers: Sequence[str]) -> list[str]:
    """The names of their limits, the most frequent first."""
    return [name for name, _ in Counter(TRAINERS[each].setting for each in trainers).most_common()]


def shown(tokenizer: str) -> str:
    """Its name without the folder it stands in, which is nobody's business who reads a report."""
    return Path(tokenizer).resolve().name if Path(tokenizer).expanduser().exists() else tokenizer


def in_sentences(report: dict[str, Any]) -> list[str]:
    """What keeps rows whole, and what each trainer cuts."""
    keeps = ", ".join(f"{n:,} keeps {share}" for share, n in report["lengths"]["whole"].items())
    cuts = [told + "." for each in report["trainers"] if (told := cut_by(each))]
    return [f"Tokens of whole rows: {keeps}.", *cuts] if keeps else []


def cut_by(of: dict[str, Any]) -> str:
    """What a trainer cuts: `TRL DPO cuts 3 rows (2 chosen, 3 rejected) and drops 1 row`; "" for nothing."""
    parts = []
    if of["cut"]:
        sides = ", ".join(f"{of[side]:,} {side}" for side in ("prompt", "chosen", "rejected") if of[side])
        parts.append(f"cuts {counted(of['cut'], 'row')} ({sides})")
    if of["dropped"]:
        parts.append(f"drops {counted(of['dropped'], 'row')}")
    return f"{of['name']} {' and '.join(parts)}" if parts else ""
