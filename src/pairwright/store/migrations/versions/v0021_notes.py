"""People's notes are found without reading all their votes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    noted = sa.text("reason IS NOT NULL")
    op.create_index("vote_with_reason", "vote", ["rater_id"], sqlite_where=noted, postgresql_where=noted)
