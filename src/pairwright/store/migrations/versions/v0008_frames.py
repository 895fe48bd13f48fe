"""Which pairs a certificate covers. Draws and certificates made before covered none by name, and end here."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "frame",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "frame_pair",
        sa.Column("frame_id", ROW_ID, sa.ForeignKey("frame.id"), primary_key=True, autoincrement=False),
        sa.Column("pair_id", ROW_ID, sa.ForeignKey("pair.id"), primary_key=True, autoincrement=False),
        sa.Column("joined", sa.Boolean, nullable=False),
    )
    op.create_table(
        "frame_event",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("frame_id", ROW_ID, sa.ForeignKey("frame.id"), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("frame_event_by_frame", "frame_event", ["frame_id", "id"])
    # Nothing rests on the old draws but certificates that no longer apply; people's answers are votes.
    op.drop_table("draw")
    op.create_table(
        "draw",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("pair_id", ROW_ID, sa.ForeignKey("pair.id"), nullable=False),
        sa.Column("frame_id", ROW_ID, sa.ForeignKey("frame.id"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("chance", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("frame_id", "pair_id", "purpose"),
    )
