"""What a lead sets for one person: a limit a day, reserved skills, practice again; why they are paused."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("account", sa.Column("daily_limit", sa.Integer()))
    op.add_column("account", sa.Column("reserved", sa.JSON()))
    op.add_column("account", sa.Column("pause_reason", sa.Text()))
    op.add_column("account", sa.Column("practise_from", sa.Float()))
    op.add_column("account", sa.Column("checked_from", sa.Float()))
