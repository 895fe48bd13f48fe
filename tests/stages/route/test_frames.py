"""The guarantee in ordinary use: who is covered, who was tested, what counts as agreement."""

import json

import numpy as np
import pytest
from projects import rows
from routed import Routed, other

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people import adjudicate
from pairwright.stages.people.accounts import known_or_new
from pairwright.stages.people.answers import Person
from pairwright.store.route.frames import events, members


def test_labels_that_were_there_before_teach_and_are_never_drawn_or_tested(tmp_path):
    p = Routed(tmp_path, "target = 0.85\ncalibration_pairs = 150")
    old = p.add("old", 400, 0.98)
    p.label(old)
    new = p.add("new", 300, 0.75)
    result = p.calibrate()
    assert set(p.drawn()) <= set(new)
    assert result.calibration["certificate"]["labels"] == 150
    assert result.accepted_from_judges == 0  # 75 % is under 85 %, whatever the judge was on the old ones


def test_pairs_that_come_later_draw_a_sample_of_their_own_before_any_is_accepted(tmp_path):
    p = Routed(tmp_path)
    p.add("one", 450, 0.98)
    assert p.calibrate().accepted_from_judges > 200
    later = p.add("two", 450, 0.45)
    result = p.route()
    assert not set(later) & set(p.accepted())
    assert [frame["pairs"] for frame in result.calibration["frames"]] == [450, 450]
    assert "drawn by chance for calibration" in {p.reasons()[pair] for pair in later}
    p.answer_drawn()
    assert p.route().accepted_from_judges > 200
    assert not set(later) & set(p.accepted())


def test_a_few_later_pairs_go_to_people_until_more_have_come(tmp_path):
    p = Routed(tmp_path)
    p.add("one", 450, 0.98)
    p.calibrate()
    few = p.add("two", 20, 0.98)
    result = p.route()
    (reason,) = result.calibration["outside"]
    assert result.calibration["outside"][reason] == 20
    assert "fewer than" in reason
    assert set(few) <= set(p.waiting())
    p.add("three", 200, 0.98)
    result = p.route()
    assert [frame["pairs"] for frame in result.calibration["frames"]] == [450, 220]
    assert not result.calibration["outside"]


def test_of_so_few_pairs_that_no_sample_could_certify_the_rest_people_are_asked_about_all(tmp_path):
    p = Routed(tmp_path)
    few = p.add("one", 40, 1.0)
    result = p.route()
    assert (result.for_people, result.waiting) == (40, 0)
    assert set(p.drawn()) == set(few)


def test_a_judge_known_to_be_good_takes_a_smaller_sample_of_a_later_batch(tmp_path):
    p = Routed(tmp_path)
    p.add("one", 450, 0.99)
    p.calibrate()
    p.add("two", 450, 0.99)
    p.route()
    first, second = (frame["drawn"] for frame in p.route().calibration["frames"])
    assert second < first
    p.answer_drawn()
    result = p.route()
    assert result.calibration["frames"][1]["certificate"]["labels"] == second  # only its own are tested
    assert result.accepted_from_judges > 450


def test_pairs_of_the_same_stream_join_when_judges_say_the_same_of_them_and_are_audited_more(tmp_path):
    p = Routed(tmp_path, 'new_pairs = "same-stream"\naudit = 0.05')
    p.add("one", 500, 0.98)
    p.calibrate()
    before = len(p.drawn("audit"))
    later = p.add("two", 300, 0.98, seed=1)
    result = p.route()
    (frame,) = result.calibration["frames"]
    assert (frame["pairs"], frame["joined"]) == (500, 300)
    assert len(set(later) & set(p.accepted())) > 200
    assert len(set(p.drawn("audit")) & set(later)) > 0.05 * 300
    assert len(p.drawn("audit")) > before


