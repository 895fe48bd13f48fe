"""tool_calls: what is wrong with the calls of tools in the chosen response, by the tools on offer.

Calls of tools that are not there, arguments that don't satisfy a tool's JSON schema, results nobody asked
for, calls that were passed over, no answer at the end, and an answer that says another number than the one
result it rests on. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pairwright.quality.example import Example, Finding, Problem, Severity
from pairwright.types import Message, ToolCall

SEVERITY: dict[str, Severity] = {
    "no_such_tool": "error",
    "arguments": "error",
    "unasked_result": "error",
    "passed_over": "error",
    "no_answer": "error",
    "other_number": "warning",  # it may have been rounded, or worked out from the result
}
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])-?\d+(?:\.\d+)?")


class ToolCalls:
    """One finding a part, of the chosen response; a notice where the rejected one has it too."""

    name = "tool_calls"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided or not example.turns_chosen:
            return
        rejected = {problem.part for problem in problems(example.turns_rejected, example.tools)}
        seen: set[str] = set()
        for problem in problems(example.turns_chosen, example.tools):
            if problem.part in seen:
                continue
            seen.add(problem.part)
            severity, reason = SEVERITY[problem.part], f"in the chosen response {problem.reason}"
            remedy = "send the pair to people; if the rejected one is right, flip it"
            if problem.part in rejected:
                severity, reason = "info", f"{reason} (so in the rejected one)"
                remedy = "neither is right: draw new responses, or drop the pair"
            yield Finding(self.name, severity, reason, remedy, example.id, problem.part, problem.value)


def problems(turns: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """What is wrong with what a model did, in order. Without `tools` only the order of turns is looked at."""
    schemas = {str(each.get("name")): each for each in (tool.get("function", tool) for tool in tools)}
    for call in (call for turn in turns for call in turn.tool_calls):
        yield from _call(call, schemas)
    yield from _results(turns)
    yield from _ending(turns)


def _call(call: ToolCall, schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if call.values is None:
        shown = call.arguments[:60]
        yield Problem("arguments", f"the arguments of {call.name} are no JSON object: {shown}", shown)
    if not schemas:
        return
    if call.name not in schemas:
        known = ", ".join(list(schemas)[:5])
        yield Problem("no_such_tool", f"{call.name} is called, which is not on offer ({known})", call.name)
    elif call.values is not None and (said := _unsatisfied(schemas[call.name], call.values)):
        yield Problem("arguments", f"the arguments of {call.name} don't satisfy its schema: {said}", said)


def _unsatisfied(tool: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    """The first thing in which arguments don't satisfy a tool's schema; None where they do."""
    from jsonschema import exceptions, validators

    schema = tool.get("parameters")
    if not isinstance(schema, Mapping):
        return None
    try:
        checker = validators.validator_for(schema)(schema)
        error = exceptions.best_match(checker.iter_errors(dict(values)))
    except Exception:  # a schema that is none says nothing of the call
        return None
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    return (f"{where}: " if where else "") + str(error.message)[:120]


def _results(turns: Sequence[Message]) -> Iterator[Problem]:
    open_calls: list[ToolCall] = []
    for turn in turns:
        if turn.role == "tool":
            answered = _answered(turn, open_calls)
            if answered is None:
                name = turn.name or turn.tool_call_id or "a tool"
                yield Problem("unasked_result", f"there is a result of {name} that nobody asked for", name)
            else:
                open_calls.remove(answered)
        elif turn.role == "assistant":
            if open_calls:
                name = open_calls[0].name
                yield Problem("passed_over", f"the model goes on without the result of {name}", name)
            open_calls = list(turn.tool_calls)


def _answered(result: Message, calls: Sequence[ToolCall]) -> ToolCall | None:
    """The call that a result answers: by its id, else by the tool's name, else the first."""
    if result.tool_call_id and any(call.id for call in calls):
        return next((call for call in calls if call.id == result.tool_call_id), None)
    named = [call for call in calls if result.name in (None, call.name)]
    return named[0] if named else None


def _ending(turns: Sequence[Message]) -> Iterator[Problem]:
    last = turns[-1] if turns else None
    if last is None or last.tool_calls or last.role != "assistant":
        return
    if not last.content.strip():
        yield Problem("no_answer", "there is no answer at the end")
        return
    for before, after in pairwise(turns):
        if after is last and before.role == "tool":
            told, said = _numbers(before.content), _numbers(last.content)
            if len(told) == 1 and said and not any(_same(told[0], each) for each in said):
                yield Problem(
                    "other_number",
                    f"the result is {told[0]:g} and the answer says {', '.join(f'{n:g}' for n in said[:3])}",
                    told[0],
                )


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


def _same(one: float, other: float) -> bool:
    """Whether two numbers are the same, one of them perhaps rounded."""
    return any(round(one, n) == round(other, n) for n in range(3)) or abs(one - other) <= 0.01 * abs(one)
