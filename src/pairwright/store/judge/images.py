"""SQL that finds prompts and responses with images."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, cast, func, select

from pairwright.keys import public_id
from pairwright.store.schema import prompt, response

_SPELLED = '"type":"image_url"'  # in JSON a quote inside of a text is escaped, so no text can spell this


def first_with_image(connection: Connection, *, responses: bool) -> str | None:
    """A name for the first prompt that has an image; with `responses` those of responses count too."""
    named = select(prompt.c.external_id, prompt.c.key)
    found = connection.execute(named.where(_holds(prompt.c.messages)).limit(1)).first()
    if found is None and responses:
        answers = named.join(response, response.c.prompt_id == prompt.c.id)
        found = connection.execute(
            answers.where(response.c.turns.is_not(None), _holds(response.c.turns)).limit(1)
        ).first()
    return None if found is None else f"prompt {found.external_id or public_id('prompt', found.key)}"


def images_a_prompt(connection: Connection) -> float:
    """How many images a prompt has, on average over all."""
    text = cast(prompt.c.messages, String)
    spelled = func.sum(func.length(text) - func.length(func.replace(text, _SPELLED, "")))
    with_images = connection.execute(select(spelled).where(_holds(prompt.c.messages))).scalar()
    if not with_images:
        return 0.0
    all_of_them = connection.execute(select(func.count()).select_from(prompt)).scalar_one()
    return float(with_images) / len(_SPELLED) / float(all_of_them)


def _holds(column: Column[Any]) -> ColumnElement[bool]:
    return cast(column, String).like(f"%{_SPELLED}%")
