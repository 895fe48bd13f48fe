"""The card says what is on record, says so where nothing is, and loaders can read its head."""

import json
import re

import numpy as np
import pytest
import yaml
from postgres import empty_database
from projects import a_project, add_pairs, add_rows, change, rows
from pushing import PEOPLE, exported, label, labelled, stated

from pairwright.cli.main import run
from pairwright.hub.columns import columns_of, features_of, type_of
from pairwright.hub.front_matter import LICENSES
from pairwright.hub.pseudonyms import Pseudonyms
from pairwright.hub.side_files import side_line
from pairwright.keys import public_id
from pairwright.stages.add.add import add_files
from pairwright.stages.check.check import run_check
from pairwright.stages.export.export import export
from pairwright.stages.export.from_project import export_path
from pairwright.stages.generate.pair import make_pairs
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.publish.dataset import WantedExports, dataset_of, find_exports
from pairwright.stages.route.route import run_route
from pairwright.stages.verify.verify import run_verify
from pairwright.store.check.findings import add_findings, add_run
from pairwright.store.people.tasks import next_tasks, waiting


def made(project, tmp_path, **wanted):
    """The dataset as it would be sent."""
    found, _ = find_exports(project, ())
    folder = tmp_path / "sides"
    folder.mkdir(exist_ok=True)
    return dataset_of(project, WantedExports("me/set", **wanted), found, folder)


def head(card):
    return yaml.safe_load(card.split("---\n")[1])


@pytest.fixture
def people(tmp_path):
    """Three people, overlapping on a third; no judge, no check."""
    return exported(labelled(tmp_path))


