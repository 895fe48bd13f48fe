"""Pairs that were sent to other annotation tools."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("pair_id", ROW_ID, sa.ForeignKey("pair.id"), nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Index("sent_by_pair", "pair_id"),
    )
