"""Which prompts and responses have images, in either database."""

from __future__ import annotations

import pytest
from postgres import empty_database

from pairwright.store.content import NewResponse, insert_prompts, insert_responses, prompt_ids
from pairwright.store.judge.images import first_with_image, images_a_prompt
from pairwright.store.store import Store
from pairwright.types import Image, Message, Prompt, Response

SPELLS = Message("user", 'What is {"type":"image_url"}?')
SEES = Message("user", "What is it?", images=(Image("a.png"), Image("b.png")))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    place = str(tmp_path / "s.db") if request.param == "sqlite" else empty_database()
    with Store.open(place, create=True) as store:
        yield store


def put(store, message, name, *turns):
    prompt = Prompt((message,), name)
    with store.write() as connection:
        insert_prompts(connection, [prompt], [prompt.key])
        if turns:
            number = prompt_ids(connection, [prompt.key])[prompt.key]
            said = Response("⟦image a.png⟧", turns=turns)
            insert_responses(connection, [NewResponse(number, b"r" * 32, said)])


def test_images_are_found_where_they_are_and_not_where_a_text_spells_them(store):
    put(store, SPELLS, "spells")
    with store.read() as connection:
        assert first_with_image(connection, responses=True) is None
        assert images_a_prompt(connection) == 0
    put(store, Message("user", "Draw."), "draws", Message("assistant", "", images=(Image("a.png"),)))
    with store.read() as connection:
        assert first_with_image(connection, responses=False) is None
        assert first_with_image(connection, responses=True) == "prompt draws"
    put(store, SEES, "sees")
    put(store, Message("user", "And?"), "plain")
    with store.read() as connection:
        assert first_with_image(connection, responses=False) == "prompt sees"
        assert images_a_prompt(connection) == 0.5
