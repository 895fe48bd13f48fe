"""LibreChat's exported conversations: thumbs on messages, branches kept apart, calls with their results."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, read, texts, told

ZERO = "00000000-0000-0000-0000-000000000000"


def message(own, parent, user, text, thumb=None, **more):
    said = {"feedback": {"rating": thumb, "tag": "accurate_reliable"}} if thumb else {}
    return {"messageId": own, "parentMessageId": parent, "isCreatedByUser": user, "text": text,
            "sender": "User" if user else "GPT", **said, **more}  # fmt: skip


RECORD = {
    "conversationId": "c1",
    "endpoint": "openAI",
    "title": "Sky",
    "messages": [
        message("1", ZERO, True, Q),
        message("2", "1", False, A, "thumbsUp", model="gpt-4o"),
    ],
}


def test_a_thumb_is_about_its_message(tmp_path):
    assert told(tmp_path, RECORD) == "librechat"
    found = one(tmp_path, "librechat", RECORD)
    assert (asked(found), texts(found), found.responses[0].good) == ([("user", Q)], [A], True)
    assert (found.responses[0].model, found.id) == ("gpt-4o", "2")
    assert {"messages.sender", "messages.feedback.tag", "endpoint", "title"} <= {*found.beside}


def test_branches_have_their_own_past(tmp_path):
    tree = message("1", ZERO, True, Q, children=[
        message("2", "1", False, A, "thumbsUp", children=[message("4", "2", True, "Why?", children=[
            message("5", "4", False, "Light.", "thumbsDown")])]),
        message("3", "1", False, B, "thumbsDown"),
    ])  # fmt: skip
    row = {"conversationId": "c1", "endpoint": "openAI", "title": "Sky", "messagesTree": [tree]}
    found = read(tmp_path, "librechat", row)
    assert [(texts(each), each.responses[0].good, len(each.prompt)) for each in found] == [
        ([A], True, 1),
        (["Light."], False, 3),
        ([B], False, 1),
    ]


def test_parts_of_a_message_are_thoughts_calls_and_text(tmp_path):
    parts = [
        {"type": "think", "think": "Look first."},
        {
            "type": "tool_call",
            "tool_call": {"id": "t1", "name": "look", "args": '{"at": "sky"}', "output": "blue"},
        },
        {"type": "text", "text": {"value": A}},
    ]
    row = {
        **RECORD,
        "messages": [RECORD["messages"][0], message("2", "1", False, "", "thumbsUp", content=parts)],
    }
    call, result, said = one(tmp_path, "librechat", row).responses[0].turns
    assert (call.reasoning, call.tool_calls[0].name, result.content, said.content) == (
        "Look first.",
        "look",
        "blue",
        A,
    )


def test_a_conversation_without_thumbs_is_left_out(tmp_path):
    (left,) = read(tmp_path, "librechat", {**RECORD, "messages": RECORD["messages"][:1]})
    assert left.reason == "not_labelled"


def test_a_thumb_is_a_persons_and_its_words_are_the_reason(tmp_path):
    """feedback = {rating: thumbsUp | thumbsDown, tag: one of a list, text: what the person wrote}."""
    feedback = {"rating": "thumbsDown", "tag": {"key": "inaccurate"}, "text": "The sky is blue."}
    rated = message("2", "1", False, B, model="gpt-4o") | {"feedback": feedback}
    found = one(tmp_path, "librechat", {**RECORD, "messages": [RECORD["messages"][0], rated]})
    (opinion,) = found.opinions
    assert (opinion.kind, opinion.reason, found.responses[0].good) == ("person", "The sky is blue.", False)
    assert "messages.feedback.text" not in found.beside
    assert "messages.feedback.tag" in found.beside
