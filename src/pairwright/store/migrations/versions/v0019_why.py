"""Why an annotator chose: reasons that the lead defined, and spans of the responses that decided."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("vote", sa.Column("reasons", sa.JSON(none_as_null=True)))
    op.add_column("vote", sa.Column("spans", sa.JSON(none_as_null=True)))
