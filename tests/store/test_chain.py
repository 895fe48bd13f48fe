"""The chain of votes and decisions: what is sealed, by whom, and that nobody waits for anybody."""

import threading
from contextlib import ExitStack

import pytest
from postgres import empty_database
from sqlalchemy import delete, func, insert, select, text, update
from stores import a_store

from pairwright.store import schema
from pairwright.store.chain import MOST_ROWS, SEALED, append, bury, digester, heads, parents_of
from pairwright.store.doctor.chain import chain
from pairwright.store.doctor.graves import Graves
from pairwright.store.store import Store

AT = 1767225600.25


@pytest.fixture(params=["sqlite", "postgresql"])
def builder(request, tmp_path):
    """A store with two pairs, a judge and a finding, in either database."""
    url = empty_database() if request.param == "postgresql" else None
    made = (
        a_store(tmp_path, url=url)
        .pair("Is it blue?", "Yes.", "No.")
        .pair("Is it red?", "Yes.", "No.")
        .rater("m")
    )
    with made.store.write() as connection:
        connection.execute(insert(schema.check_run).values(result={}, at=AT))
        finding = {"key": b"f" * 16, "check_run_id": 1, "check": "c", "severity": "info", "reason": "r"}
        connection.execute(insert(schema.finding).values(**finding, remedy="x", at=AT))
    with made:
        yield made


def a_vote(n=1, **more):
    return {
        "key": n.to_bytes(16),
        "pair_id": 1,
        "rater_id": 1,
        "order": "AB",
        "verdict": "A",
        "at": AT,
        **more,
    }


ROWS = {
    "response": {
        "key": b"r" * 16, "prompt_id": 1, "text": "naïve \u2028 \U0001f642 \n", "model": "m", "slot": 0,
        "params": {"temperature": 1.0, "seed": 2**53 + 1, "stop": ["é"], "none": None}, "at": 1.0,
    },
    "vote": a_vote(
        prob_a=1 / 3, margin=-0.0, logprobs={"B": -0.5, "A": -1e-9}, strength=-3, seconds=1, both=None,
        ratings={"a": {"helpful": 5}, "b": {"helpful": 1.5}}, reason="",
    ),
    "response_vote": {"response_id": 1, "rater_id": 1, "good": False, "rating": 4, "source": "a.jsonl:1", "at": AT},
    "ranking": {
        "key": b"k" * 16, "prompt_id": 1, "rater_id": 1, "pair_id": 1, "places": [[1, 1], [2, 1]], "seconds": 9,
        "at": AT,
    },
    "retraction": {"vote_id": 1, "by_vote_id": None, "reason": "undone", "at": AT},
    "belief": {
        "pair_id": 1, "decision": "accept", "verdict": "A", "source": "judge", "reason": "r", "prob_a": 1.0,
        "basis": {"votes": [1], "forecast": [0.1, 0.2, 0.7]}, "votes_sum": 1, "prob_tie": 0, "at": AT,
    },
    "settlement": {"finding_id": 1, "action": "sent", "detail": {"people": 2}, "because": None, "at": AT},
    "withdrawal": {"what": "flag", "row_id": 1, "at": AT},
    "flag": {"pair_id": 1, "check": "unsafe", "reason": "r", "severity": "error", "at": AT},
    "tombstone": {"table": "vote", "row_id": 9, "digest": b"d" * 16, "because": "erased", "by": "lee", "at": AT},
}  # fmt: skip


def damages(store):
    with store.read() as connection:
        graves = Graves(connection)
        return [each for each in chain(connection) if not graves.cover(each.row)]


def test_a_row_has_the_same_digest_when_it_is_added_and_when_it_is_read(builder):
    assert ROWS.keys() == SEALED.keys()
    with builder.store.write() as connection:
        for name, row in ROWS.items():
            append(connection, SEALED[name], [row])
    assert damages(builder.store) == []
    with builder.store.read() as connection:
        for name, row in ROWS.items():
            newest = select(SEALED[name]).order_by(SEALED[name].c.id.desc()).limit(1)
            read = connection.execute(newest).mappings().one()
            assert digester(SEALED[name])(read) == digester(SEALED[name])(row), name


@pytest.mark.parametrize("column", [c.name for c in schema.vote.c if c.name != "id"])
def test_a_change_of_any_column_changes_the_digest(column):
    digest = digester(schema.vote)
    row = {**ROWS["vote"], "guideline_id": 1, "confidence": "HIGH", "raw": "A", "assist": "before"}
    assert digest({**row, column: None}) != digest(row) or row.get(column) is None
    assert digest({**row, column: b"x" if column == "key" else 7}) != digest(row)


