"""What a push refuses, what its refusals say, and what it never sends."""

import json
import sys

import pytest
from hub_server import READ_ONLY, TOKEN
from made_images import png
from projects import add_rows, change
from pushing import FILES, PEOPLE, a_hub, exported, label, labelled, row, send

from pairwright.cli.main import run
from pairwright.errors import HubError, InputError, MissingExtra
from pairwright.stages.add.into_project import add
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.publish.push import How
from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    return exported(labelled(tmp_path))


@pytest.fixture
def hub(monkeypatch):
    with a_hub(monkeypatch) as server:
        yield server


def test_an_export_with_images_beside_it_is_refused(project, hub, tmp_path):
    (tmp_path / "red.png").write_bytes(png())
    sides = {side: [{"role": "assistant", "content": side}] for side in ("chosen", "rejected")}
    asked = {"prompt": [{"role": "user", "content": "Which color is it?"}], "images": ["red.png"], **sides}
    (tmp_path / "in.jsonl").write_text(json.dumps(asked))
    add(project, [tmp_path / "in.jsonl"], labels="trl-dpo", labels_by="person")
    run_route(project)
    out = project.root / "export" / "vision.jsonl"
    export_dataset(project.store, out, to="trl-dpo", media=project.media)
    with pytest.raises(InputError, match=r"vision.jsonl names 1 image beside it, and push sends no images"):
        send(project, hub, how=How(stale_ok=True))
    assert hub.uploads == []


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "status", "says"),
    [
        ("POST /api/repos/create", 403, "may not write to me/set.*write access"),
        ("POST .*/commit", 404, "not on the Hub, or the token may not see it"),
        ("POST .*/commit", 400, r"refused what was sent for me/set \(400"),
        ("POST .*/batch", 402, "wants payment"),
    ],
)
def test_a_refusal_says_what_to_do(project, hub, where, status, says):
    hub.refuse(where, status, times=99)
    with pytest.raises(HubError, match=says):
        send(project, hub)


@pytest.mark.parametrize(
    ("where", "status", "says"),
    [
        ("GET .*/refs", 429, "no more requests for now.*is not sent twice"),
        ("PUT /upload", 500, r"trouble of its own \(500"),
        ("POST .*/commit", 503, r"trouble of its own \(503"),
        ("POST .*/commit", 409, "somebody else is changing me/set"),
        ("POST .*/preupload", "cut", "could not be reached"),
    ],
)
def test_trouble_that_passes_is_waited_for_and_other_is_told(project, hub, where, status, says):
    hub.refuse(where, status, times=2)
    assert send(project, hub).changed
    hub.repos.clear()
    hub.lfs.clear()
    hub.refuse(where, status, times=999)
    with pytest.raises(HubError, match=says):
        send(project, hub)


def test_it_waits_as_long_as_the_hub_asks_and_not_longer_than_a_minute(project, hub):
    from pairwright.stages.publish.dataset import WantedExports
    from pairwright.stages.publish.push import push

    waits = []
    wanted = WantedExports("me/set", endpoint=hub.url)
    hub.refuse("GET .*/refs", 429, headers={"Retry-After": "7"})
    push(project, wanted, How(), token=hub.token, sleep=waits.append)
    assert waits == [7.0]
    hub.refuse("GET .*/refs", 429, headers={"Retry-After": "3600"})
    with pytest.raises(HubError, match="in 3600 s"):
        push(project, wanted, How(), token=hub.token, sleep=waits.append)
    assert waits == [7.0]


def test_a_token_that_is_unknown_or_may_only_read_is_told_apart(project, hub):
    hub.token = "hf_another"
    with pytest.raises(HubError, match="does not know the token.*export HF_TOKEN"):
        send_with(project, hub, TOKEN)
    hub.token = TOKEN
    with pytest.raises(HubError, match="may not write to me/set"):
        send_with(project, hub, READ_ONLY)


def send_with(project, hub, token):
    from pairwright.stages.publish.dataset import WantedExports
    from pairwright.stages.publish.push import push

    return push(project, WantedExports("me/set", endpoint=hub.url), How(), token=token, sleep=lambda _: None)


