"""A form that the prompt asks for in so many words, and the response has not: JSON, lengths, a language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pairwright.quality.example import Problem
from pairwright.quality.language import LANGUAGES, language_of
from pairwright.quality.mistakes.fences import blocks_of

_NUMBERS = {
    name: i
    for i, name in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}
_N = r"(\d{1,4}|" + "|".join(_NUMBERS) + r")"
_UNIT = r"(word|sentence|paragraph|line|character)s?"
_MOST = re.compile(
    rf"\b(?:(?:in|within|using|under|below|max(?:imum)?(?: of)?|at most|up to|no more than|not more than|"
    rf"fewer than|less than|not exceed(?:ing)?|limit(?:ed)?(?: it)? to)\s+{_N}\s+{_UNIT}(?:\s+("
    rf"?:or\s+(?:less|fewer)|max(?:imum)?)\b)?"
    rf"|{_N}\s+{_UNIT}\s+(?:or\s+(?:less|fewer)|max(?:imum)?|at most)\b)",
    re.IGNORECASE,
)
_LEAST = re.compile(
    rf"\b(?:at least|no fewer than|no less than|minimum(?: of)?)\s+{_N}\s+{_UNIT}\b", re.IGNORECASE
)
_JSON = re.compile(
    r"\b(?:respond|reply|answer|output|return|format(?:ted)?|give|provide|write|produce|convert|put|present|structure)\b"
    r"[^.\n]{0,60}\b(?:in|as|into|using|to|only)\s+(?:a\s+|an\s+|valid\s+|the\s+)*JSON\b",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"\b(?:respond|reply|answer|write|translat\w+|say)\b[^.\n]{0,80}?\b(?:in|into|to)\s+("
    + "|".join(LANGUAGES.values())
    + r")\b(?!\s*(?:class|lesson|grammar|course|speaking|restaurant|food|cuisine"
    r"|history|culture|literature|word|cinema|art))",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b(?:each|every|per|both|respectively|and then|then)\b", re.IGNORECASE)
_MANY_THINGS = re.compile(rf"\b(?!one\b|1\b){_N}\s+(?:[\w-]+\s+){{0,2}}\w+s\b[^.\n]*$", re.IGNORECASE)
_PART_OF_IT = re.compile(r"\b(?:code|program|script|function|title|subject|name|password)\b", re.IGNORECASE)
# A count that is a little over is a matter of how one counts.
_SLACK = 0.15
_LONG_ENOUGH = 40  # characters before a language can be told


def breaks_request(asked: str, text: str) -> Iterator[Problem]:
    """What the last user turn asks of the form and the response has not kept."""
    if len(asked) > 4000:
        return  # a document to work on: what it says is not what is asked
    yield from _json(asked, text)
    yield from _length(asked, text)
    yield from _language(asked, text)


def _json(asked: str, text: str) -> Iterator[Problem]:
    if "json" not in asked.lower() or not _JSON.search(asked):
        return
    if re.search(
        r"\b(?:not|without|how|example|schema|explain|code|function|script|program)\b", asked, re.IGNORECASE
    ):
        return
    candidates = [block.text for block in blocks_of(text)] or [text]
    candidates += _in_brackets(text)
    if not any(_parses(each) for each in candidates):
        yield Problem("request_json", "JSON is asked for and there is none that parses", text[:60])


def _in_brackets(text: str) -> Iterator[str]:
    """What stands between an opening bracket and the last one that closes such."""
    last, at = {"{": text.rfind("}"), "[": text.rfind("]")}, 0
    for opening in re.finditer(r"[{\[]", text):
        if at <= opening.start() < last[opening[0]]:
            at = last[opening[0]] + 1
            yield text[opening.start() : at]


def _parses(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):  # also a number of too many digits
        return False


def _length(asked: str, text: str) -> Iterator[Problem]:
    found = list(_MOST.finditer(asked)), list(_LEAST.finditer(asked))
    if len(found[0]) + len(found[1]) != 1 or _SEVERAL.search(asked):
        return  # several limits: which is for what is not known
    match = (found[0] or found[1])[0]
    if _MANY_THINGS.search(asked, 0, match.start()):
        return  # "50 stories under ten words": each of them
    groups = [group for group in match.groups() if group is not None]
    wanted = _NUMBERS.get(groups[0].lower(), -1) if not groups[0].isdigit() else int(groups[0])
    unit = groups[1].lower()
    has = _count(text, unit)
    if has is None or wanted <= 0:
        return
    slack = max(1.0, _SLACK * wanted) if unit in ("word", "character") else 0.0
    if unit == "paragraph":
        slack = 1.0  # "Here it is:" before it is none
    if unit == "character" and _PART_OF_IT.search(asked):
        return
    if unit == "word" and wanted == 1:
        slack = 1.0
    many = f"{wanted:,} {unit}{'' if wanted == 1 else 's'}"
    if found[0] and has > wanted + slack:
        yield Problem("request_length", f"at most {many} are asked for; it has {has:,}", has)
    elif found[1] and has < wanted - slack:
        yield Problem("request_length", f"at least {many} are asked for; it has {has:,}", has)


def _count(text: str, unit: str) -> int | None:
    if unit == "word":
        return len(re.findall(r"\w[\w'’-]*", text))
    if unit == "character":
        return len(text.strip())
    if unit == "paragraph":
        return len([part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()])
    if unit == "line":
        return len([line for line in text.splitlines() if line.strip()])
    if re.search(r"^[^\S\n]*(?:[-*•]|\d+[.)])\s", text, re.MULTILINE) or blocks_of(text):
        return None  # what a sentence is in a list is anybody's guess
    short = re.sub(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|U\.S|a\.m|p\.m|No|Jr|Sr|Inc)\.", "", text)
    return max(1, len(re.findall(r"(?<![.!?])[.!?]+[\"'”’)]*(?=\s+[A-Z\"'“(]|\s*$)", short)))


def _language(asked: str, text: str) -> Iterator[Problem]:
    matches = {match[1].lower() for match in _LANGUAGE.finditer(asked)}
    if len(matches) != 1 or len(text) < _LONG_ENOUGH:
        return
    wanted = matches.pop()
    told = language_of(text)
    if told is None or LANGUAGES[told].lower() == wanted or (told == "en" and _quotes(text)):
        return
    yield Problem("request_language", f"{wanted.title()} is asked for; it is {LANGUAGES[told]}", told)


def _quotes(text: str) -> bool:
    """Whether an English text holds something of another language: `"..." means ...`."""
    return any(mark in text for mark in '"“«「:') or not text.isascii()
