"""Votes on one response by itself, and the votes on pairs that follow from them."""

import sqlalchemy as sa
from alembic import op

from pairwright.store.schema import RowId

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "response_vote",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("response_id", RowId, sa.ForeignKey("response.id"), nullable=False),
        sa.Column("rater_id", RowId, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("good", sa.Boolean()),
        sa.Column("rating", sa.Float()),
        sa.Column("reason", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_index("response_vote_by_response", "response_vote", ["response_id", "rater_id"])
    op.create_index("response_vote_by_rater", "response_vote", ["rater_id"])
    for name in ("better_id", "worse_id"):
        op.add_column("vote", sa.Column(name, RowId))
