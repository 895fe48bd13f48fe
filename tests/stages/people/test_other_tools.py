"""Work elsewhere: tasks out blind and shuffled, answers home in terms of the pair's own sides."""

import csv
import json

import pytest
import yaml
from projects import a_project, add_pairs, current_votes, rows

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.tools.names import TOOLS
from pairwright.stages.figures.report import numbers_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.people import accounts, queue
from pairwright.stages.people.answers import Person
from pairwright.stages.people.other_tools import send, take
from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 8)
        run_route(project)
        yield project


def answers_of(project):
    """pair's own id -> (verdict, both, seconds), of votes that count."""
    names = {row.id: row.external_id for row in rows(project, "pair")}
    return {names[vote.pair_id]: (vote.verdict, vote.both, vote.seconds) for vote in current_votes(project)}


def label_studio(tasks, choose):
    """What Label Studio exports: every task with one annotation."""
    found = []
    for n, task in enumerate(tasks, 1):
        data, choice = task["data"], choose(task["data"]["answer1"])
        if choice in ("left", "right"):
            result = {
                "id": "Dx_aB91ISN",
                "from_name": "comparison",
                "to_name": ["answer1", "answer2"],
                "type": "pairwise",
                "value": {"selected": choice},
            }
        else:
            result = {
                "from_name": "tie",
                "to_name": "prompt",
                "type": "choices",
                "value": {"choices": [choice]},
            }
        annotation = {
            "id": 1000 + n,
            "completed_by": 4,
            "result": [] if choice == "cancel" else [result],
            "was_cancelled": choice == "cancel",
            "ground_truth": False,
            "lead_time": 37.4,
        }
        found.append({"id": n, "data": data, "annotations": [annotation], "predictions": []})
    return found


@pytest.mark.parametrize("tool", list(TOOLS))
def test_what_is_sent_is_blind_and_both_orders_come_up(project, tmp_path, tool):
    result = send(project, tool, tmp_path / "out")
    assert result.pairs == 8
    text = (tmp_path / "out").joinpath(result.files[0].split("/")[-1]).read_text()
    assert text.count(".AB" if tool == "potato" else "AB") >= 1
    assert text.count(".BA" if tool == "potato" else "BA") >= 1
    assert "model" not in text


def test_label_studios_answers_come_home_whatever_side_was_shown(project, tmp_path):
    send(project, "label-studio", tmp_path / "out")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    done = tmp_path / "export.json"
    done.write_text(json.dumps(label_studio(tasks, lambda first: "left" if "yes" in first else "right")))
    result = take(project, "label-studio", [done])
    assert (result.votes, result.bad_rows) == (8, 0)
    assert set(answers_of(project).values()) == {("A", None, 37.4)}
    assert {row.name for row in rows(project, "rater")} == {"label-studio/4"}
    again = take(project, "label-studio", [done])
    assert (again.votes, again.already_there) == (0, 8)


def test_a_tie_a_cancelled_task_and_a_contradiction_in_label_studio(project, tmp_path):
    send(project, "label-studio", tmp_path / "out", n=3)
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    said = iter(["Both bad", "cancel", "left"])
    export = label_studio(tasks, lambda _first: next(said))
    contradiction = {"type": "choices", "value": {"choices": ["Tie"]}, "from_name": "tie"}
    export[2]["annotations"][0]["result"].append(contradiction)
    done = tmp_path / "export.json"
    done.write_text(json.dumps(export))
    assert not take(project, "label-studio", [done]).added
    result = take(project, "label-studio", [done], on_error="skip")
    assert (result.votes, result.skipped, result.bad_rows) == (1, 1, 1)
    assert "says 'left' and 'Tie' both" in result.problems[0]
    assert list(answers_of(project).values()) == [("TIE", "bad", 37.4)]
    assert len(rows(project, "failure")) == 1


def test_label_studios_short_export_and_one_without_an_answer(project, tmp_path):
    send(project, "label-studio", tmp_path / "out", n=2)
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    envelope = {"annotator": 4, "annotation_id": 23670, "lead_time": 12.5}
    short = [
        {**tasks[0]["data"], "comparison": {"selected": "left"}, **envelope},
        {**tasks[1]["data"], **envelope},
    ]
    done = tmp_path / "min.json"
    done.write_text(json.dumps(short))
    result = take(project, "label-studio", [done], on_error="skip")
    assert (result.votes, result.bad_rows) == (1, 1)
    assert "no answer that can be read" in result.problems[0]


