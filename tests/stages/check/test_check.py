"""Checks over a real project: what is on record, what is done about it, and the gate before an export."""

import json

import pytest
from projects import a_project, add_pairs, add_rows, change

from pairwright.cli.main import run
from pairwright.errors import ConfigError, InputError
from pairwright.stages.check import check as stage
from pairwright.stages.check.act_on_findings import settle
from pairwright.stages.check.check import run_check, summary
from pairwright.stages.export.export import export
from pairwright.stages.figures.show import chain_of
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route
from pairwright.store.check.findings import findings

NO_JUDGE = '\n[route]\naccept = "stated"\n'


def a_labelled(tmp_path, settings=NO_JUDGE):
    """A project of five labelled pairs: one with wrong arithmetic chosen, one with a key in it."""
    project = a_project(tmp_path, settings=settings)
    add_rows(project, [
        {"id": "sum", "prompt": "What is 12 * 4?", "response_a": "It is 12 * 4 = 46.", "response_b": "It is 12 * 4 = 48."},
        {"id": "key", "prompt": "A key?", "response_a": "Take ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bD2fG4hJ6", "response_b": "No."},
        *({"id": f"fine-{i}", "prompt": f"Fine {i}?", "response_a": f"Yes, {i} it is.", "response_b": f"No, not {i}."} for i in range(3)),
    ])  # fmt: skip
    label(project, {"sum": "A", "key": "B", "fine-0": "A", "fine-1": "B", "fine-2": "A"})
    run_route(project)
    return project


def label(project, labels, name="ada"):
    path = project.root / f"labels-{name}.jsonl"
    path.write_text("\n".join(json.dumps({"id": i, "rater": name, "label": v}) for i, v in labels.items()))
    import_labels(project, [path])


def kept(project, **wanted):
    with project.store.read() as connection:
        return list(findings(connection, **wanted))


def number(project, check):
    return next(each.id for each in kept(project, settled=True) if each.check == check)


def exported(project):
    out = project.root / "out.jsonl"
    result = export(project.store, out)
    return [json.loads(line)["chosen"][0]["content"] for line in out.read_text().splitlines()], result


def standing(project, pair):
    return chain_of(project, pair)["beliefs"][-1]


def test_findings_are_on_record_once_with_pair_and_reason(tmp_path):
    project = a_labelled(tmp_path)
    first = run_check(project)
    assert first.open == {"error": {"chosen_has_errors": 1, "secrets": 1}}
    assert (first.pairs, first.labelled, first.new) == (5, 5, 2)
    again = run_check(project)
    assert (again.new, again.gone, again.open) == (0, 0, first.open)
    (wrong, secret) = kept(project)
    assert (wrong.external_id, wrong.part, wrong.severity) == ("sum", "arithmetic", "error")
    assert "the left side is 48" in wrong.reason
    assert secret.external_id == "key"


def test_errors_stay_out_of_exports_until_they_are_settled(tmp_path):
    project = a_labelled(tmp_path)
    assert len(exported(project)[0]) == 5
    run_check(project)
    texts, result = exported(project)
    assert len(texts) == 3
    assert result.drops["flagged"] == 2
    settle(project, "dismiss", [number(project, "secrets")], by="lea", because="revoked long ago")
    assert len(exported(project)[0]) == 4
    assert run_check(project).settled == 1
    assert len(exported(project)[0]) == 4


def test_flip_makes_the_other_one_chosen_and_undo_takes_it_back(tmp_path):
    project = a_labelled(tmp_path)
    run_check(project)
    it = number(project, "chosen_has_errors")
    assert settle(project, "flip", [it], by="lea", because="a typing error").done == [it]
    assert standing(project, "sum")["verdict"] == "B"
    assert "It is 12 * 4 = 48." in exported(project)[0]
    assert settle(project, "flip", [it], by="lea").left == {it: "it is flipped already: undo that first"}
    settle(project, "undo", [it], by="lea")
    assert standing(project, "sum")["verdict"] == "A"
    steps = [step["action"] for step in chain_of(project, "sum")["findings"]]
    assert steps == ["flipped", "undone"]