def test_few_prompts_with_many_pairs_each_do_not_join_and_it_is_said(tmp_path, capsys):
    """A judge is wrong on whole prompts: what 20 of them say holds of 20 others by luck."""
    p = Routed(tmp_path, 'new_pairs = "same-stream"')
    p.add("one", 500, 0.99, prompts=25)
    p.calibrate()
    assert p.accepted()
    later = p.add("two", 500, 0.99, prompts=25, seed=1)
    assert run(["-C", str(p.project.root), "route"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "not joined as same-stream" in said
    assert "of 25 prompts only" in said
    assert not set(later) & set(p.accepted())
    assert p.route().calibration["frames"][1]["drawn"] > 0


def test_a_batch_on_which_judges_are_less_sure_does_not_join_and_the_shift_is_said(tmp_path, capsys):
    p = Routed(tmp_path, 'new_pairs = "same-stream"')
    p.add("one", 500, 0.98, sure=lambda i: 0.9 + 0.09 * (i % 10) / 10, domain="chat")
    p.calibrate()
    later = p.add("two", 300, 0.6, sure=lambda i: 0.6 + 0.1 * (i % 10) / 10, domain="law", seed=1)
    assert run(["-C", str(p.project.root), "route"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "law" in said
    assert "log-odds" in said
    assert not set(later) & set(p.accepted())
    assert [frame["joined"] for frame in p.route().calibration["frames"]] == [0, 0]


def test_a_top_up_goes_on_in_the_random_order_of_its_own_frame(tmp_path):
    p = Routed(tmp_path, "target = 0.85\ncalibration_pairs = 200")
    first = p.add("one", 240, 0.98)
    p.calibrate()
    kept = set(p.accepted())
    later = p.add("two", 700, 0.79)
    p.route()
    result = p.calibrate(more=100)
    assert result.calibration["frames"][0]["drawn"] == 200
    assert set(p.drawn()[200:]) <= set(later)
    assert set(p.accepted()) == kept <= set(first)


def three_people(p, pairs, noise=0.08, seed=0):
    rng = np.random.default_rng(seed)
    for name in ("ann", "bob", "eve"):
        says = {q: other(p.truth[q]) if rng.random() < noise else p.truth[q] for q in pairs}
        p.label(pairs, name, says)


def test_a_second_and_third_person_never_cost_coverage(tmp_path):
    accepted = {}
    for people in (1, 3):
        folder = tmp_path / str(people)
        folder.mkdir()
        p = Routed(folder, "target = 0.85\ncalibration_pairs = 200", rest=f"[annotate]\noverlap = {people}\n")
        p.add("one", 800, 0.97)
        p.route()
        drawn = p.drawn()
        three_people(p, drawn) if people == 3 else p.label(drawn)
        accepted[people] = p.route().accepted_from_judges
    assert accepted[3] >= accepted[1] > 500


def test_one_dissenter_of_three_is_no_error_of_the_judge(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 100", rest="[annotate]\noverlap = 3\n")
    p.add("one", 300, 1.0)
    p.route()
    drawn = p.drawn()
    p.label(drawn, "ann"), p.label(drawn, "bob")
    p.label(drawn, "eve", {q: other(p.truth[q]) for q in drawn})
    certificate = p.route().calibration["certificate"]
    assert (certificate["errors"], certificate["accepted"]) == (0, 100)


def test_a_skipped_drawn_pair_counts_as_an_error_until_somebody_answers_it(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 150")
    p.add("one", 400, 0.99)
    p.route()
    ann = Person.sign_in(p.project, "ann")
    skipped = []
    for _ in range(25):
        task = ann.next_task()
        ann.skip(task)
        skipped.append(task.external_id)
    p.label([pair for pair in p.drawn() if pair not in skipped], "bob")
    result = p.route()
    (frame,) = result.calibration["frames"]
    assert (frame["settled"], frame["answered"], frame["unobserved"]) == (150, 125, 25)
    assert result.accepted_from_judges == 0  # 25 of 150 could all be wrong
    assert set(skipped) & set(p.waiting()) == set(skipped)  # open to others
    p.label(skipped, "bob")
    result = p.route()  # answered after all: the same test with what it lacked, which costs no delta
    assert (result.calibration["looks"], result.calibration["frames"][0]["unobserved"]) == (1, 0)
    assert result.accepted_from_judges > 200


def test_skipping_what_the_judge_gets_wrong_does_not_make_it_look_right(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 200")
    p.add("one", 600, 0.8)
    p.route()
    ann = Person.sign_in(p.project, "ann")
    wrong = [q for q in p.drawn() if p.said["judge", q] != p.truth[q]]
    while (task := ann.next_task()) is not None:
        ann.skip(task) if task.external_id in wrong else p.label([task.external_id], "ann")
    assert p.route().accepted_from_judges == 0


def test_a_lead_who_decides_disputes_is_waited_for_and_then_heard(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 120", rest="[annotate]\noverlap = 2\noverlap_most = 2\n")
    p.add("one", 400, 0.99)
    p.route()
    drawn = p.drawn()
    p.label(drawn, "ann")
    p.label(drawn, "bob", {q: other(p.truth[q]) if i < 20 else p.truth[q] for i, q in enumerate(drawn)})
    result = p.route()
    (frame,) = result.calibration["frames"]
    assert (frame["disputed"], frame["certificate"]) == (20, None)
    decide(p, drawn[:20])
    result = p.route()
    assert result.calibration["looks"] == 1
    assert result.accepted_from_judges > 200


def decide(p, pairs):
    """A lead decides these pairs, as is true."""
    lead = known_or_new(p.project, "lead", "lead")
    numbers = {name: number for number, name in p.ids().items()}
    for pair in pairs:
        adjudicate.decide(p.project, numbers[pair], p.truth[pair], lead)


def test_a_label_that_changes_for_the_worse_counts_at_once_and_spends_nothing(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 120")
    p.add("one", 400, 0.99)
    assert p.calibrate().accepted_from_judges > 200
    p.label(p.drawn()[:20], "ann", {q: other(p.said["judge", q]) for q in p.drawn()})
    result = p.route()
    assert (result.accepted_from_judges, result.calibration["looks"]) == (0, 1)


def test_an_answer_taken_back_counts_against_the_certificate_until_it_is_given_again(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 60")
    p.add("one", 400, 1.0)
    p.route()
    ann = Person.sign_in(p.project, "ann")
    for _ in range(60):
        task = ann.next_task()
        left = "A" if ann.order(task) == "AB" else "B"
        ann.choose(task, "left" if p.truth[task.external_id] == left else "right", 9.0)
    assert p.route().accepted_from_judges > 300
    for _ in range(6):
        ann.undo()
    result = p.route()
    assert result.accepted_from_judges == 0
    assert result.calibration["frames"][0]["unobserved"] == 6


def audited(tmp_path, right, *, audit=0.3, n=900):
    """A certified project whose accepted pairs are audited."""
    p = Routed(tmp_path, f"target = 0.85\naudit = {audit}\ncalibration_pairs = 150")
    p.add("one", n, right)
    p.calibrate()
    return p


def test_audits_are_served_in_the_order_drawn_and_few_answers_ring_no_false_alarm(tmp_path):
    p = audited(tmp_path, lambda i: 0.99 if i % 5 else 0.6)
    before = p.accepted()
    drawn = p.drawn("audit")
    assert p.waiting()[: len(drawn)] == drawn
    p.label(drawn[: len(drawn) // 4])
    result = p.route()
    assert result.calibration["alarm"] is None
    assert len(before) * 0.95 < result.accepted_from_judges


def test_answers_to_the_least_certain_audits_alone_ring_no_alarm(tmp_path):
    p = audited(tmp_path, 0.95)
    wrong_first = sorted(p.drawn("audit"), key=lambda q: p.said["judge", q] == p.truth[q])
    p.label(wrong_first[: len(wrong_first) // 4])
    assert p.route().calibration["alarm"] is None


def broken(tmp_path):
    """A project whose audit found the accepted far worse than what was certified."""
    p = audited(tmp_path, 0.98)
    wrong = {q: other(p.said["judge", q]) for q in p.truth}
    p.label(p.drawn("audit")[:60], says=wrong)
    return p


def test_an_alarm_stays_until_a_person_settles_it_and_lists_what_it_withdrew(tmp_path, capsys):
    p = broken(tmp_path)
    held = set(p.accepted())
    result = p.route()
    assert result.accepted_from_judges == 0
    assert "wrong" in result.calibration["alarm"]
    p.label([q for q in p.drawn("audit") if q in p.waiting()])  # all others are right
    assert p.route().calibration["alarm"]
    assert run(["-C", str(p.project.root), "route", "--withdrawn"]) == 0
    listed = capsys.readouterr().out.split()
    assert len(listed) == result.calibration["frames"][0]["withdrawn"] > 300
    assert len(listed) <= len(held) + 60


def test_an_alarm_can_be_answered_by_accepting_again_for_a_reason(tmp_path):
    p = broken(tmp_path)
    p.route()
    with pytest.raises(InputError, match="takes the reason"):
        p.route(restore=" ")
    result = p.route(restore="ann had the sides wrong")
    assert result.calibration["alarm"] is None
    assert result.accepted_from_judges > 300
    with p.project.store.read() as connection:
        assert [each.what for each in events(connection)] == ["rung", "restored"]
    with pytest.raises(InputError, match="no alarm stands"):
        p.route(restore="again")


def test_an_alarm_can_be_answered_by_a_new_sample_of_the_same_pairs(tmp_path):
    p = broken(tmp_path)
    p.route()
    result = p.route(recalibrate=True)
    (frame,) = result.calibration["frames"]
    assert (frame["frame"], frame["certificate"], result.accepted_from_judges) == (2, None, 0)
    p.answer_drawn()
    assert p.route().accepted_from_judges > 200


def test_pairs_a_judge_failed_on_are_outside_until_it_answers(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 100")
    ids = p.add("one", 400, 1.0, judge=False)
    failed = set(ids[:40])
    lines = [json.loads(line) for line in (p.project.root / "judge.jsonl").read_text().splitlines()]
    kept = [json.dumps(row) for row in lines if row["id"] not in failed or row["order"] == "AB"]
    (p.project.root / "judge.jsonl").write_text("\n".join(kept))
    assert run_judge(p.project, "judge").failures == 40
    result = p.calibrate()
    assert not failed & set(p.drawn())
    assert not failed & set(p.accepted())
    assert result.accepted_from_judges > 200
    (reason,) = result.calibration["outside"]
    assert "a judge failed" in reason
    assert failed <= set(p.waiting())


def test_a_cascade_accepts_nothing_while_the_strong_judge_still_owes_answers(tmp_path):
    p = Routed(
        tmp_path, 'target = 0.9\ncascade = ["cheap", "strong"]\ncalibration_pairs = 200', ("cheap", "strong")
    )
    sure = lambda i: 0.99 if i % 2 else 0.6  # noqa: E731
    cheap = lambda i: 0.99 if i % 2 else 0.6  # noqa: E731
    p.add("one", 600, {"cheap": cheap, "strong": 0.99}, sure=sure, judge=False)
    run_judge(p.project, "cheap")
    p.route()
    run_judge(p.project, "strong")
    p.answer_drawn()
    result = p.route()
    (frame,) = result.calibration["frames"]
    left = sum(row.asks == "strong" for row in newest_beliefs(p))
    assert left
    assert (result.accepted_from_judges, "strong" in frame["waits"]) == (0, True)
    run_judge(p.project, "strong")
    result = p.route()
    assert result.calibration["frames"][0]["waits"] is None
    assert result.accepted_from_judges > 200
    assert p.right() >= 0.9


def newest_beliefs(p):
    return {row.pair_id: row for row in rows(p.project, "belief")}.values()


def test_a_cascade_does_not_accept_what_the_strong_judge_failed_on(tmp_path):
    p = Routed(
        tmp_path, 'target = 0.9\ncascade = ["cheap", "strong"]\ncalibration_pairs = 200', ("cheap", "strong")
    )
    ids = p.add(
        "one", 600, {"cheap": 0.9, "strong": 0.99}, sure=lambda i: 0.99 if i % 2 else 0.6, judge=False
    )
    failed = {q for i, q in enumerate(ids) if i % 6 == 0}
    lines = [json.loads(line) for line in (p.project.root / "strong.jsonl").read_text().splitlines()]
    kept = [json.dumps(row) for row in lines if row["id"] not in failed]
    (p.project.root / "strong.jsonl").write_text("\n".join(kept))
    run_judge(p.project, "cheap")
    p.route()
    run_judge(p.project, "strong")
    p.answer_drawn()
    p.route()
    run_judge(p.project, "strong")
    result = p.route()
    assert result.accepted_from_judges > 100
    assert not failed & set(p.accepted())


def test_a_certificate_that_covers_everything_is_said_as_such(tmp_path, capsys):
    p = Routed(tmp_path)
    p.add("one", 400, 0.99)
    p.calibrate()
    assert run(["-C", str(p.project.root), "route"]) == 0
    said = capsys.readouterr().err
    assert "Without a person: all pairs" in said
    assert "over -" not in said


def test_one_open_pair_does_not_stall_the_wagers(tmp_path):
    p = Routed(tmp_path, 'test = "betting"\ncalibration_pairs = 250')
    p.add("one", 900, 0.99)
    p.route()
    drawn = p.drawn()
    p.label([q for i, q in enumerate(drawn) if i != 60])
    assert p.route().accepted_from_judges > 300


def test_wagers_are_withdrawn_when_labels_change(tmp_path):
    p = Routed(tmp_path, 'test = "betting"\ncalibration_pairs = 250')
    p.add("one", 900, 0.99)
    assert p.calibrate().accepted_from_judges > 300
    drawn = p.drawn()
    p.label(drawn[100:], says={q: other(p.said["judge", q]) for q in drawn})
    assert p.route().accepted_from_judges == 0


@pytest.mark.parametrize(("ties", "accepts"), [("count", False), ("apart", True)])
def test_ties_of_people_count_or_are_told_apart_by_setting(tmp_path, ties, accepts):
    p = Routed(tmp_path, f'ties = "{ties}"\ncalibration_pairs = 250')
    p.add("one", 800, 0.97)
    p.truth = {q: "TIE" if i % 7 == 0 else side for i, (q, side) in enumerate(p.truth.items())}
    result = p.calibrate()
    assert (result.accepted_from_judges > 0) == accepts
    (frame,) = result.calibration["frames"]
    assert bool(frame["ties"]) == accepts


def test_a_drawn_pair_flagged_as_broken_counts_as_an_error(tmp_path):
    p = Routed(tmp_path, "calibration_pairs = 100")
    p.add("one", 300, 1.0)
    p.route()
    ann = Person.sign_in(p.project, "ann")
    for _ in range(5):
        ann.flag(ann.next_task(), "broken")
    p.answer_drawn("bob")
    assert p.route().calibration["frames"][0]["unobserved"] == 5


def test_a_frame_names_where_its_pairs_come_from(tmp_path):
    p = Routed(tmp_path)
    p.add("one", 60, 1.0, domain="law")
    (frame,) = p.route().calibration["frames"]
    assert frame["about"]["domains"] == {"law": 60}
    (source,) = frame["about"]["sources"]
    assert source.endswith("rows.jsonl")


def test_every_pair_accepted_lies_in_a_frame_whose_certificate_stands(tmp_path):
    p = Routed(tmp_path, 'new_pairs = "same-stream"')
    p.add("one", 400, 0.99)
    p.calibrate()
    p.add("two", 200, 0.99, seed=2)
    p.add("three", 200, 0.6, seed=3)
    p.route()
    with p.project.store.read() as connection:
        covered = set(members(connection)[:, 1].tolist())
    numbers = {name: number for number, name in p.ids().items()}
    assert {numbers[q] for q in p.accepted()} <= covered


def topped_up(tmp_path, errors):
    """(project, accepted before and after): 9 errors of 100 labels, then so many of 10 more."""
    p = Routed(tmp_path, "target = 0.85\ncalibration_pairs = 100")
    p.add("one", 500, 1.0)
    p.route()
    drawn = p.drawn()
    p.label(
        drawn,
        says={q: p.said["judge", q] if i > 8 else other(p.said["judge", q]) for i, q in enumerate(drawn)},
    )
    first = p.route().accepted_from_judges
    p.route(more=10)
    later = p.drawn()[100:]
    says = {q: p.said["judge", q] if i >= errors else other(p.said["judge", q]) for i, q in enumerate(later)}
    p.label(later, says=says)
    result = p.route()
    assert result.calibration["looks"] == 2
    return first, result.accepted_from_judges


def test_further_labels_do_not_cost_what_was_certified_before(tmp_path):
    # With what is left of delta, 9 errors of 110 would certify nothing.
    assert topped_up(tmp_path, 0) == (400, 390)


def test_further_labels_that_speak_against_a_certificate_withdraw_it(tmp_path):
    assert topped_up(tmp_path, 6) == (400, 0)


def test_pairs_skipped_till_too_few_labels_are_left_are_looked_at_when_somebody_answers_them(tmp_path):
    p = Routed(tmp_path, "target = 0.85\ncalibration_pairs = 30")
    p.add("one", 200, 1.0)
    p.route()
    p.label(p.drawn()[:15])
    ann, skipped = Person.sign_in(p.project, "ann"), set(p.drawn()[15:])
    while (task := ann.next_task()) is not None and task.external_id in skipped:
        ann.skip(task)
    (frame,) = p.route().calibration["frames"]
    assert frame["settled"] == 30
    assert "not tested" in frame["certificate"]["tested"]
    p.label(sorted(skipped), "bob")
    result = p.route()
    assert result.calibration["certificate"]["delta"] == pytest.approx(0.085)  # nothing was spent before
    assert result.accepted_from_judges == 170


def test_wagers_accept_on_what_they_won_whatever_the_first_labels_alone_would_certify(tmp_path):
    p = Routed(tmp_path, 'target = 0.85\ntest = "betting"\ncalibration_pairs = 200')
    p.add("one", 600, 1.0)
    p.route()
    first = set(p.drawn()[:8])  # wrong, of the fifty that judges are weighed on at first
    p.label(
        p.drawn(), says={q: other(side) if q in first else side for q, side in p.said_by("judge").items()}
    )
    assert p.route().accepted_from_judges == 400
