"""The default rule, with real stages: nothing without people first, then as much as can be promised."""

import json

import numpy as np
import pytest
from projects import a_project, add_pairs, change, rows

from pairwright.cli.main import run
from pairwright.errors import ConfigError
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route
from pairwright.stages.run import run_all
from pairwright.store.people import tasks

GUARANTEE = "\n[route]\ntarget = {target}\naudit = {audit}\n"


def replayed(tmp_path, n, share_right, *, target=0.9, audit=0.0, seed=0):
    """(project, truth): n pairs judged in both orders by a recorded judge right in this share."""
    judge = '[judges.replay]\nkind = "replay"\npath = "verdicts.jsonl"\n'
    project = a_project(tmp_path, settings=judge + GUARANTEE.format(target=target, audit=audit))
    add_pairs(project, n)
    rng = np.random.default_rng(seed)
    truth = {f"pair-{i}": "AB"[rng.integers(2)] for i in range(n)}
    with (project.root / "verdicts.jsonl").open("w") as file:
        for pair, better in truth.items():
            said = better if rng.random() < share_right else "AB"["BA".index(better)]
            for order in ("AB", "BA"):
                file.write(json.dumps({"id": pair, "order": order, "verdict": said}) + "\n")
    run_judge(project, "replay")
    return project, truth


def waiting(project):
    with project.store.read() as connection:
        return [task.external_id for task in tasks.next_tasks(connection, 0, 100_000)]


def people_answer(project, labels, name="ann", first=None):
    """People answer what they are asked, or the first of it; gives how many that was."""
    asked = waiting(project)[:first]
    path = project.root / "labels.jsonl"
    path.write_text("\n".join(json.dumps({"id": p, "annotator": name, "label": labels[p]}) for p in asked))
    import_labels(project, [path])
    return len(asked)


def accepted(project):
    """pair id -> verdict, of pairs accepted without a person."""
    newest = {row.pair_id: row for row in rows(project, "belief")}
    ids = {row.id: row.external_id for row in rows(project, "pair")}
    return {ids[p]: b.verdict for p, b in newest.items() if (b.decision, b.source) == ("accept", "judge")}


def test_without_labels_nothing_is_accepted_and_a_random_draw_is_asked_for(tmp_path):
    project, _ = replayed(tmp_path, 400, 0.97)
    result = run_route(project)
    assert (result.accepted_from_judges, result.for_people) == (0, result.calibration["drawn"])
    assert 150 < result.for_people < 250
    assert result.waiting == 400 - result.for_people
    assert len(waiting(project)) == result.for_people
    assert sorted(waiting(project)) != [f"pair-{i}" for i in range(result.for_people)]


def test_when_people_have_answered_a_good_judge_decides_the_rest(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.97)
    run_route(project)
    asked = people_answer(project, truth)
    result = run_route(project)
    assert result.accepted_from_people == asked
    assert result.accepted_from_judges == 400 - asked
    found = accepted(project)
    assert np.mean([truth[pair] == verdict for pair, verdict in found.items()]) >= 0.9
    again = run_route(project)
    assert (again.changed, again.calibration["looks"]) == (0, 1)


def test_half_answered_is_not_calibrated(tmp_path):
    project, _ = replayed(tmp_path, 300, 0.97)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    for _ in range(20):
        ann.choose(ann.next_task(), "left", 9.0)
    result = run_route(project)
    assert (result.accepted_from_judges, result.accepted_from_people) == (0, 20)
    assert result.calibration["answered"] == 20
    assert result.calibration["certificate"] is None


def test_a_coin_is_found_and_refused_by_name(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.5)
    run_route(project)
    asked = people_answer(project, truth)
    result = run_route(project)
    assert result.accepted_from_judges == 0
    assert result.for_people == 400 - asked
    assert result.distrusted == {"replay": "no better than chance"}
    assert result.calibration["certificate"]["would_do"] is None


def test_a_judge_refused_can_be_forced(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.5)
    run_route(project)
    people_answer(project, truth)
    assert run_route(change(project, 'trust = ["replay"]\n')).distrusted == {}


def test_a_skipped_pair_does_not_hold_up_the_others(tmp_path):
    project, truth = replayed(tmp_path, 300, 0.99)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    ann.skip(ann.next_task())
    people_answer(project, truth, name="bob")
    with project.store.read() as connection:
        left = tasks.waiting(connection)
    assert left == 0
    assert run_route(project).accepted_from_judges > 0


