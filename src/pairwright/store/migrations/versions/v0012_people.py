"""What a browser said an answer took beside what the server's clock allows; a lead's words to annotators."""

import sqlalchemy as sa
from alembic import op

from pairwright.store.schema import RowId

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("vote", sa.Column("claimed_seconds", sa.Float()))
    op.add_column("vote", sa.Column("offered_at", sa.Float()))
    op.create_table(
        "review",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("pair_id", RowId, sa.ForeignKey("pair.id"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("row_id", RowId, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("account_id", RowId, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("comment", sa.Text()),
        sa.Column("rater_id", RowId, sa.ForeignKey("rater.id")),
        sa.Column("seen_at", sa.Float()),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_index("review_by_row", "review", ["what", "row_id", "id"])
    op.create_index("review_by_rater", "review", ["rater_id", "id"])
