"""Objects in the JSON that models write: with the slips that leave no doubt about what is meant.

Read are a backslash that JSON does not know, a raw line end in a string, quotes inside
a string, commas too many or too few, Python's and typographic quotes, True and None,
names without quotes, comments, and a last brace that is missing. Where it is not
clear where a string ends, nothing is read. The work done is bounded by the text's
length, so a text of a thousand open braces is given up and not puzzled over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from json import JSONDecodeError, JSONDecoder
from typing import Any

DEEPEST = 30
LONGEST_NAME = 80
WORK = 16  # characters looked at for each of the text, at most

_CLOSING = {
    '"': '"',
    "'": "'",
    "\u201c": "\u201d",
    "\u201d": "\u201d",
    "\u2018": "\u2019",
    "\u2019": "\u2019",
}
_OPEN = "\"'\u201c\u201d\u2018\u2019"
_BEGINS = re.compile(rf"{{(?=\s*(?:[A-Za-z_}}{_OPEN}]|//|#))")
_SKIP = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*)*")
_NAME = re.compile(r"[A-Za-z_][\w-]{0,60}")
_BARE = re.compile(r"[^,}\]\n{\[\"]{1,200}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_KEY_NEXT = rf"[{_OPEN}][\w -]{{1,60}}[{_OPEN}]\s*[:=]|[A-Za-z_][\w-]{{0,60}}\s*[:=]"
# What may stand after the quote that ends a string; any other quote is one inside it.
_AFTER_KEY = re.compile(r"\s*[:=]")
_AFTER_VALUE = re.compile(rf"\s*(?:[}}\]]|\Z|```|(?:,\s*)?(?:{_KEY_NEXT}|//|#)|,\s*(?:[}}\]]|\Z))")
_AFTER_ITEM = re.compile(rf"\s*(?:\]|\Z|```|(?<=\n)\s*[{_OPEN}\[]|,\s*(?:[{_OPEN}\[{{\]\dtfnTFN-]|\Z))")


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object, where it stands, where the values of its names begin, whether it was closed, and is JSON."""

    value: dict[str, Any]
    start: int
    end: int
    places: dict[str, int]
    closed: bool = True
    exact: bool = False


class Tangled(ValueError):
    """So many braces lead nowhere that the text is not read any further."""


class _NotJson(ValueError):
    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


