"""What people do: choose, skip, flag, undo; and labels from a file."""

import json

import pytest
from projects import a_project, add_pairs, add_rows, rows

from pairwright.errors import InputError
from pairwright.stages.export.export import export
from pairwright.stages.figures.status import status_of
from pairwright.stages.people.answers import Person
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    """Six pairs and no judge: people decide them all."""
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 6)
        assert run_route(project).for_people == 6
        yield project


def choose_all(person, choice):
    while task := person.next_task():
        person.choose(task, choice, 12.3456)


def test_a_choice_becomes_a_vote_and_a_label(project):
    ann = Person.sign_in(project, "ann")
    task = ann.next_task()
    ann.choose(task, "left", 7.5)
    (vote,) = rows(project, "vote")
    assert (vote.verdict, vote.order) in {("A", "AB"), ("B", "BA")}
    assert vote.seconds == 7.5
    assert vote.guideline_id == 1
    assert status_of(project).accepted_from_people == 1


def test_sides_are_shuffled_per_person_and_pair_and_stay_so(project, tmp_path):
    add_pairs(project, 60)
    run_route(project)
    orders = {}
    for name in ("ann", "bob"):
        person = Person.sign_in(project, name)
        for pair_id in range(1, 61):
            task = person.task_on(pair_id)
            orders[name, pair_id] = person.order(task)
            assert person.order(task) == orders[name, pair_id]
    ann, bob = ([orders[name, pair] for pair in range(1, 61)] for name in ("ann", "bob"))
    assert 15 < ann.count("AB") < 45
    assert ann != bob


def test_left_means_what_was_shown_left(project):
    ann = Person.sign_in(project, "ann")
    choose_all(ann, "left")
    for vote in rows(project, "vote"):
        assert vote.verdict == ("A" if vote.order == "AB" else "B")


def test_both_bad_is_a_tie_that_kto_can_use(project):
    ann = Person.sign_in(project, "ann")
    choose_all(ann, "both_bad")
    assert {(vote.verdict, vote.both) for vote in rows(project, "vote")} == {("TIE", "bad")}
    result = export(project.store, project.root / "kto.jsonl", shape="kto")
    assert result.rows == 12
    assert result.labels == {"good": 0, "bad": 12}


def test_work_is_taken_up_where_it_was_left(project):
    ann = Person.sign_in(project, "ann")
    first = ann.next_task()
    ann.choose(first, "left", 5)
    assert ann.waiting() == 5
    assert Person.sign_in(project, "ann").next_task().pair_id != first.pair_id


def test_a_pair_one_person_decided_is_not_offered_to_the_next(project):
    choose_all(Person.sign_in(project, "ann"), "tie")
    assert Person.sign_in(project, "bob").next_task() is None


def test_a_skipped_pair_is_offered_to_others_only(project):
    ann = Person.sign_in(project, "ann")
    task = ann.next_task()
    ann.skip(task)
    assert ann.next_task().pair_id != task.pair_id
    assert Person.sign_in(project, "bob").next_task().pair_id == task.pair_id
    assert rows(project, "failure")[0].kind == "skipped"
    assert rows(project, "vote") == []


def test_a_flagged_pair_stays_out_of_exports(project):
    ann = Person.sign_in(project, "ann")
    task = ann.next_task()
    ann.flag(task, "unsafe")
    choose_all(ann, "left")
    assert Person.sign_in(project, "bob").next_task() is None
    assert status_of(project).accepted_from_people == 5
    assert export(project.store, project.root / "dpo.jsonl").drops == {"flagged": 1}


def test_an_unknown_flag_is_refused(project):
    ann = Person.sign_in(project, "ann")
    with pytest.raises(InputError, match="unsafe, broken, personal"):
        ann.flag(ann.next_task(), "odd")


def test_undo_takes_the_last_answer_back_and_keeps_it_on_record(project):
    ann = Person.sign_in(project, "ann")
    task = ann.next_task()
    ann.choose(task, "left", 5)
    assert ann.undo() == task.pair_id
    assert status_of(project).accepted_from_people == 0
    assert ann.next_task().pair_id == task.pair_id
    assert (len(rows(project, "vote")), rows(project, "retraction")[0].reason) == (1, "undone")
    ann.choose(task, "right", 5)
    assert status_of(project).accepted_from_people == 1


def test_undo_with_nothing_to_undo_does_nothing(project):
    assert Person.sign_in(project, "ann").undo() is None


