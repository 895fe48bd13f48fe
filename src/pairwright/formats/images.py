"""Images of a row in columns of their own: which they are, and where in the prompt each stands.

As TRL, LLaMA-Factory and ms-swift have it: the column's images fill the prompt's `{"type": "image"}` parts,
or else the `<image>` in its texts, in order. Where a prompt has neither, they stand before its first
question (TRL's `prepare_multimodal_messages` does the same). An answer's own column fills the answer's
places in the same way, and without any they stand before its first message.
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
# Of answers, by their place in a row of two, or of one; who has the first has the second, if any.
OF_ANSWERS = (
    ("chosen_images", "rejected_images"),
    ("response_a_images", "response_b_images"),
    ("images_a", "images_b"),
    ("response_images",),
    ("completion_images",),
)
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
    if not refs and not any(message.images for message in prompt):  # as most are
        return tuple(prompt)
    parts = sum(not image.ref for message in prompt for image in message.images)
    if not refs and parts:
        raise InputError(f'the prompt has {_of(parts)} and the row no "images" to put there')
    return _put(prompt, refs, where, "the prompt", "user")


def answer_filled(turns: Sequence[Message], refs: Sequence[str], where: str) -> tuple[Message, ...]:
    """An answer with the images of its own column in their places. Raises InputError as `filled` does."""
    return _put(turns, refs, where, "the answer", "assistant")


def _put(
    messages: Sequence[Message], refs: Sequence[str], where: str, what: str, role: str
) -> tuple[Message, ...]:
    """In parts that name no image, else at marks, else before the first message of this role."""
    if not refs:
        return tuple(messages)
    left, has = iter(refs), f"{where} has {_of(len(refs))}, and {what}"
    parts = sum(not image.ref for message in messages for image in message.images)
    marks = sum(message.content.count(PLACEHOLDER) for message in messages)
    wanted = parts or marks
    if wanted and len(refs) != wanted:
        places = '{"type": "image"} parts' if parts else f"{PLACEHOLDER} marks"
        raise InputError(f"{has} has {wanted} {places} for them")
    if parts:
        return tuple(_parts_filled(message, left) for message in messages)
    if marks:
        return tuple(_marks_filled(message, left) for message in messages)
    if any(message.images for message in messages):
        raise InputError(f"{has} names those of its parts there already")
    first = next((n for n, message in enumerate(messages) if message.role == role), None)
    if first is None:
        raise InputError(f"{has} no message of the {role}'s that they could stand in")
    put = replace(messages[first], images=tuple(Image(ref) for ref in refs))
    return (*messages[:first], put, *messages[first + 1 :])


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