def test_argillas_submitted_answers_count_drafts_do_not_and_discarded_is_a_skip(project, tmp_path):
    send(project, "argilla", tmp_path / "out", n=4, people=2)
    records = json.loads((tmp_path / "out" / "records.json").read_text())
    assert "min_submitted=2" in (tmp_path / "out" / "make_dataset.py").read_text()
    compile((tmp_path / "out" / "make_dataset.py").read_text(), "make_dataset.py", "exec")
    given = [
        [{"value": "response-1", "user_id": "uuid-1", "status": "submitted"}],
        [{"value": "response-2", "user_id": "uuid-1", "status": "draft"}],
        [{"value": None, "user_id": "uuid-1", "status": "discarded"}],
        [
            {"value": "tie", "user_id": "uuid-1", "status": "submitted"},
            {"value": "both_good", "user_id": "uuid-2", "status": "submitted"},
        ],
    ]
    for record, responses in zip(records, given, strict=True):
        record["responses"] = {"preference": responses}
    done = tmp_path / "answers.json"
    done.write_text(json.dumps(records))
    result = take(project, "argilla", [done])
    assert (result.votes, result.skipped, result.bad_rows) == (3, 1, 0)
    assert {row.name for row in rows(project, "rater")} == {"argilla/uuid-1", "argilla/uuid-2"}


def test_argillas_flattened_records_rankings_and_ratings(project, tmp_path):
    send(project, "argilla", tmp_path / "out", n=3)
    records = json.loads((tmp_path / "out" / "records.json").read_text())
    ids = [record["metadata"] for record in records]
    ranking = [{"value": "response-1", "rank": 2}, {"value": "response-2", "rank": 1}]
    flat = {**ids[0], "preference.responses": ["response-2"], "preference.responses.users": ["u"]}
    flat["preference.responses.status"] = ["submitted"]
    ranked = {"metadata": ids[1], "responses": {"preference": [{"value": ranking, "user_id": "u"}]}}
    ratings = {
        f"generations-{i}-rating": [{"value": value, "user_id": "u", "status": "submitted"}]
        for i, value in enumerate((3, 3))
    }
    done = tmp_path / "answers.json"
    done.write_text(json.dumps([flat, ranked, {"metadata": ids[2], "responses": ratings}]))
    assert take(project, "argilla", [done]).votes == 3
    second = [{"AB": "B", "BA": "A"}[each["pairwright_order"]] for each in ids[:2]]
    assert [vote.verdict for vote in rows(project, "vote")] == [*second, "TIE"]


def test_potatos_answers_in_both_ways_it_keeps_them(project, tmp_path):
    send(project, "potato", tmp_path / "out", n=4)
    config = yaml.safe_load((tmp_path / "out" / "config.yaml").read_text())
    assert config["annotation_schemes"][0]["allow_tie"] is True
    items = [json.loads(line) for line in (tmp_path / "out" / "items.jsonl").read_text().splitlines()]
    state = {
        "user_id": "alice",
        "instance_id_to_label_to_value": {
            items[0]["id"]: [[{"schema": "preference", "name": "selection"}, "A"]],
            items[1]["id"]: {"preference": {"selection": "B"}},
            items[2]["id"]: [
                [{"schema": "preference", "name": "selection"}, "tie"],
                [{"schema": "tie_kind", "name": "both bad"}, "both bad"],
            ],
            items[3]["id"]: {"preference_scale": {"scale_value": "-2"}},
        },
        "instance_id_to_behavioral_data": {items[0]["id"]: {"time_string": "Time spent: 0d 0h 1m 12s"}},
    }
    folder = tmp_path / "annotation_output" / "alice"
    folder.mkdir(parents=True)
    (folder / "user_state.json").write_text(json.dumps(state))
    result = take(project, "potato", [tmp_path / "annotation_output"])
    assert (result.votes, result.bad_rows) == (4, 0)
    votes = rows(project, "vote")
    shown = ["A", "B", "TIE", "A"]
    orders = [item["id"].rpartition(".")[2] for item in items]
    turned = {("A", "BA"): "B", ("B", "BA"): "A"}
    assert [vote.verdict for vote in votes] == [
        turned.get(each, each[0]) for each in zip(shown, orders, strict=True)
    ]
    assert (votes[0].seconds, votes[2].both) == (72.0, "bad")


def test_mechanical_turks_batch_comes_back_with_workers_and_seconds(project, tmp_path):
    send(project, "mturk", tmp_path / "out", n=3)
    assert "${first}" in (tmp_path / "out" / "layout.html").read_text()
    with (tmp_path / "out" / "batch.csv").open(newline="") as file:
        tasks = list(csv.DictReader(file))
    answers = [
        {"Answer.taskAnswers": '[{"first":{"first":true},"note":"clear"}]'},
        {"Answer.both_bad": "true", "Answer.first": "false"},
        {"Answer.second": "true"},
    ]
    done = tmp_path / "results.csv"
    columns = ["WorkerId", "AssignmentStatus", "WorkTimeInSeconds", *(f"Input.{name}" for name in tasks[0])]
    columns += ["Answer.taskAnswers", "Answer.both_bad", "Answer.first", "Answer.second"]
    with done.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for task, answer, status in zip(tasks, answers, ("Approved", "Submitted", "Rejected"), strict=True):
            common = {"WorkerId": "AZ3456", "AssignmentStatus": status, "WorkTimeInSeconds": "41"}
            writer.writerow({**common, **{f"Input.{name}": value for name, value in task.items()}, **answer})
    result = take(project, "mturk", [done])
    assert (result.votes, result.bad_rows) == (2, 0)  # the rejected one is none
    votes = rows(project, "vote")
    assert [vote.seconds for vote in votes] == [41.0, 41.0]
    assert (votes[0].reason, votes[1].both) == ("clear", "bad")


