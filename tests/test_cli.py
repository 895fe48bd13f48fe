"""The command line as people and scripts use it."""

import json

import pytest
from projects import ENDPOINT, JUDGE, a_project, add_pairs, add_rows, rows

from pairwright.cli.main import run
from pairwright.models.loopback import Behaviour, LoopbackServer

GENERATE = '[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'


@pytest.fixture
def server():
    with LoopbackServer(Behaviour(tie_rate=0, low_rate=0)) as server:
        yield server


@pytest.fixture
def project(tmp_path, server):
    return a_project(tmp_path, server, GENERATE + JUDGE)


def verb(project, *arguments):
    return run(["-C", str(project.root), *arguments])


def as_json(capsys, project, *arguments, code=0):
    capsys.readouterr()
    assert verb(project, *arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


def test_the_whole_way_from_prompts_to_a_dataset(tmp_path, server, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "mine"]) == 0
    with (tmp_path / "mine" / "pairwright.toml").open("a") as settings:
        settings.write(ENDPOINT.format(url=server.url) + JUDGE + '\n[generate]\nmodels = ["small"]\n')
    text = (tmp_path / "mine" / "pairwright.toml").read_text()
    (tmp_path / "mine" / "pairwright.toml").write_text(
        text.replace('# accept = "guarantee"', 'accept = "stated"')
    )
    monkeypatch.chdir(tmp_path / "mine")
    (tmp_path / "mine" / "prompts.txt").write_text("What is rain?\nWhat is snow?\n")
    assert run(["add", "prompts.txt"]) == 0
    assert run(["run", "--export-partial"]) == 0
    told = capsys.readouterr()
    said = told.out
    assert "2 prompts added" in said
    assert "pairs wait for people: run `pairwright annotate`" in said
    row = json.loads((tmp_path / "mine" / "export" / "dpo.jsonl").read_text().splitlines()[0])
    assert set(row) == {"prompt", "chosen", "rejected"}
    assert "[export] split_pairs = true" in told.err, "which is better says of none that it is good"
    assert run(["export", "--shape", "kto", "--split-pairs"]) == 0
    capsys.readouterr()
    row = json.loads((tmp_path / "mine" / "export" / "kto.jsonl").read_text().splitlines()[0])
    assert set(row) == {"prompt", "completion", "label"}
    assert run(["show", "export/dpo.jsonl:1"]) == 0
    assert "belief: accept" in capsys.readouterr().out


def test_run_stops_where_people_are_needed_and_exports_nothing_yet(project, capsys):
    add_rows(project, [{"prompt": f"q{i}"} for i in range(10)])
    result = as_json(capsys, project, "run")
    assert "wait for people" in result["waits_for"]
    assert not (project.root / "export").exists()
    labels = [
        {"pair": f"x-{row.key.hex()}", "annotator": "ann", "label": "A"} for row in rows(project, "pair")
    ]
    (project.root / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
    assert verb(project, "annotate", "--import", str(project.root / "labels.jsonl")) == 0
    result = as_json(capsys, project, "run")
    assert result["waits_for"] is None
    assert result["stages"]["export dpo"]["rows"] == 10


def test_the_stages_one_by_one(project, capsys):
    add_rows(project, [{"prompt": f"q{i}"} for i in range(5)])
    assert as_json(capsys, project, "generate")["responses"] == 10
    assert as_json(capsys, project, "pair")["pairs_added"] == 5
    assert as_json(capsys, project, "judge")["judges"][0]["votes"] == 10
    routed = as_json(capsys, project, "route")
    assert routed["accepted_from_judges"] + routed["for_people"] == 5
    state = as_json(capsys, project, "status")
    assert (state["prompts"], state["responses"], state["pairs"]) == (5, 10, 5)


@pytest.mark.parametrize("paid", ["generate", "judge", "run"])
def test_a_dry_run_sends_nothing(project, server, capsys, paid):
    add_pairs(project, 5)
    add_rows(project, [{"prompt": "q"}])
    estimate = as_json(capsys, project, paid, "--dry-run")
    assert estimate["usd"] > 0
    assert server.requests == []
    assert rows(project, "call") == []


def test_a_dry_run_knows_that_one_order_is_half_the_calls(project, capsys):
    add_pairs(project, 5)
    assert as_json(capsys, project, "judge", "--dry-run")["stages"][0]["calls"] == 10
    assert as_json(capsys, project, "judge", "--dry-run", "--single-order")["stages"][0]["calls"] == 5


def test_an_estimate_without_a_price_says_so(tmp_path, server, capsys):
    project = a_project(tmp_path, server, JUDGE)
    path = project.root / "pairwright.toml"
    path.write_text(path.read_text().replace("price_in = 1.0\nprice_out = 2.0\n", ""))
    add_pairs(project, 5)
    assert verb(project, "estimate") == 0
    said = capsys.readouterr().out
    assert "price unknown" in said
    assert "set price_in and price_out" in said


def test_status_says_what_to_do_next_at_every_step(project, capsys):
    def next_step():
        return as_json(capsys, project, "status")["next"].split("   ")[0]

    assert next_step() == "pairwright add FILE"
    add_rows(project, [{"prompt": f"q{i}"} for i in range(10)])
    for step in ("generate", "pair", "judge", "route"):
        assert next_step() == f"pairwright {step}"
        assert verb(project, step) == 0
    assert next_step() == "pairwright annotate"


def test_exit_code_2_where_some_failed(tmp_path, capsys):
    with LoopbackServer(Behaviour(reject_rate=0.95)) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 10)
        result = as_json(capsys, project, "judge", code=2)["judges"][0]
        assert result["failures"] > 0
        assert result["votes"] + result["failures"] == 20


