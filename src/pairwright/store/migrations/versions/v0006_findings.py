"""What checks find, and what became of it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> "sa.Column[Any]":
    return sa.Column("id", ROW_ID, primary_key=True)


def _at() -> "sa.Column[Any]":
    return sa.Column("at", sa.Float, nullable=False)


def upgrade() -> None:
    op.create_table("check_run", _id(), sa.Column("result", sa.JSON, nullable=False), _at())
    op.create_table(
        "finding",
        _id(),
        sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("check_run_id", ROW_ID, sa.ForeignKey("check_run.id"), nullable=False),
        sa.Column("pair_id", ROW_ID, sa.ForeignKey("pair.id"), nullable=True),
        sa.Column("check", sa.Text, nullable=False),
        sa.Column("part", sa.Text),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True)),
        sa.Column("remedy", sa.Text, nullable=False),
        _at(),
        sa.Index("finding_by_pair", "pair_id"),
    )
    op.create_table(
        "settlement",
        _id(),
        sa.Column("finding_id", ROW_ID, sa.ForeignKey("finding.id"), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("because", sa.Text),
        sa.Column("by", sa.Text),
        sa.Column("detail", sa.JSON(none_as_null=True)),
        _at(),
        sa.Index("settlement_by_finding", "finding_id", "id"),
    )
