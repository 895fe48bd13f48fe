"""Schema versions. A new store is made from `schema.py` at once; an older one is upgraded when it is opened.

Add a file to `versions/` for every change of `schema.py` and name it in HEAD; a test upgrades
a store of the first version and holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect

from pairwright.errors import StoreError
from pairwright.store.schema import metadata

FIRST = "0009"
HEAD = "0021"

# Alembic's own table, made here so that a new project does not wait for Alembic to load.
alembic_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def create(engine: Engine) -> None:
    """Make the tables in an empty store, unless another process has just done so."""
    with _writing(engine) as connection, connection.begin():
        if inspect(connection).get_table_names():
            return
        metadata.create_all(connection, checkfirst=False)
        alembic_version.create(connection)
        connection.execute(insert(alembic_version).values(version_num=HEAD))


def upgrade(engine: Engine, current: str) -> None:
    """Bring a store from version `current` to HEAD."""
    if current < FIRST:
        raise StoreError(
            f"the store is at schema version {current}, from before Pairwright's first release, "
            "and can't be opened any more. Start a new project with `pairwright init` in another folder."
        )
    if current > HEAD:
        raise StoreError(
            f"the store is at schema version {current}, this Pairwright knows up to {HEAD}: "
            "it was written by a newer version. Upgrade Pairwright."
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "pairwright.store:migrations")
    with _writing(engine) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _writing(engine: Engine) -> Connection:
    return engine.connect().execution_options(write=True)
