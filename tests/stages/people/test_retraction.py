"""A label never outlives the votes it rests on, and nothing a person did is beyond taking back."""

import json

import pytest
from projects import JUDGE, a_project, add_pairs, add_rows, change, rows

from pairwright.errors import BudgetReached, ConfigError
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.figures.status import status_of
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.generate.pair import make_pairs
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route
from pairwright.stages.run import run_all
from pairwright.store.figures import totals
from pairwright.store.people import tasks

SURE = Behaviour(tie_rate=0, low_rate=0)


def newest(project):
    return {row.pair_id: row for row in rows(project, "belief")}


def test_an_undone_answer_to_an_unjudged_pair_is_no_label(tmp_path):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 2)
        labels = project.root / "labels.jsonl"
        labels.write_text(json.dumps({"id": "pair-0", "annotator": "ann", "label": "A"}))
        import_labels(project, [labels])
        assert [row.decision for row in newest(project).values()] == ["accept"]
        Person.sign_in(project, "ann").undo()
        assert [row.decision for row in newest(project).values()] == ["wait"]
        assert status_of(project).accepted_from_people == 0


def test_judging_anew_that_stops_leaves_no_label_behind(tmp_path):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 12)
        run_judge(project, "main")
        assert run_route(project).accepted_from_judges > 0
        spent = status_of(project).spent_usd
        assert run_judge(project, "main", rejudge=True, budget_usd=spent + 1e-9).stopped
        assert not any(row.decision == "accept" for row in newest(project).values())
        assert (status_of(project).undecided, status_of(project).outdated) == (12, 0)
        assert run_route(project).not_judged == 12
        assert not any(row.decision == "accept" for row in newest(project).values())


def test_judging_anew_checks_key_and_budget_before_it_retracts(tmp_path, monkeypatch):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 2)
        run_judge(project, "main")
        with pytest.raises(BudgetReached):
            run_judge(project, "main", rejudge=True, budget_usd=1e-9)
        text = (project.root / "pairwright.toml").read_text()
        (project.root / "pairwright.toml").write_text(
            text.replace("concurrency = 8", 'concurrency = 8\napi_key_env = "NOT_SET_ANYWHERE"')
        )
        project = change(project, "")
        with pytest.raises(ConfigError, match="NOT_SET_ANYWHERE"):
            run_judge(project, "main", rejudge=True)
        assert rows(project, "retraction") == []


def test_judging_anew_that_was_cut_short_goes_on_where_it_was(tmp_path):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 20)
        run_judge(project, "main")
        spent = status_of(project).spent_usd
        first = run_judge(project, "main", rejudge=True, budget_usd=spent * 1.5)
        assert first.stopped
        second = run_judge(project, "main", rejudge=True)
        assert first.votes + second.votes == 40


def test_judging_anew_asks_again_where_an_answer_once_failed(tmp_path):
    with LoopbackServer(Behaviour(tie_rate=0, low_rate=0, reject_rate=0.95)) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 5)
        assert run_judge(project, "main").failures
    with LoopbackServer(SURE) as server:
        text = (project.root / "pairwright.toml").read_text()
        where = text.split('url = "')[1].split('"')[0]
        (project.root / "pairwright.toml").write_text(text.replace(where, server.url))
        project = change(project, "")
        again = run_judge(project, "main", rejudge=True)
        assert (again.votes, again.failures) == (10, 0)


def test_one_run_in_a_single_order_does_not_forget_contradictions(tmp_path):
    project = a_project(tmp_path, settings='[judges.main]\nkind = "first"\n')
    add_pairs(project, 3)
    run_judge(project, "main")
    assert run_route(project).for_people == 3
    add_rows(project, [{"id": "new", "prompt": "New?", "response_a": "x y", "response_b": "z"}])
    run_judge(project, "main", single_order=True)
    assert run_route(project).for_people == 3


def test_a_second_answer_replaces_the_first(tmp_path):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 1)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    task = ann.next_task()
    ann.choose(task, "left", 9)
    ann.choose(task, "right", 9)
    assert len(rows(project, "retraction")) == 1
    assert newest(project)[task.pair_id].decision == "accept"