def test_more_pairs_can_be_drawn_and_cost_another_look(tmp_path):
    project, truth = replayed(tmp_path, 600, 0.97)
    run_route(project)
    people_answer(project, truth)
    first = run_route(project)
    more = run_route(project, more=100)
    assert more.calibration["drawn"] == first.calibration["drawn"] + 100
    assert more.accepted_from_judges > 0  # what was certified stays so meanwhile
    people_answer(project, truth)
    second = run_route(project)
    assert second.calibration["looks"] == 2
    assert second.calibration["certificate"]["delta"] == pytest.approx(
        first.calibration["certificate"]["delta"] * 0.15
    )


def test_too_few_labels_say_how_many_would_do(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.97)
    project = change(project, "calibration_pairs = 20\n")
    assert run_route(project).for_people == 20
    people_answer(project, truth)
    result = run_route(project)
    assert result.accepted_from_judges == 0
    assert result.calibration["certificate"]["would_do"] > 20


def test_an_audit_goes_on_and_rings_when_the_judge_gets_worse(tmp_path):
    project, truth = replayed(tmp_path, 600, 0.99, audit=0.3)
    run_route(project)
    people_answer(project, truth)
    result = run_route(project)
    audited = result.for_people
    assert 60 < audited < 180
    wrong = {pair: "AB"["BA".index(label)] for pair, label in truth.items()}
    people_answer(project, wrong)
    rung = run_route(project)
    assert "were wrong" in rung.calibration["alarm"]
    assert rung.accepted_from_judges == 0


def test_an_audit_says_how_many_of_the_accepted_agree_with_people(tmp_path, capsys):
    project, truth = replayed(tmp_path, 600, 0.97, audit=0.3)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    people_answer(project, truth)
    accuracy = run_route(project).calibration["accuracy"]
    assert accuracy["n"] >= 60
    assert accuracy["low"] < 0.97 < accuracy["high"]


def test_an_undone_answer_puts_a_drawn_pair_back(tmp_path):
    project, _ = replayed(tmp_path, 300, 0.97)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    task = ann.next_task()
    before = ann.waiting()
    ann.choose(task, "left", 8.0)
    assert ann.waiting() == before - 1
    ann.undo()
    assert ann.waiting() == before
    newest = [row for row in rows(project, "belief") if row.pair_id == task.pair_id][-1]
    assert newest.reason == "drawn by chance for calibration"


def test_drawn_pairs_come_first_then_the_least_certain(tmp_path):
    project, truth = replayed(tmp_path, 600, 0.8, target=0.95)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    run_route(project, more=10)
    ann = Person.sign_in(project, "ann")
    drawn = {row.pair_id for row in rows(project, "draw")}
    with project.store.read() as connection:
        queue = tasks.next_tasks(connection, ann.rater_id, 1000)
    assert [task.pair_id in drawn for task in queue[:11]] == [True] * 10 + [False]


def test_people_and_judges_together_give_a_probability(tmp_path):
    project, truth = replayed(tmp_path, 400, 0.9)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    newest = {row.pair_id: row for row in rows(project, "belief")}
    by_people = [row for row in newest.values() if row.source == "people"]
    for row in by_people:
        assert (row.prob_a > 0.5) == (row.verdict == "A")


def test_a_calibration_belongs_to_the_judges_it_was_made_with(tmp_path):
    project, truth = replayed(tmp_path, 300, 0.97)
    run_route(project)
    people_answer(project, truth)
    assert run_route(project).calibration["looks"] == 1
    project = change(project, '\n[judges.shorter]\nkind = "shorter"\n')
    result = run_route(project)
    assert result.accepted_from_judges == 0  # nobody has heard the new one yet
    run_judge(project, "shorter")
    result = run_route(project)
    assert result.calibration["looks"] == 2
    assert {each["judge"] for each in result.calibration["judges"]} == {"replay", "shorter"}


def with_two_judges(tmp_path, n, cheap, strong):
    """(project, truth): two recorded judges right in these shares, asked one after the other."""
    settings = "".join(
        f'[judges.{name}]\nkind = "replay"\npath = "{name}.jsonl"\n' for name in ("cheap", "strong")
    )
    settings += '\n[route]\ntarget = 0.9\naudit = 0.0\ncascade = ["cheap", "strong"]\n'
    project = a_project(tmp_path, settings=settings)
    add_pairs(project, n)
    rng = np.random.default_rng(0)
    truth = {f"pair-{i}": "AB"[rng.integers(2)] for i in range(n)}
    for name, share in (("cheap", cheap), ("strong", strong)):
        with (project.root / f"{name}.jsonl").open("w") as file:
            for pair, better in truth.items():
                for order in ("AB", "BA"):
                    said = better if rng.random() < share else "AB"["BA".index(better)]
                    file.write(json.dumps({"id": pair, "order": order, "verdict": said}) + "\n")
    return project, truth


