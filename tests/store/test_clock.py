"""Rows are stamped by one clock, whatever the machines' own clocks say."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from postgres import empty_database
from projects import a_project, add_pairs, rows

import pairwright
from pairwright.store import clock
from pairwright.store.store import Store

SOURCE = Path(pairwright.__file__).parent


@pytest.fixture
def an_hour_slow(monkeypatch):
    monkeypatch.setattr(clock, "_ahead_s", 0.0)
    monkeypatch.setattr(clock, "time", SimpleNamespace(time=lambda: time.time() - 3600))


def test_a_file_goes_by_this_machine(tmp_path, an_hour_slow):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 1)
    (pair,) = rows(project, "pair")
    assert pair.at == pytest.approx(time.time() - 3600, abs=60)


def test_on_postgresql_all_go_by_the_server_whose_own_clock_is_an_hour_slow(an_hour_slow):
    with Store.open(empty_database(), create=True):
        assert clock.now() == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize("folder", ["store", "stages", "annotate"])
def test_nothing_else_is_asked_for_the_time_of_a_row(folder):
    asking = [path for path in (SOURCE / folder).rglob("*.py") if "time.time" in path.read_text()]
    assert [path.name for path in asking] in ([], ["clock.py"])