def test_a_pair_is_not_flipped_back_by_another_of_its_findings(tmp_path):
    project = a_project(tmp_path, settings=NO_JUDGE)
    add_rows(
        project,
        [
            {
                "id": "two",
                "prompt": "12 * 4?",
                "response_a": "12 * 4 = 46\nSee [it]()",
                "response_b": "12 * 4 = 48",
            }
        ],
    )
    label(project, {"two": "A"})
    run_route(project)
    run_check(project)
    first, second = (each.id for each in kept(project))
    assert settle(project, "flip", [first, second], by="lea").left == {
        second: "the pair has no label to flip, or was flipped by another finding already"
    }
    assert settle(project, "flip", [second], by="lea").done == []
    assert "somebody decided this pair" in settle(project, "send", [second], by="lea").left[second]
    assert standing(project, "two")["verdict"] == "B"


def test_drop_takes_the_pair_out_and_routing_keeps_it_out(tmp_path):
    project = a_labelled(tmp_path)
    run_check(project)
    it = number(project, "chosen_has_errors")
    settle(project, "drop", [it], by="lea")
    assert standing(project, "sum")["decision"] == "drop"
    run_route(project)
    assert standing(project, "sum")["decision"] == "drop"
    assert run_check(project).pairs == 4
    settle(project, "undo", [it], by="lea")
    assert standing(project, "sum")["decision"] == "accept"


def test_send_asks_one_more_person_and_their_answer_settles_it(tmp_path):
    project = a_labelled(tmp_path, NO_JUDGE + "[annotate]\noverlap_most = 3\n")
    run_check(project)
    settle(project, "send", [number(project, "chosen_has_errors")], by="lea")
    belief = standing(project, "sum")
    assert belief["decision"] == "ask"
    assert "sent back to people" in belief["reason"]
    assert Person.sign_in(project, "bob").waiting() == 1
    assert Person.sign_in(project, "ada").waiting() == 0
    label(project, {"sum": "B"}, "bob")
    label(project, {"sum": "B"}, "cyd")
    assert standing(project, "sum")["verdict"] == "B"
    assert run_route(project).accepted_from_people == 5
    assert standing(project, "sum")["verdict"] == "B"


def test_ask_again_takes_the_judges_votes_back(tmp_path):
    replay = tmp_path / "replay.jsonl"
    replay.write_text("\n".join(
        json.dumps({"id": f"pair-{i}", "order": order, "verdict": "A", "confidence": "HIGH"})
        for i in range(2) for order in ("AB", "BA")
    ))  # fmt: skip
    settings = f'\n[judges.old]\nkind = "replay"\npath = "{replay}"\n' + NO_JUDGE
    project = a_project(tmp_path, settings=settings)
    add_rows(
        project,
        [{"id": "pair-0", "prompt": "12 * 4?", "response_a": "12 * 4 = 46", "response_b": "12 * 4 = 48"}],
    )
    from pairwright.stages.judge.judge import run_judge

    run_judge(project, "old")
    run_route(project)
    run_check(project)
    it = number(project, "chosen_has_errors")
    assert settle(project, "ask again", [it], by="lea").done == [it]
    assert standing(project, "pair-0")["decision"] == "wait"
    assert "asks them anew" in settle(project, "undo", [it], by="lea").left[it]
    assert run_judge(project, "old").votes == 2


def test_what_a_later_run_no_longer_sees_is_gone_and_may_come_back(tmp_path):
    project = a_labelled(tmp_path)
    run_check(project)
    label(project, {"sum": "B"})
    assert run_check(project).gone == 1
    assert [each.check for each in kept(project)] == ["secrets"]
    label(project, {"sum": "A"})
    assert run_check(project).new == 0
    assert len(kept(project)) == 2
    assert [step["action"] for step in chain_of(project, "sum")["findings"]] == ["gone", "back"]