def test_a_licence_the_hub_does_not_take_is_told(project, hub):
    with pytest.raises(HubError, match="card's metadata"):
        send(project, hub, languages=["zh-Hant"])


def test_without_a_token_it_says_how_to_get_one_and_asks_nobody(project, hub, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    before = len(hub.requests)
    with pytest.raises(InputError, match="no token.*export HF_TOKEN"):
        send_with(project, hub, None)
    assert len(hub.requests) == before


def test_without_huggingface_hub_it_says_what_to_install_and_a_dry_run_works(project, hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match=r"pip install -e \"\.\[hub\]\""):
        send(project, hub)
    assert send(project, hub, how=How(dry_run=True)).files


def test_the_checks_gate_holds(tmp_path, hub):
    project = change(labelled(tmp_path), '\n[check]\nfail_on = "warning"\n')
    add_rows(project, [{**row(90), "response_a": f"{row(90)['response_a']} Write to maria.gomez@posteo.de."}])
    exported(project, "dpo")
    with pytest.raises(InputError, match="1 finding is warning or worse, so nothing is pushed"):
        send(project, hub)
    assert hub.requests == []
    assert send(project, hub, how=How(fail_on="off")).changed


def test_an_export_older_than_the_labels_is_refused(project, hub):
    label(project, 24, said="B")
    with pytest.raises(InputError, match=r"dpo.jsonl is older than the labels: .*decided otherwise"):
        send(project, hub)
    assert hub.requests == []
    assert send(project, hub, how=How(stale_ok=True)).changed
    exported(project)
    assert send(project, hub).changed


def test_a_new_label_makes_an_export_stale_too(project, hub):
    label(project, 25)
    with pytest.raises(InputError, match="older than the labels: pairs waiting for people: 2 then, 1 now"):
        send(project, hub)


@pytest.mark.parametrize(
    "name", ["set", "me/", "me/a b", "me/../x", "https://huggingface.co/datasets/me/set"]
)
def test_a_name_the_hub_would_not_take_is_told_before_anything_is_sent(project, hub, name):
    with pytest.raises(InputError, match="OWNER/NAME"):
        send(project, hub, repo=name)


def test_nothing_exported_says_what_to_run(tmp_path, hub):
    with pytest.raises(InputError, match="no finished export.*pairwright export"):
        send(labelled(tmp_path), hub)


def test_an_export_that_was_changed_or_never_finished_is_not_sent(project, hub):
    path = project.root / "export" / "dpo.jsonl"
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(InputError, match=r"dpo.jsonl was changed after the export"):
        send(project, hub)
    with pytest.raises(InputError, match="is no finished export"):
        send(project, hub, paths=[project.root / "rows.jsonl"])


def test_configuration_is_sent_without_what_it_says_of_other_datasets(project, hub):
    folder = project.root / "export"
    for name in ("lf", "lf-other"):
        export_dataset(project.store, folder / f"{name}.json", to="llama-factory-dpo")
    info = folder / "dataset_info.json"
    other = {"acme_secret": {"file_name": "/home/anna/acme_secret.json"}}
    info.write_text(json.dumps({**json.loads(info.read_text()), **other}))
    send(project, hub)
    sent = hub.repos["me/set"].files()
    assert set(json.loads(sent["data/dataset_info.json"])) == {"lf", "lf_other"}
    assert b"acme" not in b"".join(sent.values())
    send(project, hub, paths=[folder / "lf.json"])
    assert set(json.loads(hub.repos["me/set"].files()["data/dataset_info.json"])) == {"lf"}


def test_configuration_that_was_changed_after_the_export_is_not_sent(project, hub):
    folder = project.root / "export"
    export_dataset(project.store, folder / "ax.jsonl", to="axolotl-dpo")
    export_dataset(project.store, folder / "lf.json", to="llama-factory-dpo")
    info, recipe = folder / "dataset_info.json", folder / "ax.axolotl.yaml"
    before, said = recipe.read_text(), json.loads(info.read_text())
    recipe.write_text(before + "hub_token: hf_mine\n")
    with pytest.raises(InputError, match=r"ax.axolotl.yaml was changed after the export"):
        send(project, hub)
    recipe.write_text(before)
    info.write_text(json.dumps({"lf": {**said["lf"], "file_name": "/home/anna/lf.json"}}))
    with pytest.raises(InputError, match=r"entries lf of .*dataset_info.json were changed after the export"):
        send(project, hub)
    info.unlink()
    with pytest.raises(InputError, match=r"dataset_info.json is missing"):
        send(project, hub)
    info.write_text(json.dumps(said))
    assert "data/ax.axolotl.yaml" in send(project, hub).sent


def test_what_convert_made_is_not_passed_off_as_this_projects(project, hub):
    manifest = project.root / "export" / "kto.jsonl.manifest.json"
    said = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps({**said, "from": "hh-rlhf", "to": "trl-kto"}))
    result = send(project, hub)
    assert "data/kto.jsonl" not in result.sent
    assert "came from `convert`" in result.notes[0]
    with pytest.raises(InputError, match="came from `convert`"):
        send(project, hub, paths=[project.root / "export" / "kto.jsonl"])


