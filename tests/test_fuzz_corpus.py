"""Inputs that fuzzing found, or began from: each reader takes them, or refuses them in words of our own.

`make fuzz TARGET=verdict SECONDS=60` goes on from here.
"""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "fuzz"))

from targets import TARGETS  # noqa: E402

CORPUS = sorted(path for path in (HERE / "fuzz_corpus").rglob("*") if path.is_file())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_input_is_read_or_refused_in_words(path):
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_inputs_to_begin_from():
    assert {path.parent.name for path in CORPUS} == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=60))
def test_so_are_any_bytes(target, data):
    TARGETS[target](data)
