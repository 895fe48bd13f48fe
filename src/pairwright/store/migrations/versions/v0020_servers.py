"""Which of an endpoint's servers made a call."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("call", sa.Column("server", sa.Text()))
