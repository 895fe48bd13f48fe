"""Projects for tests: a real folder, a real store, a loopback server as the endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from pairwright.models.loopback import LoopbackServer
from pairwright.stages.add.add import add_files
from pairwright.stages.project.project import Project
from pairwright.store import schema

ENDPOINT = """
[endpoints.loopback]
url = "{url}"
concurrency = 8
max_tries = 3

[models.small]
endpoint = "loopback"
model = "small"
price_in = 1.0
price_out = 2.0
"""
JUDGE = '\n[judges.main]\nmodel = "small"\n'


OPENED: list[Project] = []  # closed after each test by conftest.py


def _open(root: Path) -> Project:
    project = Project.open(root)
    OPENED.append(project)
    return project


def a_project(folder: Path, server: LoopbackServer | None = None, settings: str = JUDGE) -> Project:
    """A new project; with a server it has the model `small` and the judge `main`.

    It takes judges at their word unless `settings` say otherwise.
    """
    root = folder / "a project"
    Project.init(root)
    text = settings if server is None else ENDPOINT.format(url=server.url) + settings
    if "[route]" not in text:
        text += '\n[route]\naccept = "stated"\n'
    (root / "pairwright.toml").write_text(text, encoding="utf-8")
    return _open(root)


def change(project: Project, settings: str) -> Project:
    """The same project, opened again after its file got more settings."""
    with (project.root / "pairwright.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    project.close()
    return _open(project.root)


def add_rows(project: Project, rows: Iterable[Mapping[str, Any]]) -> None:
    path = project.root / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert add_files(project.store, [path]).committed


def add_pairs(project: Project, n: int) -> None:
    """n pairs with ids pair-0, pair-1, ..."""
    add_rows(
        project,
        (
            {"id": f"pair-{i}", "prompt": f"Question {i}?", "response_a": f"yes {i}", "response_b": f"no {i}"}
            for i in range(n)
        ),
    )


def rows(project: Project, table: str) -> list[Any]:
    """All rows of a table, oldest first."""
    found = getattr(schema, table)
    with project.store.read() as connection:
        return list(connection.execute(select(found).order_by(found.c.id)).all())


def current_votes(project: Project) -> list[Any]:
    """The votes that count: those nobody took back."""
    gone = {row.vote_id for row in rows(project, "retraction")}
    return [vote for vote in rows(project, "vote") if vote.id not in gone]
