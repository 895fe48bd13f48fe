"""A row in tokens, as TRL's trainers make them: by the tokenizer's chat template, with tools and arguments.

Needs the extra `tokens` (transformers, without torch). A tokenizer is a folder, or a model of the Hub whose
name the user typed; no code that comes with it is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from logging import getLogger
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.extras import needed
from pairwright.formats.messages import dicts
from pairwright.formats.trl import SEPARATOR
from pairwright.quality.example import Example
from pairwright.tokens.trainers import Lengths
from pairwright.turns import laid_out
from pairwright.types import Message

WHAT = "measuring rows in tokens"
# What is assumed of a tokenizer without a chat template.
PLAIN = (
    "it has no chat template: messages are joined by a blank line and end with its end token, as in the rows "
    "of trl-dpo-text. Rows of chat messages need a template: take the instruct model's tokenizer, or set one"
)


class RowTokenizer:
    """`lengths(example)`: the row in tokens. `context` is what the model's configuration says it can hold."""

    def __init__(self, tokenizer: Any, context: int | None) -> None:
        self._tokenizer, self.context = tokenizer, context

    @property
    def has_template(self) -> bool:
        return bool(self._tokenizer.chat_template)

    def lengths(self, example: Example) -> Lengths:
        """Prompt and responses, each as the part of the whole conversation that TRL takes it for.

        What the template itself raises is passed on: it is a program, and refuses rows by raising.
        """
        asked, chosen, rejected = self._ids(example)
        begin = min(_alike(asked, chosen), _alike(asked, rejected))
        a, b = chosen[begin:], rejected[begin:]
        return Lengths(begin, len(a), len(b), _alike(a, b))

    def _ids(self, example: Example) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        sides = [
            _messages(example.chosen, example.turns_chosen),
            _messages(example.rejected, example.turns_rejected),
        ]
        if not self.has_template:
            prompt = _plain(example.messages) + SEPARATOR
            end = self._tokenizer.eos_token or ""
            chosen, rejected = (self._of_text(prompt + _plain(side) + end) for side in sides)
            return self._of_text(prompt), chosen, rejected
        more = {"tools": list(example.tools) or None, **(example.template or {})}
        asked = dicts(example.messages)
        chosen, rejected = (self._of_messages([*asked, *dicts(side)], more) for side in sides)
        return self._of_messages(asked, more | {"add_generation_prompt": True}), chosen, rejected

    def _of_text(self, text: str) -> Sequence[int]:
        found: Sequence[int] = self._tokenizer(text)["input_ids"]
        return found

    def _of_messages(self, messages: list[dict[str, Any]], more: Mapping[str, Any]) -> Sequence[int]:
        made = self._tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, **more)
        found: Sequence[int] = made["input_ids"]
        return found


def _messages(text: str, turns: tuple[Message, ...]) -> tuple[Message, ...]:
    return turns or (Message("assistant", text),)


def _plain(messages: Iterable[Message]) -> str:
    return SEPARATOR.join(laid_out(message) for message in messages)


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    for n, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return n
    return min(len(one), len(other))


@cache
def row_tokenizer(name: str) -> RowTokenizer:
    """The tokenizer in a folder, or of a model of the Hub. Raises MissingExtra, InputError."""
    # That there is no torch to load models with: none is loaded.
    getLogger("transformers").addFilter(lambda record: "PyTorch was not found" not in record.getMessage())
    with needed("tokens", WHAT):
        from transformers import AutoConfig, AutoTokenizer
        from transformers.utils import logging
    folder = Path(name).expanduser()
    if not folder.exists() and (folder.is_absolute() or name.startswith((".", "~"))):
        raise InputError(f"there is no folder {name} to read a tokenizer from")
    where = str(folder) if folder.exists() else name
    logging.set_verbosity_error()
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())[:300]
        raise InputError(
            f"{name} has no tokenizer that can be read: {said}. Name a folder that has one "
            "(tokenizer.json), or a model of the Hub such as Qwen/Qwen3-0.6B"
        ) from None
    try:
        config = AutoConfig.from_pretrained(where, trust_remote_code=False).get_text_config()
    except (OSError, ValueError, ImportError, KeyError):  # a tokenizer alone says nothing of a model
        config = None
    context = getattr(config, "max_position_embeddings", None)
    return RowTokenizer(tokenizer, context if isinstance(context, int) else None)
