"""What the annotator's pages say, in the annotator's language.

A catalogue (`words/LANGUAGE.json`) is keyed by the English sentence. A sentence whose form goes by a number
`n` has one text for each plural category of CLDR; English needs a catalogue for these alone.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "words"
LANGUAGES = {"en": "English", "de": "Deutsch", "ar": "العربية"}
COOKIE = "pairwright-language"
_DIRECTIONS = {"ar": "rtl"}
_SEPARATORS = {"de": "."}  # of thousands
_LOCALES = {"ar": "ar-u-nu-latn"}  # keys are named by Latin digits, so numbers are too
_PLACES = re.compile(r"\{(\w+)\}")

Texts = dict[str, str]


@cache
def catalogue(language: str) -> dict[str, str | Texts]:
    """The sentences of a language: text, or text by plural category."""
    found: dict[str, str | Texts] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


def plural_of(language: str, n: float) -> str:
    """The plural category of a number, by CLDR's rules."""
    if language != "ar":
        return "one" if n == 1 else "other"
    if n in (0, 1, 2):
        return ("zero", "one", "two")[int(n)]
    rest = n % 100
    return "few" if 3 <= rest <= 10 else "many" if 11 <= rest <= 99 and rest == int(rest) else "other"


class Words:
    """Sentences of one language: `words("{n} waiting", n=3)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.direction = _DIRECTIONS.get(language, "ltr")
        self.locale = _LOCALES.get(language, language)
        self.sentences = catalogue(language)

    def __call__(self, sentence: str, **values: Any) -> str:
        found = self.sentences.get(sentence, sentence)
        if isinstance(found, dict):
            found = found.get(plural_of(self.language, values["n"])) or found["other"]
        return _PLACES.sub(lambda place: self._shown(values, place), found)

    def _shown(self, values: dict[str, Any], place: re.Match[str]) -> str:
        value = values.get(place[1], place[0])
        return self.number(value) if isinstance(value, int | float) else str(value)

    def number(self, value: float) -> str:
        """A number as the language writes it, with one decimal at most."""
        text = f"{round(value, 1):,}".removesuffix(".0")
        point = _SEPARATORS.get(self.language)
        return text.translate(str.maketrans(",.", f"{point},")) if point else text

    def percent(self, share: float) -> str:
        return f"{share:.0%}" if self.language != "de" else f"{share * 100:.0f}\N{NO-BREAK SPACE}%"

    def told(self, message: str) -> str:
        """A message that was made elsewhere, in English, with what it names: the sentence it is made from.

        One that no catalogue knows stays as it is: errors for leads and programs are English.
        """
        if message in self.sentences:
            return self(message)
        for pattern, sentence in _patterns(self.language):
            if found := pattern.fullmatch(message):
                return self(sentence, **found.groupdict())
        return message


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """What a message looks like that was made from a sentence with places in it."""
    made = []
    for sentence, text in catalogue(language).items():
        parts = _PLACES.split(sentence)
        if isinstance(text, str) and len(parts) > 1:
            form = ""
            for n, part in enumerate(parts):
                again = n % 2 and part in parts[1:n:2]
                form += re.escape(part) if not n % 2 else f"(?P={part})" if again else f"(?P<{part}>.+)"
            made.append((re.compile(form, re.DOTALL), sentence))
    return made


@cache
def words_in(language: str) -> Words:
    return Words(language)


def language_of(chosen: str | None, accepts: str) -> str:
    """The language a person chose; else the first here that their browser asks for (`Accept-Language`)."""
    if chosen in LANGUAGES:
        return chosen
    wanted = []
    for place, each in enumerate(accepts.split(",")):
        tag, _, weight = each.strip().partition(";")
        try:
            quality = float(weight.partition("=")[2]) if weight else 1.0
        except ValueError:
            quality = 0.0
        wanted.append((-quality, place, tag.split("-")[0].lower()))
    return next((tag for quality, _, tag in sorted(wanted) if tag in LANGUAGES and quality < 0), "en")
