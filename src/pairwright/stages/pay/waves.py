"""Runs of a stage one after the other until none of its work waits for calls any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from pairwright.models.batch.http import Away
from pairwright.stages.pay.batches import fetch
from pairwright.stages.project.project import Project

MOST_AWAY_S = 3600.0
R = TypeVar("R")
# What a run adds to the one before; of all else the last one's word counts, or the first one's.
_ADDED = frozenset({"responses", "votes", "failures", "calls", "spent_usd", "uncounted_usd"})
_FIRST = frozenset({"pending", "pairs", "failed_before"})


def in_waves(project: Project, once: Callable[[], R], goes_on: Callable[[R], bool], *, wait: bool) -> R:
    """What `once` came to; with `wait` again and again, as long as its result `goes_on`."""
    result = once()
    while wait and goes_on(result):
        until_looked_at(project)
        result = together(result, once())
    return result


def until_looked_at(project: Project) -> None:
    """Wait as long as it takes until batches have been looked at again.

    A provider that is away for a while ends no wait of a day. Raises EndpointError after an hour of it.
    """
    began = time.monotonic()
    while True:
        time.sleep(project.settings.project.batch_poll_s)
        try:
            fetch(project)
            return
        except Away:
            if time.monotonic() - began > MOST_AWAY_S:
                raise


def together(first: R, then: R) -> R:
    """Two runs of one stage as one result."""
    values: dict[str, Any] = {}
    for each in fields(then):  # type: ignore[arg-type]
        one, other = getattr(first, each.name), getattr(then, each.name)
        if each.name in _ADDED:
            values[each.name] = None if one is None or other is None else one + other
        elif each.name in _FIRST:
            values[each.name] = one
    return replace(then, **values)  # type: ignore[type-var]
