"""Images of a row in columns of their own: which they are, and where in the prompt each stands.

As TRL, LLaMA-Factory and ms-swift have it: the column's images fill the prompt's `{"type": "image"}` parts,
or else the `<image>` in its texts, in order. Where a prompt has neither, they stand before its first
question (TRL's `prepare_multimodal_messages` does the same).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from pairwright.errors import InputError
from pairwright.formats.values import kind_of
from pairwright.images import data_uri, png_of
from pairwright.types import Image, Message

COLUMNS = ("images", "image", "image_paths", "image_path", "image_urls", "image_url")
PLACEHOLDER = "<image>"


def column_of(get: Callable[[str], Any]) -> str | None:
    """The first column of a row that holds its images; `get` gives a column's value, or None."""
    return next((name for name in COLUMNS if get(name) not in (None, "", [])), None)


def refs_in(value: Any, where: str) -> tuple[str, ...]:
    """A column's images: paths, URLs, data URIs, `{"bytes", "path"}`, one or a list. Raises InputError."""
    if isinstance(value, str) and value.startswith("["):  # a cell of a table
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{where} begins like a list and is not valid JSON ({error.msg})") from None
    each = value if isinstance(value, list | tuple) else (value,)
    return tuple(
        _ref(one, f"{where} number {n}" if len(each) > 1 else where) for n, one in enumerate(each, 1)
    )


def _ref(value: Any, where: str) -> str:
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("bytes", "path", "url") if value.get(name)), None)
    if isinstance(value, bytes):
        return data_uri(value)
    if hasattr(value, "save"):  # decoded already
        return data_uri(png_of(value))
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where} is {kind_of(value)}, no path, address or bytes of an image")
    return value.strip()


def filled(prompt: Sequence[Message], refs: Sequence[str], where: str = "") -> tuple[Message, ...]:
    """A prompt with the images of its row in their places.

    Raises InputError where they are not as many as the places. `where` names their column.
    """
    parts = sum(not image.ref for message in prompt for image in message.images)
    if not refs:
        if parts:
            raise InputError(f'the prompt has {_of(parts)} and the row no "images" to put there')
        return tuple(prompt)
    left = iter(refs)
    if parts:
        _as_many(len(refs), parts, where, '{"type": "image"} parts')
        return tuple(_parts_filled(message, left) for message in prompt)
    marks = sum(message.content.count(PLACEHOLDER) for message in prompt)
    if marks:
        _as_many(len(refs), marks, where, f"{PLACEHOLDER} marks")
        return tuple(_marks_filled(message, left) for message in prompt)
    if any(message.images for message in prompt):
        raise InputError(
            f"{where} has {_of(len(refs))}, and those of the prompt's parts are given there already"
        )
    first = next((n for n, message in enumerate(prompt) if message.role == "user"), None)
    if first is None:
        raise InputError(f"{where} has {_of(len(refs))}, and the prompt no question that they could stand in")
    put = replace(prompt[first], images=tuple(Image(ref) for ref in refs))
    return (*prompt[:first], put, *prompt[first + 1 :])


def _as_many(given: int, wanted: int, where: str, places: str) -> None:
    if given != wanted:
        raise InputError(f"{where} has {_of(given)}, and the prompt has {wanted} {places} for them")


def _of(n: int) -> str:
    return "1 image" if n == 1 else f"{n} images"


def _parts_filled(message: Message, refs: Iterator[str]) -> Message:
    if all(image.ref for image in message.images):
        return message
    return replace(
        message, images=tuple(image if image.ref else Image(next(refs), image.at) for image in message.images)
    )


def _marks_filled(message: Message, refs: Iterator[str]) -> Message:
    before, *rest = message.content.split(PLACEHOLDER)
    if not rest:
        return message
    images = []
    for text in rest:
        images.append(Image(next(refs), len(before)))
        before += text
    return replace(message, content=before, images=tuple(images))


def refs_of(messages: Iterable[Message]) -> list[str]:
    """The images of messages, in order."""
    return [image.ref for message in messages for image in message.images]


def mapped(message: Message, ref: Callable[[str], str]) -> Message:
    """A message whose images have the references that `ref` gives for theirs."""
    if not message.images:
        return message
    return replace(message, images=tuple(Image(ref(image.ref), image.at) for image in message.images))
