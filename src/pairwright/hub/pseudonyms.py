"""No annotator's name leaves the house: in texts that are sent, each stands as `annotator-3`.

Data rows are not touched: a prompt may well speak of some other Maria. What
people wrote for the project (guidelines, reasons) is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

SHORTEST = 3  # letters: a shorter name is a word of the language, and tells of nobody
# What labels from a file are often signed with: no name of anybody.
_ROLES = """
admin annotator anonymous crowd expert gold human humans judge lead majority model nobody people
person rater reviewer unknown user worker
"""
ROLES = frozenset(_ROLES.split())


class Pseudonyms:
    """Names and what stands for them, numbered in the order people came to the project."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name: f"annotator-{number}" for number, name in enumerate(names, 1)}

    @property
    def names(self) -> Mapping[str, str]:
        return self._names

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        telling = [name for name in self._names if len(name) >= SHORTEST and name.lower() not in ROLES]
        if not telling:
            return None
        # The longest first: of "Ann" and "Ann Lee" the whole of the second is meant.
        any_of = "|".join(map(re.escape, sorted(telling, key=len, reverse=True)))
        return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)")

    def scrub(self, text: str) -> str:
        """The text with every name in it replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._names[match[0]], text)

    def found_in(self, text: str) -> list[str]:
        """Pseudonyms of those whose name the text holds."""
        if self._pattern is None:
            return []
        return sorted({self._names[name] for name in self._pattern.findall(text)})
