"""UltraInteract: the prompt is a trajectory; chosen is the right next action."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, ranks, texts, told

RECORD = {
    "task": "Math_CoT",
    "dataset": "gsm8k",
    "trajectory": [
        {"from": "user", "value": "Solve it."},
        {"from": "assistant", "value": "Let me see."},
        {"from": "user", "value": Q},
    ],
    "chosen": A,
    "rejected": B,
    "id": "c1",
    "parent_id": "p1",
}


def test_the_trajectory_is_what_was_asked(tmp_path):
    assert told(tmp_path, RECORD) == "ultrainteract"
    found = one(tmp_path, "ultrainteract", RECORD)
    assert asked(found) == [("user", "Solve it."), ("assistant", "Let me see."), ("user", Q)]
    assert (texts(found), ranks(found), found.id, found.source) == ([A, B], [1, 2], "c1", "Math_CoT")
    assert found.beside == ("dataset", "parent_id")
