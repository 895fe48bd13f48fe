"""What a person's name looks like, so that nobody comes in as a second one of the same look."""

import sqlalchemy as sa
from alembic import op

from pairwright.store.people.names import looks

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("rater", sa.Column("looks", sa.Text))
    op.create_index("ix_rater_looks", "rater", ["looks"])
    rater = sa.table("rater", sa.column("id"), sa.column("kind"), sa.column("name"), sa.column("looks"))
    connection = op.get_bind()
    people = sa.select(rater.c.id, rater.c.name).where(rater.c.kind == "person")
    for number, name in connection.execute(people).all():
        connection.execute(rater.update().where(rater.c.id == number).values(looks=looks(name)))
