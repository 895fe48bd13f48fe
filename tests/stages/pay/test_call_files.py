"""Calls made by the user's own machines: written to files, answered in any order, read back once."""

import json
from pathlib import Path

import pytest
from projects import JUDGE, a_project, add_pairs, rows

from pairwright.errors import InputError
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.judge.judges import run_judges
from pairwright.stages.pay.call_files import export_calls, import_calls
from pairwright.stages.pay.waiting_calls import calls_of, cancel_calls


@pytest.fixture
def server():
    with LoopbackServer() as server:
        yield server


def planned(folder, server, pairs=4, settings=JUDGE):
    """A project whose judge's calls are planned."""
    project = a_project(folder, server, settings)
    add_pairs(project, pairs)
    run_judge(project, "main", via="files")
    return project


def lines_of(*paths):
    return [json.loads(line) for path in paths for line in Path(path).read_text().splitlines()]


def answered(server, path, lines, out):
    """What `vllm run-batch` writes for these lines."""
    out.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"vllm-{n}",
                    "custom_id": line["custom_id"],
                    "response": {
                        "status_code": 200,
                        "request_id": "r",
                        "body": server.completion(line["body"]),
                    },
                    "error": None,
                }
            )
            + "\n"
            for n, line in enumerate(lines)
        )
    )
    return out


def test_calls_go_out_in_files_and_votes_come_of_the_replies(tmp_path, server):
    project = planned(tmp_path, server)
    written = export_calls(project, tmp_path / "calls", shards=3)
    assert (written.calls, len(written.files)) == (8, 3)
    lines = lines_of(*written.files)
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    assert {line["body"]["model"] for line in lines} == {"small"}
    out = answered(server, written.files, lines[::-1], tmp_path / "out.jsonl")
    read = import_calls(project, [out])
    assert (read.lines, read.replies, read.already, read.unknown, read.waiting) == (8, 8, 0, 0, 0)
    result = run_judge(project, "main", via="files")
    assert (result.votes, result.waiting, result.failures) == (8, 0, 0)
    assert server.requests == []
    assert rows(project, "planned_call") == []


def test_the_votes_are_those_that_live_calls_would_have_been(tmp_path, server):
    project = planned(tmp_path, server)
    written = export_calls(project, tmp_path / "calls")
    import_calls(project, [answered(server, written.files, lines_of(*written.files), tmp_path / "out.jsonl")])
    run_judge(project, "main", via="files")
    (tmp_path / "live").mkdir()
    with LoopbackServer() as live:
        other = a_project(tmp_path / "live", live)
        add_pairs(other, 4)
        run_judge(other, "main")

    def said(project):
        return sorted((vote.pair_id, vote.order, vote.verdict, vote.prob_a) for vote in rows(project, "vote"))

    assert said(project) == said(other)


def test_parts_come_in_one_after_the_other_and_twice_without_harm(tmp_path, server):
    project = planned(tmp_path, server)
    written = export_calls(project, tmp_path / "calls")
    lines = lines_of(*written.files)
    first = answered(server, written.files, lines[:5], tmp_path / "first.jsonl")
    rest = answered(server, written.files, lines[3:], tmp_path / "rest.jsonl")
    assert import_calls(project, [first]).waiting == 3
    assert run_judge(project, "main", via="files").votes == 5
    again = import_calls(project, [first, rest])
    # What has been read is in the books, and its call waits no more.
    assert (again.replies, again.unknown) == (3, 7)
    assert run_judge(project, "main", via="files").votes == 3
    assert len(rows(project, "call")) == len({call.work_key for call in rows(project, "call")}) == 8


def test_what_is_in_files_is_not_asked_live(tmp_path, server):
    project = planned(tmp_path, server)
    export_calls(project, tmp_path / "calls")
    result = run_judge(project, "main")
    assert (result.votes, result.waiting) == (0, 8)
    assert server.requests == []


def test_what_is_planned_and_in_no_file_is_asked_live(tmp_path, server):
    project = planned(tmp_path, server)
    result = run_judge(project, "main")
    assert (result.votes, result.waiting, len(server.requests)) == (8, 0, 8)
    assert rows(project, "planned_call") == []


