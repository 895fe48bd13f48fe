"""What a browser said an answer took beside what the server's own clock allows."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("vote", sa.Column("claimed_seconds", sa.Float()))
    op.add_column("vote", sa.Column("offered_at", sa.Float()))