def labels(project, *given):
    path = project.root / "labels.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in given))
    return path


def test_labels_are_imported_by_the_pairs_own_ids(project):
    path = labels(
        project,
        {"id": "pair-0", "annotator": "ann", "label": "A", "seconds": 9},
        {"id": "pair-1", "annotator": "ann", "label": "tie"},
        {"id": "pair-2", "annotator": "bob", "label": "both_bad"},
    )
    result = import_labels(project, [path])
    assert (result.votes, result.bad_rows) == (3, 0)
    assert [(v.verdict, v.both, v.seconds) for v in rows(project, "vote")] == [
        ("A", None, 9.0),
        ("TIE", None, None),
        ("TIE", "bad", None),
    ]
    assert status_of(project).accepted_from_people == 3


def test_importing_again_changes_nothing(project):
    path = labels(project, {"id": "pair-0", "annotator": "ann", "label": "A"})
    import_labels(project, [path])
    again = import_labels(project, [path])
    assert (again.votes, again.already_there, len(rows(project, "vote"))) == (0, 1, 1)


def test_a_changed_label_replaces_the_first_and_keeps_it_on_record(project):
    import_labels(project, [labels(project, {"id": "pair-0", "annotator": "ann", "label": "A"})])
    result = import_labels(project, [labels(project, {"id": "pair-0", "annotator": "ann", "label": "B"})])
    assert (result.votes, result.changed) == (1, 1)
    assert rows(project, "belief")[-1].verdict == "B"
    assert rows(project, "retraction")[0].by_vote_id == 2


def test_people_who_disagree_leave_the_pair_open(project):
    path = labels(
        project,
        {"id": "pair-0", "annotator": "ann", "label": "A"},
        {"id": "pair-0", "annotator": "bob", "label": "B"},
    )
    import_labels(project, [path])
    assert rows(project, "belief")[-1].decision == "ask"
    assert Person.sign_in(project, "cem").next_task().pair_id == 1
    assert Person.sign_in(project, "ann").next_task().pair_id == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "pair-9", "annotator": "ann", "label": "A"}, 'no pair has the id "pair-9"'),
        ({"annotator": "ann", "label": "A"}, '"id" is missing (keys: annotator, label)'),
        ({"id": "pair-0", "label": "A"}, '"annotator" is missing'),
        ({"id": "pair-0", "annotator": "ann", "label": "C"}, "\"label\" is 'C'"),
        ({"id": "pair-0", "annotator": "ann", "label": "A", "seconds": "fast"}, "\"seconds\" is 'fast'"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_added(project, row, said):
    path = labels(project, {"id": "pair-1", "annotator": "ann", "label": "A"}, row)
    result = import_labels(project, [path])
    assert not result.added
    assert said in result.problems[0]
    assert "labels.jsonl:2" in result.problems[0]
    assert rows(project, "vote") == []


def test_good_rows_are_added_on_request(project):
    path = labels(
        project,
        {"id": "pair-1", "annotator": "ann", "label": "A"},
        {"id": "nope", "annotator": "ann", "label": "A"},
    )
    result = import_labels(project, [path], on_error="skip")
    assert (result.added, result.votes, result.bad_rows) == (True, 1, 1)


def test_a_pair_that_came_again_is_found_by_its_further_id(project):
    again = [
        {"id": "again", "prompt": "Question 0?", "response_a": "yes 0", "response_b": "no 0"},
        {"id": "swapped", "prompt": "Question 1?", "response_a": "no 1", "response_b": "yes 1"},
    ]
    add_rows(project, again)
    assert len(rows(project, "pair")) == 6
    path = labels(
        project,
        {"id": "again", "annotator": "ann", "label": "A"},
        {"id": "swapped", "annotator": "ann", "label": "A"},
    )
    assert import_labels(project, [path]).votes == 2
    assert [(vote.pair_id, vote.verdict) for vote in rows(project, "vote")] == [(1, "A"), (2, "B")]


def test_labels_by_public_id_are_not_added_twice(project, tmp_path):
    from pairwright.keys import public_id

    path = tmp_path / "labels.jsonl"
    name = public_id("pair", rows(project, "pair")[0].key)
    path.write_text(json.dumps({"id": name, "label": "A", "annotator": "ann"}))
    assert import_labels(project, [path]).votes == 1
    assert import_labels(project, [path]).already_there == 1
