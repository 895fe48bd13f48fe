"""Arithmetic that is wrong: `12 * 4 = 46`. Evaluated as fractions, never by `eval`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from pairwright.quality.example import Problem
from pairwright.quality.mistakes.fences import prose_of

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_TOKEN = re.compile(rf"\s*({_NUMBER}|[-+*/^()])")
# A run of numbers and operators, the sign(s) of equality, and another run. A left side over `_LONGEST` is
# not looked at, so no more is searched.
_EQUATION = re.compile(
    r"(?P<left>[\d(.][\d\s.,()+*/^-]{0,150}?[\d)])\s{0,9}=\s*(?P<right>-?[\d(.][\d\s.,()+*/^-]*)"
)
_SPELLED = (
    (re.compile(r"\\(?:times|cdot)\b|[×·∙]|(?<=\d)[ \t]*[xX][ \t]*(?=\d)|(?<=\d) ?[xX] ?(?=\()"), "*"),
    (re.compile(r"\\div\b|÷"), "/"),
    (re.compile(r"\\d?frac\{(\d+(?:\.\d+)?)\}\{(\d+(?:\.\d+)?)\}"), r"(\1)/(\2)"),
    (re.compile(r"\*\*(?=\s*\d)(?<=\d\*\*)"), "^"),
    (re.compile(r"[−–](?=\s?[\d(])"), "-"),
    (re.compile(r"\\?[$€£](?=\s?[\d.])"), ""),
    (re.compile(r"\\left|\\right|\\[,;!]|\{,\}"), ""),
    (re.compile(r"\\[()\[\]]|\$"), " "),
)
# Before an equation: it goes on from something that was not read. After: its result is not all of it.
_GOES_ON_BEFORE = re.compile(
    r"[-,.:°#|&%]$|(?:[-+*/^<>≈≤≥_\\({\[√]|\b(?:mod|of|by|log|ln|sqrt|sin|cos|tan|times|plus|minus)\b)\s*$|\w$"
)
_GOES_ON_AFTER = re.compile(
    r"\s*(?:[-+*/^%(=<>_\\{°²³!|&]|\.\.|…|mod\b|remainder|(?:hundred|thousand|[mb]illion|trillion|dozen|lakh|crore)|[rR]\s?\d)|\s?[a-zA-Z](?![a-zA-Z])|[a-zA-Z]"
)
# Words near it that say another arithmetic is meant, or that it is not claimed.
_NOT_CLAIMED = re.compile(
    r"\b(?:if|not|isn['’]?t|wrong|incorrect\w*|mistake\w*|false|instead|error|joke|puzzle|suppose|pretend|guess\w*"
    r"|binary|hex\w*|octal|base|mod|modul\w*|roughly|about|approx\w*|round\w*|estimate\w*|nearly|almost|around|pattern)\b"
    r"|≈|~|≠",
    re.IGNORECASE,
)
_NEAR = 60  # characters looked at on either side
_LONGEST = 120  # characters of an expression
_GREATEST_POWER = 64


def wrong_arithmetic(text: str, prompt: str = "") -> Iterator[Problem]:
    """Each equation between numbers that does not hold, rounding allowed for.

    Equations that the prompt has too are left alone (puzzles), and those near words
    that take them back ("not", "wrong", "in binary").
    """
    if "=" not in text:
        return
    text, prompt = _plain(prose_of(text)), _plain(prompt) if "=" in prompt else ""
    given = re.sub(r"\s", "", prompt)
    for match in _EQUATION.finditer(text):
        left, right = match["left"].strip(), match["right"].strip().rstrip(".,+-*/^( ")
        if (
            not right
            or len(left) > _LONGEST
            or len(right) > _LONGEST
            or not re.search(r"\d\s*\)*\s*[-+*/^]", left)
        ):
            continue
        left, right = re.split(r"(?<=[.,:;])\s|\n", left)[-1].strip(), right.split("\n")[0].strip()
        start = text.rfind(left, match.start(), match.end())
        end = text.find(right, match.start("right")) + len(right)
        if _GOES_ON_BEFORE.search(text[max(0, start - 12) : start]) or _GOES_ON_AFTER.match(
            text[end : end + 12]
        ):
            continue
        around = (
            text[max(0, start - _NEAR) : start].rpartition("\n")[2]
            + text[end : end + _NEAR].partition("\n")[0]
        )
        if _NOT_CLAIMED.search(around) or re.sub(r"\s", "", f"{left}={right}") in given:
            continue
        values = _value(left), _value(right)
        if values[0] is None or values[1] is None or _holds(values[0], values[1], left, right):
            continue
        reason = f'"{left} = {right}", but the left side is {_shown(values[0])}'
        yield Problem("arithmetic", reason, f"{left} = {right}")


def _plain(text: str) -> str:
    for pattern, plain in _SPELLED:
        text = pattern.sub(plain, text)
    return text


def _holds(left: Fraction, right: Fraction, written_left: str, written: str) -> bool:
    if left == right:
        return True
    digits = written.rpartition(".")[2]
    decimals = len(digits) if re.fullmatch(r"-?[\d,]*\.\d+", written) else 0
    whole = re.fullmatch(r"-?[\d,]+", written) is not None
    step = Fraction(1, 10**decimals)
    if decimals or (whole and ("/" in written_left or "." in written_left)):
        # Rounded, or cut off, at the last digit that is written.
        short = abs(left) - abs(right) if left * right > 0 else abs(left - right)
        return -step / 2 <= short < step if decimals else abs(left - right) < 1
    # "2010-2015 = 5 years": the distance is meant.
    return left == -right or (
        left != 0 and whole and written.endswith("000") and abs(1 - right / left) < Fraction(1, 100)
    )


def _shown(value: Fraction) -> str:
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.6g}"


def _value(text: str) -> Fraction | None:
    """What an expression comes to; None where it is none that is understood."""
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    try:
        value, left = _sum(tokens, 0)
    except (ValueError, ZeroDivisionError, IndexError, OverflowError):
        return None
    return value if left == len(tokens) else None


def _sum(tokens: list[str], at: int) -> tuple[Fraction, int]:
    value, at = _product(tokens, at)
    while at < len(tokens) and tokens[at] in "+-":
        sign, (more, at) = tokens[at], _product(tokens, at + 1)
        value = value + more if sign == "+" else value - more
    return value, at


def _product(tokens: list[str], at: int) -> tuple[Fraction, int]:
    value, at = _power(tokens, at)
    while at < len(tokens) and tokens[at] in "*/":
        sign, (more, at) = tokens[at], _power(tokens, at + 1)
        value = value * more if sign == "*" else value / more
    return value, at


def _power(tokens: list[str], at: int) -> tuple[Fraction, int]:
    if tokens[at] == "-":
        value, at = _power(tokens, at + 1)
        return -value, at
    value, at = _atom(tokens, at)
    if at < len(tokens) and tokens[at] == "^":
        power, at = _power(tokens, at + 1)
        if power.denominator != 1 or abs(power) > _GREATEST_POWER:
            raise ValueError
        value **= int(power)
    return Fraction(value), at


def _atom(tokens: list[str], at: int) -> tuple[Fraction, int]:
    if tokens[at] == "(":
        value, at = _sum(tokens, at + 1)
        if tokens[at] != ")":
            raise ValueError
        return value, at + 1
    return Fraction(tokens[at].replace(",", "")), at + 1
