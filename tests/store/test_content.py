"""Prompts, responses and pairs in the store."""

import pytest
from postgres import empty_database
from sqlalchemy import select

from pairwright.pairing import pair_key, text_key
from pairwright.store import content
from pairwright.store.content import (
    NewPair,
    NewResponse,
    given_response_key,
    has_response_of,
    insert_pairs,
    insert_prompts,
    insert_responses,
    meeting_pages,
    prompt_ids,
    response_ids,
    response_models,
)
from pairwright.store.schema import prompt
from pairwright.store.store import Store
from pairwright.types import Message, Prompt, Response, messages_from


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    url = str(tmp_path / "pairwright.db")
    if request.param == "postgresql":
        url = empty_database()
    with Store.open(url, create=True) as store:
        yield store


def stored_prompts(store):
    with store.read() as connection:
        return list(connection.execute(select(prompt).order_by(prompt.c.id)))


def add_prompts(store, *prompts):
    with store.write() as connection:
        return insert_prompts(connection, prompts, [prompt.key for prompt in prompts])


def add_responses(store, prompt, *responses):
    with store.write() as connection:
        insert_prompts(connection, [prompt], [prompt.key])
        prompt_id = prompt_ids(connection, [prompt.key])[prompt.key]
        keys = [given_response_key(prompt.key, one.text, one.model) for one in responses]
        news = [NewResponse(prompt_id, key, one) for key, one in zip(keys, responses, strict=True)]
        return insert_responses(connection, news)


def add_pair(store, prompt, a, b, policy="given"):
    """A pair of two texts that are responses already."""
    with store.write() as connection:
        keys = [given_response_key(prompt.key, side, None) for side in (a, b)]
        ids = response_ids(connection, keys)
        prompt_id = prompt_ids(connection, [prompt.key])[prompt.key]
        pair = NewPair(
            prompt_id, pair_key(prompt.key, text_key(a), text_key(b)), ids[keys[0]], ids[keys[1]], policy
        )
        return insert_pairs(connection, [pair])


WHY, HOW = Prompt.of("Why?"), Prompt.of("How?")


def test_a_prompt_comes_back_as_it_went_in(store):
    why = Prompt(
        (Message("system", "Be brief."), Message("user", "Zoë: ✓ \u2028?")),
        "q7",
        {"n": [1, None]},
        "a.jsonl:1",
    )
    assert add_prompts(store, why) == 1
    [stored] = stored_prompts(store)
    assert messages_from(stored.messages) == why.messages
    assert (stored.key, stored.external_id, stored.meta, stored.source) == (
        why.key,
        "q7",
        why.meta,
        "a.jsonl:1",
    )


def test_what_is_there_is_passed_over_and_the_first_stays(store):
    again = Prompt(WHY.messages, external_id="second", meta={"x": 1})
    assert add_prompts(store, WHY, again) == 1
    assert add_prompts(store, again, HOW) == 1
    assert [one.external_id for one in stored_prompts(store)] == [None, None]


def test_nothing_is_added_from_nothing(store):
    assert add_prompts(store) == 0


def test_a_response_is_one_per_prompt_text_and_model(store):
    assert add_responses(store, WHY, Response("So."), Response("So.", "m"), Response("So.", "m")) == 2
    assert add_responses(store, WHY, Response("So."), Response("No.")) == 1
    assert add_responses(store, HOW, Response("So.")) == 1


def test_a_pair_is_one_whichever_side_is_a(store):
    add_responses(store, WHY, Response("So."), Response("No."))
    assert add_pair(store, WHY, "So.", "No.") == 1
    assert add_pair(store, WHY, "No.", "So.", "all") == 0


def test_ids_are_found_in_any_number(store, monkeypatch):
    monkeypatch.setattr(content, "_KEYS_AT_ONCE", 3)
    prompts = [Prompt.of(str(n)) for n in range(10)]
    add_prompts(store, *prompts)
    with store.read() as connection:
        found = prompt_ids(connection, [HOW.key, *(prompt.key for prompt in prompts)])
    assert found.keys() == {prompt.key for prompt in prompts}
    assert len(set(found.values())) == 10


def test_pages_go_through_everything_once(store):
    prompts = [Prompt.of(str(n)) for n in range(10)]
    add_prompts(store, *prompts)
    pages = list(meeting_pages(store, size=4))
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [one.prompt_key for page in pages for one in page] == [prompt.key for prompt in prompts]
    last = pages[1][-1].prompt_id
    assert list(meeting_pages(store, after=last)) == pages[2:]


def test_writing_between_pages_waits_for_nobody(store):
    add_prompts(store, *(Prompt.of(str(n)) for n in range(4)))
    seen = 0
    for page in meeting_pages(store, size=2):
        seen += len(page)
        if seen == 2:
            add_prompts(store, WHY)
    assert seen == 5


def test_a_meeting_has_all_responses_and_pairs_of_its_prompt(store):
    add_responses(store, WHY, Response("So.", "m"), Response("No."), Response("Hm.", mark="truncated"))
    add_prompts(store, HOW)
    add_responses(store, WHY, Response("So."))
    add_pair(store, WHY, "So.", "No.")
    [[why, how]] = meeting_pages(store)
    assert [(one.text, one.model) for one in why.responses] == [
        ("So.", "m"),
        ("No.", None),
        ("Hm.", None),
        ("So.", None),
    ]
    assert why.prompt_key == WHY.key
    assert [(pair.key, pair.policy) for pair in why.pairs] == [
        (pair_key(WHY.key, text_key("So."), text_key("No.")), "given")
    ]
    assert (how.responses, how.pairs) == ((), ())


def test_the_models_that_answered_are_counted(store):
    add_responses(
        store, WHY, Response("1", "big"), Response("2", "big"), Response("3"), Response("4", "tiny")
    )
    with store.read() as connection:
        assert response_models(connection)[0] == ("big", 2)
        assert sorted(response_models(connection), key=str) == [("big", 2), ("tiny", 1), (None, 1)]
        assert has_response_of(connection, "tiny")
        assert not has_response_of(connection, "huge")


def test_keys_of_plain_rows_are_those_of_the_first_version():
    """Or a file that is added again would stand in a store twice."""
    prompt = Prompt((Message("system", "Be brief."), Message("user", "Hi")))
    assert prompt.key.hex() == "3f623a2d855727fb59a7e13c7a016143"
    assert given_response_key(prompt.key, "Hello ", "m").hex() == "65e9044abefba5fcbe7eb30b5f968ffc"
    both = pair_key(prompt.key, text_key("Hello "), text_key("Bye"))
    assert both.hex() == "aaac3f6b0e6821eb52c9247f2e39944a"
