"""images: images that are gone from the project's `media/`, and answers that are the same image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pairwright.images import is_kept
from pairwright.quality.example import Example, Finding
from pairwright.types import Message


class Images:
    """`there` are the images that the project has; None where that is not known."""

    name = "images"

    def __init__(self, there: frozenset[str] | None = None) -> None:
        self._there = there

    def look(self, example: Example) -> Iterator[Finding]:
        a, b = _images(example.turns_a), _images(example.turns_b)
        remedy = "add the rows with this image again, or put the file back"
        if self._there is not None:
            for ref in dict.fromkeys((*_images(example.messages), *a, *b)):
                if is_kept(ref) and ref not in self._there:
                    yield Finding(
                        self.name, "error", f"the image {ref} is not in media/",
                        remedy, example.id, "missing", ref,
                    )  # fmt: skip
        if a and a == b:
            yield Finding(
                self.name, "error", f"both responses show the same image ({a[0]})",
                "draw new responses, or drop the pair", example.id, "same_image", a[0],
            )  # fmt: skip


def _images(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(image.ref for message in messages for image in message.images)