# --- what is never sent -------------------------------------------------------------------------


def test_no_annotators_name_is_in_anything_that_is_sent(project, hub):
    side = (project.root / "export" / "dpo.jsonl.meta.jsonl").read_text()
    assert "decided by Maria Lopez" in side  # it is there to be left out
    send(project, hub)
    everything = b"\n".join(hub.repos["me/set"].files().values()) + b"\n".join(hub.sent)
    for name in PEOPLE:
        assert name.encode() not in everything, name
        assert json.dumps(name).strip('"').encode() not in everything, name
    assert b"ask annotator-1, or annotator-3" in hub.repos["me/set"].files()["guidelines.md"]


def test_side_files_say_where_rows_come_from_and_no_more(project, hub):
    send(project, hub)
    lines = hub.repos["me/set"].files()["meta/dpo.jsonl.meta.jsonl"].splitlines()
    said = [json.loads(line) for line in lines]
    assert [each["row"] for each in said] == list(range(1, len(said) + 1))
    assert all(each["pair"].startswith("x-") and each["source"] == "people" for each in said)
    assert not {"reason", "belief", "pair_external_id", "prompt_external_id"} & set().union(*said)
    send(project, hub, with_ids=True)
    lines = hub.repos["me/set"].files()["meta/dpo.jsonl.meta.jsonl"].splitlines()
    assert json.loads(lines[0])["pair_external_id"] == "case-0"


def test_the_token_is_in_no_file_no_output_and_no_error(project, hub, capfd):
    hub.refuse("POST .*/commit", 400, headers={"X-Error-Message": f"token {hub.token} is odd"})
    assert run(["-C", str(project.root), "push", "me/set"]) == 1
    assert run(["-C", str(project.root), "push", "me/set", "--json"]) == 0
    said = capfd.readouterr()
    assert "***" in said.err
    assert hub.token not in said.out + said.err
    assert not any(hub.token.encode() in body for body in hub.sent)
    for path in project.root.rglob("*"):
        assert not path.is_file() or hub.token.encode() not in path.read_bytes()


def test_a_token_that_was_written_into_the_guidelines_is_not_sent(project, hub):
    (project.root / "guidelines.md").write_text(f"Log in with {hub.token} first.\n")
    project = change(project, "")
    with pytest.raises(InputError, match="holds your Hub token"):
        send(project, hub)
    assert hub.requests == []


# --- dry run ------------------------------------------------------------------------------------


def test_a_dry_run_shows_every_file_and_the_card_and_asks_nobody(project, hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert run(["-C", str(project.root), "push", "me/set", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert hub.requests == []
    assert "# set" in said
    assert "(private)" in said
    assert all(path in said for path in FILES)
    assert run(["-C", str(project.root), "push", "me/set", "--dry-run", "--json"]) == 0
    dry = json.loads(capsys.readouterr().out)
    real = send(project, hub)
    assert {each["path"]: each["sha256"] for each in dry["files"]} == {
        each["path"]: each["sha256"] for each in real.files
    }


def test_a_dry_run_says_what_would_be_refused(project, hub, capsys):
    label(project, 24, said="B")
    assert run(["-C", str(project.root), "push", "me/set", "--dry-run"]) == 2
    assert "would be refused" in capsys.readouterr().err
