"""What to type for rows in no known format: a command proposed from the names and values of some rows.

It is a proposal and says so: a name that looks like the better answer is no proof that it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pairwright.formats.carried import is_messages
from pairwright.formats.mapping import path_of, shown
from pairwright.formats.reading import Record
from pairwright.formats.thumbs import thumb_of

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PROMPTS = (
    "prompt", "instruction", "question", "query", "input", "user", "task", "problem", "request", "context",
    "messages", "conversation", "text",
)  # fmt: skip
_BETTER = (
    "chosen", "preferred", "better", "winner", "winning", "good", "accepted", "positive", "pos", "best",
    "win",
)  # fmt: skip
_WORSE = (
    "rejected", "dispreferred", "worse", "loser", "losing", "bad", "rejected", "negative", "neg", "worst",
    "lose",
)  # fmt: skip
_FIRST, _SECOND = ("a", "1", "0", "left", "first", "one"), ("b", "2", "1", "right", "second", "two")
_LABELS = (
    "label", "winner", "preference", "preferred", "choice", "vote", "verdict", "better", "annotation",
    "judgment", "judgement", "result", "selected",
)  # fmt: skip
_ANSWERS = ("response", "answer", "output", "completion", "reply", "assistant", "generation")
_GOOD = ("good", "thumb", "thumbs", "feedback", "liked", "like", "label", "vote", "is")
_SIDES = {
    **dict.fromkeys(("a", "a>b", "left", "first", "model_a", "response_a", "1"), "A"),
    **dict.fromkeys(("b", "b>a", "right", "second", "model_b", "response_b", "2"), "B"),
    **dict.fromkeys(("tie", "a=b", "equal", "same", "draw", "both", "0"), "TIE"),
}  # fmt: skip
_MOST_VALUES = 6  # of a label
_DEPTH = 8


def proposed(records: Sequence[Record]) -> str:
    """The command to try, or how one names columns where nothing looks like an answer."""
    rows = [record.row for record in records]
    texts = [name for name in _leaves(rows[0]) if _holds_text(rows, name)]
    found = _pair(texts) or _sides(texts, rows) or _single(texts, rows)
    prompt = _named(texts, _PROMPTS, but=found.values() if found else ())
    if not found or prompt is None:
        return (
            "Pass --from NAME, or name the columns: --map prompt=COLUMN,chosen=COLUMN,rejected=COLUMN "
            "(a path such as out.a or messages[-1].content names what is inside)."
        )
    values = found.pop("", None)
    mapping = ",".join(f"{ours}={theirs}" for ours, theirs in {"prompt": prompt, **found}.items())
    command = f'--from table --map "{mapping}"'
    if not values:
        return f"From their names it may be {command}: hold a row against it."
    return (
        f'From their names it may be {command} --label-values "{values}": hold a row against it, for names '
        "do not tell which answer a value means (A, B or TIE)."
    )


def _leaves(value: Any, at: str = "", depth: int = 0) -> Iterator[str]:
    """The paths of all that is text, a number, a message, or a conversation."""
    if is_messages([value]):
        yield at
    elif isinstance(value, dict) and depth < _DEPTH:
        for name, inner in value.items():
            if path_of_name(name):
                yield from _leaves(inner, f"{at}.{name}" if at else name, depth + 1)
    elif isinstance(value, list) and len(value) == 1 and not is_messages(value) and depth < _DEPTH:
        yield from _leaves(value[0], f"{at}[0]", depth + 1)
    elif isinstance(value, str | int | float | bool) or is_messages(value):
        yield at


def path_of_name(name: str) -> bool:
    """Whether a key can stand in a path."""
    return bool(name) and not set(name) & set(".[],=")


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for step in path_of(path):
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _holds_text(rows: Sequence[Mapping[str, Any]], path: str) -> bool:
    found = [_at(row, path) for row in rows]
    return any(isinstance(each, str) or is_messages(each) or is_messages([each]) for each in found)


def _words(path: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(path)]


def _pair(texts: Sequence[str]) -> dict[str, str] | None:
    """Two columns of which the names say that one is the better."""
    for better, worse in zip(_BETTER, _WORSE, strict=True):
        first = next((each for each in texts if better in _words(each)), None)
        second = next((each for each in texts if worse in _words(each)), None)
        if first and second:
            return {"chosen": first, "rejected": second}
    return None


def _sides(texts: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """Two columns that differ in a, b or 1, 2, and one of few values that says which is better."""
    for a, b in zip(_FIRST, _SECOND, strict=True):
        for one in texts:
            words = _words(one)
            if a not in words:
                continue
            wanted = [b if word == a else word for word in words]
            other = next((each for each in texts if _words(each) == wanted and each != one), None)
            label = _label(rows) if other else None
            if other and label:
                return {"response_a": one, "response_b": other, "label": label, "": _values(rows, label)}
    return None


def _label(rows: Sequence[Mapping[str, Any]]) -> str | None:
    for path in _leaves(rows[0]):
        values = {shown(value) for row in rows if (value := _at(row, path)) is not None}
        short = all(len(value) <= 20 for value in values)
        if set(_words(path)) & set(_LABELS) and 0 < len(values) <= _MOST_VALUES and short:
            return path
    return None


def _values(rows: Sequence[Mapping[str, Any]], path: str) -> str:
    values = sorted({shown(value) for row in rows if (value := _at(row, path)) is not None})
    if set(values) <= {"0", "1"}:  # as often the number of the answer as "the first won"
        return "0=A,1=B"
    if set(values) <= {"-1", "0", "1"}:
        return "-1=A,0=TIE,1=B"
    return ",".join(f"{value}={_SIDES.get(value.lower(), '?')}" for value in values)


def _single(texts: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """One answer with a thumb."""
    answer = _named(texts, _ANSWERS)
    for path in _leaves(rows[0]) if answer else ():
        values = [value for row in rows if (value := _at(row, path)) is not None]
        if set(_words(path)) & set(_GOOD) and values and all(thumb_of(value) is not None for value in values):
            return {"response": str(answer), "good": path}
    return None


def _named(texts: Sequence[str], names: Sequence[str], but: Any = ()) -> str | None:
    for name in names:
        found = next((each for each in texts if name in _words(each) and each not in but), None)
        if found:
            return found
    return None