@pytest.fixture
def judged(tmp_path):
    """300 pairs, two judges, `good` right in 95 %, `coin` in half, under a promise that people tested."""
    project, n = a_project(tmp_path, settings="\n[route]\ntarget = 0.8\n"), 300
    add_pairs(project, n)
    rng = np.random.default_rng(0)
    for name, share in (("good", 0.95), ("coin", 0.5)):
        said = ["A" if right else "B" for right in rng.random(n) < share]
        rows = [
            {"id": f"pair-{i}", "order": order, "verdict": said[i], "confidence": "HIGH"}
            for i in range(n)
            for order in ("AB", "BA")
        ]
        (project.root / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    judges = "".join(f'\n[judges.{n}]\nkind = "replay"\npath = "{n}.jsonl"\n' for n in ("good", "coin"))
    project = change(project, judges)
    for name in ("good", "coin"):
        run_judge(project, name)
    run_route(project)
    with project.store.read() as connection:
        drawn = [task.external_id for task in next_tasks(connection, 0, waiting(connection))]
    labels = [{"id": name, "label": "A", "annotator": who} for name in drawn for who in ("ann", "bob")]
    (project.root / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
    import_labels(project, [project.root / "labels.jsonl"])
    run_route(project)
    export(project.store, export_path(project, "dpo"))
    return project


def test_who_answered_how_often_and_how_far_they_agree(people, tmp_path):
    card = made(people, tmp_path).card
    assert "3 people, 40 answers (between 8 and 24 each) on 24 pairs." in card
    assert "Overlap: of these pairs 16 (67 %) by one person only, 8 by 3." in card
    assert re.search(r"Krippendorff's alpha -?\d\.\d\d \[-?\d\.\d\d, -?\d\.\d\d\] on 8 pairs", card)
    assert "People agree little (alpha" in card
    assert "- 1 label was decided by a lead." in card
    assert "Prefer what helps.\nIf in doubt ask annotator-1, or annotator-3." in card
    assert not any(name in card for name in PEOPLE)


def test_judges_and_the_promise_they_were_accepted_under(judged, tmp_path):
    card = made(judged, tmp_path).card
    coin = next(line for line in card.splitlines() if line.startswith("| coin |"))
    good = next(line for line in card.splitlines() if line.startswith("| good |"))
    assert "so it was left out" in coin
    assert "better than chance" in good
    assert "both orders" in good
    assert re.search(
        r"Guarantee: at least 80 % of the \d+ labels by judges alone that stand on a certificate", card
    )
    assert "accepted under a tested guarantee" in card
    assert re.search(r"how often each chose the response shown first .*good \d+ % \[", card)


def test_labels_of_judges_nobody_tested_are_called_that(tmp_path):
    project = stated(tmp_path)
    export(project.store, export_path(project, "dpo"))
    card = made(project, tmp_path).card
    assert "**Nobody tested how often the judges' labels agree with people.**" in card
    assert "**No person looked at any label.**" in card
    assert "no guarantee was tested" in card
    assert "### People\n\n- Nobody answered." in card


def test_what_is_not_known_is_said(people, tmp_path):
    card = made(people, tmp_path).card
    for said in (
        "**No checks were run on this dataset.**",
        "**They were not searched for personal data or keys.**",
        "Licence: **Unknown: nobody has said.**",
        "Who or what wrote 52 responses is not on record.",
        "No reward model was asked",
        "Facts in the responses were not checked",
        "Nobody wrote down what these prompts are meant to stand for.",
    ):
        assert said in card, said


def test_what_was_done_is_said_instead(people, tmp_path):
    run_check(people)
    (people.root / "card.md").write_text("Questions children ask about towns. Ann collected them.\n")
    card = made(people, tmp_path, license="cc-by-4.0").card
    assert "21 checks looked at 26 pairs" in card
    assert "They were searched for e-mail addresses" in card
    assert "Licence: `cc-by-4.0`" in card
    assert "Questions children ask about towns. annotator-3 collected them." in card
    assert "Nobody wrote down" not in card
    assert "unknown" not in head(card)["license"]


def test_open_findings_are_listed_without_what_they_say_of_people(people, tmp_path):
    with people.store.write() as connection:
        number = add_run(connection, {"checks": ["shortcuts", "too_fast"], "pairs": 26})
        for i, (check, part, reason) in enumerate(
            (
                ("shortcuts", "shown: Ann", "Ann chose the first one shown in 90% of 60 pairs"),
                ("too_fast", "burst: Ann", "Ann answered 30 pairs in a minute"),
                ("shortcuts", "longer", "the longer response is chosen in 80% of 60 pairs"),
            )
        ):
            row = {"check": check, "part": part, "severity": "warning", "reason": reason, "remedy": "look"}
            row |= {"key": bytes([i]) * 16, "check_run_id": number, "pair_id": None, "value": None}
            add_findings(connection, [row])
    card = made(people, tmp_path).card
    assert "the longer response is chosen in 80%" in card
    assert "| warning | `shortcuts.shown` | 1 |" in card
    assert "Ann " not in card


def test_the_reward_models_figures_are_there(judged, tmp_path):
    run_verify(judged, repeats=1)
    export(judged.store, export_path(judged, "dpo"))
    card = made(judged, tmp_path).card
    assert "### Checked by a reward model" in card
    assert re.search(r"\| a model of length only \| \d+ % \[\d+, \d+\] of \d+ \|", card)
    assert "No reward model was asked" not in card


def test_what_was_left_out_is_counted_by_reason(people, tmp_path):
    card = made(people, tmp_path).card
    said = card.split("## What was left out")[1].split("## ")[0]
    assert "| waiting for people | 2 |" in said
    assert "`dpo`, of pairs" in said


def test_length_that_predicts_the_label_is_called_by_its_name(people, tmp_path):
    card = made(people, tmp_path).card
    assert re.search(r"the longer response is the chosen one in \d+ % \[\d+, \d+\] of 24 labels", card)
    assert "A model can learn from it that longer is better." in card


def test_the_head_is_what_loaders_need(people, tmp_path):
    said = head(made(people, tmp_path, license="MIT").card)
    assert said["license"] == "mit"
    assert said["language"] == ["en"]
    assert said["size_categories"] == ["n<1K"]
    assert {"preference", "dpo", "kto", "rlhf", "human-feedback", "pairwright"} <= set(said["tags"])
    assert "rlaif" not in said["tags"]
    dpo, kto = said["configs"]
    assert dpo == {
        "config_name": "dpo",
        "data_files": [{"split": "train", "path": "data/dpo.jsonl"}],
        "default": True,
    }
    info = {each["config_name"]: each for each in said["dataset_info"]}
    rows = (people.root / "export" / "dpo.jsonl").read_bytes().count(b"\n")
    assert info["dpo"]["splits"][0]["num_examples"] == rows
    message = [{"name": "role", "dtype": "string"}, {"name": "content", "dtype": "string"}]
    assert info["dpo"]["features"] == [
        {"name": name, "list": message} for name in ("prompt", "chosen", "rejected")
    ]
    assert info["kto"]["features"][2] == {"name": "label", "dtype": "bool"}
    assert kto["config_name"] == "kto"


def test_a_licence_the_hub_has_no_word_for_is_named(people, tmp_path):
    said = head(made(people, tmp_path, license="Our House Terms 2").card)
    assert (said["license"], said["license_name"]) == ("other", "Our House Terms 2")
    assert "mit" in LICENSES


def test_kto_says_its_weights_and_how_good_and_bad_came_about(people, tmp_path):
    card = made(people, tmp_path).card
    manifest = json.loads((people.root / "export" / "kto.jsonl.manifest.json").read_bytes())
    weights = manifest["suggested_weights"]
    assert f"desirable_weight={weights['desirable_weight']}" in card
    assert "the loser of two good responses is called bad" in card


def test_the_most_pairs_come_first(people, tmp_path):
    export(people.store, people.root / "export" / "a-kto.jsonl", shape="kto", split_pairs=True)
    found, _ = find_exports(people, ())
    assert [each.name for each in found] == ["dpo", "a-kto", "kto"]
    assert head(made(people, tmp_path).card)["configs"][0]["config_name"] == "dpo"


def test_the_lines_that_load_it_are_python(people, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", made(people, tmp_path).card, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "card", "exec")
    assert 'load_dataset("me/set", "kto", split="train")' in blocks[1]


def test_names_of_models_and_files_cannot_break_the_page(tmp_path):
    project = a_project(tmp_path, settings="")
    add_rows(
        project,
        [
            {
                "id": "one",
                "prompt": "What is said of the old town by those who live in it?",
                "responses": [
                    {"text": "It is older than you would think.", "model": "a|b<script>\n# Big"},
                    {"text": "I do not know it.", "model": "plain"},
                ],
            }
        ],
    )
    make_pairs(project.store)
    (project.root / "labels.jsonl").write_text(
        json.dumps({"id": ids(project)[0], "label": "A", "annotator": "mo"})
    )
    import_labels(project, [project.root / "labels.jsonl"])
    run_route(project)
    export(project.store, export_path(project, "dpo"))
    card = made(project, tmp_path).card
    assert "<script>" not in card
    assert "a\\|b&lt;script&gt; # Big" in card
    assert "\n# Big" not in card


def test_somebody_who_wrote_responses_and_annotated_is_named_nowhere(tmp_path):
    project = a_project(tmp_path, settings="")
    asked = {"id": "one", "prompt": "What is said of the old town by those who live in it?"}
    told = [("It is older than you would think.", PEOPLE[0]), ("I do not know it.", "small")]
    path = tmp_path / f"asked by {PEOPLE[0]}.jsonl"
    path.write_text(json.dumps({**asked, "responses": [{"text": text, "model": who} for text, who in told]}))
    assert add_files(project.store, [path]).committed
    make_pairs(project.store)
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"id": ids(project)[0], "label": "A", "annotator": PEOPLE[0]}))
    import_labels(project, [labels])
    run_route(project)
    export(project.store, export_path(project, "dpo"))
    dataset = made(project, tmp_path)
    assert "| annotator-1 | 1 |" in dataset.card
    assert "asked by annotator-1.jsonl (1)" in dataset.card
    for file in dataset.files:
        content = file.content if isinstance(file.content, bytes) else file.content.read_bytes()
        assert PEOPLE[0].encode() not in content, file.path


