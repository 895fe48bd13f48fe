"""Several people at work: accounts, invitations, leases, gold pairs, and the queue of open pairs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> "sa.Column[Any]":
    return sa.Column("id", ROW_ID, primary_key=True)


def _ref(name: str, table: str, *, null: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, ROW_ID, sa.ForeignKey(f"{table}.id"), nullable=null)


def _at() -> "sa.Column[Any]":
    return sa.Column("at", sa.Float, nullable=False)


def upgrade() -> None:
    op.add_column("vote", sa.Column("purpose", sa.Text))
    op.add_column("vote", sa.Column("assist", sa.Text))
    op.add_column("vote", sa.Column("ratings", sa.JSON(none_as_null=True)))
    op.create_index("vote_by_rater", "vote", ["rater_id", "id"])
    op.create_index("failure_by_rater", "failure", ["rater_id"])
    op.create_table(
        "task",
        sa.Column("pair_id", ROW_ID, sa.ForeignKey("pair.id"), primary_key=True, autoincrement=False),
        sa.Column("rank", sa.Float, nullable=False),
        sa.Column("open", sa.Integer, nullable=False),
        sa.Column("tag", sa.Text),
        sa.Index("task_by_rank", "rank", "pair_id"),
    )
    op.create_table(
        "lease",
        _id(),
        _ref("pair_id", "pair"),
        _ref("rater_id", "rater"),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        _at(),
        sa.UniqueConstraint("pair_id", "rater_id"),
        sa.Index("lease_by_rater", "rater_id", "until"),
    )
    op.create_table(
        "account",
        _id(),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        _ref("rater_id", "rater"),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("tags", sa.JSON, nullable=False),
        _ref("seen_guideline_id", "guideline", null=True),
        sa.Column("qualified_at", sa.Float),
        _at(),
    )
    op.create_table(
        "invitation",
        _id(),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        _ref("made_by", "account", null=True),
        _ref("account_id", "account", null=True),
        _at(),
    )
    op.create_table(
        "session",
        _id(),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False, unique=True),
        _ref("account_id", "account"),
        sa.Column("expires", sa.Float, nullable=False),
        _at(),
    )
    op.create_table(
        "lead_action",
        _id(),
        _ref("account_id", "account"),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        _at(),
    )
    op.create_table(
        "gold",
        _id(),
        _ref("pair_id", "pair"),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("both", sa.Text),
        sa.Column("explanation", sa.Text),
        sa.Column("use", sa.Text, nullable=False),
        _ref("made_by", "account", null=True),
        sa.Column("withdrawn_at", sa.Float),
        _at(),
        sa.Index("gold_by_pair", "pair_id"),
    )
    op.create_table(
        "qualification",
        _id(),
        sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True),
        _ref("account_id", "account"),
        _ref("gold_id", "gold"),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("right", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float),
        _at(),
        sa.Index("qualification_by_account", "account_id"),
    )
    # What waits for people now: those drawn by chance first, then the least certain (store/tasks.rank_of).
    op.execute(
        """
        INSERT INTO task (pair_id, rank, open, tag)
        SELECT belief.pair_id,
               ABS(2 * COALESCE(belief.prob_a, 0.5) + COALESCE(belief.prob_tie, 0.0) - 1)
               + CASE WHEN EXISTS (SELECT 1 FROM draw WHERE draw.pair_id = belief.pair_id) THEN 0 ELSE 2 END,
               1, NULL
        FROM belief
        WHERE belief.decision = 'ask' AND belief.asks = 'people' AND NOT EXISTS (
            SELECT 1 FROM belief AS newer WHERE newer.pair_id = belief.pair_id AND newer.id > belief.id
        )
        """
    )
