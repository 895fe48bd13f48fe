"""Several processes pay for one project on PostgreSQL: no work twice, one budget, and no work left by the dead."""

import os
import signal
import subprocess
import sys
from collections import Counter
from socket import gethostname

import pytest
from bills import SETTINGS
from postgres import empty_database
from projects import a_project, add_pairs, change, rows
from sqlalchemy import text
from stages.check.test_check import label

from pairwright.errors import BudgetReached, StoreError
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.pay import workers as stage
from pairwright.stages.pay.workers import SharedBudget, Worker, paying
from pairwright.stages.route.route import run_route
from pairwright.store.pay import workers

IN_FLIGHT = 4


@pytest.fixture
def server():
    with LoopbackServer(Behaviour(latency_ms=20, unreadable_rate=0.1), keep_requests=False) as server:
        yield server


def a_shared_project(folder, server, more="", lease_s=60):
    settings = SETTINGS.format(url=server.url, in_flight=IN_FLIGHT, patience_s=30)
    settings += f'\n[project]\nstore = "{empty_database()}"\nlease_s = {lease_s}\n{more}'
    return a_project(folder, None, settings)


def start(project, *args):
    return subprocess.Popen(
        [sys.executable, "-m", "pairwright", "-C", str(project.root), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "400"},
    )


def ended(process):
    out, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors, errors
    return process.returncode, out + errors


def answers(project):
    return Counter((vote.pair_id, vote.order) for vote in rows(project, "vote"))


def agree(project, server, lost=0):
    """The books are the bill, but for so many calls that a killed process had in flight."""
    calls = rows(project, "call")
    assert len({(call.work_key, call.attempt) for call in calls}) == len(calls)
    assert len(calls) <= len(server.bill) <= len(calls) + lost


# --- judging, all together ------------------------------------------------------------------------------


def test_processes_share_the_work_of_a_judge_and_pay_for_nothing_twice(tmp_path, server):
    project = a_shared_project(tmp_path, server)
    add_pairs(project, 120)
    together = [start(project, "judge") for _ in range(3)]
    assert [ended(each)[0] for each in together] == [0, 0, 0]
    assert set(answers(project).values()) == {1}
    assert len(answers(project)) == 240
    agree(project, server)
    assert len({call.worker_id for call in rows(project, "call")}) > 1
    assert rows(project, "claim") == []


def test_what_a_killed_process_had_in_hand_is_done_by_the_others(tmp_path, server):
    project = a_shared_project(tmp_path, server, lease_s=2)
    add_pairs(project, 150)
    doomed, other = start(project, "judge"), start(project, "judge")
    wait_for_calls_of_both(project)
    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()
    code, said = ended(other)
    assert code == 0, said
    assert len(answers(project)) == 300
    assert set(answers(project).values()) == {1}
    agree(project, server, lost=IN_FLIGHT)


def wait_for_calls_of_both(project):
    with project.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        asked = text("SELECT count(DISTINCT worker_id) FROM call")
        while connection.execute(asked).scalar_one() < 2:
            connection.execute(text("SELECT pg_sleep(0.01)"))


def test_responses_are_drawn_by_several_processes_once_each(tmp_path, server):
    project = a_shared_project(tmp_path, server, '[generate]\nmodels = ["small"]\nresponses_per_prompt = 3\n')
    file = project.root / "prompts.jsonl"
    file.write_text("".join(f'{{"prompt": "Question {n}?"}}\n' for n in range(40)))
    assert ended(start(project, "add", str(file)))[0] == 0
    together = [start(project, "generate") for _ in range(2)]
    assert [ended(each)[0] for each in together] == [0, 0]
    slots = Counter((each.prompt_id, each.slot) for each in rows(project, "response"))
    assert len(slots) == 120
    assert set(slots.values()) == {1}
    agree(project, server)


def test_a_budget_holds_for_all_processes_together(tmp_path, server):
    project = a_shared_project(tmp_path, server)
    add_pairs(project, 120)
    together = [start(project, "judge", "--budget", "0.05") for _ in range(3)]
    said = [ended(each) for each in together]
    assert all("budget of $0.05 is reached" in text for _, text in said)
    spent = sum(call.cost_usd for call in rows(project, "call"))
    assert 0.03 < spent <= 0.05 * 1.02
    agree(project, server)


def test_facts_are_checked_by_several_processes_once_each(tmp_path):
    with LoopbackServer(
        Behaviour(latency_ms=20), reply=lambda body, n: '{"A": [], "B": []}', keep_requests=False
    ) as server:
        project = a_shared_project(tmp_path, server, '[check]\nfact_check = "small"\n')
        add_pairs(project, 60)
        label(project, {f"pair-{n}": "A" for n in range(60)})
        run_route(project)
        together = [start(project, "check", "--fact-check") for _ in range(2)]
        codes = [ended(each)[0] for each in together]
        assert len(server.bill) == len(rows(project, "call")) == 60
        assert 0 in codes  # `check` itself is one at a time: the second may be told to wait


