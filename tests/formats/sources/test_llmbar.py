"""LLMBar: the label is the number of the better output."""

from __future__ import annotations

import pytest
from formats.sources.said import A, B, Q, one, ranks, read, told

RECORD = {"input": Q, "output_1": B, "output_2": A, "label": 2}


@pytest.mark.parametrize(("label", "expected"), [(1, [1, 2]), (2, [2, 1])])
def test_the_number_is_that_of_the_better_output(tmp_path, label, expected):
    assert told(tmp_path, RECORD) == "llmbar"
    assert ranks(one(tmp_path, "llmbar", {**RECORD, "label": label})) == expected


def test_0_is_no_label_there(tmp_path):
    (bad,) = read(tmp_path, "llmbar", {**RECORD, "label": 0})
    assert "it is 1 or 2" in bad.reason
