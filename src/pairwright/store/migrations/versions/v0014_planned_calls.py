"""Planned calls and batches, what makes calls cheaper, and the project's secret."""

import sqlalchemy as sa
from alembic import op

from pairwright.store.schema import RowId

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("call", sa.Column("price_share", sa.Float(), nullable=False, server_default="1"))
    op.add_column("call", sa.Column("cached_tokens", sa.Integer()))
    op.create_table(
        "secret",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("value", sa.LargeBinary(16), nullable=False),
    )
    op.create_table(
        "batch",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("mark", sa.Text(), nullable=False, unique=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text()),
        sa.Column("expires_at", sa.Float()),
        sa.Column("ended_at", sa.Float()),
        sa.Column("problem", sa.Text()),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_table(
        "planned_call",
        sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("id", RowId, primary_key=True),
        sa.Column("work_key", sa.LargeBinary(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("worst_usd", sa.Float(), nullable=False),
        sa.Column("price_share", sa.Float(), nullable=False),
        sa.Column("batch_id", RowId, sa.ForeignKey("batch.id")),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("reply", sa.Text()),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_index("planned_by_batch", "planned_call", ["batch_id"])
    op.create_index("planned_by_work", "planned_call", ["work_key", "attempt"])
