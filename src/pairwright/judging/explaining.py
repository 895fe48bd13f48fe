"""Whether what stands around a verdict is an announcement and an explanation, or makes it a quotation.

A judge may repeat what a response says, verdicts included. So text after a verdict
passes as its explanation only where the answer begins with the verdict, and
nothing in it names another, takes it back or says whose words it explains.
"""

from __future__ import annotations

import re

from pairwright.judging.words import (
    BRACKETED,
    COMPARED,
    DECORATION,
    PHRASE,
    Unreadable,
    mark_of,
    shown,
    verdict_of,
)
from pairwright.literals import checked
from pairwright.types import Verdict

AFTER = " \t\r\n`*_.\"'\0\u200b\ufeff\ufffd"
# A list, a heading, a number or a table's bar may stand before a field.
_PREFIX = r"[\s>*_#|-]{0,20}(?:\d{1,2}[.)][\s*_]{1,8})?(?:(?:final|my|overall)\s+){0,2}"
_SAYS = r"[\s*_]{0,8}(?:[:\uff1a=|]|\bis\b)"
VERDICT_LINE = re.compile(
    _PREFIX
    + r"(?:verdict|answer|winner|choice|decision|preference|preferred|(?:better|preferred) response)"
    + _SAYS
    + r"(.*)",
    re.IGNORECASE,
)
CONFIDENCE_LINE = re.compile(_PREFIX + r"confidence(?: level| score)?" + _SAYS + r"(.*)", re.IGNORECASE)
# After a verdict in a line only further fields of the answer may follow.
FIELD_LINE = re.compile(
    _PREFIX + r"(?:confidence(?: level| score)?|reason|explanation|rationale|verdict|answer|winner|choice)"
    r"[\s*_]{0,8}[:\uff1a=|]",
    re.IGNORECASE,
)
_MARKED = re.compile(rf"(.{{0,60}}?){BRACKETED.pattern}[{re.escape(AFTER)}]*", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"\bverdict[\"'\u201d]?\s{0,5}[:=]\s{0,5}[\"'\u201c]?(A|B|TIE)\b(?![\"'\u201d]?\s{0,5}(?:or\b|[|/]))",
    re.IGNORECASE,
)

# An explanation after the verdict. One that takes it back, or says whose words these are, is none.
_OPENS_OTHERWISE = re.compile(
    r"\W*(?:[a-z]|(?i:this|that|these|it|its|above|which|but|however|no|not|hmm|oh|sorry|wait|actually|note"
    r"|correction|the (?:above|json|object|verdict|text|quoted))\b(?!\s+(?:is|was)\s+because))"
)
_SECOND_THOUGHT = re.compile(
    r"(?:^|[.!?\u2014-]\s+|\n)\W{0,4}(?:wait|actually|hmm|correction|sorry|no,|on second thought)\b"
    r"|\bscratch that\b|\bsecond thoughts?\b"
    r"|\bI\s+(?:change|changed|revise|retract|disagree|would not|wouldn't)\b"
    r"|\bnot my\b|\bmy (?:real|actual|own|true) (?:verdict|answer|choice)\b"
    r"|\b(?:trick|steer|inject|manipulat|quot(?:e|ed|ing|ation)|verbatim|copied)\w*",
    re.IGNORECASE | re.MULTILINE,
)
_SAID_BETTER = re.compile(
    r"\b([AB])\b[\"')*]{0,4}\s+(?i:wins|deserves|(?:is|was|seems|remains|would be)(?:\s+\w+){0,3}?\s+"
    r"(?:better|best|superior|stronger|winner|prefer\w+|more (?:accurate|correct|helpful|complete)))"
)
_PREFERRED = re.compile(
    r"(?i:\b(?:prefer|cho+se|pick|go(?:ing)? with|favou?r|vote for|(?:winner|verdict|answer) is|verdict:))"
    r"(?:\s+[\w*\"'(]+){0,2}?\s+[\"'(*]{0,3}([AB])\b"
)
# A whole sentence that names the better one: what it says is no weighing of one point.
_CONCLUDES = re.compile(
    r"(?:^|[.!?]\s+|\n)\W{0,4}"
    r"(?:(?:overall|therefore|thus|hence|so|in conclusion|i (?:think|believe)(?: that)?),?\s+)?"
    r"(?:(?:response|assistant|answer|model)\s+)?\b(?-i:([AB]))\b[\"')*]{0,4}\s+(?:is|was)\s+(?:\w+\s+){0,2}?"
    r"(?:better|best|superior|stronger|preferred|preferable|winner)"
    r"(?:\s+(?:response|answer|one|choice))?(?:\s+overall)?\W{0,3}(?:$|[.!]|\n)",
    re.IGNORECASE,
)
_NO_CLAIM = re.compile(r"\b(?:not|no|never|neither|hardly|if)\b|n't\b", re.IGNORECASE)
_EVEN = re.compile(
    r"\bequally (?:good|strong|well|valid)\b|\bneither (?:\w+ )?is better\b|\bboth are equal"
    r"|\b(?:a|is) (?:tie|draw)\b",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"\b(?:here|my|final|verdict|judge?ment|evaluation|assessment|json|decision|result)\b", re.IGNORECASE
)
_QUOTES_NEXT = re.compile(
    r"\b(?:says?|said|writes?|wrote|contains?|(?:ends?|begins?|closes?) with|includes?|claims?|states?"
    r"|print(?:ed|s)?|repeats?|quotes?|inserts?|adds?|appends?|tells? me)(?: to)?$",
    re.IGNORECASE,
)
_SPEAKS_OF = re.compile(
    r"\b(?:response|assistant|model|candidate|output|option)s?\W{0,3}[AB12]\b|\b(?:first|second|other|its?)\b"
    r"|\b(?:contain|sa(?:y|id)|writ|wrote|includ|end|quot|claim|give|tell|told)\w*",
    re.IGNORECASE,
)


