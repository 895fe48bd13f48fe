"""What of a row is carried on, and what is not: no column vanishes without a word.

Readers take the columns they know. `Watched` is a row that remembers which those were, at every level, so
whatever has a value and was never asked for is told, for every reader there is and will be. A column that
decides what was answered (tools, images, thinking) is not told but leaves its row out: an answer that looked
up the weather is no answer to the question alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.formats.canonical import Canonical
from pairwright.formats.format import Found, Left
from pairwright.formats.images import COLUMNS as IMAGES
from pairwright.formats.images import OF_ANSWERS
from pairwright.formats.message import KEYS, OF_TOOLS
from pairwright.formats.reading import Record, Records

# What the model saw, or answered with, beside text: without these the answers are to another question.
DEPENDS = frozenset(
    (
        "tools", "functions", "tool_calls", "function_call", "documents", "history", "chat_template_kwargs",
        *IMAGES, *(name for names in OF_ANSWERS for name in names), "video", "videos", "audio", "audios",
        "reasoning_content", "chosen_reasoning_content", "rejected_reasoning_content",
    )
)  # fmt: skip
_IN_MESSAGES = frozenset(("reasoning", "thinking", "thoughts"))  # elsewhere a rationale may be called so
_SUFFIX = "_not_carried"


class Watched(dict[str, Any]):
    """A row, or an object in one, that remembers which of its keys were asked for."""

    __slots__ = ("asked", "kept")

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()
        self.kept: set[str] = set()  # of those asked: with all that is in them

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        return value if key in self.asked else self._given(key, value)

    def get(self, key: str, default: Any = None) -> Any:
        value = dict.get(self, key, default)
        return value if key in self.asked else self._given(key, value)

    def whole(self, key: str) -> Any:
        """A value that is carried as it is, with all that is in it."""
        self.asked.add(key)
        self.kept.add(key)
        return super().get(key)

    def peek(self, key: str) -> Any:
        """A value that is looked at, and may well be of no use."""
        return super().get(key)

    def _given(self, key: str, value: Any) -> Any:
        self.asked.add(key)
        inner = _watched(value)
        if inner is not value:
            self[key] = inner
        return inner


def _watched(value: Any) -> Any:
    """Objects inside are watched too, but for messages: readers take role and content of those, always."""
    if type(value) is dict:
        return Watched(value)
    if type(value) is not list or not value:
        return value
    if type(value[0]) is list:
        return [_watched(each) for each in value]
    if type(value[0]) is dict and not _is_message(value[0]):
        return [Watched(each) if type(each) is dict else each for each in value]
    return value


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or "from" in value)


def is_messages(value: Any) -> bool:
    """Whether this is a list of messages, and no list of texts or of conversations."""
    return isinstance(value, list) and bool(value) and _is_message(value[0])


def repeats(row: Mapping[str, Any], name: str, value: Any) -> None:
    """Take note that a column only says again what is carried, if it does."""
    if (row.peek(name) if isinstance(row, Watched) else None) == value:
        row.get(name)


def whole(row: Mapping[str, Any], name: str) -> Any:
    """A value of a row that is carried as it is, with all that is in it."""
    return row.whole(name) if isinstance(row, Watched) else row.get(name)


def _empty(value: Any) -> bool:
    if type(value) is float and value != value:  # NaN, as pandas writes nothing
        return True
    return value is None or (not value and isinstance(value, str | list | dict))


def holds(row: dict[str, Any], name: str) -> bool:
    """Whether a column has a value: what is only looked at is not carried, and is told."""
    return not _empty(dict.get(row, name))


def unasked(row: dict[str, Any]) -> list[str]:
    """The columns with a value that nobody asked for: `weight`, `input.tools`, `messages.name`."""
    return list(dict.fromkeys(_unasked(row)))


def _unasked(row: dict[str, Any]) -> Iterator[str]:
    asked, kept = (row.asked, row.kept) if isinstance(row, Watched) else ((), ())
    for key, value in row.items():
        if key not in asked:
            if not _empty(value):
                yield key
        elif key in kept:
            continue
        elif isinstance(value, Watched):
            for inner in _unasked(value):
                yield f"{key}.{inner}"
        elif type(value) is list:
            items = list(_flat(value))
            # Of items alike some are passed over (a blank annotation): one that was asked is enough.
            known = {each for item in items if isinstance(item, Watched) for each in item.asked}
            for item in items:
                for inner in _of_item(item):
                    if inner not in known:
                        yield f"{key}.{inner}"


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if type(item) is list:
            yield from _flat(item)
        else:
            yield item


def _of_item(item: Any) -> Iterable[str]:
    if isinstance(item, Watched):
        return _unasked(item)
    if _is_message(item) and len(item) > 2:
        known = KEYS | {"name"} if item.get("role") in OF_TOOLS else KEYS
        return [name for name, value in item.items() if name not in known and not _empty(value)]
    return ()


def in_messages(value: Any) -> list[str]:
    """What a conversation's messages have beside what is read of them."""
    items = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(name for item in items for name in _of_item(item)))


