"""thinking_trace: a response that still holds the model's thinking, shown to people and judges as if said.

A model trained on it learns to think aloud, and the marks tell which model wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pairwright.judging.thinking import trace_in
from pairwright.quality.example import Example, Finding, Severity
from pairwright.types import Message

_LEAST = 60  # characters in a row that are no chance


def _leak(turns: Sequence[Message]) -> str | None:
    """The beginning of reasoning that stands in the answer too, word for word; None where none does."""
    for turn in turns:
        thought = (turn.reasoning or "").strip()
        start = thought[:_LEAST]
        if len(start) == _LEAST and start in turn.content:
            return start
    return None


class ThinkingTrace:
    """A warning a pair; a notice where both responses have it, for then it may be meant so.

    An error where the chosen response alone begins with its own recorded reasoning.
    """

    name = "thinking_trace"

    def look(self, example: Example) -> Iterator[Finding]:
        sides = (("A", example.a, example.turns_a), ("B", example.b, example.turns_b))
        marks = {side: trace_in(text) or _leak(turns) for side, text, turns in sides}
        found = [side for side, mark in marks.items() if mark is not None]
        if not found:
            return
        if len(found) == 2:
            which = "both responses hold their"
        elif not example.decided:
            which = f"response {found[0].lower()} holds its"
        else:
            which = f"the {'chosen' if found[0] == example.verdict else 'rejected'} response holds its"
        mark = marks[found[0]]
        severity: Severity = "info" if len(found) == 2 else "warning"
        if found == [example.verdict] and _leak(example.turns_chosen) is not None:
            severity = "error"  # it is no mark that a user may want to see: the trace is on record beside it
        yield Finding(
            self.name,
            severity,
            f'{which} thinking trace: "{mark}"',
            "take the thinking out and add the pair anew, or dismiss this where a trace is wanted",
            example.id,
            value=mark,
        )
