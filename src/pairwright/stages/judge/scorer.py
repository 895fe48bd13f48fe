"""A function of the user's own, which scores a response, as a judge."""

from __future__ import annotations

from typing import Any

from pairwright.judging.adapters import FromScores
from pairwright.stages.judge.compare import Ask, ask_to_compare
from pairwright.stages.project.own_code import content_of, own_function
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings


def open_scorer(project: Project, name: str, settings: JudgeSettings) -> tuple[Ask, dict[str, Any]]:
    score = own_function(project.root, f"[judges.{name}] score", settings.score)
    # A name says nothing of what a function does: its file does.
    code = content_of(project.root / str(settings.score).partition(":")[0])
    spec = {"kind": settings.kind, "score": settings.score, "tie": settings.tie, "file": code}
    return ask_to_compare(FromScores(score, settings.tie), name), spec
