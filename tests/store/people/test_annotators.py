"""Whether anybody answered, which says whether judges can be held against people."""

from stores import a_store

from pairwright.store.people.annotators import anybody_answered
from pairwright.store.votes import retract


def test_votes_of_judges_are_nobodys_answers(tmp_path):
    made = a_store(tmp_path).pair("Is it blue?", "Yes.", "No.", votes=[("m", "A"), ("n", "B")])
    with made, made.store.read() as connection:
        assert not anybody_answered(connection)


def test_an_answer_counts_until_it_is_taken_back(tmp_path):
    made = a_store(tmp_path).pair("Is it blue?", "Yes.", "No.").vote("ann", "A", kind="person")
    with made, made.store.write() as connection:
        assert anybody_answered(connection)
        retract(connection, made.ids["vote"], "undone")
        assert not anybody_answered(connection)
