"""SQL that finds prompts and responses with images."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, cast, or_, select

from pairwright.keys import public_id
from pairwright.store.schema import prompt, response

# In JSON a quote inside of a text is escaped, so no text can spell this.
_SPELLED = ('%"type":"image_url"%', '%"type": "image_url"%')


def first_with_image(connection: Connection, *, responses: bool) -> str | None:
    """A name for the first prompt that has an image; with `responses` those of responses count too."""
    held = _holds(prompt.c.messages)
    found = connection.execute(select(prompt.c.external_id, prompt.c.key).where(held).limit(1)).first()
    if found is None and responses:
        found = connection.execute(
            select(prompt.c.external_id, prompt.c.key)
            .join(response, response.c.prompt_id == prompt.c.id)
            .where(response.c.turns.is_not(None), _holds(response.c.turns))
            .limit(1)
        ).first()
    return None if found is None else f"prompt {found.external_id or public_id('prompt', found.key)}"


def _holds(column: Column[Any]) -> ColumnElement[bool]:
    return or_(*(cast(column, String).like(each) for each in _SPELLED))
