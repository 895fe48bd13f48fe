"""Statements that are built once and run with other values each time."""

from sqlalchemy import create_engine, insert, select, update

from pairwright.store.prepared import prepared
from pairwright.store.schema import metadata, rater

BUILT = []


@prepared
def _named(name, *, only_judges):
    BUILT.append(only_judges)
    query = select(rater.c.id).where(rater.c.name == name)
    return query.where(rater.c.kind == "judge") if only_judges else query


@prepared
def _among(ids):
    return select(rater.c.name).where(rater.c.id.in_(ids)).order_by(rater.c.id)


@prepared
def _rename(number, name):
    return update(rater).where(rater.c.id == number).values(name=name)


def some_raters(connection):
    metadata.create_all(connection, [rater])
    rows = [("ann", "person"), ("ann", "judge"), ("bo", "person")]
    for number, (name, kind) in enumerate(rows, 1):
        row = {"id": number, "key": bytes([number] * 16), "name": name, "kind": kind, "spec": {}, "at": 0.0}
        connection.execute(insert(rater), [row])


def test_a_statement_is_built_once_and_gets_its_values_each_time():
    BUILT.clear()
    with create_engine("sqlite://").connect() as connection:
        some_raters(connection)
        assert _named(connection, "ann", only_judges=False).scalars().all() == [1, 2]
        assert _named(connection, "bo", only_judges=False).scalars().all() == [3]
        assert _named(connection, "ann", only_judges=True).scalars().all() == [2]
    assert BUILT == [False, True]


def test_a_list_of_any_length_is_one_value():
    with create_engine("sqlite://").connect() as connection:
        some_raters(connection)
        assert _among(connection, [1, 3]).scalars().all() == ["ann", "bo"]
        assert _among(connection, [2]).scalars().all() == ["ann"]
        assert _among(connection, []).scalars().all() == []


def test_a_parameter_named_like_a_column_sets_only_what_the_statement_sets():
    with create_engine("sqlite://").connect() as connection:
        some_raters(connection)
        _rename(connection, 2, "cy")
        assert _among(connection, [1, 2, 3]).scalars().all() == ["ann", "cy", "bo"]