def test_in_a_cascade_the_strong_judge_hears_only_what_the_cheap_one_leaves_open(tmp_path):
    project, truth = with_two_judges(tmp_path, 500, cheap=0.9, strong=0.97)
    drawn = dict(run_all(project).stages)["route"]["calibration"]["drawn"]
    people_answer(project, truth)
    result = run_all(project)
    routed = dict(result.stages)["route"]
    votes = rows(project, "vote")
    names = {row.id: row.name for row in rows(project, "rater")}
    asked = {
        name: len({v.pair_id for v in votes if names[v.rater_id] == name}) for name in ("cheap", "strong")
    }
    assert asked["cheap"] == 500
    assert drawn < asked["strong"] < 400
    assert routed["accepted_from_judges"] > 150
    found = accepted(project)
    assert np.mean([truth[pair] == verdict for pair, verdict in found.items()]) >= 0.9


@pytest.mark.parametrize("stage", ["before", "after"])
def test_the_command_says_what_is_promised_and_what_to_do(tmp_path, capsys, stage):
    project, truth = replayed(tmp_path, 400, 0.97)
    assert run(["-C", str(project.root), "route"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "To guarantee at least 90% agreement with people" in said
    if stage == "after":
        people_answer(project, truth)
        assert run(["-C", str(project.root), "route"]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert "Guaranteed: at least 90% agreement with people, with probability 90%" in said


def test_further_pairs_go_on_in_the_order_of_the_first(tmp_path):
    project, truth = unevenly_sure(tmp_path, 900)
    run_route(project)
    people_answer(project, truth)
    run_route(project)
    before = {row.pair_id for row in rows(project, "draw")}
    run_route(project, more=60)
    drawn = rows(project, "draw")
    assert len({row.pair_id for row in drawn} - before) == 60
    # Any of the frame may come, also those that could never be accepted: all had the same chance.
    ids = {row.id: row.external_id for row in rows(project, "pair")}
    assert 0.3 < np.mean([hard(ids[row.pair_id]) for row in drawn]) < 0.7
    people_answer(project, truth, first=60)
    second = run_route(project)
    assert second.accepted_from_judges > 0
    assert not any(hard(pair) for pair in accepted(project))


def hard(pair):
    return int(pair.split("-")[1]) % 2 == 1


def unevenly_sure(tmp_path, n):
    """(project, truth): a recorded judge sure and right on even pairs, unsure and a coin on odd ones."""
    judge = '[judges.replay]\nkind = "replay"\npath = "verdicts.jsonl"\n'
    project = a_project(tmp_path, settings=judge + GUARANTEE.format(target=0.9, audit=0.0))
    add_pairs(project, n)
    rng = np.random.default_rng(3)
    truth = {f"pair-{i}": "AB"[rng.integers(2)] for i in range(n)}
    with (project.root / "verdicts.jsonl").open("w") as file:
        for pair, better in truth.items():
            right = rng.random() < (0.5 if hard(pair) else 0.995)
            said = better if right else "AB"["BA".index(better)]
            for order in ("AB", "BA"):
                sure = "LOW" if hard(pair) else "HIGH"
                row = {"id": pair, "order": order, "verdict": said, "confidence": sure}
                file.write(json.dumps(row) + "\n")
    run_judge(project, "replay")
    return project, truth


def test_by_wagers_every_look_is_free_and_acceptance_grows_with_labels(tmp_path):
    project, truth = replayed(tmp_path, 1200, 0.98)
    project = change(project, 'test = "betting"\n')
    run_route(project)
    ids = {row.id: row.external_id for row in rows(project, "pair")}
    drawn = [ids[row.pair_id] for row in rows(project, "draw")]
    taken = []
    for at in range(0, len(drawn), 25):
        asked = waiting(project)
        now = drawn[at : at + 25]
        assert asked[: len(now)] == now  # in the order drawn
        people_answer(project, truth, first=25)
        taken.append(run_route(project).accepted_from_judges)
    assert taken[0] == 0
    assert taken[-1] > 500
    assert run_route(project).calibration["looks"] == 2  # weighed on the first 50, and again on 100
    found = accepted(project)
    assert np.mean([truth[pair] == verdict for pair, verdict in found.items()]) >= 0.9


def test_wagers_and_a_cascade_are_not_mixed(tmp_path):
    project, _ = with_two_judges(tmp_path, 20, cheap=0.9, strong=0.97)
    with pytest.raises(ConfigError, match="tests one step"):
        change(project, 'test = "betting"\n')
