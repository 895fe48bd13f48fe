"""What a text gives as its final answer: against a reference, and against itself."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from pairwright.quality.example import Problem

_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_HASHES = re.compile(r"^####\s*(.+)$", re.MULTILINE)
# "The answer is 42", "Final answer: (B)", "the correct answer is **C**".
_SAID = re.compile(
    r"\b(?:final|correct|right) answer\b\s*(?:is|:|would be|=)\s*(?::\s*)?([^\n]{1,80})"
    r"|\b(?:the|my|our) answer is\s*(?::\s*)?([^\n]{1,80})|^[^\w\n]*answer\s*:\s*([^\n]{1,80})",
    re.IGNORECASE | re.MULTILINE,
)
_CHOICE = re.compile(r"^\W*(?:(?:option|choice)\W*)?([A-Ha-h])(?:[).:*\]]|\s*$)")
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?(?:\s*/\s*\d+)?")
_CORRECTED = re.compile(
    r"\b(?:wait|actually|correction|correcting|however|instead|recheck\w*|mistake|reconsider\w*|sorry|apolog\w+)\b"
    r"|\bpart\b|^[^\S\n]*\(?[a-d1-9ivx]{1,3}[).]\s|\bquestions?\b|\bQ\d|\bproblem \d|\bexample\b",
    re.IGNORECASE | re.MULTILINE,
)
_TOWER = re.compile(r"(?:\^|\*\*).*(?:\^|\*\*)|\d{9,}|!")
MOST_ANSWERS = 20
LONGEST_REFERENCE = 60  # characters: a longer one is a model answer, not a result to compare


def final_answers(text: str) -> list[str]:
    """All that the text calls its answer, in the order it stands there."""
    found = [(match.start(), match[1]) for match in _BOXED.finditer(text)]
    found += [(match.start(), match[1]) for match in _HASHES.finditer(text) if re.search(r"\d", match[1])]
    for match in _SAID.finditer(text):
        said = next(group for group in match.groups() if group is not None)
        found.append((match.start(), said))
    found.sort()
    return [answer.strip() for _, answer in found]


def contradicts_itself(text: str) -> Iterator[Problem]:
    """Two final answers that differ, with no word of a correction or of several questions between them."""
    if "answer" not in text.lower() and "\\boxed" not in text:
        return
    results = [result for answer in final_answers(text) if (result := _result(answer)) is not None]
    if len(results) < 2 or _CORRECTED.search(text):
        return
    first, last = results[0], results[-1]
    if type(first) is type(last) and first != last:
        reason = f'its final answers contradict each other: "{_shown(first)}" and "{_shown(last)}"'
        yield Problem("final_answer", reason, f"{_shown(first)} / {_shown(last)}")


def contradicts_reference(text: str, reference: str | None, other: str) -> Iterator[Problem]:
    """The answer is not the reference's. `other` is the rejected text.

    Without a stated answer it speaks against a text only that the reference
    stands nowhere in it while it stands in the rejected one.
    """
    if not reference or len(reference) > LONGEST_REFERENCE:
        return
    wanted = reference.rsplit("####", 1)[-1].strip()
    answers = list(dict.fromkeys(final_answers(text)))
    if len(answers) > MOST_ANSWERS:
        return  # many are named: which is final can't be told
    if answers:
        if not any(same_answer(answer, wanted) for answer in answers):
            reason = f'its answer is "{answers[-1][:80]}"; the reference is "{wanted}"'
            yield Problem("reference", reason, answers[-1][:80])
    elif _stands_in(wanted, other) and not _stands_in(wanted, text):
        reason = f'the reference "{wanted}" stands in the rejected response and not in the chosen one'
        yield Problem("reference", reason, wanted)


def same_answer(answer: str, wanted: str) -> bool:
    """Equal as they stand, as choices, as numbers, or as mathematics where `math-verify` is installed."""
    plain, target = normalised(answer), normalised(wanted)
    if plain == target or (target and re.search(rf"(?<!\w){re.escape(target)}(?!\w)", plain)):
        return True
    choice = _CHOICE.match(wanted)
    if choice and len(wanted.strip(" ().")) == 1:
        said = _CHOICE.match(answer)
        return said is None or said[1].upper() == choice[1].upper()  # "the answer is Paris": not told
    if (number := _as_number(wanted)) is not None:
        numbers = [_fraction(match[0]) for match in _NUMBER.finditer(answer)]
        if number in numbers:
            return True
        return (
            False
            if numbers and "\\" not in answer
            else _same_mathematics(answer, wanted, otherwise=not numbers)
        )
    return _same_mathematics(answer, wanted, otherwise="\\" in wanted)


def _same_mathematics(answer: str, wanted: str, *, otherwise: bool) -> bool:
    """By math-verify (extra `math`); `otherwise` where it is not installed or can't read one of them."""
    try:
        from math_verify import parse, verify
    except ImportError:
        return otherwise
    if _TOWER.search(answer) or _TOWER.search(wanted):
        return otherwise  # a tower of powers would be worked out for ever
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns of having no time limit each time
    gold = parse(f"${wanted.strip('$')}$", parsing_timeout=None)
    said = parse(f"${answer.strip('$')}$", parsing_timeout=None)
    if not gold or not said:
        return otherwise
    return bool(verify(gold, said, timeout_seconds=None))


def normalised(text: str) -> str:
    """Without case, accents of compatibility, articles, Markdown and outer punctuation."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"\\text\s*\{([^{}]*)\}|[*_`$]", r"\1", text)
    text = re.sub(r"\b(?:the|a|an)\b", " ", text)
    return " ".join(text.split()).strip(" .,;:!?()[]\"'")


def _stands_in(wanted: str, text: str) -> bool:
    target = normalised(wanted)
    if not target:
        return False
    if (number := _as_number(wanted)) is not None:
        return any(_fraction(match[0]) == number for match in _NUMBER.finditer(text))
    return re.search(rf"(?<!\w){re.escape(target)}(?!\w)", normalised(text)) is not None


def _result(answer: str) -> Fraction | str | None:
    """A number or a choice, where the answer is one and nothing else is."""
    if choice := _CHOICE.match(answer):
        return choice[1].upper()
    numbers = _NUMBER.findall(answer.replace("\\", " "))
    return _fraction(numbers[0]) if len(numbers) == 1 else None


def _as_number(text: str) -> Fraction | None:
    text = text.strip().strip("$%. ")
    return _fraction(text) if _NUMBER.fullmatch(text) else None


def _fraction(text: str) -> Fraction | None:
    try:
        return Fraction(text.replace(",", "").replace(" ", ""))
    except (ValueError, ZeroDivisionError):
        return None


def _shown(result: Fraction | str) -> str:
    return result if isinstance(result, str) else f"{float(result):g}"
