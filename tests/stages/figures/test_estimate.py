"""What is left to pay: measured only where something was measured."""

from projects import a_project, add_pairs, change

from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.figures.status import status_of
from pairwright.stages.judge.judge import run_judge

SECOND = '\n[judges.second]\nmodel = "small"\n'


def of_second(project):
    [stage] = [each for each in estimate(project, stages=("judge",)).stages if each.calls]
    return stage


def test_tokens_that_nobody_counted_are_no_measurement(tmp_path):
    with LoopbackServer(Behaviour(no_usage=True)) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 10)
        run_judge(project, "main")
        project = change(project, SECOND)
        assert of_second(project).basis.startswith("assumed")
        spent = status_of(project)
        assert spent.uncounted_usd == spent.spent_usd > 0


def test_tries_that_failed_do_not_make_answers_longer(tmp_path):
    with LoopbackServer(Behaviour(cut_rate=0.5)) as server:
        project = a_project(tmp_path, server)
        add_pairs(project, 20)
        run_judge(project, "main")
        project = change(project, SECOND)
        stage = of_second(project)
        [calls] = status_of(project).calls
    assert (calls.counted, calls.calls > 40) == (40, True)
    assert "measured on 40 calls" in stage.basis
    assert stage.completion_tokens < 40 * 30
