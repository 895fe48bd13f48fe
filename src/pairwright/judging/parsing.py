"""Reading a judge's answer: tolerant of wrapping and of slips in its JSON, strict about meaning.

A verdict is read where exactly one is stated. What ends the answer counts; an
explanation may follow only where the answer begins with the verdict, on lines of its
own, for else it may be a quotation of what a response says. An answer that is missing,
contradicts itself or is cut off is never guessed at: it raises `Unreadable` with the
reason, which is sent back to the judge once and then recorded as a failure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pairwright.judging.control_tokens import holds_token
from pairwright.judging.explaining import (
    AFTER,
    CONFIDENCE_LINE,
    FIELD_LINE,
    VERDICT_LINE,
    concluded,
    explains,
    leads,
    quotes,
    quotes_in_line,
    said_in_words,
    verdict_and_rest,
)
from pairwright.judging.fields import FOR_VERDICT, MAX_REASON, answers_in, field, has
from pairwright.judging.json_like import FoundObject, Tangled, objects_in
from pairwright.judging.short_answers import first_line_answer, place_of_side, short_answer
from pairwright.judging.thinking import blanked, thinking_in, unwrapped
from pairwright.judging.words import (
    BRACKETED,
    confidence_in,
    confidence_of,
    mark_of,
    score_of,
)
from pairwright.judging.words import Unreadable as Unreadable
from pairwright.types import Answer, Verdict

LONGEST = 50_000  # characters that are looked at: an answer stands at the end
_TEMPLATE = re.compile(r"\bA\W{1,5}(?:or\W{1,5})?B\b", re.IGNORECASE)  # the words that asked, repeated
_QUOTED = "more text follows its JSON object, so it may be a quotation"
_QUOTES = ('"', "'", "\u201c", "\u201d", "`")
_TAGGED = re.compile(
    r"<(verdict|winner|choice|preferred|preference|confidence|reason|explanation)>([^<]{0,2000})</\1>",
    re.IGNORECASE,
)
_LONE_TAGS = re.compile(r"^[ \t]*(?:</?\w{1,30}>[ \t]*){1,5}$", re.MULTILINE)
_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})\w{0,12}[ \t\r]*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t]*\|(?:[ :-]{0,80}\|){1,9}[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReplyReading:
    """A verdict and where in the raw text it stands, as far as that can be told."""

    answer: Answer
    place: int | None = None


def parse_answer(raw: str, *, cut: bool = False, alone: bool = False) -> Answer:
    """The verdict in a judge's raw text, about what it was shown (A = shown first).

    Read in this order: a verdict and a confidence alone (`B (HIGH)`); a JSON object with
    "verdict" or a name that means it; lines `Verdict: A` and `Confidence: HIGH`; `[[A]]`,
    `[[A>B]]`; a first line that is just `A`, `B` or `TIE`, with or without a confidence. One
    that was not stated in words that can be placed is None; one that is less than high,
    or a share under 0.9, is LOW. `cut`: the text reached its token limit. `alone`: no
    explanation may follow. Raises Unreadable.
    """
    return read_verdict(raw, cut=cut, alone=alone).answer


@lru_cache(maxsize=2)  # of a reply are asked, one after the other, its verdict and where that stands
def read_verdict(raw: str, *, cut: bool = False, alone: bool = False) -> ReplyReading:
    """Like `parse_answer`, with where the verdict stands."""
    text, offset = _answer_part(raw)
    if _TAGGED.search(text):
        text, offset = _LONE_TAGS.sub("", _TAGGED.sub(r"\n\1: \2\n", text)), -1
    read = (
        (_whole(text) if not cut else None)
        or _from_objects(text, cut, alone)
        or _from_lines(text, cut, alone)
        or _from_marks(text, alone)
        or _bare(text, cut, alone)
    )
    if read is None:
        raise Unreadable('it holds no JSON object with "verdict"')
    concludes = concluded(f"{text}\n{read.answer.reason or ''}")
    if concludes not in (None, read.answer.verdict):
        raise Unreadable(f"its words call {concludes} better, and its verdict is {read.answer.verdict}")
    answer = replace(read.answer, raw=raw, reason=read.answer.reason or _prose(text))
    return ReplyReading(answer, None if read.place is None or offset < 0 else read.place + offset)


def _whole(text: str) -> ReplyReading | None:
    said = short_answer(text)
    return None if said is None else ReplyReading(Answer(*said), place_of_side(text))


def _from_objects(text: str, cut: bool, alone: bool) -> ReplyReading | None:
    found, name = _objects(text, "verdict", cut), "verdict"
    for other in FOR_VERDICT if not found else ():
        if found := _objects(text, other, cut):
            name = other
            break
    real = [each for each in found if not _TEMPLATE.search(str(field(each.value, name)))]
    found = real or found
    if not found:
        if re.search(r"[\"'\u201c]verdict[\"'\u201d]", text):
            raise Unreadable("its JSON is broken or cut off")
        return None
    # A judge may quote a response that holds an answer of its own. What counts is what the
    # answer ends in or begins with, and nothing said besides may contradict it.
    spans = tuple((each.start, each.end) for each in found)
    beside = blanked(text, spans)
    if beside.strip():
        _not_repeated(blanked(text, spans, "x"))
    answers = [each for one in found for each in answers_in(one.value, name)]
    # Where a string of broken JSON ends is a guess, so what it says may be another answer.
    beside += "".join(f"\n{each.value}" for each in found if not each.exact)
    if beside.strip():
        _one([*answers, *(Answer(said, answers[0].confidence) for said in said_in_words(beside))])
        lines = (CONFIDENCE_LINE.match(line) for line in beside.splitlines())
        stated = {confidence_of(line[1]) for line in lines if line} - {None}
        if answers[0].confidence is not None and stated - {answers[0].confidence}:
            raise Unreadable("it states two different confidences")
    _nothing_else(text, found, alone, answers[-1].verdict)
    place = found[-1].places.get(name)
    return ReplyReading(_one(answers), _letter(text, place) if place is not None else None)


def _from_lines(text: str, cut: bool, alone: bool) -> ReplyReading | None:
    # YAML in a fence, and a table of fields, are lines like any other.
    for mark in (_FENCE_LINE, _TABLE_RULE):
        text = mark.sub(lambda line: " " * len(line[0]), text)
    lines, at = [], 0
    for line in text.splitlines(keepends=True):
        lines.append((at, line))
        at += len(line)
    said = [(start, line, match) for start, line in lines if (match := VERDICT_LINE.match(line))]
    if not said:
        return None
    _not_repeated(text)
    last, line, _ = said[-1]
    if cut and not line.endswith("\n"):
        raise Unreadable("it is cut off in the line of its verdict")
    if quotes(text[: said[0][0]]) or _closes_a_quotation(said[-1][2][1]):
        raise Unreadable("its verdict may be a quotation")
    answers = []
    for _, _, match in said:
        verdict, rest = verdict_and_rest(match[1])
        answers.append(Answer(verdict, confidence_in(rest)))
    stated = {confidence_of(match[1]) for _, each in lines if (match := CONFIDENCE_LINE.match(each))}
    if len(stated) > 1:
        raise Unreadable("it states two different confidences")
    if stated:
        answers = [replace(each, confidence=next(iter(stated))) for each in answers]
    answer = _one(answers)
    _one([answer, *(replace(answer, verdict=each) for each in said_in_words(text))])
    after = text[last + len(line) :]
    if not all(FIELD_LINE.match(each) for each in after.splitlines() if each.strip()):
        rest = "\n".join(each for each in after.splitlines() if not CONFIDENCE_LINE.match(each))
        first = said[0][0]
        if alone or not leads(text[:first]) or not explains("\n" + rest, answer.verdict):
            raise Unreadable("more text follows its verdict, so it may be a quotation")
    return ReplyReading(answer, _letter(text, last + line.index(said[-1][2][1], said[-1][2].start(1))))


def _from_marks(text: str, alone: bool) -> ReplyReading | None:
    marks = list(BRACKETED.finditer(text))
    if not marks:
        return None
    answer = _one([Answer(each) for each in (mark_of(marks[-1][1]), *said_in_words(text))])
    before, after = text[: marks[-1].start()], text[marks[-1].end() :]
    _not_repeated(text)
    quoted = before.rstrip().endswith(_QUOTES) or after.startswith(_QUOTES) or quotes_in_line(before)
    if quoted or (
        after.strip(AFTER)
        and (alone or not leads(text[: marks[0].start()]) or not explains(after, answer.verdict))
    ):
        raise Unreadable("more text follows its [[verdict]], so it may be a quotation")
    return ReplyReading(answer, marks[-1].start(1))


def _bare(text: str, cut: bool, alone: bool) -> ReplyReading | None:
    if cut and "\n" not in text.strip():
        return None  # it may be how a sentence begins
    answer = first_line_answer(text, alone)
    return None if answer is None else ReplyReading(answer, _letter(text, 0))


def parse_scores(raw: str, *, cut: bool = False, alone: bool = False) -> Answer:
    """Two scores, 0 to 10, as an answer: who has more is better, by that margin. Raises Unreadable."""
    text, found = _ending_in(raw, cut, "score_a", "score_b")
    scores = {tuple(score_of(field(each.value, name)) for name in ("score_a", "score_b")) for each in found}
    if len(scores) > 1:
        raise Unreadable("it gives different scores")
    a, b = scores.pop()
    verdict: Verdict = "A" if a > b else "B" if b > a else "TIE"
    _nothing_else(text, found, alone, verdict)
    reason = field(found[-1].value, "reason")
    return Answer(
        verdict,
        reason=reason.strip()[:MAX_REASON] or None if isinstance(reason, str) else None,
        raw=raw,
        margin=a - b,
    )


def last_object(raw: str, name: str, *, cut: bool = False, alone: bool = False) -> dict[str, Any]:
    """The JSON object with this field that an answer ends in, or begins with. Raises Unreadable."""
    text, found = _ending_in(raw, cut, name)
    values = [field(each.value, name) for each in found]
    if any(value != values[-1] for value in values):
        raise Unreadable(f'it gives "{name}" twice, differently')
    _nothing_else(text, found, alone)
    return {key.strip().lower(): value for key, value in found[-1].value.items()}


def _ending_in(raw: str, cut: bool, *names: str) -> tuple[str, list[FoundObject]]:
    """What is said after thinking, and all JSON objects in it with the first of these fields."""
    text, _ = _answer_part(raw)
    found = _objects(text, names[0], cut)
    if not found:
        fields = " and ".join(f'"{name}"' for name in names)
        raise Unreadable(f"it holds no JSON object with {fields}")
    return text, found


def _not_repeated(beside: str) -> None:
    """Raise Unreadable where what is said beside the answer repeats marks of the material."""
    if holds_token(beside):
        raise Unreadable("it repeats a fence or a control token, so its verdict may be a quotation")


def _closes_a_quotation(value: str) -> bool:
    """Whether a line ends a quotation that it did not begin: `A"`."""
    said = value.strip(" \t*_.")
    return said.endswith(_QUOTES) and not said.startswith(_QUOTES) and sum(map(said.count, _QUOTES)) == 1


def _answer_part(raw: str) -> tuple[str, int]:
    """What a model says after thinking, every character in its place, and where in `raw` that is.

    Raises Unreadable where it says nothing, or never stops thinking.
    """
    text, offset = raw[-LONGEST:], max(0, len(raw) - LONGEST)
    bare = text.strip()
    if not bare:
        raise Unreadable("it is empty")
    if bare.startswith('"{') and bare.endswith('}"'):
        try:
            return str(json.loads(bare)), -1  # an object in a string
        except ValueError:
            pass
    if bare.startswith(("{", "```")):
        # Tags inside an object are part of what it says.
        objects = _all_objects(text)
        if (
            objects
            and not thinking_in(text[objects[0].end :]).spans
            and not text[: objects[0].start].strip(AFTER + "json")
        ):
            end = objects[0].end
            return text[:end] + unwrapped(text[end:]), offset
    thinking = thinking_in(text)
    if thinking.unfinished:
        raise Unreadable("it ends in the middle of thinking, before any verdict")
    if thinking.ends is not None and quotes(text[: thinking.ends]):
        raise Unreadable("the mark that ends its thinking may be a quotation")
    text = unwrapped(blanked(text, thinking.spans))
    if not text.strip():
        raise Unreadable("it is empty after thinking")
    return text, offset


def _all_objects(text: str) -> tuple[FoundObject, ...]:
    try:
        return objects_in(text)
    except Tangled:
        raise Unreadable("it holds too many braces that lead nowhere") from None


def _objects(text: str, name: str, cut: bool) -> list[FoundObject]:
    """The objects with this field; one that wraps a single other gives that one."""
    found = []
    for each in _all_objects(text):
        inner = next(iter(each.value.values())) if len(each.value) == 1 else None
        if not has(each.value, name) and isinstance(inner, dict) and has(inner, name):
            each = FoundObject(inner, each.start, each.end, {}, each.closed, each.exact)
        if has(each.value, name) and (each.closed or not cut):
            found.append(each)
    return found


def _nothing_else(text: str, found: list[FoundObject], alone: bool, verdict: Verdict | None = None) -> None:
    """Raise Unreadable where more than an explanation follows what the answer begins with."""
    before, after = text[: found[-1].start], text[found[-1].end :]
    if quotes(before):
        raise Unreadable("its JSON object may be a quotation")
    if before.rstrip().endswith("[") and after.lstrip().startswith("]"):
        after = after.lstrip()[1:]
    if not after.strip(AFTER):
        return
    if alone or len(found) > 1 or not leads(text[: found[0].start]) or not explains(after, verdict):
        raise Unreadable(_QUOTED)


def _one(answers: list[Answer]) -> Answer:
    """The one answer given; repeating oneself is fine, contradicting oneself is not."""
    if len({(answer.verdict, answer.confidence) for answer in answers}) > 1:
        verdicts = sorted({answer.verdict for answer in answers})
        if len(verdicts) > 1:
            raise Unreadable(f"it gives different verdicts: {' and '.join(verdicts)}")
        raise Unreadable("it states two different confidences")
    return answers[0]


def _letter(text: str, at: int) -> int | None:
    """Where the verdict's first letter stands, from `at` on."""
    match = re.compile(
        r"[\s*_`'\"\u201c\u2018\[(]*(?:(?:response|answer|assistant|model|output|option|candidate)[\s_-]{1,3}[\[(\"'*_]{0,4})?(?=[ABT])",
        re.IGNORECASE,
    ).match(text, at)
    return None if match is None else match.end()


def _prose(text: str) -> str | None:
    """What stands around a bare verdict, as its reason."""
    said = text.strip()
    return said[:MAX_REASON] if len(said) > 40 and not said.startswith(("{", "```")) else None
