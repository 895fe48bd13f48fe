"""Rows beyond text: the tools a prompt offers, and the messages of a response that is more than a text."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("prompt", sa.Column("tools", sa.JSON))
    op.add_column("prompt", sa.Column("template", sa.JSON))
    op.add_column("response", sa.Column("turns", sa.JSON))
