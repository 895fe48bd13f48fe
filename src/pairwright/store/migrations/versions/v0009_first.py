"""Where versions begin: a new store is made from `schema.py` as it stands, never step by step."""

revision = "0009"
down_revision = None


def upgrade() -> None:
    pass