def test_exit_code_2_when_the_budget_stops_a_stage(project, capsys):
    add_pairs(project, 100)
    result = as_json(capsys, project, "judge", "--budget", "0.01", code=2)["judges"][0]
    assert "budget" in result["stopped"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["judg"], "Did you mean 'judge'"),
        (["judge", "--budgte", "3"], "--budgte"),
        (["judge", "--budget", "-1"], "greater than or equal to 0"),
        (["show", "x-000000"], 'nothing here has the id "x-000000"'),
        (["show", "nonsense"], 'nothing here has the id "nonsense"'),
        (["add", "missing.jsonl"], "missing.jsonl"),
        (["export"], "0 of 0 pairs"),
        (["annotate", "--terminal"], "--import"),
        (["judge", "--judge", "mian"], 'did you mean "main"'),
    ],
)
def test_errors_say_what_was_wrong_and_exit_with_1(project, capsys, arguments, said):
    assert verb(project, *arguments) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error:" in shown.err
    if said != "0 of 0 pairs":
        assert said in shown.err
    assert "Traceback" not in shown.err


def test_errors_are_json_where_json_is_asked_for(project, capsys):
    error = as_json(capsys, project, "show", "x-000000", code=1)["error"]
    assert error["type"] == "InputError"


def test_outside_a_project_the_way_in_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["status"]) == 1
    assert "pairwright init" in capsys.readouterr().err


def test_a_project_is_found_from_a_folder_inside_it(project, capsys, monkeypatch):
    (project.root / "inner").mkdir()
    monkeypatch.chdir(project.root / "inner")
    assert run(["status"]) == 0


def test_init_never_overwrites_a_project(project, capsys):
    assert run(["init", str(project.root)]) == 1
    assert "exists" in capsys.readouterr().err


def test_bad_rows_are_listed_with_their_place_and_nothing_is_added(project, capsys):
    path = project.root / "p.jsonl"
    path.write_text('{"prompt": "good"}\n{"text": "no prompt"}\nnot json\n')
    assert verb(project, "add", str(path)) == 1
    shown = capsys.readouterr().err
    assert "p.jsonl:2" in shown
    assert "--prompt-field text" in shown
    assert "p.jsonl:3" in shown
    assert rows(project, "prompt") == []
    assert verb(project, "add", str(path), "--on-error", "skip") == 2
    assert len(rows(project, "prompt")) == 1


def test_show_gives_the_chain_of_everything(project, capsys):
    add_pairs(project, 1)
    verb(project, "judge")
    verb(project, "route")
    capsys.readouterr()
    chain = as_json(capsys, project, "show", "pair-0")
    assert [vote["order"] for vote in chain["votes"]] == ["AB", "BA"]
    assert chain["votes"][0]["calls"][0]["cost_usd"] > 0
    assert chain["beliefs"][-1]["decision"] in ("accept", "ask")
    for kind in ("prompt", "pair"):
        assert as_json(capsys, project, "show", chain[kind]["id"])[kind]["id"] == chain[kind]["id"]
    assert as_json(capsys, project, "show", chain["a"]["id"])["pairs"] == [chain["pair"]["id"]]
    assert as_json(capsys, project, "show", chain["votes"][1]["id"])["pair"] == chain["pair"]
    assert as_json(capsys, project, "show", chain["pair"]["id"][:6])["pair"] == chain["pair"]


def test_estimates_learn_from_the_projects_own_calls(project, capsys):
    add_pairs(project, 30)
    first = as_json(capsys, project, "judge", "--dry-run")["stages"][0]
    assert first["basis"].startswith("assumed")
    as_json(capsys, project, "judge")
    add_pairs(project, 60)
    second = as_json(capsys, project, "judge", "--dry-run")["stages"][0]
    assert second["calls"] == 60
    assert "measured on 60 calls" in second["basis"]
    before = sum(call.cost_usd for call in rows(project, "call"))
    assert second["usd"] == pytest.approx(before, rel=0.1), "30 more pairs cost what the first 30 did"


def test_people_are_in_the_estimate(project, capsys):
    add_pairs(project, 100)
    people = as_json(capsys, project, "estimate")["people"]
    assert people["pairs"] == 20
    assert people["usd"] == pytest.approx(20 * 0.30)


def test_status_sends_to_route_again_after_failed_calls_were_healed(tmp_path, capsys):
    with LoopbackServer(reply=lambda body, n: "hm") as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 3)
        verb(project, "judge")
        verb(project, "route")
        server.reply = None
        verb(project, "judge", "--retry-failed")
        assert as_json(capsys, project, "status")["next"] == "pairwright route   (3 pairs to decide)"
        verb(project, "route")
        assert as_json(capsys, project, "status")["outdated"] == 0


def test_showing_a_line_of_a_file_that_is_not_there_says_so(project, capsys):
    assert run(["-C", str(project.root), "show", "export/dpo.jsonl:1"]) == 1
    assert "there is no file export/dpo.jsonl" in capsys.readouterr().err
