"""What a reward model said of the labels."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "verification",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