def test_a_run_of_one_check_leaves_what_others_found(tmp_path):
    project = a_labelled(tmp_path)
    run_check(project)
    assert run_check(project, only=["too_similar"]).gone == 0
    assert len(kept(project)) == 2
    with pytest.raises(InputError, match='there is no check "nonsense"'):
        run_check(project, only=["nonsense"])


def test_what_was_dismissed_about_the_whole_set_stays_dismissed_as_its_figures_move(tmp_path):
    project = a_project(tmp_path, settings=NO_JUDGE)
    add_rows(project, [
        {"id": str(i), "prompt": f"q{i}", "response_a": "long " * 9 + str(i), "response_b": f"short {i}"} for i in range(80)
    ])  # fmt: skip
    label(project, {str(i): "A" for i in range(60)})
    run_route(project)
    run_check(project)
    (it,) = [each for each in kept(project) if each.part == "longer"]
    assert it.pair_id is None
    settle(project, "dismiss", [it.id], by="lea", because="as it should be")
    label(project, {str(i): "A" for i in range(60, 80)})
    assert run_check(project).new == 0
    assert not kept(project, parts=["longer"])


def test_the_gate_stops_an_export_and_run(tmp_path, capsys):
    project = a_labelled(tmp_path)
    root = str(project.root)
    assert run(["-C", root, "export", "--fail-on", "error"]) == 1
    assert "2 findings are error or worse, so nothing was exported" in capsys.readouterr().err
    assert not (project.root / "export").exists()
    change(project, '[check]\nfail_on = "error"\n')
    assert run(["-C", root, "export"]) == 1
    assert run(["-C", root, "run"]) == 2
    assert "nothing was exported" in capsys.readouterr().out
    assert run(["-C", root, "export", "--fail-on", "off"]) == 0


def test_severities_are_the_projects_own(tmp_path):
    project = a_labelled(
        tmp_path, NO_JUDGE + '[check.severity]\nsecrets = "off"\n"chosen_has_errors.arithmetic" = "info"\n'
    )
    assert run_check(project).open == {"info": {"chosen_has_errors": 1}}


