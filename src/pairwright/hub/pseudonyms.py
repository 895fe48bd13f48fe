"""No annotator's name leaves the house: in texts that are sent, each stands as `annotator-3`.

Data rows are not touched: a prompt may well speak of some other Maria. What
people wrote for the project (guidelines, reasons) is.

A name counts however it is written: `maria`, `Maria` and `MARIA` are one, and of an
e-mail address so is what stands before the @. Only a name that is a word of the
language too (Will, Rose), or that of a model, counts as it was given or with a capital:
"it will do" tells of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

SHORTEST = 3  # letters: a shorter name is a word of the language, and tells of nobody
# What labels from a file are often signed with, and mail is sent to: no name of anybody.
_ROLES = """
admin annotator annotators anonymous contact crowd expert gold hello human humans info judge label
labels lead mail majority model nobody office people person rater reviewer support team unknown user
worker
"""
ROLES = frozenset(_ROLES.split())
# Names people have that are words as well, or what models are called.
_WORDS = """
amber angel april art august autumn baker bill black bob brook brown bush chance chase christian cook
daisy dale dawn dean drew duke earl eve faith field ford frank gene ginger good grace grant gray green
guy harmony hazel heath heather hill holly honey hope iris ivy jack jade jay jewel joy june king lance
lane lily long mark mason max may melody mercy miles miller misty nick olive page pat pearl penny pierce
rain ray reed rich rob robin rod rose ruby rusty sage sandy short sky skip small smith sterling stone
strong sue summer swift van victor violet wade ward white will wise wood young
aya claude command falcon gemini gemma grok haiku hermes jamba llama mistral nova olmo opus orca phi
qwen sonnet titan vicuna zephyr
"""
WORDS = frozenset(_WORDS.split())


class Pseudonyms:
    """Names and what stands for them, numbered in the order people came to the project."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name: f"annotator-{number}" for number, name in enumerate(names, 1)}

    @property
    def names(self) -> Mapping[str, str]:
        return self._names

    @cached_property
    def _telling(self) -> dict[str, str]:
        """Everything that names somebody; where two are called alike, as written goes before as meant."""
        found = dict(self._names)
        for name, pseudonym in self._names.items():
            found.setdefault(_before_at(name), pseudonym)
        return {
            name: pseudonym
            for name, pseudonym in found.items()
            if len(name) >= SHORTEST and name.casefold() not in ROLES
        }

    @cached_property
    def _folded(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, pseudonym in self._telling.items():
            found.setdefault(name.casefold(), pseudonym)
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        if not self._telling:
            return None
        # The longest first: of "Ann" and "Ann Lee" the whole of the second is meant.
        longest = sorted(self._telling, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(self._any_case, longest))})(?!\w)")

    def _any_case(self, name: str) -> str:
        if name.casefold() not in WORDS:
            return f"(?i:{re.escape(name)})"
        given = {name} if name in self._names else set()
        return "|".join(map(re.escape, sorted(given | {name.capitalize(), name.upper()})))

    def _of(self, found: str) -> str:
        known = self._telling.get(found) or self._folded.get(found.casefold())
        if known is not None:
            return known
        # Letters whose other case is more than one letter fold to what no name folds to.
        return next(
            pseudonym
            for name, pseudonym in self._telling.items()
            if re.fullmatch(self._any_case(name), found)
        )

    def scrub(self, text: str) -> str:
        """The text with every name in it replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._of(match[0]), text)

    def found_in(self, text: str) -> list[str]:
        """Pseudonyms of those whose name the text holds."""
        if self._pattern is None:
            return []
        return sorted({self._of(name) for name in self._pattern.findall(text)})


def _before_at(name: str) -> str:
    """`maria.lopez` of `maria.lopez@example.org`; a name that is no address stays."""
    local, at, domain = name.partition("@")
    return local if at and "." in domain and " " not in name else name
