"""language_mismatch: the chosen response is in another language than the prompt, which did not ask for one.

Told by function words first, for that is cheap and right about English; only
where they leave a doubt by py3langid (Barbaresi's fork of langid.py, Lui and
Baldwin 2012), over the languages it tells well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pairwright.quality.example import Example, Finding
from pairwright.quality.mistakes.fences import prose_of

LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish",
    "pl": "Polish",
    "ru": "Russian",
    "uk": "Ukrainian",
    "tr": "Turkish",
    "ar": "Arabic",
    "he": "Hebrew",
    "fa": "Persian",
    "hi": "Hindi",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "vi": "Vietnamese",
    "id": "Indonesian",
    "el": "Greek",
    "cs": "Czech",
    "hu": "Hungarian",
    "ro": "Romanian",
    "fi": "Finnish",
    "da": "Danish",
    "th": "Thai",
}
_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "that",
        "it",
        "for",
        "you",
        "with",
        "as",
        "are",
        "on",
        "be",
        "this",
        "have",
        "or",
        "at",
        "from",
        "by",
        "not",
        "your",
        "can",
        "i",
        "what",
        "how",
        "a",
        "an",
        "was",
        "were",
        "will",
        "would",
        "which",
        "their",
        "they",
        "we",
        "there",
        "if",
        "do",
        "does",
        "but",
        "so",
    ]
)
_LOOKED_AT = 600  # characters
_SURE = 0.95
_ENGLISH_SHARE = 0.2
_FEWEST_WORDS = 12
_NAMED = re.compile(
    r"\b(?:translat\w*|language|" + "|".join(LANGUAGES.values()) + r"|mandarin|latin|catalan)\b",
    re.IGNORECASE,
)


def language_of(text: str) -> str | None:
    """The code of the text's language, None where it can't be told surely."""
    text = prose_of(text)[:_LOOKED_AT]
    if reads_english(text):
        return "en"
    code, sure = _identifier().classify(re.sub(r"https?://\S+|[\d_#*|>]+", " ", text))
    return str(code) if sure >= _SURE and code in LANGUAGES else None


def reads_english(text: str) -> bool:
    """Whether enough of the words are English function words."""
    words = text.lower().split()
    return len(words) > 3 and sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


class LanguageMismatch:
    """A warning where prompt and chosen response are each surely in a language, and not in the same."""

    name = "language_mismatch"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided:
            return
        chosen, asked = example.chosen, example.asked
        if reads_english(chosen[:_LOOKED_AT]) and reads_english(asked[:_LOOKED_AT]):
            return
        if len(asked.split()) < _FEWEST_WORDS or len(chosen.split()) < _FEWEST_WORDS or _NAMED.search(asked):
            return
        spoken, answered = language_of(asked), language_of(chosen)
        if spoken is None or answered is None or spoken == answered:
            return
        reason = f"the prompt is in {LANGUAGES[spoken]}, the chosen response in {LANGUAGES[answered]}"
        remedy = "send the pair to people who read both, or drop it"
        yield Finding(self.name, "warning", reason, remedy, example.id, value=f"{spoken}/{answered}")
