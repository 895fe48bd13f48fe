"""How long the rows of a dataset are in tokens, without a project.

    token_lengths("dpo.jsonl", "Qwen/Qwen3-0.6B")

Rows of any format that is read give pairs as `convert` makes them: the best response and each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Drop, Pair, Tally, pairs
from pairwright.formats.catalog import read_dataset
from pairwright.formats.guess import guess
from pairwright.formats.reading import BadRow, Given, name_of
from pairwright.quality.example import Example, Finding
from pairwright.quality.run import run_checks
from pairwright.stages.add.sources import sources
from pairwright.stages.add.usable_rows import usable
from pairwright.stages.result import Result, facts_of
from pairwright.tokens.check import TokenLength, in_sentences

FINDINGS = 100  # listed; all are counted


@dataclass(repr=False)
class LengthsResult(Result):
    """`tokens` are the lengths (see `pairwright.tokens.report`), `findings` the first pairs with an issue.

    `by_part` counts all findings on pairs, `dropped` rows that give no pair, by reason.
    """

    source: str
    read: int = 0
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    dropped: Tally = field(default_factory=Tally)
    faults: dict[str, int] = field(default_factory=dict)
    not_carried: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)
    by_part: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "from": self.source,
            "read": self.read,
            "bad_rows": self.bad_rows,
            "bad": [row.as_dict() for row in self.bad],
            "dropped": self.dropped.counts,
            "first_dropped": self.dropped.places,
            "tokens": self.tokens,
            "by_part": self.by_part,
            "findings": [asdict(each) for each in self.findings],
        }

    def facts(self) -> list[tuple[str, str]]:
        return [("rows", f"{self.tokens['rows']:,}"), *facts_of(self.by_part)]

    def sentences(self) -> list[str]:
        return in_sentences(self.tokens)


def token_lengths(
    rows: Any,
    tokenizer: str,
    *,
    trainers: Sequence[str] = (),
    max_length: int | None = None,
    source: str | None = None,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> LengthsResult:
    """Measure a file, the rows of a table, or a dataset of the Hub with the tokenizer of that name.

    `trainers` are all unless some are named, `max_length` goes over their defaults, `source` is the rows'
    format where it can't be told. Raises MissingExtra, and InputError for what can't be read.
    """
    check = TokenLength(tokenizer, trainers=trainers, max_length=max_length)
    given = _one(rows)
    result = LengthsResult(source or guess(given, {}))
    read = usable(read_dataset(given, result.source), result, None)
    for finding in run_checks(_examples(read, result), [check], workers=workers, progress=progress):
        if finding.example is None:
            continue
        part = finding.part or ""
        result.by_part[part] = result.by_part.get(part, 0) + 1
        if len(result.findings) < FINDINGS:
            result.findings.append(finding)
    result.tokens = check.report()
    if not result.tokens["rows"] and not result.tokens["refused"]:
        raise InputError(f"{name_of(given)} (read as {result.source}) has no pair to measure: {_why(result)}")
    return result


def token_check(
    tokenizer: str | None, trainers: Sequence[str] = (), max_length: int | None = None
) -> TokenLength | None:
    """The check of a named tokenizer; None where none is. Raises InputError for options that need one."""
    if tokenizer is not None:
        return TokenLength(tokenizer, trainers=trainers, max_length=max_length)
    for option, given in (("--trainer", trainers), ("--max-length", max_length)):
        if given:
            raise InputError(f"{option} is about lengths in tokens: say by which --tokenizer")
    return None


def _one(rows: Any) -> Given:
    found = sources(rows)
    if len(found) != 1:
        raise InputError(f"{len(found)} files were given; measure one at a time")
    return found[0]


def _why(result: LengthsResult) -> str:
    told = [f"{n:,} {reason.replace('_', ' ')}" for reason, n in result.dropped.counts.items()]
    told += [f"{row.place}: {row.reason}" for row in result.bad[:1]]
    return "; ".join(told) or "it has no rows"


def _examples(rows: Iterator[Canonical], result: LengthsResult) -> Iterator[Example]:
    for row in rows:
        for n, pair in enumerate(pairs(row)):
            if isinstance(pair, Drop):
                result.dropped.add(pair.reason, row.place)
            else:
                yield _example(pair, row.id or row.place, n)


def _example(pair: Pair, name: str, n: int) -> Example:
    return Example(
        name if n == 0 else f"{name} ({n + 1})",
        "", "", pair.chosen.text, pair.rejected.text, "A",
        messages=pair.prompt, tools=tuple(pair.row.tools), template=pair.row.template,
        turns_a=pair.chosen.turns, turns_b=pair.rejected.turns,
    )  # fmt: skip