def test_a_column_added_later_changes_no_digest():
    digest = digester(schema.vote)
    assert digest({**ROWS["vote"], "new": None}) == digest(ROWS["vote"])


def test_each_transaction_leaves_one_seal_that_follows_the_one_before(builder):
    for n in (1, 2, 3):
        with builder.store.write() as connection:
            append(connection, schema.vote, [a_vote(n)])
    with builder.store.read() as connection:
        seals = connection.execute(select(schema.seal).order_by(schema.seal.c.id)).all()
        assert [parents_of(each.parents) for each in seals] == [[], [seals[0].digest], [seals[1].digest]]
        assert heads(connection) == [seals[2].digest]


def test_a_transaction_that_adds_nothing_sealed_or_fails_leaves_no_seal(builder):
    with pytest.raises(RuntimeError), builder.store.write() as connection:
        append(connection, schema.vote, [a_vote()])
        raise RuntimeError
    with builder.store.write() as connection:
        connection.execute(insert(schema.combination).values(result={}, at=AT))
    with builder.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.seal)).scalar() == 0


def test_a_large_transaction_is_sealed_in_parts_so_that_memory_stays_bounded(builder):
    votes = [a_vote(n) for n in range(1, 2 * MOST_ROWS + 11)]
    with builder.store.write() as connection:
        append(connection, schema.vote, votes)
        assert len(connection.get_execution_options()["noted"]) == 10
    with builder.store.read() as connection:
        assert len(connection.execute(select(schema.seal.c.id)).all()) == 3
    assert damages(builder.store) == []


def test_writers_at_once_follow_the_same_seal_and_the_next_follows_them_all():
    url = empty_database()
    with ExitStack() as stack:
        first = stack.enter_context(a_store(None, url=url).pair("Is it?", "Yes.", "No.").rater("m")).store
        with first.write() as connection:
            append(connection, schema.vote, [a_vote(1)])
        both = threading.Barrier(2)

        def write(n):
            with Store.open(url) as store, store.write() as connection:
                append(connection, schema.vote, [a_vote(n)])
                both.wait(timeout=30)  # neither has committed yet, and neither waits for the other

        writers = [threading.Thread(target=write, args=(n,)) for n in (2, 3)]
        [each.start() for each in writers]
        [each.join() for each in writers]
        with first.read() as connection:
            two = heads(connection)
        with first.write() as connection:
            append(connection, schema.vote, [a_vote(4)])
        with first.read() as connection:
            (last,) = heads(connection)
            parents = select(schema.seal.c.parents).where(schema.seal.c.digest == last)
            assert parents_of(connection.execute(parents).scalar_one()) == two
        assert damages(first) == []
        with first.write() as connection:
            connection.execute(update(schema.vote).where(schema.vote.c.id == 3).values(verdict="B"))
        assert [each.row for each in damages(first)] == [("vote", 3)]


def test_many_writers_at_once_lose_nothing():
    url = empty_database()
    with a_store(None, url=url).pair("Is it?", "Yes.", "No.").rater("m") as made:

        def write(writer):
            with Store.open(url) as store:
                for n in range(40):
                    with store.write() as connection:
                        append(connection, schema.vote, [a_vote(writer * 1000 + n)])

        writers = [threading.Thread(target=write, args=(n,)) for n in range(1, 7)]
        [each.start() for each in writers]
        [each.join() for each in writers]
        assert damages(made.store) == []
        with made.store.read() as connection:
            assert connection.execute(select(func.count()).select_from(schema.seal)).scalar() == 240
            assert len(heads(connection)) <= 6


def test_rows_can_be_erased_and_deleted_on_record(builder):
    with builder.store.write() as connection:
        append(connection, schema.vote, [a_vote(n, reason="I am Ann", seconds=3.0) for n in (1, 2, 3)])
    with builder.store.write() as connection:
        connection.execute(update(schema.vote).where(schema.vote.c.id == 1).values(reason=None))
        connection.execute(delete(schema.vote).where(schema.vote.c.id == 2))
        bury(connection, schema.vote, [1, 2], because="erased on request", by="lee")
    assert damages(builder.store) == []
    with builder.store.write() as connection:
        connection.execute(text("DELETE FROM tombstone WHERE row_id = 2"))
    assert {each.row for each in damages(builder.store)} == {("tombstone", 2), ("vote", 2)}


def test_only_a_transaction_of_the_store_can_append(builder):
    with builder.store.engine.connect() as connection, pytest.raises(KeyError):
        append(connection, schema.vote, [a_vote()])
