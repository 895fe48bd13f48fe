"""The images of rows that are added: kept in the project's `media/`, where they are real; never fetched."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated
from pairwright.formats.images import mapped
from pairwright.formats.reading import Given, Rows
from pairwright.formats.rows import Entry
from pairwright.formats.streams import STDIN
from pairwright.images import MOST_BYTES, bytes_of, is_data, is_url
from pairwright.stages.project.media import Media
from pairwright.types import Message, Response


class Keeper:
    """Keeps the images that rows speak of. With `urls` those that are addresses stay addresses.

    `take_back` removes again what was kept since: for a transaction that came to nothing.
    """

    def __init__(self, media: Media | None, *, urls: bool = False) -> None:
        self._media, self._urls = media, urls
        self._new: list[str] = []
        self._known: dict[str, str] = {}  # path -> name

    def take_back(self) -> None:
        for name in self._new:
            assert self._media is not None  # it has kept these
            self._media.take_back(name)

    def entry(self, entry: Entry, base: Path) -> Entry:
        """An entry whose images have the names they are kept under. Raises InputError."""
        answers = (*entry.responses, *(entry.pair or ()))
        if not any(one.turns for one in answers) and not any(each.images for each in entry.prompt.messages):
            return entry
        messages = self._messages(entry.prompt.messages, base)
        responses = tuple(self._response(one, base) for one in entry.responses)
        pair = entry.pair and (self._response(entry.pair[0], base), self._response(entry.pair[1], base))
        if messages is entry.prompt.messages and responses == entry.responses and pair == entry.pair:
            return entry
        if pair and pair[0].turns and pair[0].turns == pair[1].turns:
            raise InputError("the two responses are the same images and text: nothing to choose")
        return replace(entry, prompt=replace(entry.prompt, messages=messages), responses=responses, pair=pair)

    def row(self, row: Canonical, base: Path) -> Canonical:
        """The same for a row of a labelled dataset."""
        prompt = self._messages(row.prompt, base)
        responses = tuple(self._rated(one, base) for one in row.responses)
        if prompt is row.prompt and responses == row.responses:
            return row
        return replace(row, prompt=prompt, responses=responses)

    def _response(self, one: Response, base: Path) -> Response:
        turns = self._messages(one.turns, base)
        return one if turns is one.turns else replace(one, text=Rated.of(turns).text, turns=turns)

    def _rated(self, one: Rated, base: Path) -> Rated:
        turns = self._messages(one.turns, base)
        return one if turns is one.turns else replace(one, text=Rated.of(turns).text, turns=turns)

    def _messages(self, messages: tuple[Message, ...], base: Path) -> tuple[Message, ...]:
        if not any(message.images for message in messages):
            return messages
        return tuple(mapped(message, partial(self._kept, base=base)) for message in messages)

    def _kept(self, ref: str, base: Path) -> str:
        if is_data(ref):
            where = f"the image {ref[:30]}..."
            return self._keep(bytes_of(ref, where), where)
        if "://" in ref and not ref.lower().startswith("file://"):
            return self._address(ref)
        path = base / (unquote(urlsplit(ref).path) if ref.lower().startswith("file://") else ref)
        known = os.fspath(path)
        if known not in self._known:
            self._known[known] = self._keep(_read(path, ref), f'the image "{ref}"')
        return self._known[known]

    def _address(self, ref: str) -> str:
        if not is_url(ref):
            raise InputError(f'the image "{ref[:100]}" is an address that is not http or https')
        if not self._urls:
            raise InputError(
                f'the image "{ref[:100]}" is an address, and images are never fetched. Download it and name '
                "its path, or pass --image-urls to keep addresses: models are sent them as they are, and "
                "people see the address only"
            )
        return ref

    def _keep(self, data: bytes, where: str) -> str:
        if self._media is None:
            raise InputError(f"{where} needs a project to be kept in")
        name, new = self._media.keep(data, where)
        if new:
            self._new.append(name)
        return name


def _read(path: Path, ref: str) -> bytes:
    where = f'the image "{ref}"'
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise InputError(
                f"{where} has {path.stat().st_size:,} bytes; an image has {MOST_BYTES:,} at most. "
                "Make it smaller."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{where} can't be read ({path}: {why}). Paths go from the file's folder") from None


def base_of(given: Given) -> Path:
    """Where the paths in a file begin: in its folder; those of rows in memory in the working directory."""
    return Path() if isinstance(given, Rows) or os.fspath(given) == STDIN else Path(given).parent
