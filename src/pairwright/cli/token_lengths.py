"""Lengths in tokens as the command line prints them: what keeps rows whole, and what trainers would cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from pairwright.amounts import counted
from pairwright.cli.output import note, out, say

if TYPE_CHECKING:
    from pairwright.stages.check.lengths_of_rows import LengthsResult

_PARTS = (("prompt", "prompt"), ("chosen", "chosen"), ("rejected", "rejected"), ("whole", "whole row"))
_COLUMNS = (
    ("cut", "cut"), ("prompt", "prompt"), ("chosen", "chosen"), ("rejected", "rejected"),
    ("dropped", "dropped"), ("equal", "equal"), ("emptied", "emptied"),
)  # fmt: skip
SHOWN = 5  # pairs with an issue


def print_lengths(of: dict[str, Any]) -> None:
    """Both tables, and what was assumed or left out."""
    say("")
    say(f"{counted(of['rows'], 'labelled pair')} in tokens of {of['tokenizer']}.")
    if of["rows"]:
        out.print(_lengths(of["lengths"]))
        say("")
        out.print(_cuts(of["trainers"]))
        say("")
        for line in rules(of["trainers"]):
            say(line)
        for each in of["trainers"]:
            if each["limit"] is None:
                say(
                    f"{each['name']}: {each['setting']} is by default what the model's context holds, which "
                    "this tokenizer's folder does not say; give --max-length."
                )
    if of["assumed"]:
        note(f"{of['tokenizer']}: {of['assumed']}.")
    if of["unlabelled"]:
        note(f"{counted(of['unlabelled'], 'pair has', 'pairs have')} no label yet and were not measured.")
    if of["refused"]:
        note(f"the chat template refuses {counted(of['refused'], 'row')}: a trainer would stop there.")
    if of["with_images"]:
        note(f"{counted(of['with_images'], 'row has', 'rows have')} images, whose tokens are not counted.")


def print_measured(result: LengthsResult) -> None:
    """The same of a file, with what of it gave no pair, and the first pairs with an issue."""
    print_lengths(result.tokens)
    for each in result.findings[:SHOWN]:
        out.print(f"warning  {each.part}: {each.example}: {each.reason} -> {each.remedy}", soft_wrap=True)
    if (more := sum(result.by_part.values()) - SHOWN) > 0:
        note(f"{counted(more, 'more such row')}; --json lists {len(result.findings):,}.")
    for reason, n in result.dropped.counts.items():
        note(f"{counted(n, 'row')} left out, {reason.replace('_', ' ')}")
    if result.bad_rows:
        first = result.bad[0]
        note(f"{counted(result.bad_rows, 'row')} could not be read; first: {first.place}: {first.reason}")


def _lengths(of: dict[str, dict[str, int]]) -> Table:
    shares = list(of["whole"])
    table = Table("set to keep whole", *(f"{share} of rows" for share in shares), box=None, pad_edge=False)
    for part, name in _PARTS:
        table.add_row(name, *(f"{of[part][share]:,}" for share in shares))
    return table


def _cuts(trainers: list[dict[str, Any]]) -> Table:
    table = Table("trainer", "limit", *(title for _, title in _COLUMNS), box=None, pad_edge=False)
    for each in trainers:
        if each["limit"] is not None:
            counts = (f"{each[name]:,}" if each[name] else "-" for name, _ in _COLUMNS)
            table.add_row(each["name"], f"{each['limit']:,}", *counts)
    return table


def rules(trainers: list[dict[str, Any]]) -> list[str]:
    """What is cut by those that cut something, one line a rule."""
    by_rule: dict[tuple[str, str], list[str]] = {}
    for each in trainers:
        if each["cut"] or each["dropped"]:
            by_rule.setdefault((each["setting"], each["cuts"]), []).append(each["name"])
    return [f"Cut by {', '.join(names)} ({setting}): {rule}." for (setting, rule), names in by_rule.items()]