def quotes(before: str) -> bool:
    """Whether what stands before an answer says that somebody else's words follow."""
    said = before[-200:].rstrip(AFTER + ":").removesuffix("json").rstrip(AFTER + ":")
    return _QUOTES_NEXT.search(said) is not None


def quotes_in_line(before: str) -> bool:
    """Whether the line in which an answer stands says, before it, that somebody else's words follow."""
    line = before.rpartition("\n")[2][-1000:]
    return any(quotes(line[: colon.end()]) for colon in re.finditer(":", line))


def leads(before: str) -> bool:
    """Whether nothing, or only an announcement, stands before an answer."""
    said = re.sub(r"```\w{0,12}", " ", before).strip(AFTER + "#>-:")
    if not said:
        return True
    return len(said) <= 160 and bool(_ANNOUNCES.search(said)) and not _SPEAKS_OF.search(said)


def concluded(text: str) -> Verdict | None:
    """The one response that whole sentences of a text call better; None where none or both are."""
    said = {match[1] for match in _CONCLUDES.finditer(text) if not _NO_CLAIM.search(match[0])}
    return verdict_of(said.pop()) if len(said) == 1 else None


@checked
def explains(after: str, verdict: Verdict | None) -> bool:
    """Whether what follows a verdict is an explanation that stands by it."""
    line, _, rest = after.partition("\n")
    if not rest.strip() and not line.strip(AFTER):
        return True
    fence, _, behind = rest.lstrip().partition("\n")
    if fence.strip() == "```":
        rest = behind
    if line.strip(" \t\r`}") or _OPENS_OTHERWISE.match(rest.strip()) or _SECOND_THOUGHT.search(rest):
        return False
    letters = [sign for sign in rest if sign.isalpha()]
    if sum(sign.isascii() for sign in letters) < len(letters) / 2:
        return False  # what it says can't be told
    said = [match[1] for match in _PREFERRED.finditer(rest)]
    said += [match[1] for match in _SAID_BETTER.finditer(rest)]
    said += [line.strip() for line in rest.splitlines() if line.strip() in ("A", "B", "TIE")]
    said += ["TIE"] * bool(_EVEN.search(rest))
    return verdict is None or all(each == verdict for each in (*said, *said_in_words(rest)))


def said_in_words(text: str) -> list[Verdict]:
    """Verdicts given in lines, marks or pieces of JSON; what can't be read as one is no contradiction."""
    said: list[Verdict] = []
    for line in text.splitlines():
        if match := VERDICT_LINE.match(line):
            try:
                said.append(verdict_and_rest(match[1])[0])
            except Unreadable:
                continue
    bare = [line for each in text.splitlines() if (line := each.strip("*_`. \t")) in ("A", "B", "TIE")]
    if bare and len(set(bare)) == 1 and text.strip().partition("\n")[0].strip("*_`. \t\r") == bare[0]:
        said.append(verdict_of(bare[0]))  # not a heading over what it says of each
    said += [verdict_of(match[1]) for match in _FRAGMENT.finditer(text)]
    return said + [mark_of(mark) for mark in BRACKETED.findall(text)]


def verdict_and_rest(value: str) -> tuple[Verdict, str]:
    """What a line gives as its verdict, and what it says after that. Raises Unreadable."""
    said = value.strip(DECORATION)
    if PHRASE.fullmatch(said) or COMPARED.fullmatch(said):
        return verdict_of(said), ""
    if marked := _MARKED.fullmatch(value):  # "tie: [[A=B]]", as Arena-Hard asks for it
        words, mark = marked[1].strip(DECORATION), mark_of(marked[2])
        if not words or (PHRASE.fullmatch(words) and verdict_of(words) == mark):
            return mark, ""
    match = PHRASE.match(said)
    rest = said[match.end() :].lstrip("*_ \t") if match else ""
    if match is None or not rest.startswith((",", ";", "(", ".", "-", "\u2013", "\u2014")):
        raise Unreadable(f"its verdict is {shown(value)}, not A, B or TIE")
    verdict, rest = verdict_of(match[0]), rest.lstrip(",;(.-\u2013\u2014 ")
    if not explains("\n" + rest[:1].upper() + rest[1:], verdict):
        raise Unreadable(f"its verdict is {shown(value)}, not A, B or TIE")
    return verdict, rest
