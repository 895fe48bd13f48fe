"""Reading a judge's answer: tolerant of wrapping, strict about meaning.

Prose, code fences and odd capitals around an answer are fine. An answer that
is missing, contradicts itself or is cut off is never guessed at: it raises
`Unreadable` with the reason, which is sent back to the judge once and then
recorded as a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any

from pairwright.types import Answer, Confidence, Verdict

MAX_REASON = 1000
LONGEST = 50_000  # characters that are looked at: an answer stands at the end

_VERDICTS: dict[str, Verdict] = {
    "A": "A",
    "B": "B",
    "TIE": "TIE",
    "RESPONSE A": "A",
    "RESPONSE B": "B",
    "DRAW": "TIE",
    "EQUAL": "TIE",
}
_CONFIDENCES: dict[str, Confidence] = {"HIGH": "HIGH", "LOW": "LOW"}
_THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_DECORATION = "*_`'\"[](){}.,: \t"
_VERDICT_LINE = re.compile(
    r"^[\s>*_#-]*(?:final\s+|my\s+)?(?:verdict|answer|winner|choice|better response)"
    r"[\s*_]*(?::|=|\bis\b)(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_CONFIDENCE_LINE = re.compile(
    r"^[\s>*_#-]*(?:my\s+)?confidence[\s*_]*(?::|=|\bis\b)(.*)$", re.IGNORECASE | re.MULTILINE
)
# After a verdict in a line only further fields of the answer may follow.
_FIELD_LINE = re.compile(
    r"^[\s>*_#-]*(?:my\s+)?(?:confidence|reason|explanation|rationale|verdict|answer|winner|choice)[\s*_]*(?::|=)",
    re.IGNORECASE,
)
_AFTER = " \t\r\n`*_.\"'"
_QUOTED = "more text follows its JSON object, so it may be a quotation"
_QUOTES = ('"', "'", "\u201c", "`")
_BRACKETED = re.compile(r"\[\[\s*(A|B|TIE|C)\s*\]\]", re.IGNORECASE)


class Unreadable(ValueError):
    """The answer holds no verdict that could be read without guessing. The message says why."""


def parse_answer(raw: str) -> Answer:
    """The verdict in a judge's raw text, about what it was shown (A = shown first).

    Read in this order: a JSON object with "verdict"; lines `Verdict: A` and
    `Confidence: HIGH`; `[[A]]`; the whole answer being just `A`, `B` or `TIE`.
    A confidence that was not stated is None. Raises Unreadable.
    """
    text = _answer_part(raw)
    if not text:
        raise Unreadable("it is empty")
    found = [(answer, span) for answer, span in _objects(text) if any(_is(key, "verdict") for key in answer)]
    if found:
        # A judge may quote a response that holds an answer of its own. What counts is what the
        # answer ends in, and nothing said besides may contradict it.
        beside = _without(text, [span for _, span in found])
        objects = [_from_object(answer) for answer, _ in found]
        _one([*objects, *(Answer(v, objects[0].confidence) for v in _said_in_words(beside))], raw)
        if text[found[-1][1][1] :].strip(_AFTER):
            raise Unreadable(_QUOTED)
        return _one(objects, raw)
    if '"verdict"' in text:
        raise Unreadable("its JSON is broken or cut off")
    if lines := list(_VERDICT_LINE.finditer(text)):
        if not all(_FIELD_LINE.match(line) for line in text[lines[-1].end() :].splitlines() if line.strip()):
            raise Unreadable("more text follows its verdict, so it may be a quotation")
        confidences = {_confidence(line) for line in _CONFIDENCE_LINE.findall(text)}
        if len(confidences) > 1:
            raise Unreadable("it states two different confidences")
        confidence = confidences.pop() if confidences else None
        return _one([Answer(_verdict(line[1]), confidence) for line in lines], raw)
    if marks := list(_BRACKETED.finditer(text)):
        marked = _one([Answer(_mark(mark[1])) for mark in marks], raw)
        if text[marks[-1].end() :].strip(_AFTER) or text[: marks[-1].start()].rstrip().endswith(_QUOTES):
            raise Unreadable("more text follows its [[verdict]], so it may be a quotation")
        return marked
    if len(text) <= 20 and (verdict := _VERDICTS.get(text.strip(_DECORATION).upper())):
        return Answer(verdict, raw=raw)
    raise Unreadable('it holds no JSON object with "verdict"')


def parse_scores(raw: str) -> Answer:
    """Two scores, 0 to 10, as an answer: who has more is better, by that margin. Raises Unreadable."""
    found, quoted = _ending_in(raw, "score_a", "score_b")
    scores = {tuple(_score(_field(each, name)) for name in ("score_a", "score_b")) for each in found}
    if len(scores) > 1:
        raise Unreadable("it gives different scores")
    if quoted:
        raise Unreadable(_QUOTED)
    a, b = scores.pop()
    reason = _field(found[-1], "reason")
    return Answer(
        "A" if a > b else "B" if b > a else "TIE",
        reason=reason.strip()[:MAX_REASON] or None if isinstance(reason, str) else None,
        raw=raw,
        margin=a - b,
    )


def last_object(raw: str, name: str) -> dict[str, Any]:
    """The JSON object with this field that an answer ends in. Raises Unreadable."""
    found, quoted = _ending_in(raw, name)
    if any(_field(each, name) != _field(found[-1], name) for each in found):
        raise Unreadable(f'it gives "{name}" twice, differently')
    if quoted:
        raise Unreadable(_QUOTED)
    return {key.strip().lower(): value for key, value in found[-1].items()}


def _ending_in(raw: str, *names: str) -> tuple[list[dict[str, Any]], bool]:
    """All JSON objects with the first of these fields, and whether more text follows the last."""
    text = _answer_part(raw)
    found = [(each, span) for each, span in _objects(text) if any(_is(key, names[0]) for key in each)]
    if not found:
        fields = " and ".join(f'"{name}"' for name in names)
        raise Unreadable(f"it holds no JSON object with {fields}")
    return [each for each, _ in found], bool(text[found[-1][1][1] :].strip(_AFTER))


def _score(value: Any) -> float:
    try:
        score = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        score = None
    if score is None or not 0 <= score <= 10:
        raise Unreadable(f"a score is {_shown(value)}, not a number from 1 to 10")
    return score


def _answer_part(raw: str) -> str:
    """What a model says after thinking. Raises Unreadable where it never stops thinking."""
    text = raw.strip()[-LONGEST:]
    if text.startswith(("{", "```")):
        return text  # tags inside are part of what it says
    text = _THINKING.sub("", text).strip()
    # Some chat templates open the thinking themselves: only its end is in the answer.
    closed = list(re.finditer(r"</think(?:ing)?>", text, re.IGNORECASE))
    if closed:
        text = text[closed[-1].end() :].strip()
    if re.search(r"<think(?:ing)?>", text, re.IGNORECASE):
        raise Unreadable("it ends in the middle of thinking, before any verdict")
    return text


def _said_in_words(text: str) -> list[Verdict]:
    """Verdicts given in lines or marks; what can't be read as one is no contradiction."""
    lines = (_VERDICTS.get(line.strip(_DECORATION).upper()) for line in _VERDICT_LINE.findall(text))
    return [verdict for verdict in lines if verdict] + [_mark(mark) for mark in _BRACKETED.findall(text)]


