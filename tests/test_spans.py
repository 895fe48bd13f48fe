"""Spans are counted in characters of one message's own text."""

from pairwright.spans import Span, quoted
from pairwright.types import Message


def test_a_span_is_quoted_from_its_own_message():
    turns = (Message("assistant", "first"), Message("tool", "21"), Message("assistant", "😀 It is 21."))
    assert quoted(Span("a", 2, 2, 7).as_dict(), turns) == "It is"
