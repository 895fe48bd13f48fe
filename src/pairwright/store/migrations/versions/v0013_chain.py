"""The chain: its tables, and a first seal on everything that was said and decided before."""

import sqlalchemy as sa
from alembic import op

from pairwright.store.chain import adopt

revision = "0013"
down_revision = "0012"

_ROW = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("id", _ROW, primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("parents", sa.LargeBinary, nullable=False),
        sa.Column("covers", sa.JSON, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "tombstone",
        sa.Column("id", _ROW, primary_key=True),
        sa.Column("table", sa.Text, nullable=False),
        sa.Column("row_id", _ROW, nullable=False),
        sa.Column("digest", sa.LargeBinary(16)),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("tombstone_by_row", "tombstone", ["table", "row_id"])
    op.create_table(
        "doctor_run",
        sa.Column("id", _ROW, primary_key=True),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    adopt(op.get_bind())