def _mark(mark: str) -> Verdict:
    """MT-bench style: [[C]] means a tie."""
    return "TIE" if mark.upper() == "C" else _verdict(mark)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def _objects(text: str) -> Iterator[tuple[dict[str, Any], tuple[int, int]]]:
    """Every JSON object that stands in the text, outermost first, and where."""
    at = text.find("{")
    while at != -1:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (JSONDecodeError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict):
                yield value, (at, end)
        at = text.find("{", end)


def _keep_contradictions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which a repeated name does not silently lose its first value."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        same = next((each for each in found if _is(each, name.strip().lower())), name)
        repeated = same in found and found[same] != value
        found[same] = f"{found[same]} and {value}" if repeated else value
    return found


_DECODER = JSONDecoder(object_pairs_hook=_keep_contradictions)


def _field(answer: dict[str, Any], name: str) -> Any:
    return next((value for key, value in answer.items() if _is(key, name)), None)


def _is(key: str, name: str) -> bool:
    return key.strip().lower() == name


def _from_object(answer: dict[str, Any]) -> Answer:
    stated = _field(answer, "confidence")
    reason = _field(answer, "reason") or _field(answer, "reasoning")
    return Answer(
        _verdict(_field(answer, "verdict")),
        None if stated is None else _confidence(stated),
        reason.strip()[:MAX_REASON] or None if isinstance(reason, str) else None,
    )


def _verdict(value: Any) -> Verdict:
    verdict = _VERDICTS.get(value.strip(_DECORATION).upper()) if isinstance(value, str) else None
    if verdict is None:
        raise Unreadable(f"its verdict is {_shown(value)}, not A, B or TIE")
    return verdict


def _confidence(value: Any) -> Confidence:
    confidence = _CONFIDENCES.get(value.strip(_DECORATION).upper()) if isinstance(value, str) else None
    if confidence is None:
        raise Unreadable(f"its confidence is {_shown(value)}, not HIGH or LOW")
    return confidence


def _shown(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else repr(value)
    return f'"{text[:60]}"'


def _one(answers: list[Answer], raw: str) -> Answer:
    """The one answer given; repeating oneself is fine, contradicting oneself is not."""
    if len({(answer.verdict, answer.confidence) for answer in answers}) > 1:
        verdicts = sorted({answer.verdict for answer in answers})
        if len(verdicts) > 1:
            raise Unreadable(f"it gives different verdicts: {' and '.join(verdicts)}")
        raise Unreadable("it states two different confidences")
    first = answers[0]
    reason = first.reason or _prose(raw)
    return Answer(first.verdict, first.confidence, reason, raw=raw)


def _prose(raw: str) -> str | None:
    """What stands around a bare verdict, as its reason."""
    text = _THINKING.sub("", raw).strip()
    return text[:MAX_REASON] if len(text) > 40 and not text.startswith(("{", "```")) else None
