"""Content keys: the same work always has the same key, so it is never done or paid for twice.

A key is the first 16 bytes of BLAKE2b over canonical JSON (sorted names, UTF-8,
no spaces). People see it as hex behind a letter for its kind (`p` prompt,
`r` response, `x` pair, `v` vote) and may shorten it to any unique prefix, as with git.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

KINDS = {"prompt": "p", "response": "r", "pair": "x", "vote": "v"}
_KIND_OF_LETTER = {letter: kind for kind, letter in KINDS.items()}
SHOWN_DIGITS = 12


def canonical_json(value: Any) -> bytes:
    """`value` as JSON bytes that are equal exactly when the values are equal."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def content_key(kind: str, *parts: Any) -> bytes:
    """16 bytes that name a piece of content or work: hash(kind, parts).

    Parts are JSON values or `bytes` (another key).
    """
    said = orjson.dumps([kind, *parts], default=bytes.hex, option=orjson.OPT_SORT_KEYS)
    return blake2b(said, digest_size=16).digest()


def public_id(kind: str, key: bytes, *, full: bool = False) -> str:
    """The id people see and type: `x-3fa9c2d41b07`; `full=True` gives all 32 digits."""
    digits = key.hex()
    return f"{KINDS[kind]}-{digits if full else digits[:SHOWN_DIGITS]}"


def parse_public_id(text: str) -> tuple[str, str] | None:
    """(kind, hex prefix) of an id such as `x-3fa9c2`, or None if it is not one."""
    letter, dash, digits = text.strip().partition("-")
    kind = _KIND_OF_LETTER.get(letter)
    if not dash or kind is None or not 4 <= len(digits) <= 32:
        return None
    if any(c not in "0123456789abcdef" for c in digits):
        return None
    return kind, digits


def seeded_fraction(*parts: Any) -> float:
    """A number in [0, 1) that depends on `parts` alone: seeded chance without a generator to carry along.

    Used where each item needs its own draw that stays the same in every run
    (which model answers slot 2 of this prompt, which side a response is shown on).
    """
    return int.from_bytes(content_key("fraction", *parts)[:7]) / 2**56
