"""Auto-J: 0 prefers response 1, 1 response 2, 2 is a tie."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, one, ranks, read, told

RECORD = {"scenario": "seeking_advice", "label": 0, "prompt": Q, "response 1": A, "response 2": B}


@pytest.mark.parametrize(("label", "expected"), [(0, [1, 2]), (1, [2, 1]), (2, [1.5, 1.5])])
def test_labels(tmp_path, label, expected):
    assert told(tmp_path, RECORD) == "auto-j"
    found = one(tmp_path, "auto-j", {**RECORD, "label": label})
    assert (ranks(found), found.source, found.beside) == (expected, "seeking_advice", ())


def test_another_label_is_a_bad_row(tmp_path):
    (bad,) = read(tmp_path, "auto-j", {**RECORD, "label": None})
    assert "2 (a tie)" in bad.reason
