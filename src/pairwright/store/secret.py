"""The project's secret: drawn once, kept with the store."""

from __future__ import annotations

from secrets import token_bytes

from sqlalchemy import Connection, select

from pairwright.store.insert import insert_missing
from pairwright.store.schema import secret

THE_ROW = 1


def project_secret(connection: Connection) -> bytes:
    """16 bytes, made when they are first asked for. The connection has to be one that writes."""
    query = select(secret.c.value).where(secret.c.id == THE_ROW)
    known = connection.execute(query).scalar()
    if known is None:
        insert_missing(connection, secret, [{"id": THE_ROW, "value": token_bytes(16)}], ("id",))
        known = connection.execute(query).scalar_one()
    return bytes(known)
