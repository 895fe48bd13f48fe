"""Who is offered what: gold mixed in, leases that run out, and the order of the queue."""

import time

import pytest
from projects import a_project, add_pairs, rows

from pairwright.stages.figures.status import status_of
from pairwright.stages.people import accounts, queue
from pairwright.stages.people.answers import Person
from pairwright.stages.people.gold import import_gold, make_gold, withdraw_gold
from pairwright.stages.route.route import run_route
from pairwright.store import schema
from pairwright.store.people import leases


def a_person(project, name="ann"):
    account = accounts.known_or_new(project, name, "annotator")
    return account, Person(project, account.name, account.rater_id)


def work_off(project, account, person, n):
    """Answer n offers; gives what each was."""
    kinds = []
    for _ in range(n):
        (offer,) = queue.offer(project, account, 1).new
        person.choose(offer.task, "left", 9)
        kinds.append(offer.kind)
    return kinds


def test_gold_is_mixed_in_at_about_the_rate_and_each_pair_once(tmp_path):
    settings = "[annotate]\ngold_rate = 0.2\n"
    with a_project(tmp_path, settings=settings) as project:
        add_pairs(project, 200)
        run_route(project)
        for pair_id in range(1, 41):
            make_gold(project, pair_id, "A", use="hidden")
        account, person = a_person(project)
        kinds = work_off(project, account, person, 100)
        assert 10 <= kinds.count("gold") <= 32
        votes = [vote.pair_id for vote in rows(project, "vote") if vote.purpose is None]
        assert len(votes) == len(set(votes)) == 100


def test_a_lease_that_ran_out_gives_its_place_to_others(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nlease_minutes = 0.02\n") as project:
        add_pairs(project, 1)
        run_route(project)
        (ann, _), (bob, _) = a_person(project), a_person(project, "bob")
        assert len(queue.offer(project, ann, 1).new) == 1
        assert queue.offer(project, bob, 1).new == []
        time.sleep(1.3)
        assert len(queue.offer(project, bob, 1).new) == 1


def test_who_comes_back_late_is_told_what_is_no_longer_to_be_done(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nlease_minutes = 0.02\n") as project:
        add_pairs(project, 1)
        run_route(project)
        (ann, _), (bob, as_bob) = a_person(project), a_person(project, "bob")
        (offer,) = queue.offer(project, ann, 1).new
        time.sleep(1.3)
        (same,) = queue.offer(project, bob, 1).new
        as_bob.choose(same.task, "left", 9)
        assert queue.offer(project, ann, 1, [offer.task.pair_id]).gone == [offer.task.pair_id]


def test_a_late_answer_is_kept_all_the_same(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 1)
        run_route(project)
        (ann, as_ann), (_, as_bob) = a_person(project), a_person(project, "bob")
        (offer,) = queue.offer(project, ann, 1).new
        as_bob.choose(offer.task, "left", 9)
        as_ann.choose(offer.task, "left", 9)
        assert len(rows(project, "vote")) == 2


def test_what_was_given_back_is_still_known_to_have_been_offered(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 1)
        run_route(project)
        ann, _ = a_person(project)
        queue.offer(project, ann, 1)
        assert queue.give_back(project, ann) == 1
        with project.store.read() as connection:
            assert leases.offered(connection, ann.rater_id, 1).kind == "work"
            assert leases.count_held(connection, ann.rater_id) == 0


def test_gold_is_the_label_of_its_pair_until_it_is_withdrawn(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        run_route(project)
        lead = accounts.known_or_new(project, "lea", "lead")
        make_gold(project, 1, "B", by=lead)
        assert status_of(project).accepted_from_people == 1
        withdraw_gold(project, 1, lead)
        assert status_of(project).accepted_from_people == 0
        with project.store.read() as connection:
            assert {row.pair_id for row in connection.execute(schema.task.select())} == {1, 2}


def test_gold_from_a_file_names_the_line_that_cannot_be_used(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        path = tmp_path / "gold.csv"
        path.write_text("id,label,explanation\npair-0,A,because\npair-9,B,\npair-1,LEFT,\n")
        result = import_gold(project, [path])
        assert (result.gold, result.bad_rows) == (0, 2)
        assert "gold.csv:3" in result.problems[0]
        assert "pair-9" in result.problems[0]
        assert "LEFT" in result.problems[1]
        path.write_text("id,label,explanation\npair-0,A,because\npair-1,BOTH_BAD,\n")
        assert import_gold(project, [path]).gold == 2
        assert [(row.verdict, row.both) for row in rows(project, "gold")] == [("A", None), ("TIE", "bad")]


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_no_pair_is_offered_to_more_people_than_are_wanted(tmp_path, overlap):
    with a_project(tmp_path, settings=f"[annotate]\noverlap = {overlap}\n") as project:
        add_pairs(project, 5)
        run_route(project)
        offered = [
            each.task.pair_id
            for name in ("ann", "bob", "cat", "dan")
            for each in queue.offer(project, a_person(project, name)[0], 5).new
        ]
        assert sorted(offered) == sorted([*range(1, 6)] * overlap)


def test_pairs_offered_together_come_back_in_the_order_they_were_offered_gold_among_them(tmp_path):
    with a_project(tmp_path, settings="[annotate]\ngold_rate = 0.4\n") as project:
        add_pairs(project, 60)
        run_route(project)
        for pair_id in range(1, 21):
            make_gold(project, pair_id, "A", use="hidden")
        account, _ = a_person(project)
        offered = [each.task.pair_id for each in queue.offer(project, account, 5).new]
        kinds = {row.kind for row in rows(project, "lease")}
        assert kinds == {"work", "gold"}
        assert [each.task.pair_id for each in queue.offer(project, account, 5).new] == offered
        # So too after the page was closed and they were let go.
        queue.give_back(project, account)
        assert [each.task.pair_id for each in queue.offer(project, account, 5).new] == offered
