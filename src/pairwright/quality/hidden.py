"""What a text says to a model though people don't see it: letters drawn as nothing or as others, and codes.

Models read through all of these. Each gives the text that is meant, so that the same
signs are looked for in it as in plain words.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_DRAWN_AS_NOTHING = re.compile(
    "[\u00ad\u180e\u200b-\u200f\u2060-\u2064\u2066-\u2069\ufeff\u3164\u0300-\u036f]"
)
_OVERRIDE = re.compile("\u202e([^\u202c\n]{1,2000})")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
# Cyrillic and Greek letters that look like Latin ones.
_ALIKE = str.maketrans("аеорсхуіјѕһАЕОРСХТНКМВаοαερυι", "aeopcxyijshAEOPCXTHKMBaoaepui")
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{24,4000}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-fA-F]{2}){16,2000}(?![0-9a-zA-Z])")
_ESCAPED = re.compile(r"(?:\\u00[0-7][0-9a-fA-F]){8,2000}|(?:%[0-7][0-9a-fA-F]){8,2000}")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-fA-F]{2,4};){8,2000}")


def unseen(text: str) -> str | None:
    """The words that a text spells in characters that are not drawn at all; None where it holds none."""
    if text.isascii():
        return None
    tags = "".join(chr(ord(sign) - 0xE0000) for each in _TAGS.findall(_FLAG.sub("", text)) for sign in each)
    selectors = b"".join(_bytes_of(each) for each in _SELECTORS.findall(text))
    said = tags + selectors.decode("utf-8", "ignore")
    return said if sum(map(str.isalpha, said)) >= 4 else None


def readings(text: str) -> Iterator[str]:
    """The text as it is meant, where that differs from how it is written, and what its codes stand for."""
    if not text.isascii():
        plain = _DRAWN_AS_NOTHING.sub("", unicodedata.normalize("NFKD", text)).translate(_ALIKE)
        if plain != text:
            yield plain
        yield from (each[::-1] for each in _OVERRIDE.findall(text))
    if _CONTROL.search(text):
        yield _CONTROL.sub("", text)
    yield from _decoded(text)


def _decoded(text: str) -> Iterator[str]:
    for code in _BASE64.findall(text):
        try:
            yield base64.b64decode(code + "=" * (-len(code) % 4)).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            continue
    for code in _HEX.findall(text):
        yield bytes.fromhex(code).decode("ascii", "ignore")
    for code in _ESCAPED.findall(text):
        yield unquote(code.replace("\\u00", "%"))
    yield from map(html.unescape, _ENTITIES.findall(text))


def _bytes_of(selectors: str) -> bytes:
    return bytes(ord(each) - 0xFE00 if each <= "\ufe0f" else ord(each) - 0xE0100 + 16 for each in selectors)
