"""Images as models are sent them: as image parts of the chat API, and only to models that take them.

For budgets and limits an image counts as `image_tokens` of its model, whatever its size: how many tokens
an image is, only its endpoint knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pairwright.errors import ConfigError, InputError
from pairwright.images import data_uri, is_kept, is_url
from pairwright.models.chat import CallFailed
from pairwright.stages.project.project import Project
from pairwright.store.judge.images import first_with_image

_MARK = re.compile(r"⟦image ([^⟦⟧\n]*)⟧")
_KEPT = 16  # images that are held for the next call: both orders show the same


class ImagesSent:
    """Messages as one model is sent them."""

    def __init__(self, project: Project, model: str) -> None:
        self._media, self._tokens = project.media, project.settings.models[model].image_tokens
        self._uri = lru_cache(maxsize=_KEPT)(self._read)

    def messages(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """With images in their parts; the first question, where it is a text, has one after each mark.

        Raises CallFailed where an image is gone.
        """
        sent: list[dict[str, Any]] = []
        asked = False
        for message in messages:
            content = message["content"]
            if isinstance(content, list):
                message = {**message, "content": [self._part(part) for part in content]}
            elif message["role"] == "user" and not asked and (parts := self._parts(content)):
                message = {**message, "content": parts}
            asked = asked or message["role"] == "user"
            sent.append(dict(message))
        return sent

    def size(self, messages: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
        """What messages that are sent count as, in bytes, and how much of that is images."""
        text = images = 0
        for message in messages:
            content = message["content"]
            if isinstance(content, str):
                text += len(content.encode())
            for part in content if isinstance(content, list) else ():
                images += part["type"] == "image_url"
                text += len(part.get("text", "").encode())
        return text + images * self._tokens, images * self._tokens

    def _parts(self, text: str) -> list[dict[str, Any]]:
        """A text with each image after its mark; nothing where it has none."""
        parts: list[dict[str, Any]] = []
        at = 0
        for mark in _MARK.finditer(text):
            if is_kept(mark[1]) or is_url(mark[1]):
                parts += [{"type": "text", "text": text[at : mark.end()]}, self._image(mark[1])]
                at = mark.end()
        return [*parts, {"type": "text", "text": text[at:]}] if parts else []

    def _part(self, part: Mapping[str, Any]) -> dict[str, Any]:
        return self._image(part["image_url"]["url"]) if part["type"] == "image_url" else dict(part)

    def _image(self, ref: str) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": ref if is_url(ref) else self._uri(ref)}}

    def _read(self, name: str) -> str:
        try:
            return data_uri(self._media.read(name))
        except InputError as error:
            raise CallFailed("rejected", str(error), tries=0) from None


def check_sees_images(
    project: Project, who: str, model: str, *, text_only: bool = False, responses: bool = False
) -> None:
    """Raise ConfigError, before anything is sent, where there are images and the model would not see them.

    `text_only`: what it is asked has no place for them. `responses`: those of responses count too.
    """
    if project.settings.models[model].images and not text_only:
        return
    remedy = f"If {model} takes them, set images = true under [models.{model}]; else use a model that does"
    if text_only:
        remedy = "Use a judge that is a chat model and takes them"
    with project.store.read() as connection:
        first = first_with_image(connection, responses=responses)
    if first is not None:
        raise ConfigError(
            f"{who} is not sent images, and there are some (the first in {first}), so nothing was asked. "
            f"{remedy}, or keep such rows in a project of their own."
        )
