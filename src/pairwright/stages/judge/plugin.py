"""Judges made elsewhere: the small doubles, and plugins.

A plugin is an entry point in the group `pairwright.judges`: a callable that
takes the `[judges.NAME] extra` table as keywords and gives an object with
`compare(prompt, a, b)`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from pairwright.errors import ConfigError
from pairwright.judging.doubles import AlwaysFirst, PrefersShorter
from pairwright.stages.judge.compare import Ask, ask_to_compare
from pairwright.stages.project.judge_kinds import KINDS
from pairwright.stages.project.own_code import version_of
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings, nearest

GROUP = "pairwright.judges"
BUILT_IN: dict[str, Callable[..., Any]] = {"shorter": PrefersShorter, "first": AlwaysFirst}


def open_plugin(_project: Project, name: str, settings: JudgeSettings) -> tuple[Ask, dict[str, Any]]:
    make, version = _plugin(name, settings.kind)
    spec = {"kind": settings.kind, "extra": settings.extra, **version}
    return ask_to_compare(make(**settings.extra), name), spec


def _plugin(name: str, kind: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """What makes the judge, and what tells its program from an earlier version of it."""
    if kind in BUILT_IN:
        return BUILT_IN[kind], {}
    found = {point.name: point for point in entry_points(group=GROUP)}
    if kind not in found:
        known = [*KINDS, *BUILT_IN, *found]
        raise ConfigError(f'[judges.{name}] kind "{kind}" is not known{nearest(kind, known)}')
    try:
        make = found[kind].load()
        return make, version_of(found[kind], make)
    except Exception as error:
        raise ConfigError(
            f"[judges.{name}]: the plugin {found[kind].value} could not be imported: {error!r}"
        ) from error