# --- one process after the other, in this one -----------------------------------------------------------


def test_who_works_alone_says_nothing_of_others(tmp_path, server):
    project = a_shared_project(tmp_path, server)
    add_pairs(project, 5)
    result = run_judge(project, "main")
    assert (result.pending, result.votes, result.notes) == (10, 10, ())
    assert run_judge(project, "main").pending == 0


def test_a_run_that_has_to_be_alone_waits_for_nobody_and_says_so(tmp_path, server):
    project = a_shared_project(tmp_path, server)
    add_pairs(project, 2)
    with (
        paying(project, "judge main", "live"),
        pytest.raises(StoreError, match="another process is generating or judging"),
    ):
        run_judge(project, "main", rejudge=True)
    run_judge(project, "main", rejudge=True)
    assert set(answers(project).values()) == {1}


def test_an_open_run_keeps_no_transaction_open(tmp_path, server):
    project = a_shared_project(tmp_path, server)
    with paying(project, "judge main", "live"), project.store.engine.connect() as connection:
        open_ones = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        assert connection.execute(text(open_ones)).scalar_one() == 0


@pytest.fixture
def two(tmp_path, server):
    """Two workers of one project."""
    project = change(a_shared_project(tmp_path, server), "")
    return Worker(project, "judge main"), Worker(project, "judge main")


def gone(worker):
    """As if the process had not been heard of for longer than its lease."""
    with worker._project.store.write() as connection:
        connection.execute(text("UPDATE worker SET until = 0 WHERE id = :id"), {"id": worker.id})


def test_what_one_has_in_hand_another_does_not_get_until_it_is_gone(two):
    one, other = two
    assert one.take([1, 2, 3]) == {1, 2, 3}
    assert one.take([3, 4]) == {4}
    assert other.take([2, 3, 5]) == {5}
    gone(one)
    assert other.take([1, 2, 3, 4, 5]) == {1, 2, 3, 4}


def test_work_of_another_kind_is_not_in_the_way(two):
    one, _ = two
    one.take([1])
    assert Worker(one._project, "generate").take([1]) == {1}


def test_money_that_one_was_given_another_does_not_get(two):
    one, other = two
    assert one.grant(0.0, 0.6, 1.0) >= 0.6
    with pytest.raises(BudgetReached, match=r"1 other process may spend \$0\.\d+"):
        other.grant(0.0, 0.6, 1.0)
    gone(one)
    assert other.grant(0.0, 0.6, 1.0) >= 0.6


def test_a_small_budget_is_used_up_to_the_last_call_that_fits(two):
    one, _ = two
    budget = SharedBudget(one, 1.0, 0.0)
    for _ in range(10):
        budget.reserve(0.1)
    with pytest.raises(BudgetReached):
        budget.reserve(0.1)


def test_a_process_whose_lease_ran_out_sends_nothing_more(two, monkeypatch):
    one, _ = two
    now = stage._seconds()
    monkeypatch.setattr(stage, "_seconds", lambda: now + 61)
    with pytest.raises(StoreError, match="not heard of for 60 s"):
        SharedBudget(one, None, 0.0).reserve(0.0)


def test_a_process_that_others_take_for_dead_finds_out_when_it_renews_its_lease(two):
    one, _ = two
    gone(one)
    with pytest.raises(StoreError, match="others may have its work"):
        one._renew()


def test_those_at_work_are_told_with_what_they_have_in_hand(two):
    one, other = two
    one.take([1, 2])
    other.leave()
    with one._project.store.read() as connection:
        (told,) = workers.at_work(connection)
    assert (told.task, told.claims) == ("judge main", 2)
    assert told.in_words == f"judge main is at work on {gethostname()}:{os.getpid()}, with 2 prompts in hand"


def test_an_answer_that_another_process_was_first_with_is_booked_and_not_counted_twice(tmp_path, server):
    """Two that both ask about the same pairs, as after a lease that ran out while calls were in flight."""
    project = a_shared_project(tmp_path, server)
    add_pairs(project, 10)
    with project.store.write() as connection:
        connection.execute(text("ALTER TABLE claim DROP CONSTRAINT claim_task_item_key"))
    together = [ended(each) for each in [start(project, "judge") for _ in range(2)]]
    assert [code for code, _ in together] == [0, 0], together
    assert set(answers(project).values()) == {1}
    assert len(answers(project)) == 20
    agree(project, server)