@pytest.mark.parametrize("act", ["skip", "flag"])
def test_undo_takes_back_a_skip_or_a_flag_and_not_the_answer_before(tmp_path, act):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 2)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    ann.choose(ann.next_task(), "left", 9)
    task = ann.next_task()
    ann.skip(task) if act == "skip" else ann.flag(task, "broken")
    assert ann.next_task() is None
    assert ann.undo() == task.pair_id
    assert ann.next_task().pair_id == task.pair_id
    assert status_of(project).accepted_from_people == 1


@pytest.mark.parametrize("act", ["skip", "flag"])
def test_a_pair_nobody_will_answer_does_not_hold_up_the_dataset(tmp_path, act):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 2)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    ann.choose(ann.next_task(), "left", 9)
    task = ann.next_task()
    ann.skip(task) if act == "skip" else ann.flag(task, "broken")
    result = run_all(project)
    assert result.waits_for is None
    assert dict(result.stages)["export dpo"]["rows"] == 1


def test_an_answer_given_while_routing_works_is_not_overwritten(tmp_path, monkeypatch):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 1)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    ann.choose(ann.next_task(), "left", 9)
    run_route(project)
    assert newest(project)[1].decision == "accept"
    with project.store.read() as connection:
        assert totals.outdated(connection) == 0
        assert tasks.waiting(connection) == 0


GENERATE = '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 3\n'


@pytest.mark.parametrize("start", ["prompts", "responses drawn", "responses added", "pairs"])
def test_the_estimate_is_of_the_calls_that_are_then_made(tmp_path, start):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, JUDGE + (GENERATE if start != "responses added" else ""))
        add_pairs(project, 2)
        if start == "responses added":
            add_rows(project, [{"prompt": f"p{i}", "responses": ["a a", "b b", "c c"]} for i in range(4)])
        else:
            add_rows(project, [{"prompt": f"p{i}"} for i in range(4)])
        if start in ("responses drawn", "pairs"):
            run_generate(project)
        if start == "pairs":
            make_pairs(project.store)
        expected = sum(stage.calls for stage in estimate(project).stages)
        before = len(server.requests)
        run_all(project)
        assert len(server.requests) - before == expected


def test_what_failed_is_in_the_estimate_when_it_is_to_be_asked_again(tmp_path):
    with LoopbackServer(Behaviour(reject_rate=1.0)) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 4)
        run_judge(project, "main")
        assert sum(s.calls for s in estimate(project, stages=("judge",)).stages) == 0
        assert sum(s.calls for s in estimate(project, stages=("judge",), retry_failed=True).stages) == 8


def test_generating_goes_on_where_failed_slots_were_filled_from_a_file(tmp_path):
    with LoopbackServer(Behaviour(reject_rate=1.0)) as server:
        project = a_project(tmp_path, server, GENERATE)
        add_rows(project, [{"prompt": "A?"}])
        assert run_generate(project).failures == 3
    add_rows(project, [{"prompt": "A?", "responses": ["x x", "y y", "z z"]}, {"prompt": "B?"}])
    with LoopbackServer(SURE) as server:
        text = (project.root / "pairwright.toml").read_text()
        where = text.split('url = "')[1].split('"')[0]
        (project.root / "pairwright.toml").write_text(text.replace(where, server.url))
        assert run_generate(change(project, "")).responses == 3


def test_prompts_that_came_with_a_pair_are_not_drawn_for(tmp_path):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, GENERATE)
        add_pairs(project, 5)
        assert run_generate(project).calls == 0


def test_where_nothing_is_to_be_done_neither_a_key_nor_money_is_needed(tmp_path):
    with LoopbackServer(SURE) as server:
        project = a_project(tmp_path, server, JUDGE + GENERATE)
        add_rows(project, [{"prompt": "A?"}])
        run_all(project)
        spent = status_of(project).spent_usd
        path = project.root / "pairwright.toml"
        path.write_text(
            path.read_text().replace("concurrency = 8", 'concurrency = 8\napi_key_env = "NOT_SET"')
        )
        project = change(project, "")
        assert not run_all(project, budget_usd=spent / 2).stopped


def test_a_failure_is_asked_again_on_demand_only_also_after_a_run_in_a_single_order(tmp_path):
    with LoopbackServer(Behaviour(reject_rate=1.0)) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 2)
        assert run_judge(project, "main").failures == 4
        run_judge(project, "main", single_order=True)
        before = len(server.requests)
        assert run_judge(project, "main").calls == 0
        assert len(server.requests) == before
