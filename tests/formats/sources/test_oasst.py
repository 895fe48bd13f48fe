"""OpenAssistant: replies to one message are ranked, 0 is the best; trees a row, or messages a row."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, ranks, read, texts, told

from pairwright.formats.canonical import Canonical


def node(own, parent, role, text, rank=None, *replies, **more):
    return {
        "message_id": own, "parent_id": parent, "text": text, "role": role, "lang": "en", "review_count": 3,
        "rank": rank, "synthetic": False, "model_name": None, "replies": list(replies), **more,
    }  # fmt: skip


# Two replies of which the second (rank 0) is the better; its asker went on, and got one more reply.
TREE = {
    "message_tree_id": "m0",
    "tree_state": "ready_for_export",
    "prompt": node(
        "m0", None, "prompter", Q, None,
        node("m1", "m0", "assistant", B, 1),
        node("m2", "m0", "assistant", A, 0),
    ),
}  # fmt: skip
DEEPER = {
    "message_tree_id": "m0",
    "prompt": node(
        "m0", None, "prompter", "Hi", None,
        node("m1", "m0", "assistant", "Hello", 0,
             node("m3", "m1", "prompter", Q, 0,
                  node("m4", "m3", "assistant", A, 0), node("m5", "m3", "assistant", B, 1))),
        node("m2", "m0", "assistant", "What?", 1),
    ),
}  # fmt: skip


def flat(node):
    return [{**node, "message_tree_id": "m0", "replies": None}] + [
        row for reply in node["replies"] for row in flat(reply)
    ]


MESSAGES = [{key: each[key] for key in each if key != "replies"} for each in flat(TREE["prompt"])]


def test_rank_0_is_the_best_reply(tmp_path):
    found = one(tmp_path, "oasst", TREE)
    assert (asked(found), texts(found), ranks(found)) == ([("user", Q)], [B, A], [2, 1])
    assert (found.id, found.source) == ("m0", "en")
    assert "prompt.replies.review_count" in found.beside


def test_every_turn_of_a_tree_that_has_several_replies_is_a_row(tmp_path):
    first, second = read(tmp_path, "oasst", DEEPER)
    assert (asked(first), texts(first), first.id) == ([("user", "Hi")], ["Hello", "What?"], "m0")
    assert (asked(second)[-1], ranks(second), second.id) == (("user", Q), [1, 2], "m3")
    assert len(second.prompt) == 3


def test_messages_a_row_are_the_same_trees(tmp_path):
    assert told(tmp_path, *MESSAGES) == "oasst-messages"
    (rows,) = read(tmp_path, "oasst-messages", *MESSAGES)
    tree = one(tmp_path, "oasst", TREE)
    assert (rows.prompt, rows.responses, rows.id) == (tree.prompt, tree.responses, tree.id)
    both = read(tmp_path, "oasst-messages", *flat(DEEPER["prompt"]))
    assert [each.id for each in both if isinstance(each, Canonical)] == ["m0", "m3"]


def test_a_reply_to_a_message_that_is_not_there_is_a_bad_row(tmp_path):
    (bad,) = read(tmp_path, "oasst-messages", MESSAGES[0], {**MESSAGES[1], "parent_id": "gone"})
    assert "replies to gone, which is not in its tree" in bad.reason


def test_replies_without_a_rank_say_nothing_and_deleted_ones_are_none(tmp_path):
    row = {**TREE, "prompt": node("m0", None, "prompter", Q, None, node("m1", "m0", "assistant", B),
                                  node("m2", "m0", "assistant", A), node("m3", "m0", "assistant", "x", 0, deleted=True))}  # fmt: skip
    found = one(tmp_path, "oasst", row)
    assert (texts(found), ranks(found)) == ([B, A], [None, None])


def test_a_message_with_one_reply_compares_nothing(tmp_path):
    (left,) = read(tmp_path, "oasst", {**TREE, "prompt": node("m0", None, "prompter", Q, None, node("m1", "m0", "assistant", A, 0))})  # fmt: skip
    assert (left.reason, left.unit) == ("single_response", "response")
