"""Rankings that people gave of several responses, and the votes on pairs that follow from one."""

import sqlalchemy as sa
from alembic import op

from pairwright.store.schema import RowId

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "ranking",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("prompt_id", RowId, sa.ForeignKey("prompt.id"), nullable=False),
        sa.Column("rater_id", RowId, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("pair_id", RowId, sa.ForeignKey("pair.id"), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float()),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.add_column("vote", sa.Column("ranking_id", RowId))