def ids(project):
    return [public_id("pair", each.key) for each in rows(project, "pair")]


def test_long_guidelines_stand_beside_the_card_and_old_ones_are_kept(tmp_path):
    project = labelled(tmp_path)
    person = Person.sign_in(project, PEOPLE[0])
    person.choose(person.next_task(), "left", 9.0)
    (project.root / "guidelines.md").write_text("Be kind. " * 1500)
    project = exported(change(project, ""), "dpo")
    dataset = made(project, tmp_path)
    files = {file.path: file for file in dataset.files}
    assert "the full text is in [`guidelines.md`](guidelines.md)" in dataset.card
    assert files["guidelines.md"].size > 10_000
    assert b"ask annotator-1" in files["guidelines-1.md"].content
    assert "`guidelines-1.md` (" in dataset.card


def test_a_teams_database_gives_the_same_card(people, tmp_path):
    folder = tmp_path / "team"
    folder.mkdir()
    store = f'[project]\nstore = "{empty_database()}"\n'
    team = exported(labelled(folder, settings=store))
    assert made(team, folder).card == made(people, tmp_path).card


def test_card_prints_and_writes_without_a_token_or_network(people, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert run(["-C", str(people.root), "card", "--repo", "me/set"]) == 0
    assert "# set" in capsys.readouterr().out
    out = tmp_path / "card.md"
    label(people, 24, said="B")
    assert run(["-C", str(people.root), "card", "-o", str(out), "--license", "mit"]) == 0
    assert "license: mit" in out.read_text()
    assert "older than the labels" in capsys.readouterr().err


# --- the parts ------------------------------------------------------------------------------------


def test_names_are_replaced_whole_and_the_longest_first():
    names = Pseudonyms(["Ann", "Ann Lee", "gold", "Bo", "mlopez"])
    text = "Ann Lee and Ann asked mlopez; Anna, gold and Bo did not. (Ann)"
    assert names.scrub(text) == (
        "annotator-2 and annotator-1 asked annotator-5; Anna, gold and Bo did not. (annotator-1)"
    )
    assert names.found_in(text) == ["annotator-1", "annotator-2", "annotator-5"]
    assert Pseudonyms([]).scrub(text) == text


def test_a_name_counts_in_any_case_and_before_the_at_of_an_address():
    names = Pseudonyms(["maria", "Jörg.Ü@example.org", "Ann Lee"])
    text = "Ask Maria when in doubt; MARIA decides, else jörg.ü or JÖRG.Ü@EXAMPLE.ORG, ann lee last. Marian may not."
    assert names.scrub(text) == (
        "Ask annotator-1 when in doubt; annotator-1 decides, else annotator-2 or annotator-2, annotator-3 "
        "last. Marian may not."
    )
    assert names.found_in(text) == ["annotator-1", "annotator-2", "annotator-3"]
    assert Pseudonyms(["Maria", "maria"]).scrub("Maria maria MARIA") == "annotator-1 annotator-2 annotator-1"
    assert Pseudonyms(["ali"]).scrub("AL\u0130 ALI") == "annotator-1 annotator-1"


def test_a_name_that_is_a_word_too_does_not_tear_up_the_text():
    names = Pseudonyms(["Will", "rose@example.org", "Claude", "info@example.org"])
    text = "Will decides if it will do; a rose is no Rose. claude-3 wrote it, see info@other.org."
    assert names.scrub(text) == (
        "annotator-1 decides if it will do; a rose is no annotator-2. claude-3 wrote it, see info@other.org."
    )
    assert Pseudonyms(["will"]).scrub("ask will, or WILL") == "ask annotator-1, or annotator-1"


def test_a_response_that_a_person_wrote_does_not_name_them():
    said = {"row": 1, "chosen_model": "Maria Lopez", "reason": "decided by Maria Lopez", "belief": 4}
    line = side_line(said, Pseudonyms(["Maria Lopez"]), with_ids=False)
    assert line == {"row": 1, "chosen_model": "annotator-1"}


def test_columns_are_told_by_every_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [{"a": None, "n": 1, "tags": []}, {"a": "x", "n": 1.5, "tags": ["t"], "more": {"k": True}}]
    path.write_text("\n".join(map(json.dumps, rows)))
    found = columns_of([path])
    assert found == {"a": "string", "n": "float64", "tags": ["string"], "more": {"k": "bool"}}
    assert features_of(found)[3] == {"name": "more", "struct": [{"name": "k", "dtype": "bool"}]}
    path.write_text('{"a": 1}\n{"a": "x"}\n')
    assert columns_of([path]) is None
    assert type_of([[{"k": 1}]]) == [[{"k": "int64"}]]