def test_files_that_are_lost_are_taken_back(tmp_path, server):
    project = planned(tmp_path, server)
    export_calls(project, tmp_path / "calls")
    assert cancel_calls(project).released == 8
    assert calls_of(project).waiting == ()
    assert run_judge(project, "main").votes == 8


def test_what_is_in_a_file_is_in_no_other(tmp_path, server):
    project = planned(tmp_path, server)
    export_calls(project, tmp_path / "calls")
    with pytest.raises(InputError, match="no call is planned that is not sent"):
        export_calls(project, tmp_path / "again")


def test_lines_that_are_no_replies_are_named(tmp_path, server):
    project = planned(tmp_path, server)
    written = export_calls(project, tmp_path / "calls")
    out = answered(server, written.files, lines_of(*written.files)[:2], tmp_path / "out.jsonl")
    with out.open("a") as file:
        file.write('{"half": \n{"custom_id": "request-7", "response": {"status_code": 200, "body": {}}}\n')
        file.write(json.dumps({"custom_id": "ab" * 16, "response": {"status_code": 200, "body": {}}}) + "\n")
    read = import_calls(project, [out])
    assert (read.replies, read.unknown, read.unreadable) == (2, 2, 1)
    assert read.named[0].startswith(f"{out}:3: is no reply of a batch")
    assert read.named[1] == f'{out}:4: no call "request-7" waits in this project'


def test_a_file_of_something_else_is_refused(tmp_path, server):
    project = planned(tmp_path, server)
    other = tmp_path / "other.jsonl"
    other.write_text('{"prompt": "Why?", "chosen": "a", "rejected": "b"}\n')
    with pytest.raises(InputError, match="none of 1 lines is a reply to a call of this project"):
        import_calls(project, [other])
    with pytest.raises(InputError, match=r"missing\.jsonl: cannot be read"):
        import_calls(project, [tmp_path / "missing.jsonl"])


def test_a_call_that_was_refused_or_not_made_is_no_vote(tmp_path, server):
    project = planned(
        tmp_path, server, pairs=2, settings=JUDGE + 'answer_format = "text"\nlogprobs = "off"\n'
    )
    lines = lines_of(*export_calls(project, tmp_path / "calls").files)
    out = tmp_path / "out.jsonl"
    error = {"error": {"message": "this prompt is flagged"}}
    refused = {
        "custom_id": lines[0]["custom_id"],
        "response": {"status_code": 400, "body": error},
        "error": None,
    }
    not_made = {"custom_id": lines[1]["custom_id"], "response": None, "error": None}
    out.write_text(json.dumps(refused) + "\n" + json.dumps(not_made) + "\n")
    read = import_calls(project, [out])
    assert (read.replies, read.not_made, read.waiting) == (1, 1, 3)
    result = run_judges(project, via="files")
    assert (result.judges[0].votes, result.judges[0].failures, result.waiting) == (0, 1, 3)


def test_a_files_calls_cost_the_list_price(tmp_path, server):
    project = planned(tmp_path, server)
    written = export_calls(project, tmp_path / "calls")
    import_calls(project, [answered(server, written.files, lines_of(*written.files), tmp_path / "out.jsonl")])
    run_judge(project, "main", via="files")
    for call in rows(project, "call"):
        assert call.cost_usd == pytest.approx((call.prompt_tokens + 2 * call.completion_tokens) / 1e6)


def test_no_key_is_needed_to_plan_and_to_read(tmp_path, server, monkeypatch):
    monkeypatch.delenv("NOT_HERE", raising=False)
    project = a_project(tmp_path, server)
    text = (project.root / "pairwright.toml").read_text()
    (project.root / "pairwright.toml").write_text(
        text.replace("concurrency = 8", 'concurrency = 8\napi_key_env = "NOT_HERE"')
    )
    project = type(project).open(project.root)
    add_pairs(project, 1)
    assert run_judge(project, "main", via="files").waiting == 2
    project.close()
