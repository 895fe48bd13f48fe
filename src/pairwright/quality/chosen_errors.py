"""chosen_has_errors: what is plainly wrong with the chosen response, without trusting a model.

Each part is a kind of mistake (`quality/mistakes`). What the rejected response
has too does not speak against the choice, so it is a notice only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pairwright.quality.example import Example, Finding, Problem, Severity
from pairwright.quality.mistakes import answers, arithmetic, code, endings, links, request, tables
from pairwright.types import Message

# Parts of which under 2 % were false alarms on clean data are errors (benchmarks/quality); others warn.
SEVERITY: dict[str, Severity] = {
    "arithmetic": "error",
    "code": "error",
    "empty": "error",
    "reference": "error",
    "final_answer": "error",
    "looping": "error",
    "request_json": "error",
    "cut_off": "warning",
    "table": "warning",
    "links": "warning",
    "request_length": "warning",
    "request_language": "warning",
}
_SEND = "send the pair to people; if the rejected one is right, flip it"


class ChosenHasErrors:
    """One finding a part; `severity` over the defaults."""

    name = "chosen_has_errors"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided:
            return
        seen: set[str] = set()
        for problem in self._problems(example):
            if problem.part in seen:
                continue
            seen.add(problem.part)
            severity = SEVERITY[problem.part]
            reason, remedy = problem.reason, _SEND
            if problem.part not in ("reference", "empty") and self._also(example, problem):
                severity, remedy = "info", "neither is right: draw new responses, or drop the pair"
                reason += " (so has the rejected one)"
            yield Finding(self.name, severity, reason, remedy, example.id, problem.part, problem.value)

    def _problems(self, example: Example) -> Iterator[Problem]:
        chosen = _said(example.chosen, example.turns_chosen)
        if chosen is None:
            return
        yield from endings.empty(chosen, example.rejected)
        yield from answers.contradicts_reference(chosen, example.reference, example.rejected)
        yield from _alone(example, chosen)

    def _also(self, example: Example, problem: Problem) -> bool:
        rejected = _said(example.rejected, example.turns_rejected)
        return rejected is not None and any(other.part == problem.part for other in _alone(example, rejected))


def _said(text: str, turns: Sequence[Message]) -> str | None:
    """The words a user reads at the end; None where a response ends with a call, which has its own check."""
    return (turns[-1].content or None) if turns else text


def _alone(example: Example, text: str) -> Iterator[Problem]:
    """What is wrong with a text whatever it is compared with."""
    yield from arithmetic.wrong_arithmetic(text, example.prompt)
    yield from code.broken_code(text, example.asked)
    yield from tables.broken_tables(text, example.asked)
    yield from endings.cut_off(text, example.asked)
    yield from endings.loops(example.asked, text)
    yield from links.malformed_links(text)
    yield from answers.contradicts_itself(text)
    yield from request.breaks_request(example.asked, text)
