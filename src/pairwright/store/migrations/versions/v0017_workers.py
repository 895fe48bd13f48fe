"""Processes that pay beside each other: who they are, what each has in hand, and which calls each made."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("id", Number, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("held_usd", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float()),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_table(
        "claim",
        sa.Column("id", Number, primary_key=True),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("item", Number, nullable=False),
        sa.Column("worker_id", Number, sa.ForeignKey("worker.id"), nullable=False),
        sa.UniqueConstraint("task", "item"),
    )
    op.create_index("claim_by_worker", "claim", ["worker_id"])
    op.add_column("call", sa.Column("worker_id", Number))
