"""Open WebUI's feedback export: a thumb on one message, and with siblings a comparison."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, ranks, read, texts, told


def message(own, parent, role, content, **more):
    return {"id": own, "parentId": parent, "childrenIds": [], "role": role, "content": content, **more}


def feedback(rating, siblings=None, *more, params=None):
    known = [message("u", None, "user", Q), message("a", "u", "assistant", A, model="llama3"), *more]
    inner = {"title": "Sky", "models": ["llama3"], "params": params or {}, "messages": [],
             "history": {"messages": {each["id"]: each for each in known}, "currentId": "a"}}  # fmt: skip
    return {
        "id": "f1", "user_id": "u1", "version": 0, "type": "rating",
        "data": {"rating": rating, "model_id": "llama3", "sibling_model_ids": siblings, "reason": "accurate",
                 "comment": "right", "tags": [], "details": {"rating": 9}},
        "meta": {"arena": bool(siblings), "message_id": "a", "message_index": 2, "chat_id": "c1"},
        "snapshot": {"chat": {"id": "c1", "chat": inner}},
        "created_at": 1, "updated_at": 1,
    }  # fmt: skip


RECORD = feedback(1)
OTHER = message("b", "u", "assistant", B, model="phi3")


def test_a_thumb_makes_the_message_good_or_bad(tmp_path):
    assert told(tmp_path, RECORD) == "open-webui"
    for rating, good in ((1, True), (-1, False), ("1", True)):
        found = one(tmp_path, "open-webui", feedback(rating))
        (answer,) = found.responses
        assert (asked(found), answer.text, answer.good, answer.rating) == ([("user", Q)], A, good, 9)
        assert answer.model == "llama3"
    assert {"snapshot.chat.chat.title", "version", "data.model_id"} <= {*found.beside}


def test_with_siblings_the_rated_one_won_or_lost(tmp_path):
    for rating, expected in ((1, [1, 2]), (-1, [2, 1])):
        found = one(tmp_path, "open-webui", feedback(rating, ["phi3"], OTHER))
        assert (texts(found), ranks(found)) == ([A, B], expected)
        (said,) = found.opinions
        assert (said.rater, said.kind, said.reason) == ("open-webui/u1", "person", "right")


def test_of_two_siblings_nothing_is_said_among_them(tmp_path):
    third = message("c", "u", "assistant", "No idea.", model="gemma")
    assert ranks(one(tmp_path, "open-webui", feedback(1, ["phi3", "gemma"], OTHER, third))) == [1, 2.5, 2.5]
    assert ranks(one(tmp_path, "open-webui", feedback(-1, ["phi3", "gemma"], OTHER, third))) == [3, 1.5, 1.5]


def test_the_chats_system_prompt_is_part_of_what_was_asked(tmp_path):
    found = one(tmp_path, "open-webui", feedback(1, params={"system": "Be brief."}))
    assert asked(found) == [("system", "Be brief."), ("user", Q)]


def test_a_message_that_is_not_in_the_snapshot_is_a_bad_row(tmp_path):
    row = feedback(1)
    row["meta"]["message_id"] = "gone"
    (bad,) = read(tmp_path, "open-webui", row)
    assert "has no message gone, which was rated" in bad.reason
    (left,) = read(tmp_path, "open-webui", feedback(None))
    assert left.reason == "not_labelled"
