"""Draws from the pairs within reach of a promise, beside those from all."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("draw") as table:
        table.add_column(sa.Column("calibration_id", ROW_ID, nullable=True))
        table.add_column(sa.Column("at_least", sa.Float, nullable=True))
        table.create_foreign_key("draw_calibration", "calibration", ["calibration_id"], ["id"])
