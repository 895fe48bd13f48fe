"""check --tokenizer: a project's labelled pairs, a file without a project, and the report."""

from __future__ import annotations

import json

import pytest
from byte_tokenizer import saved
from projects import a_project, add_rows, rows

import pairwright as pw
from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route

SAME = "x" * 1100


def a_labelled(tmp_path):
    """Three labelled pairs, the responses of one of which part after 1,100 bytes, and one without a label."""
    project = a_project(tmp_path, settings='\n[route]\naccept = "stated"\n')
    add_rows(project, [
        {"id": "late", "prompt": "Why?", "response_a": SAME + "yes", "response_b": SAME + "no"},
        *({"id": f"fine-{n}", "prompt": f"Fine {n}?", "response_a": "Yes.", "response_b": "No."} for n in range(3)),
    ])  # fmt: skip
    labels = [{"id": name, "rater": "ada", "label": "A"} for name in ("late", "fine-0", "fine-1")]
    (project.root / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
    import_labels(project, [project.root / "labels.jsonl"])
    run_route(project)
    return project


def test_a_projects_pairs_are_measured_and_those_a_cut_makes_equal_are_findings(tmp_path, capsys):
    project = a_labelled(tmp_path)
    tokenizer = saved(tmp_path / "tokenizer")
    capsys.readouterr()
    here = ["-C", str(project.root), "check", "--only", "token_length", "--tokenizer", tokenizer]
    assert run([*here, "--trainer", "trl-dpo"]) == 0
    said = capsys.readouterr()
    assert "3 labelled pairs in tokens" in said.out
    assert "TRL DPO  1,024  1" in said.out
    assert "Cut by TRL DPO (max_length): the ends of responses" in said.out
    assert "1 pair has no label yet" in said.err
    found = {each.part: each for each in rows(project, "finding")}
    assert set(found) == {"equal_when_cut", "cut: trl-dpo"}
    assert run([*here, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["tokens"]
    assert (told["rows"], told["unlabelled"]) == (3, 1)
    assert run([*here, "--max-length", "2000"]) == 0
    assert "TRL DPO" in capsys.readouterr().out
    assert not any(each.open for each in pw.Project(project.root).findings("token_length").findings)


def test_the_method_gives_the_same_and_the_report_shows_it(tmp_path):
    project = a_labelled(tmp_path)
    tokenizer = saved(tmp_path / "tokenizer")
    result = pw.Project(project.root).check(tokenizer=tokenizer, trainer="trl-dpo", progress=False)
    assert "TRL DPO cuts 1 row (1 chosen, 1 rejected)." in str(result)
    found = result.found
    assert found.tokens["trainers"][0]["equal"] == 1
    assert found.tokens["tokenizer"] == "tokenizer", "not the folder it stands in"
    pw.Project(project.root).check(only="too_similar", progress=False)
    assert numbers_of(project)["checks"]["tokens"] == found.tokens, (
        "the newest measurement, whatever ran since"
    )
    page = page_of(numbers_of(project))
    assert "Length in tokens" in page
    assert "max_length 1,024" in page


def test_a_file_is_measured_without_a_project_with_tools_and_reasons(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tokenizer = saved(tmp_path / "tokenizer")
    call = {
        "role": "assistant",
        "tool_calls": [{"function": {"name": "look", "arguments": {"city": "Rome"}}}],
    }
    made = [
        {"id": "tools", "prompt": [{"role": "user", "content": "Hi?"}], "chosen": [call], "rejected": [{"role": "assistant", "content": "No."}], "tools": [{"function": {"name": "look"}}]},
        {"id": "late", "prompt": [{"role": "user", "content": "Hi?"}], "chosen": [{"role": "assistant", "content": SAME + "yes"}], "rejected": [{"role": "assistant", "content": SAME + "no"}]},
        {"id": "same", "prompt": [{"role": "user", "content": "Hi?"}], "chosen": [{"role": "assistant", "content": "No."}], "rejected": [{"role": "assistant", "content": "No."}]},
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, made)))
    assert run(["check", "--file", "rows.jsonl", "--tokenizer", tokenizer]) == 0
    said = capsys.readouterr()
    assert "2 labelled pairs in tokens" in said.out
    assert "equal_when_cut: late: chosen and rejected are the same once cut" in said.out
    assert "1 row left out, same text" in said.err
    result = pw.token_lengths(made, tokenizer, trainers=["trl-dpo"])
    assert result.by_part == {"equal_when_cut": 1}
    assert result.tokens["lengths"]["prompt"]["100%"] == len("[1 tools]<user>Hi?|<assistant>")
    assert result.as_dict()["findings"][0]["example"] == "late"
    assert "TRL DPO cuts 1 row" in str(result)


def test_options_that_need_a_tokenizer_and_files_without_pairs_are_refused_in_words(tmp_path, capsys):
    project = a_labelled(tmp_path)
    for line, said in (
        (["--max-length", "5"], "--max-length is about lengths in tokens: say by which --tokenizer"),
        (["--trainer", "trl-dpo"], "--trainer is about lengths in tokens"),
        (["--file", "x.jsonl"], "--file measures rows in tokens: say by which --tokenizer"),
        (["--only", "token_length"], "token_length runs where a tokenizer is named"),
        (["--tokenizer", "./none"], "there is no folder ./none"),
    ):
        assert run(["-C", str(project.root), "check", *line]) == 1
        assert said in capsys.readouterr().err
    alone = [{"prompt": "Hi?", "completion": "Yes.", "label": True}]
    with pytest.raises(InputError, match="has no pair to measure: 1 single response"):
        pw.token_lengths(alone, saved(tmp_path / "tokenizer"))
