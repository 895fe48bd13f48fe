"""identity_leak: a chosen response that says which model or maker it comes from.

A model trained on it will claim to be somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairwright.quality.example import Example, Finding

_MAKERS = (
    r"OpenAI|Anthropic|Google|DeepMind|Meta(?: AI)?|Microsoft|Alibaba(?: "
    r"Cloud)?|Mistral(?: AI)?|Cohere|Baidu|LMSYS|"
    r"Hugging ?Face|LAION|Stability(?: AI)?|DeepSeek|xAI|Nomic(?: AI)?"
)
_MODELS = (
    r"ChatGPT|GPT-?[345][\w.-]*|Claude|Bard|Gemini|Gemma|LLaMA|Llama|Vicuna|Qwen|Tongyi|"
    r"Mistral|Falcon|Open ?Assistant|ERNIE|Copilot|Grok"
)
_LEAK = re.compile(
    rf"\b(?:(?:I\s+am|I['’]m|my name is|As)\s+(?:an?\s+|the\s+)?(?:{_MODELS})\b(?!['’]s)"
    rf"|(?:(?:created|developed|trained|made|built|designed)\s+by\s+(?:the\s+)?(?:researchers\s+(?:at|from)\s+)?(?:{_MAKERS})\b(?=[^.\n]{{0,300}}\b(?:I|me|my)\b|[.,!]))"
    rf"|(?:language model|AI assistant|AI model|chatbot)\s+(?:created|"
    rf"developed|trained|made|built|from|by)\s+(?:by\s+)?(?:{_MAKERS})\b)",
)
_FIRST_PERSON = re.compile(r"\b(?:I|I['’]m|my|me|As an?)\b")
_GENERIC = re.compile(
    r"\bas an? (?:AI|artificial intelligence)(?: language)?(?: model| assistant)?\b", re.IGNORECASE
)
# One of these stands in all that is looked for: most texts have none and are not looked at further.
_MARKS = (
    " AI",
    "rtificial",
    "anguage model",
    "hatbot",
    "ained by",
    "eveloped by",
    "reated by",
    "ade by",
    "uilt by",
    "esigned by",
    "I am ",
    "I'm ",
    "I’m ",
    "name is",
    " as ",
    "As ",
)


class IdentityLeak:
    """A warning for a named model or maker, a notice for "as an AI language model"."""

    name = "identity_leak"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided:
            return
        text = example.chosen
        if not any(mark in text for mark in _MARKS):
            return
        remedy = "drop the pair, or edit the sentence out and add the pair anew"
        match = _LEAK.search(text)
        if match is not None and _FIRST_PERSON.search(text[max(0, match.start() - 80) : match.end()]):
            reason = f'the chosen response says whose model it is: "{_around(text, match)}"'
            yield Finding(self.name, "warning", reason, remedy, example.id, "named", match[0])
        elif (match := _GENERIC.search(text)) is not None:
            reason = f'the chosen response speaks of itself as a model: "{_around(text, match)}"'
            yield Finding(self.name, "info", reason, remedy, example.id, "generic", match[0])


def _around(text: str, match: re.Match[str]) -> str:
    return " ".join(text[max(0, match.start() - 30) : match.end() + 30].split())
