"""From votes on one pair to accept, ask, or wait."""

import pytest

from pairwright.routing.decide import Overlap, SeenFailure, SeenVote, Standing, decide

BOTH = {"gpt": ("AB", "BA")}


def judge(verdict, order, confidence="HIGH", name="gpt", id=1):
    return SeenVote(id, name, "judge", order, verdict, confidence, None)


def person(verdict, name="ann", both=None, id=9):
    return SeenVote(id, name, "person", "AB", verdict, None, both)


def belief(votes, failures=(), orders=BOTH, **options):
    return decide(1, votes, failures, orders, **options)


def test_same_winner_twice_and_high_twice_is_accepted():
    found = belief([judge("A", "AB"), judge("A", "BA")])
    assert (found.decision, found.verdict, found.source) == ("accept", "A", "judge")


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        ([judge("A", "AB"), judge("B", "BA")], "orders disagree"),
        ([judge("A", "AB"), judge("TIE", "BA")], "orders disagree"),
        ([judge("A", "AB", "LOW"), judge("A", "BA")], "confidence LOW/HIGH"),
        ([judge("A", "AB", None), judge("A", "BA", None)], "not stated/not stated"),
    ],
)
def test_an_unsure_judge_sends_the_pair_to_people(votes, reason):
    found = belief(votes)
    assert (found.decision, found.verdict) == ("ask", None)
    assert reason in found.reason


def test_a_sure_tie_is_a_tie_not_a_win():
    found = belief([judge("TIE", "AB"), judge("TIE", "BA")])
    assert (found.decision, found.verdict) == ("accept", "TIE")


def test_a_failed_call_goes_to_people_and_is_no_tie():
    found = belief([judge("A", "AB")], [SeenFailure(3, "gpt", "BA")])
    assert (found.decision, found.verdict) == ("ask", None)
    assert "failed in order BA" in found.reason


def test_nothing_is_decided_while_an_order_is_missing():
    assert belief([judge("A", "AB")]) is None
    assert belief([]) is None


def test_a_vote_after_a_failure_heals_it():
    found = belief([judge("A", "AB"), judge("A", "BA")], [SeenFailure(3, "gpt", "BA")])
    assert found.decision == "accept"


def test_one_order_is_enough_when_only_one_is_asked():
    assert belief([judge("B", "AB")], orders={"gpt": ("AB",)}).verdict == "B"
    assert belief([judge("B", "AB", "LOW")], orders={"gpt": ("AB",)}).decision == "ask"


def test_accepting_consistent_verdicts_needs_no_stated_confidence_but_both_orders():
    votes = [judge("A", "AB", None), judge("A", "BA", "LOW")]
    assert belief(votes, accept="consistent").verdict == "A"
    assert belief([judge("A", "AB", None)], orders={"gpt": ("AB",)}, accept="consistent").decision == "ask"


def test_without_a_judge_people_decide_everything():
    assert belief([], orders={}).decision == "ask"


def test_a_person_overrules_sure_judges():
    found = belief([judge("A", "AB"), judge("A", "BA"), person("B")])
    assert (found.verdict, found.source) == ("B", "people")


def test_a_person_decides_before_the_judge_has_spoken():
    assert belief([person("A")]).decision == "accept"


def test_people_who_disagree_are_asked_for_one_more():
    assert belief([person("A"), person("B", "bob")]).decision == "ask"
    assert belief([person("A"), person("B", "bob"), person("B", "cem")]).verdict == "B"


def test_both_bad_is_kept_with_the_tie():
    found = belief([person("TIE", both="bad")])
    assert (found.verdict, found.both) == ("TIE", "bad")


def test_judges_that_are_sure_of_opposite_things_are_not_believed():
    two = {"gpt": ("AB",), "claude": ("AB",)}
    found = belief([judge("A", "AB"), judge("B", "AB", name="claude")], orders=two)
    assert (found.decision, found.verdict) == ("ask", None)
    assert "judges disagree" in found.reason


def test_one_sure_judge_is_enough_when_the_other_is_unsure():
    two = {"gpt": ("AB",), "claude": ("AB",)}
    assert belief([judge("A", "AB"), judge("B", "AB", "LOW", "claude")], orders=two).verdict == "A"


def test_the_belief_names_what_it_rests_on():
    found = belief([judge("A", "AB", id=4), judge("A", "BA", id=7)], [SeenFailure(2, "other", "AB")])
    assert found.basis == {"rule": "stated-1", "votes": [4, 7], "failures": [2]}


def people(*verdicts):
    return [person(verdict, f"person {i}", id=10 + i) for i, verdict in enumerate(verdicts)]


def test_a_pair_waits_until_as_many_people_answered_as_are_wanted():
    found = belief(people("A"), overlap=Overlap(people=3))
    assert (found.decision, found.asks, found.basis["open"]) == ("ask", "people", 2)
    assert belief(people("A", "A", "B"), overlap=Overlap(people=3)).verdict == "A"


def test_more_people_are_wanted_where_judges_are_unsure():
    overlap = Overlap(people=1, unsure=2)
    unsure = Standing(forecast=(0.5, 0.4, 0.1), confidence=0.5)
    sure = Standing(forecast=(0.9, 0.05, 0.05), confidence=0.9)
    rule = {"accept": "guarantee", "overlap": overlap, "orders": {}}
    assert belief(people("A"), standing=unsure, **rule).decision == "ask"
    assert belief(people("A"), standing=sure, **rule).decision == "accept"


def test_one_more_is_asked_while_the_label_is_unsure():
    overlap = Overlap(sure=0.9, most=3)
    assert belief(people("A"), overlap=overlap).asks == "people"
    assert belief(people("A", "A"), overlap=overlap).verdict == "A"
    assert belief(people("A", "B", "A"), overlap=overlap).verdict == "A"  # three is the most


def test_people_who_stay_split_are_a_conflict_for_a_lead():
    assert belief(people("A", "B")).asks == "people"
    assert belief(people("A", "B", "TIE")).asks == "lead"


def test_a_leads_decision_overrules():
    decision = SeenVote(20, "lea", "person", "AB", "B", None, None, "decision")
    found = belief([*people("A", "A"), decision])
    assert (found.decision, found.verdict, found.reason) == ("accept", "B", "decided by lea: B")
