"""What a push leaves on the Hub, however often it is killed or repeated."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from pushing import FILES, a_hub, exported, label, labelled, row, send

from pairwright.cli.main import run
from pairwright.errors import HubError, InputError
from pairwright.stages.export.export import export
from pairwright.stages.publish.push import How


@pytest.fixture
def project(tmp_path):
    return exported(labelled(tmp_path))


@pytest.fixture
def hub(monkeypatch):
    with a_hub(monkeypatch) as server:
        yield server


def test_a_push_makes_a_private_dataset_of_all_exports(project, hub):
    result = send(project, hub)
    repo = hub.repos["me/set"]
    assert repo.private
    assert set(repo.files()) == set(result.sent) == FILES
    assert repo.files()["data/dpo.jsonl"] == (project.root / "export" / "dpo.jsonl").read_bytes()
    index = json.loads(repo.files()["pairwright.json"])
    assert set(index["files"]) == FILES - {"pairwright.json"}
    assert result.commit == repo.branches["main"]
    assert result.private
    assert result.changed


def test_the_same_again_changes_nothing_and_says_so(project, hub, capsys):
    first = send(project, hub)
    uploads = list(hub.uploads)
    again = send(project, hub)
    assert not again.changed
    assert (again.sent, again.deleted, again.unchanged, again.commit) == ([], [], len(FILES), first.commit)
    assert hub.uploads == uploads
    assert len(hub.repos["me/set"].messages) == 2  # the Hub's own and one push
    assert run(["-C", str(project.root), "push", "me/set"]) == 0
    assert "Nothing changed" in capsys.readouterr().out


def test_exporting_the_same_labels_again_changes_nothing(project, hub):
    send(project, hub)
    exported(project)  # another manifest, with another time in it
    assert not send(project, hub).changed


def test_what_is_no_longer_exported_goes_and_what_others_put_there_stays(project, hub):
    send(project, hub)
    repo = hub.repos["me/set"]
    repo.commit("main", {**repo.commits[repo.branches["main"]], "picture.png": b"theirs"}, "a picture")
    (project.root / "export" / "kto.jsonl.manifest.json").unlink()
    result = send(project, hub)
    assert sorted(result.deleted) == ["data/kto.jsonl", "meta/kto.jsonl.meta.jsonl"]
    left = FILES - {"data/kto.jsonl", "meta/kto.jsonl.meta.jsonl"}
    assert set(repo.files()) == left | {"picture.png"}


def test_a_path_pushes_that_export_only(project, hub):
    send(project, hub, paths=[project.root / "export" / "kto.jsonl"])
    files = hub.repos["me/set"].files()
    assert "data/kto.jsonl" in files
    assert "data/dpo.jsonl" not in files


# --- killed and pushed again --------------------------------------------------------------------


def test_wherever_a_push_is_cut_off_the_next_one_makes_the_same_dataset(project, hub):
    """Every request of a push in turn is the last that finds a Hub; nobody ever sees half of it."""
    send(project, hub, repo="me/first")  # what a client asks only once in its life is asked here
    hub.lfs.clear()
    hub.requests.clear()
    send(project, hub, repo="me/whole")
    whole, needed = hub.repos["me/whole"].files(), len(hub.requests)
    assert needed > 10
    for number in range(needed):
        hub.repos.pop("me/set", None)
        hub.lfs.clear()
        hub.dies_after = len(hub.requests) + number
        with pytest.raises(HubError, match="could not be reached"):
            send(project, hub)
        hub.dies_after = None
        if half := hub.repos.get("me/set"):
            assert half.files() in ({}, rename(whole))
        send(project, hub)
        assert hub.repos["me/set"].files() == rename(whole), f"cut off after {number} requests"


def rename(files):
    """The same dataset under the other name."""
    renamed = {path: data.replace(b"me/whole", b"me/set") for path, data in files.items()}
    for path in ("README.md", "croissant.json"):
        renamed[path] = renamed[path].replace(b"# whole", b"# set").replace(b"name: whole", b"name: set")
        renamed[path] = renamed[path].replace(b"{whole}", b"{set}").replace(b"{whole,", b"{set,")
        renamed[path] = renamed[path].replace(b'"whole"', b'"set"').replace(b"me: whole.", b"me: set.")
    index = json.loads(renamed["pairwright.json"])
    from pairwright.hub.bundle import sent

    index["files"] |= {path: sent(path, renamed[path]).as_dict() for path in ("README.md", "croissant.json")}
    renamed["pairwright.json"] = json.dumps(index, indent=2).encode() + b"\n"
    return renamed


def test_after_kill_9_what_was_uploaded_is_not_sent_again(tmp_path, hub):
    project = exported(labelled(tmp_path, 60), "dpo", "kto")
    stop = {"here": False}

    def hang():
        stop["here"] = True
        time.sleep(30)

    hub.refuse("POST /api/datasets/me/set/commit", hang)
    command = [sys.executable, "-m", "pairwright", "-C", str(project.root), "push", "me/set"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(3000):
        assert process.poll() is None, process.stdout.read()
        if stop["here"]:
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert hub.repos["me/set"].files() == {}
    uploaded = list(hub.uploads)
    assert uploaded
    assert send(project, hub).changed
    assert set(hub.repos["me/set"].files()) == FILES
    assert hub.uploads == uploaded


def test_a_commit_whose_answer_was_lost_is_found_done(project, hub):
    hub.refuse("POST .*/commit", "done, and cut")
    result = send(project, hub)
    assert set(result.sent) == FILES
    assert set(hub.repos["me/set"].files()) == FILES
    assert [status for _, path, status in hub.requests if "/commit/" in path] == [0]
    assert len(hub.repos["me/set"].messages) == 2


# --- private stays private ----------------------------------------------------------------------


def test_public_only_when_told_and_only_when_all_is_in_it(project, hub):
    seen = []
    hub.refuse("POST .*/commit", lambda: seen.append(hub.repos["me/set"].private))
    result = send(project, hub, how=How(public=True))
    assert seen == [True]
    assert result.published
    assert not hub.repos["me/set"].private
    again = send(project, hub, how=How(public=True))
    assert not again.changed


def test_a_private_push_does_not_go_into_a_public_dataset(project, hub):
    hub.repo("me/set", private=False)
    with pytest.raises(InputError, match="is public.*--public"):
        send(project, hub)
    assert hub.repos["me/set"].files() == {}


def test_a_dataset_that_is_private_stays_so_without_public(project, hub):
    hub.repo("me/set", private=True)
    send(project, hub)
    assert hub.repos["me/set"].private
    assert not any(path.endswith("/settings") for _, path, _ in hub.requests)


# --- versions -----------------------------------------------------------------------------------


def test_a_tag_names_the_version_and_never_changes(project, hub):
    first = send(project, hub, how=How(tag="v1"))
    repo = hub.repos["me/set"]
    assert repo.tags == {"v1": first.commit}
    assert not send(project, hub, how=How(tag="v1")).changed
    assert send(project, hub, how=How(tag="v2")).tag == "v2"
    assert repo.tags["v2"] == first.commit
    label(project, 26)
    exported(project)
    head = repo.branches["main"]
    with pytest.raises(InputError, match="version v1.*never changes"):
        send(project, hub, how=How(tag="v1"))
    assert repo.branches["main"] == head
    third = send(project, hub, how=How(tag="v3"))
    assert repo.tags["v3"] == third.commit != first.commit


def test_another_branch_leaves_main_alone(project, hub):
    result = send(project, hub, revision="next")
    repo = hub.repos["me/set"]
    assert repo.files("main") == {}
    assert set(repo.files("next")) == FILES
    assert repo.branches["next"] == result.commit
    assert b'revision="next"' in repo.files("next")["README.md"]


# --- what others did there ----------------------------------------------------------------------


def test_a_card_that_somebody_edited_on_the_hub_is_not_overwritten(project, hub):
    send(project, hub)
    repo = hub.repos["me/set"]
    edited = {**repo.commits[repo.branches["main"]], "README.md": b"---\nlicense: mit\n---\nmine\n"}
    repo.commit("main", edited, "edited on the web")
    with pytest.raises(InputError, match=r"README.md in me/set was put or changed.*--overwrite"):
        send(project, hub)
    assert repo.files()["README.md"].endswith(b"mine\n")
    send(project, hub, how=How(overwrite=True))
    assert b"# set" in repo.files()["README.md"]


def test_a_dataset_of_somebody_elses_making_is_not_overwritten(project, hub):
    hub.repo("me/set", files={"README.md": b"something else"})
    with pytest.raises(InputError, match="not by a push from here"):
        send(project, hub)


def test_somebody_elses_commit_in_between_is_looked_at_before_going_on(project, hub):
    def between():
        repo = hub.repos["me/set"]
        repo.commit("main", {**repo.commits[repo.branches["main"]], "notes.txt": b"hello"}, "between")

    hub.refuse("POST .*/commit", between)
    send(project, hub)
    assert set(hub.repos["me/set"].files()) == FILES | {"notes.txt"}
    assert [status for _, path, status in hub.requests if "/commit/" in path] == [412, 200]


def test_shards_and_splits_are_sent_as_they_are(tmp_path, hub):
    """A manifest of several files, as an export in parts and shards has it."""
    project = exported(labelled(tmp_path), "dpo")
    folder = project.root / "export"
    rows = (folder / "dpo.jsonl").read_bytes().splitlines(keepends=True)
    sides = (folder / "dpo.jsonl.meta.jsonl").read_bytes().splitlines(keepends=True)
    from pairwright.formats.writing import file_hash

    cuts = {"train-00000-of-00002": (0, 8), "train-00001-of-00002": (8, 16), "test": (16, len(rows))}
    files = []
    for name, (first, last) in cuts.items():
        for ending, lines in (("", rows), (".meta.jsonl", sides)):
            path = folder / f"trl-dpo.{name}.jsonl{ending}"
            path.write_bytes(b"".join(lines[first:last]))
            size, digest = file_hash(path)
            files.append({"name": path.name, "rows": last - first, "bytes": size, "sha256": digest})
    old = json.loads((folder / "dpo.jsonl.manifest.json").read_bytes())
    manifest = {"from": "project", "to": "trl-dpo", "read": old["read"], "rows": len(rows)}
    manifest |= {"dropped": old["dropped"], "files": files, "how_to_load": ["x"], "config": []}
    (folder / "trl-dpo.jsonl.manifest.json").write_text(json.dumps(manifest))
    (folder / "dpo.jsonl.manifest.json").unlink()
    send(project, hub)
    sent = hub.repos["me/set"].files()
    assert {path for path in sent if path.startswith("data/")} == {
        f"data/trl-dpo.{name}.jsonl" for name in cuts
    }
    card = sent["README.md"].decode()
    assert "| `trl-dpo` | `train` | 16 |" in card
    assert "A prompt is in one split only" in card
    assert f"| `trl-dpo` | `test` | {len(rows) - 16} |" in card


def test_the_export_folder_of_the_settings_and_parquet_are_taken(tmp_path, hub):
    project = labelled(tmp_path, settings='\n[export]\nfolder = "out"\nfile_format = "parquet"\n')
    export(project.store, project.root / "out" / "dpo.parquet")
    send(project, hub)
    assert hub.repos["me/set"].files()["data/dpo.parquet"][:4] == b"PAR1"
    assert row(0)["prompt"] not in hub.repos["me/set"].files()["README.md"].decode()