def test_texts_for_a_market_are_escaped(tmp_path):
    with a_project(tmp_path, settings="") as project:
        from projects import add_rows

        add_rows(project, [{"prompt": "<script>1</script>", "response_a": "<b>", "response_b": "&"}])
        run_route(project)
        send(project, "mturk", tmp_path / "out")
        assert "<script>" not in (tmp_path / "out" / "batch.csv").read_text()


def test_plain_rows_say_which_line_cannot_be_used(project, tmp_path):
    send(project, "prolific", tmp_path / "out", n=3)
    with (tmp_path / "out" / "tasks.csv").open(newline="") as file:
        tasks = list(csv.DictReader(file))
    done = tmp_path / "done.csv"
    with done.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["pairwright_id", "pairwright_order", "PROLIFIC_PID", "answer", "seconds"])
        writer.writerow([tasks[0]["pairwright_id"], tasks[0]["pairwright_order"], "p1", "second", "9.5"])
        writer.writerow([tasks[1]["pairwright_id"], tasks[1]["pairwright_order"], "p1", "maybe", ""])
        writer.writerow([tasks[1]["pairwright_id"], tasks[1]["pairwright_order"], "p1", "A", ""])
        writer.writerow(["x-00000000000000000000000000000000", "AB", "p1", "first", ""])
        writer.writerow([tasks[2]["pairwright_id"], "AC", "p1", "first", ""])
    result = take(project, "prolific", [done], on_error="skip")
    assert (result.votes, result.bad_rows) == (1, 4)
    text = "\n".join(result.problems)
    assert "done.csv:3: the answer is 'maybe'" in text
    assert "done.csv:4: the answer is 'A', and it may mean the response shown first" in text
    assert "done.csv:5" in text
    assert "done.csv:6: \"pairwright_order\" is 'AC'" in text


def test_pairs_that_are_away_are_not_offered_here_until_they_come_back(project, tmp_path):
    send(project, "csv", tmp_path / "out", n=6)
    ann = accounts.known_or_new(project, "ann", "annotator")
    assert len(queue.offer(project, ann, 8).new) == 2
    assert send(project, "csv", tmp_path / "more").pairs == 0
    with pytest.raises(InputError, match="not an empty folder"):
        send(project, "csv", tmp_path / "out")


def test_pairs_come_back_by_themselves_after_their_days(project, tmp_path):
    send(project, "csv", tmp_path / "out", days=1e-9)
    ann = accounts.known_or_new(project, "ann", "annotator")
    assert len(queue.offer(project, ann, 5).new) == 5


def test_a_dry_run_sends_nothing(project, tmp_path):
    assert send(project, "csv", tmp_path / "out", dry_run=True).pairs == 8
    assert not (tmp_path / "out").exists()
    assert rows(project, "sent") == []


def test_an_unknown_tool_names_the_nearest(project, tmp_path):
    with pytest.raises(InputError, match='did you mean "label-studio"'):
        send(project, "labelstudio", tmp_path / "out")


def test_what_is_away_is_not_offered_in_the_terminal(project, tmp_path):
    person = Person.sign_in(project, "bob")
    assert person.next_task() is not None
    send(project, "argilla", tmp_path / "out")
    assert person.next_task() is None


# --- while they are away ----------------------------------------------------------------------------


def test_what_is_away_is_said_and_what_brings_it_back(project, tmp_path, capsys):
    root = ["-C", str(project.root)]
    assert run([*root, "send", "csv", str(tmp_path / "one"), "--n", "6"]) == 0
    assert status_of(project).away == {"csv": 6}
    assert status_of(project).next.startswith("pairwright annotate")  # two have still a place here
    assert run([*root, "send", "csv", str(tmp_path / "two")]) == 0
    assert status_of(project).next.startswith("pairwright take csv FILE")
    capsys.readouterr()
    assert run([*root, "send", "csv", str(tmp_path / "three")]) == 0
    assert "is away already (8 in csv)" in " ".join(capsys.readouterr().err.split())
    assert run([*root, "status"]) == 0
    assert "8 away in csv" in capsys.readouterr().out
    report = numbers_of(project)
    assert {"do": "pairwright take csv FILE"}.items() <= report["todo"][0].items()
    assert "8 of them away in csv" in report["todo"][0]["text"]


def test_answers_that_come_home_are_away_no_more(project, tmp_path):
    send(project, "csv", tmp_path / "out")
    with (tmp_path / "out" / "tasks.csv").open(encoding="utf-8", newline="") as file:
        tasks = list(csv.DictReader(file))
    with (tmp_path / "back.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*tasks[0], "worker", "answer"])
        writer.writeheader()
        writer.writerows({**task, "worker": "w1", "answer": "first"} for task in tasks[:3])
    take(project, "csv", [tmp_path / "back.csv"])
    assert status_of(project).away == {"csv": 5}
