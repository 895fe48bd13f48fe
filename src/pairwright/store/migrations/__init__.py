"""Schema versions, applied when a store is opened.

Add a file to `versions/` for every change of `schema.py`; a test holds the two
against each other.
"""

from __future__ import annotations

from sqlalchemy import Engine

from pairwright.errors import StoreError

HEAD = "0009"


def upgrade(engine: Engine, current: str | None) -> None:
    """Bring the store from version `current` (None: empty) to HEAD."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", "pairwright.store:migrations")
    script = ScriptDirectory.from_config(config)
    try:
        if current is not None:
            script.get_revision(current)
    except CommandError:
        raise StoreError(
            f"the store is at schema version {current}, this Pairwright knows up to {HEAD}: "
            "it was written by a newer version. Upgrade Pairwright."
        ) from None
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