@lru_cache(maxsize=2)  # one reply is looked at several times
def objects_in(text: str) -> tuple[FoundObject, ...]:
    """Every object of a text, outermost first; none inside one that can't be read. Raises Tangled."""
    reader, found = _Reader(text), list[FoundObject]()
    begins = _BEGINS.search(text)
    while begins is not None:
        at = begins.start()
        try:
            found.append(reader.object(at))
            at = found[-1].end
        except _NotJson as trouble:
            # Only what got as far as a name was going to be an object.
            at = max(at + 1, trouble.at if reader.names else 0)
        begins = _BEGINS.search(text, at)
    return tuple(found)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.left = text, WORK * len(text) + 1000
        self.names = 0  # read of the object last begun
        self._places: dict[str, int] = {}

    def object(self, at: int) -> FoundObject:
        """The object that begins at this brace. Raises _NotJson, Tangled."""
        self.names = 0
        if (strict := self._valid(at)) is not None:
            return strict
        places: dict[str, int] = {}
        pairs, end, closed = self._members(at, 0, places)
        return FoundObject(keep_contradictions(pairs), at, end, places, closed)

    def _valid(self, at: int) -> FoundObject | None:
        """The object as JSON has it, which needs no guess at where a string ends; None where it is none."""
        try:
            value, end = _DECODER.raw_decode(self.text, at)
        except JSONDecodeError as trouble:
            self._spend(at, max(at, trouble.pos))
            return None
        except (ValueError, RecursionError):  # a number of too many digits, or too deep
            self._spend(at, len(self.text))
            return None
        self._spend(at, end)
        named = re.finditer(r'"([\w ]{1,40})"\s*:\s*', self.text[at:end])
        places: dict[str, int] = {}
        for each in named:
            places.setdefault(each[1].strip().lower(), at + each.end())
        return FoundObject(value, at, end, places, exact=True)

    def _spend(self, start: int, end: int) -> int:
        self.left -= end - start
        if self.left < 0:
            raise Tangled
        return end

    def _skip(self, at: int) -> int:
        match = _SKIP.match(self.text, at)
        return self._spend(at, match.end() if match else at)

    def _ended(self, at: int) -> bool:
        return at >= len(self.text) or self.text.startswith("```", at)

    def _members(
        self, at: int, depth: int, places: dict[str, int]
    ) -> tuple[list[tuple[str, Any]], int, bool]:
        pairs: list[tuple[str, Any]] = []
        at = self._spend(at, at + 1)
        while True:
            at = self._skip(at)
            while pairs and self.text.startswith(",", at):
                at = self._skip(at + 1)
            if self.text.startswith("}", at):
                return pairs, at + 1, True
            if self._ended(at):
                if not pairs:
                    raise _NotJson(at)
                return pairs, at, False
            name, at = self._name(at)
            at = self._skip(at)
            if self.text[at : at + 1] not in (":", "="):
                raise _NotJson(at)
            at = self._skip(at + 1)
            places.setdefault(name.strip().lower(), at)
            self.names += 1
            value, at, closed = self._value(at, depth, _AFTER_VALUE)
            pairs.append((name, value))
            if not closed:
                return pairs, at, False

    def _name(self, at: int) -> tuple[str, int]:
        if self.text[at] in _CLOSING:
            return self._string(at, _AFTER_KEY, LONGEST_NAME)
        if match := _NAME.match(self.text, at):
            return match[0], self._spend(at, match.end())
        raise _NotJson(at)

    def _value(self, at: int, depth: int, after: re.Pattern[str]) -> tuple[Any, int, bool]:
        first = self.text[at : at + 1]
        if depth > DEEPEST or not first:
            raise _NotJson(at)
        if first in _CLOSING:
            return (*self._string(at, after), True)
        if first == "{":
            pairs, end, closed = self._members(at, depth + 1, {})
            return keep_contradictions(pairs), end, closed
        if first == "[":
            return self._items(at, depth + 1)
        match = _BARE.match(self.text, at)
        if match is None or not (word := match[0].strip()):
            raise _NotJson(at)
        return _word(word), self._spend(at, match.end()), True

    def _items(self, at: int, depth: int) -> tuple[list[Any], int, bool]:
        items: list[Any] = []
        at = self._spend(at, at + 1)
        while True:
            at = self._skip(at)
            while items and self.text.startswith(",", at):
                at = self._skip(at + 1)
            if self.text.startswith("]", at):
                return items, at + 1, True
            if self._ended(at):
                return items, at, False
            value, end, closed = self._value(at, depth, _AFTER_ITEM)
            items.append(value)
            at = end
            if not closed:
                return items, at, False

    def _string(self, at: int, after: re.Pattern[str], most: int | None = None) -> tuple[str, int]:
        """The string that begins at this quote, and where it ends."""
        close, parts = _CLOSING[self.text[at]], []
        stop, limit = re.compile(rf"[\\{close}]"), len(self.text) if most is None else at + most
        at += 1
        while match := stop.search(self.text, at, limit):
            parts.append(self.text[at : match.start()])
            at = self._spend(at, match.end())
            if match[0] == "\\":
                said, at = self._escaped(at)
                parts.append(said)
                continue
            ends = after.match(self.text, at)
            if ends:
                self._spend(at, ends.end())
                return "".join(parts), at
            parts.append(close)
        raise _NotJson(self._spend(at, max(at, limit)))

    def _escaped(self, at: int) -> tuple[str, int]:
        """What a backslash makes of what follows it: itself where JSON knows no such thing, as in LaTeX."""
        sign = self.text[at : at + 1]
        if sign == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", digits := self.text[at + 1 : at + 5]):
            code = int(digits, 16)
            return "\N{REPLACEMENT CHARACTER}" if 0xD800 <= code < 0xE000 or not code else chr(code), at + 5
        if sign in _ESCAPES:
            return _ESCAPES[sign], at + 1
        return (sign if sign in ("\"'/\\") else "\\" + sign), at + 1


def _word(word: str) -> Any:
    """A value without quotes: a number, true, False, None, or the word itself."""
    known = {"true": True, "false": False, "null": None, "none": None}
    if word.lower() in known:
        return known[word.lower()]
    try:
        return int(word) if re.fullmatch(r"-?\d{1,15}", word) else float(word)
    except ValueError:
        return word


def keep_contradictions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a repeated name does not silently lose its first value."""
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name, value in pairs:
        same = names.setdefault(name.strip().lower(), name)
        repeated = same in found and found[same] != value
        found[same] = f"{found[same]} and {value}" if repeated else value
    return found


_DECODER = JSONDecoder(object_pairs_hook=keep_contradictions, strict=False)
