"""Ids from outside name rows and never files: nothing is written beside the project, whatever they are."""

import os

import pytest
from projects import a_project, add_rows
from states import label

from pairwright.formats.tools.names import TOOLS
from pairwright.stages.doctor.doctor import doctor
from pairwright.stages.export.from_project import export_project
from pairwright.stages.figures.report import write_report
from pairwright.stages.figures.show import chain_of
from pairwright.stages.people.other_tools import send
from pairwright.stages.route.route import run_route

ODD = [
    "../../outside",
    "/etc/passwd",
    "..",
    "C:\\x",
    "a/../../b",
    "nul",
    "~",
    "$(touch x)",
    "=1+1",
    "-rf",
    "x" * 300,
]


def files_below(folder):
    return {
        os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names
    }


@pytest.fixture
def project(tmp_path):
    project = a_project(tmp_path / "deep" / "inside", settings="")
    rows = [
        {
            "id": name,
            "prompt": f"Question {n}?",
            "response_a": f"yes {n}",
            "response_b": f"no {n}",
            "domain": name,
        }
        for n, name in enumerate(ODD)
    ]
    add_rows(project, rows)
    return project


def test_nothing_is_written_outside_for_any_of_them(project, tmp_path):
    run_route(project)
    for tool in TOOLS:
        send(project, tool, project.root / "sent" / tool, n=100, people=1, days=1, dry_run=False)
    label(project, dict.fromkeys(ODD, "A"), "ann")
    export_project(project, split="0.5,0.5", stratify=True, shard=2)
    write_report(project, None)
    assert all(chain_of(project, name)["pair"] for name in ODD[:2])
    assert doctor(project.root).sound
    inside = os.path.relpath(project.root, tmp_path)
    assert {name for name in files_below(tmp_path) if not name.startswith(inside)} == set()