def test_the_command_line(tmp_path, capsys):
    project = a_labelled(tmp_path)
    root = str(project.root)
    assert run(["-C", root, "check", "--fail-on", "error"]) == 2
    told = capsys.readouterr()
    assert "5 pairs (5 labelled), 21 checks" in told.out
    assert "sum: " in told.out
    assert "2 findings are error or worse" in told.err
    assert run(["-C", root, "check", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["findings"]
    assert [each["check"] for each in listed] == ["chosen_has_errors", "secrets"]
    assert run(["-C", root, "check", "dismiss", "1"]) == 1
    assert "pass --because" in capsys.readouterr().err
    assert run(["-C", root, "check", "drop", "--check", "secrets", "--dry-run"]) == 0
    assert "on 1 finding;" in capsys.readouterr().out
    assert run(["-C", root, "check", "drop", "--check", "secrets", "--by", "lea"]) == 0
    assert run(["-C", root, "check", "drop", "99"]) == 1
    assert "there is no finding 99" in capsys.readouterr().err
    assert run(["-C", root, "check", "undo"]) == 1
    assert run(["-C", root, "check", "--only", "secrets", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"] == ["secrets"]
    assert run(["-C", root, "show", "key"]) == 0
    assert "-> dropped by lea" in capsys.readouterr().out.replace("\n", " ")
    assert run(["-C", root, "status"]) == 0
    assert "1 error" in capsys.readouterr().out
    assert run(["-C", root, "check", "--fail-on", "never"]) == 1


class Plugin:
    def __init__(self, word="never"):
        self.name, self.word = "mine", word

    def look(self, example):
        from pairwright.quality.example import Finding

        if self.word in example.a:
            yield Finding(self.name, "warning", f'says "{self.word}"', "look at it", example.id)


class Point:
    name, value = "mine", "tests:Plugin"

    def __init__(self, load):
        self.load = load


def test_a_plugin_is_a_check_like_any_other(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "entry_points", lambda group: [Point(lambda: Plugin)])
    project = a_labelled(tmp_path, NO_JUDGE + '[check.plugins.mine]\nword = "Yes"\n')
    assert run_check(project, only=["mine"]).open == {"warning": {"mine": 3}}
    assert "mine" in run_check(project).checks


def test_a_plugin_that_cannot_be_made_stops_with_its_name(tmp_path, monkeypatch):
    def broken():
        raise ImportError("no module")

    monkeypatch.setattr(stage, "entry_points", lambda group: [Point(broken)])
    with pytest.raises(ConfigError, match=r"check plugin mine .* ImportError: no module"):
        run_check(a_labelled(tmp_path))
    monkeypatch.setattr(stage, "entry_points", lambda group: [Point(lambda: object)])
    with pytest.raises(ConfigError, match="a check has look"):
        run_check(a_project(tmp_path / "other", settings=NO_JUDGE))


def test_a_benchmarks_texts_are_read_from_the_files_that_are_named(tmp_path):
    project = a_labelled(tmp_path, NO_JUDGE + '[check]\ncontamination = ["bench.jsonl"]\n')
    with pytest.raises(InputError, match=r"bench.jsonl does not exist"):
        run_check(project)
    bench = project.root / "bench.jsonl"
    bench.write_text('{"question": "No, not 0 but another thing"}\n{"id": 1}\n')
    with pytest.raises(ConfigError, match=r"bench.jsonl:2: a benchmark's row has one of"):
        run_check(project)
    bench.write_text('{"question": "it is 12 4 46"}\n')
    assert run_check(project, only=["contamination"]).open == {"error": {"contamination": 1}}
    # A trainer's file that is held out is such a list, too.
    bench.write_text(
        '{"prompt": [{"role": "user", "content": "it is 12 4 46"}], "chosen": [], "rejected": []}\n'
    )
    assert run_check(project, only=["contamination"]).open == {"error": {"contamination": 1}}


def test_pairs_without_a_label_are_looked_at_too(tmp_path):
    project = a_project(tmp_path, settings=NO_JUDGE)
    add_pairs(project, 3)
    text = " ".join(f"w{i}" for i in range(60))
    add_rows(project, [{"id": "same", "prompt": "p", "response_a": text, "response_b": text + " more"}])
    result = run_check(project)
    assert result.labelled == 0
    assert result.open["error"] == {"too_similar": 1}


def test_the_summary_of_the_report_has_examples(tmp_path):
    project = a_labelled(tmp_path)
    assert summary(project) is None
    run_check(project)
    found = summary(project)
    assert [(each["check"], each["n"]) for each in found["open"]] == [
        ("chosen_has_errors", 1),
        ("secrets", 1),
    ]
    assert found["open"][0]["examples"][0]["external_id"] == "sum"


def test_where_nothing_is_off_no_finding_is_offered(tmp_path, capsys):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 2)
    assert run(["-C", str(project.root), "check"]) == 0
    told = capsys.readouterr().out
    assert "Nothing is off." in told
    assert "check send" not in told


def test_a_mistyped_check_or_severity_is_no_clean_set(tmp_path, capsys):
    project = a_project(tmp_path, settings="")
    for words in (
        ["list", "--check", "too_simlar"],
        ["drop", "--check", "nosuch"],
        ["list", "--severity", "bad"],
    ):
        assert run(["-C", str(project.root), "check", *words]) == 1
    told = capsys.readouterr().err
    assert '"too_simlar" is none of' in told
    assert 'error; got "bad"' in told.replace("\n", " ")
