"""The report's sections in the order they are read, under the question each group answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pairwright.report import about_data, about_flow, about_judges, about_people
from pairwright.report.about_judges import BINS as BINS
from pairwright.report.page import Section

Make = Callable[[dict[str, Any]], Section | None]

# Each makes a section, or None where there is nothing to show.
GROUPS: Mapping[str, tuple[Make, ...]] = {
    "The dataset": (about_flow.funnel, about_flow.savings, about_flow.plans),
    "Can it be trusted?": (
        about_flow.promise,
        about_flow.audit,
        about_people.agreement,
        about_judges.confidence,
        about_judges.risk,
    ),
    "Who judged": (about_judges.judges, about_judges.fewer, about_people.people),
    "What is in the data": (
        about_data.checks,
        about_data.tokens,
        about_data.reward,
        about_data.models,
        about_data.cycles,
    ),
}


def sections_of(numbers: dict[str, Any]) -> list[Section]:
    """All sections that have something to show; each knows its group and what is to be done about it."""
    found = []
    for group, makers in GROUPS.items():
        for make in makers:
            section = make(numbers)
            if section is not None:
                todo = tuple(each for each in numbers["todo"] if each["section"] == section.name)
                found.append(replace(section, group=group, todo=todo))
    return found
