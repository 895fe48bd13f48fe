"""Projects that are ready to be pushed, and the Hub's stand-in with a client that does not dawdle."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from types import SimpleNamespace

os.environ["HF_HUB_DISABLE_XET"] = "1"  # read when huggingface_hub is loaded; the stand-in speaks plain LFS
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

from hub_server import HubServer
from projects import a_project, add_pairs, add_rows, change

from pairwright.stages.export.export import export
from pairwright.stages.export.from_project import export_path
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people import accounts, adjudicate
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.publish.dataset import Wanted
from pairwright.stages.publish.push import How, PushResult, push
from pairwright.stages.route.route import run_route

PEOPLE = ("Maria Lopez", "jörg.ü@example.org", "Ann")
FILES = {
    "README.md", "croissant.json", "guidelines.md", "pairwright.json", "data/dpo.jsonl", "data/kto.jsonl",
    "meta/dpo.jsonl.meta.jsonl", "meta/kto.jsonl.meta.jsonl",
}  # fmt: skip
TOPICS = ("rivers", "bridges", "winter", "music", "bread", "stone")


def row(i: int) -> dict[str, str]:
    """A pair in plain English whose texts are unlike those of the others."""
    topic = f"{TOPICS[i % len(TOPICS)]} number {i}"
    return {
        "id": f"case-{i}",
        "prompt": f"What would you tell a child about the {topic} in this old town?",
        "response_a": f"I would tell the child that the {topic} is older than the town and still of use. "
        * 3,
        "response_b": f"Ask somebody else about {topic}, for I do not know it at all and never did.",
    }


def labelled(folder, n: int = 24, *, settings: str = ""):
    """n pairs that three people labelled (a third of them all three), one decided by a lead, two not labelled."""
    project = a_project(folder, settings=settings)
    # Read once: people and judges go by the text a project was opened with.
    (project.root / "guidelines.md").write_text("Prefer what helps.\nIf in doubt ask Maria Lopez, or Ann.\n")
    add_rows(project, (row(i) for i in range(n + 2)))
    label(project, n)
    lead = accounts.known_or_new(project, PEOPLE[0], "lead")
    adjudicate.decide(project, 1, "A", lead, reason="Maria Lopez says so")
    run_route(project)
    return project


def label(project, n: int, said: str = "A") -> None:
    rows = [
        {"id": f"case-{i}", "annotator": who, "label": "B" if who == "Ann" else said, "seconds": 20 + i}
        for i in range(n)
        for who in (PEOPLE if i % 3 == 0 else PEOPLE[:1])
    ]
    path = project.root / "labels.jsonl"
    path.write_text("\n".join(json.dumps(each) for each in rows))
    assert not import_labels(project, [path]).bad_rows
    run_route(project)


def exported(project, *shapes: str):
    for shape in shapes or ("dpo", "kto"):
        export(project.store, export_path(project, shape), shape=shape, split_pairs=shape == "kto")
    return project


@contextmanager
def a_hub(monkeypatch):
    """The stand-in, and a client that neither waits between tries nor asks anybody else."""
    import huggingface_hub.constants
    import huggingface_hub.utils._http as client

    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", server.token)
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(client, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
        yield server


def send(project, hub, *, repo: str = "me/set", how: How | None = None, **wanted) -> PushResult:
    """Push to the stand-in without waiting."""
    return push(
        project,
        Wanted(repo, endpoint=hub.url, **wanted),
        how or How(),
        token=hub.token,
        sleep=lambda _: None,
    )


def stated(folder):
    """30 pairs whose labels are a judge's own word, and nobody's else."""
    project = a_project(folder, settings="")
    add_pairs(project, 30)
    rows = [
        {"id": f"pair-{i}", "order": order, "verdict": "A", "confidence": "HIGH"}
        for i in range(30)
        for order in ("AB", "BA")
    ]
    (project.root / "sure.jsonl").write_text("\n".join(map(json.dumps, rows)))
    project = change(project, '\n[judges.sure]\nkind = "replay"\npath = "sure.jsonl"\n')
    run_judge(project, "sure")
    run_route(project)
    return project
