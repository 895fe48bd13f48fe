"""JudgeBench: A>B says that response A has the right answer."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, one, ranks, read, told

RECORD = {
    "pair_id": "p1",
    "original_id": "o1",
    "source": "mmlu-pro-physics",
    "question": Q,
    "response_model": "gpt-4o-2024-05-13",
    "response_A": B,
    "response_B": A,
    "label": "B>A",
}


@pytest.mark.parametrize(("label", "expected"), [("A>B", [1, 2]), ("B>A", [2, 1])])
def test_labels(tmp_path, label, expected):
    assert told(tmp_path, RECORD) == "judgebench"
    found = one(tmp_path, "judgebench", {**RECORD, "label": label})
    assert (ranks(found), found.source, found.id, found.beside) == (
        expected,
        "mmlu-pro-physics",
        "p1",
        ("original_id",),
    )
    assert {each.model for each in found.responses} == {"gpt-4o-2024-05-13"}


def test_another_label_is_a_bad_row(tmp_path):
    (bad,) = read(tmp_path, "judgebench", {**RECORD, "label": "A"})
    assert "it is A>B or B>A" in bad.reason
