"""Calls: whether the endpoint counted the tokens, and what the reply calls its model."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("call", sa.Column("served", sa.Text))
    op.add_column("call", sa.Column("fingerprint", sa.Text))
    op.add_column("call", sa.Column("counted", sa.Boolean, nullable=False, server_default=sa.false()))
    call = sa.table("call", *(sa.column(name) for name in ("counted", "cost_known", "cost_usd", "outcome")))
    # Of calls without a price it is not known: those that gave an answer mostly were counted.
    unpriced = call.c.cost_usd.is_(None) & (call.c.outcome != "failed")
    op.execute(call.update().values(counted=call.c.cost_known | unpriced))
