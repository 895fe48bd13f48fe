"""tool_calls: what is wrong with the calls of tools in the chosen response, by the tools on offer.

Calls of tools that are not there, arguments that don't satisfy a tool's JSON schema, results nobody asked
for, calls that were passed over or never answered, no answer at the end, and an answer that says another
number than the last result. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from pairwright.quality.example import Example, Finding, Problem, Severity
from pairwright.types import Message, ToolCall

SEVERITY: dict[str, Severity] = {
    "no_such_tool": "error",
    "arguments": "error",
    "unasked_result": "error",
    "passed_over": "error",
    "unanswered": "error",
    "no_answer": "error",
    "contradicts_result": "error",
    "other_number": "warning",  # it may have been rounded, or worked out from the result
}
_NEAR = 30  # characters between a name and its number
_SHORTEST = 3  # characters of a name: `n` or `x` stands anywhere
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
    for call in (call for turn in turns for call in turn.tool_calls):
        yield from problems_of_call(call, tools)
    yield from _results(turns)
    yield from _ending(turns)


def problems_of_call(call: ToolCall, tools: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """What is wrong with one call, by the tools on offer."""
    schemas = {str(each.get("name")): each for each in (tool.get("function", tool) for tool in tools)}
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
    # Calls alone are handed to whoever runs tools; where tools did answer, all of them should have.
    if open_calls and any(turn.role == "tool" for turn in turns):
        name = open_calls[0].name
        yield Problem("unanswered", f"the call of {name} has no result, and others have", name)


def _answered(result: Message, calls: Sequence[ToolCall]) -> ToolCall | None:
    """The call that a result answers: by its id, else by the tool's name, else the first."""
    if result.tool_call_id and any(call.id for call in calls):
        return next((call for call in calls if call.id == result.tool_call_id), None)
    named = [call for call in calls if result.name in (None, call.name)]
    return named[0] if named else None


def _ending(turns: Sequence[Message]) -> Iterator[Problem]:
    last = turns[-1] if turns else None
    if last is None or last.tool_calls:
        return
    if last.role == "tool":
        yield Problem("no_answer", "there is no answer at the end: it stops at a tool's result")
    elif last.role == "assistant":
        if not (last.content.strip() or last.images):
            yield Problem("no_answer", "there is no answer at the end")
        elif len(turns) > 1 and turns[-2].role == "tool":
            yield from _numbers_told(turns[-2].content, last.content)


def _numbers_told(result: str, answer: str) -> Iterator[Problem]:
    """Where an answer says another number than the result it rests on: of the same thing, or at all."""
    measures = [(name, value, _said_of(name, answer)) for name, value in _measures(result)]
    for name, value, said in measures:
        if said and not any(_converted(value, each) for each in said):
            reason = f"the result has {name} {value:g} and the answer says {name} {said[0]:g}"
            yield Problem("contradicts_result", reason, value)
    if any(said for _, _, said in measures):
        return
    told, said = _numbers(result), _numbers(answer)
    if len(told) == 1 and said and not any(_same(told[0], each) for each in said):
        reason = f"the result is {told[0]:g} and the answer says {', '.join(f'{n:g}' for n in said[:3])}"
        yield Problem("other_number", reason, told[0])


def _measures(result: str) -> Iterator[tuple[str, float]]:
    """The numbers of a result that is a JSON object, each with its name."""
    try:
        found = orjson.loads(result)
    except orjson.JSONDecodeError:
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, int | float) and not isinstance(value, bool) and len(name) >= _SHORTEST:
            yield name.replace("_", " "), float(value)


def _said_of(name: str, answer: str) -> list[float]:
    """The numbers that follow a name closely: `humidity is 40`."""
    found = []
    for mark in re.finditer(rf"\b{re.escape(name)}\b", answer, re.IGNORECASE):
        after = re.split(r"[.;\n](?!\d)", answer[mark.end() : mark.end() + _NEAR], maxsplit=1)[0]
        found += _numbers(after)[:1]
    return found


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


def _same(one: float, other: float) -> bool:
    """Whether two numbers are the same, one of them perhaps rounded."""
    return any(round(one, n) == round(other, n) for n in range(3)) or abs(one - other) <= 0.01 * abs(one)


def _converted(one: float, other: float) -> bool:
    """Whether two numbers are the same, perhaps in other units: shares, thousands, degrees."""
    units = (one, one * 100, one / 100, one * 1000, one / 1000, one * 9 / 5 + 32, (one - 32) * 5 / 9)
    return any(_same(each, other) for each in units)
