"""A dataset of the Hub by its address: which files hold which split, at which commit, and what went wrong."""

from __future__ import annotations

import gzip
import json
import os

os.environ["HF_HUB_DISABLE_XET"] = "1"  # read when huggingface_hub is loaded
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import pytest
from hub_server import READ_ONLY, HubServer

from pairwright import Project
from pairwright.cli.main import run
from pairwright.errors import InputError, MissingExtra
from pairwright.hub.fetch import address_of, fetch


def rows(*texts) -> bytes:
    return b"".join(
        json.dumps({"prompt": text, "chosen": "a", "rejected": "b"}).encode() + b"\n" for text in texts
    )


CARD = b"""---
configs:
- config_name: default
  data_files:
  - split: train
    path: "prefs/part-*.jsonl"
  - split: held_out
    path: ["prefs/rest.jsonl.gz"]
- config_name: other
  data_files: "other/*.jsonl"
---
# A set
"""
FILES = {
    "README.md": CARD,
    "prefs/part-1.jsonl": rows("one", "two"),
    "prefs/part-2.jsonl": rows("three"),
    "prefs/rest.jsonl.gz": gzip.compress(rows("four")),
    "other/data.jsonl": rows("five"),
    "dataset_infos.json": b"{}",
}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", READ_ONLY)
    monkeypatch.chdir(tmp_path)
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.repo("org/prefs", private=False, files=FILES)
        yield server


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hf://org/name", ("org/name", None, None, None)),
        ("hf:/org/name", ("org/name", None, None, None)),  # as a path makes of it
        ("hf://datasets/org/name", ("org/name", None, None, None)),
        ("hf://org/name@v1.0#test", ("org/name", None, "v1.0", "test")),
        ("hf://org/name/comparisons@main#train", ("org/name", "comparisons", "main", "train")),
    ],
)
def test_an_address_and_its_parts(text, parts):
    found = address_of(text)
    assert (found.repo, found.config, found.revision, found.split) == parts


@pytest.mark.parametrize("text", ["hf://name", "hf://", "hf://org/"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InputError, match="hf://OWNER/NAME"):
        address_of(text)


# --- which files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "split", "files"),
    [
        ("hf://org/prefs", "train", ["prefs/part-1.jsonl", "prefs/part-2.jsonl"]),
        ("hf://org/prefs#held_out", "held_out", ["prefs/rest.jsonl.gz"]),
        ("hf://org/prefs/other", "train", ["other/data.jsonl"]),
    ],
)
def test_the_card_says_which_files_hold_which_split(hub, address, split, files):
    found = fetch(address_of(address))
    assert (found.split, [*found.files]) == (split, files)
    assert found.commit == hub.repos["org/prefs"].branches["main"]
    assert found.files[files[0]].read_bytes() == FILES[files[0]]


def test_without_a_card_the_names_say_it(hub):
    names = ("data/train-00000-of-00001.jsonl", "data/test-00000-of-00001.jsonl", "dev.jsonl", "x.meta.jsonl")
    hub.repo("org/bare", files={name: rows(name) for name in names})
    for split, file in (("train", names[0]), ("test", names[1]), ("validation", names[2])):
        assert [*fetch(address_of(f"hf://org/bare#{split}")).files] == [file]
    hub.repo("org/one", files={"everything.jsonl": rows("x")})
    assert fetch(address_of("hf://org/one")).split == "train"


def test_a_revision_is_that_commit(hub):
    repo = hub.repos["org/prefs"]
    first = repo.branches["main"]
    repo.tags["v1"] = first
    repo.commit("main", {**FILES, "prefs/part-1.jsonl": rows("new")}, "later")
    assert fetch(address_of("hf://org/prefs@v1")).files["prefs/part-1.jsonl"].read_bytes() == rows(
        "one", "two"
    )
    assert fetch(address_of("hf://org/prefs")).files["prefs/part-1.jsonl"].read_bytes() == rows("new")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("hf://org/prefs#dev", 'has no split "dev"; choose one of train, held_out'),
        ("hf://org/prefs/third", "choose one of its configs (default, other)"),
        ("hf://org/gone", "the Hub has no dataset org/gone"),
        ("hf://org/prefs@v9", "has no revision v9"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(hub, address, told):
    with pytest.raises(InputError) as error:
        fetch(address_of(address))
    assert told in str(error.value)
    assert READ_ONLY not in str(error.value)


def test_a_hub_that_fails_is_said_and_the_token_is_not(hub, monkeypatch):
    import huggingface_hub.utils._http

    monkeypatch.setattr(huggingface_hub.utils._http.time, "sleep", lambda _: None)
    hub.refuse("GET /api/datasets/org/prefs", 503, times=9)
    with pytest.raises(InputError, match="could not be fetched from the Hub") as error:
        fetch(address_of("hf://org/prefs"))
    assert READ_ONLY not in str(error.value)


def test_a_hub_that_cannot_be_reached_is_said(hub, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert run(["convert", "hf://org/prefs", "out.jsonl", "--to", "trl-dpo"]) == 1
    assert "hf://org/prefs could not be fetched from the Hub" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match='reading hf://org/prefs needs the extra "hub"'):
        fetch(address_of("hf://org/prefs"))


# --- the commands ---------------------------------------------------------------------------------


def test_convert_reads_a_split_and_names_places_in_the_repository(hub, tmp_path):
    assert run(["convert", "hf://org/prefs#train", "out.jsonl", "--to", "trl-dpo"]) == 0
    said = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["prompt"][0]["content"] for row in said] == ["one", "two", "three"]
    beside = [json.loads(line) for line in (tmp_path / "out.jsonl.meta.jsonl").read_text().splitlines()]
    assert [each["place"] for each in beside] == ["part-1.jsonl:1", "part-1.jsonl:2", "part-2.jsonl:1"]


def test_add_reads_it_once_and_adding_again_adds_nothing(hub, capsys):
    assert run(["init"]) == 0
    for again in (False, True):
        capsys.readouterr()
        assert run(["add", "hf://org/prefs", "--from", "auto", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["from"], said["pairs"]["added"], said["votes"]["added"]) == (
            "trl-dpo-text", 0 if again else 3, 0 if again else 3,
        )  # fmt: skip


def test_a_bad_row_is_named_by_its_place_in_the_repository(hub, capsys):
    hub.repo("org/odd", files={"train.jsonl": rows("x") + b"{no json}\n"})
    assert run(["init"]) == 0
    assert run(["add", "hf://org/odd", "--from", "auto"]) == 1
    assert "org/odd/train.jsonl:2: not valid JSON" in capsys.readouterr().err


def test_a_project_in_python_takes_the_address_too(hub, tmp_path):
    project = Project.init(tmp_path / "mine")
    assert project.add("hf://org/prefs", from_="auto", split="held_out").pairs.added == 1