def beside_of(value: Any, known: Collection[str], where: str) -> Iterator[str]:
    """What is not `known` in a value that is read as a whole, a tree for example: each name once a place.

    Objects by their id stand for a list of these: an id is no name of a column.
    """
    if isinstance(value, list):
        for item in value:
            yield from beside_of(item, known, where)
    elif isinstance(value, dict):
        if is_by_id(value):
            value = {"": list(value.values())}
        for name, inner in value.items():
            at = f"{where}.{name}" if name else where
            if name and name not in known:
                if not _empty(inner):
                    yield at
            else:
                yield from beside_of(inner, known, at)


def is_by_id(value: Mapping[str, Any]) -> bool:
    """Whether an object holds messages by their ids."""
    return bool(value) and all(_is_message(each) and each.get("id") == own for own, each in value.items())


def depended_on(columns: Iterable[str], taken: Collection[str] = ()) -> str | None:
    """The first of these columns that decides what was answered.

    Where a column of images is `taken`, another one says where these came from.
    """
    images = any(name in taken for name in IMAGES)
    for column in columns:
        place, _, name = column.rpartition(".")
        if images and not place and name in IMAGES:
            continue
        if name.lower() in DEPENDS or (place and name.lower() in _IN_MESSAGES):
            return name
    return None


def with_beside(found: list[Found], row: Watched, place: str) -> list[Found]:
    """What was read of a row, which now tells the columns that were not; a Left where those matter."""
    known = [column for each in found if isinstance(each, Canonical) for column in each.beside]
    beside = list(dict.fromkeys((*unasked(row), *known)))
    if not beside and len(found) == 1:
        return found
    if (column := depended_on(beside, row.asked)) is not None:
        return [left_for(column, place), *(each for each in found if not isinstance(each, Canonical))]
    rows = [n for n, each in enumerate(found) if isinstance(each, Canonical)]
    if not beside and len(rows) < 2:
        return found
    ids = [one.id for n in rows if isinstance(one := found[n], Canonical)]
    numbered = len(set(ids)) < len(ids)
    for number, n in enumerate(rows):
        one = found[n]
        assert isinstance(one, Canonical)
        own = f"{one.id}/{number + 1}" if one.id and numbered else one.id
        found[n] = replace(one, id=own, beside=() if number else tuple(beside))
    return found


def left_for(column: str, place: str) -> Left:
    return Left(place, column + _SUFFIX)


def why_not_carried(reason: str) -> str | None:
    """What `tools_not_carried` means; None for any other reason."""
    if not reason.endswith(_SUFFIX):
        return None
    name = reason.removesuffix(_SUFFIX)
    return (
        f'the answers depend on "{name}", which is not carried: --without {name} takes such rows as if '
        "it were not there"
    )


def without_columns(records: Records, names: Collection[str]) -> Records:
    """Rows without these columns, wherever they stand: also in messages, and in objects inside."""
    for record in records:
        if isinstance(record, Record) and names:
            record = replace(record, row=_stripped(record.row, names))
        yield record


def _stripped(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(inner, names) for key, inner in value.items() if key not in names}
    return [_stripped(each, names) for each in value] if isinstance(value, list) else value
