"""What the checks find in the sets as they are, and how much of it is right by our own reading.

`read.tsv` holds what was read: check, pair, right or not. What is the same text
under several pairs was read once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from data import SETS

from pairwright.quality.checks import make_checks
from pairwright.quality.example import Example, Finding
from pairwright.quality.run import run_checks
from pairwright.stats.intervals import wilson
from pairwright.types import Estimate

READ = Path(__file__).with_name("read.tsv")


def label_of(finding: Finding) -> str:
    part = (finding.part or "").partition(":")[0]
    return f"{finding.check}.{part}" if finding.check == "chosen_has_errors" else finding.check


def found_in(name: str) -> list[Finding]:
    """Findings on single pairs, each response taken for the chosen one once, so that all texts are seen."""
    checks = make_checks(only=["chosen_has_errors", "personal_data", "secrets", "injection", "identity_leak",
                               "harmful_compliance", "over_refusal", "language_mismatch"])  # fmt: skip
    seen: set[tuple[str, str]] = set()
    examples: list[Example] = []
    for example in SETS[name]():
        if example.model_a == "NullModel":
            continue  # one text, counted apart
        for verdict in ("A", "B"):
            each = replace(example, verdict=verdict)
            if (each.asked, each.chosen) not in seen:
                seen.add((each.asked, each.chosen))
                examples.append(replace(each, id=f"{example.id}/{verdict.lower()}"))
    return [finding for finding in run_checks(examples, checks) if finding.severity != "info"]


def counts(name: str) -> Counter[tuple[str, str]]:
    """(check, severity) -> findings, on the labels as they are, sets as a whole included."""
    found = run_checks(SETS[name](), make_checks())
    return Counter((label_of(finding), finding.severity) for finding in found)


def of_whole_sets() -> list[str]:
    """What is said of all labels together, and of prompts that stand in two of the sets."""
    pairs = [replace(example, split=name) for name in SETS for example in SETS[name]()]
    said = [
        f.reason
        for f in run_checks(pairs, make_checks(only=["shortcuts", "duplicates"]))
        if f.example is None
    ]
    shared = {
        (f.reason.split('"')[1], f.reason.split('"')[3], f.example)
        for f in run_checks(pairs, make_checks(only=["split_overlap"]))
    }
    for (one, other), n in sorted(Counter(each[:2] for each in shared).items()):
        said.append(f"{n:,} prompts of {one} stand in {other}")
    return said


def read() -> dict[str, dict[str, bool]]:
    """check -> pair/side -> whether the finding was right."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for line in READ.read_text(encoding="utf-8").splitlines()[1:]:
        check, example, right = line.split("\t")[:3]
        found[check][example] = right == "yes"
    return found


def known_right() -> set[tuple[str, str]]:
    """(check, pair) of natural findings that were read and are right."""
    return {
        (check, example.rpartition("/")[0])
        for check, of in read().items()
        for example, right in of.items()
        if right
    }


def precision() -> dict[str, Estimate]:
    """check -> share right of what was read; the same words on one prompt's other pairs count once."""
    found: dict[str, dict[tuple[str, str], bool]] = defaultdict(dict)
    for line in READ.read_text(encoding="utf-8").splitlines()[1:]:
        check, example, right, said = line.split("\t")
        found[check][said, example.partition("/")[0].partition(":")[0]] = right == "yes"
    return {check: wilson(sum(of.values()), len(of)) for check, of in sorted(found.items())}


def unread() -> list[Finding]:
    """Findings nobody has read yet."""
    known = read() if READ.exists() else {}
    return [
        finding
        for name in SETS
        for finding in found_in(name)
        if finding.example not in known.get(label_of(finding), {})
    ]
