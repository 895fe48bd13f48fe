"""Fields of the lead's forms as values: errors say which field, and what it held."""

from __future__ import annotations

from typing import get_args

from pairwright.errors import InputError
from pairwright.store.people.accounts import Role

LARGEST = 10**12  # number in a form
MOST_TAGS = 50


def number(form: dict[str, str], name: str, default: int) -> int:
    try:
        value = int(form.get(name) or default)
    except ValueError:
        raise InputError(f"{name} is a whole number; got {form[name][:40]!r}") from None
    if abs(value) > LARGEST:
        raise InputError(f"{name} is at most {LARGEST:,}")
    return value


def role(text: str) -> Role:
    if text not in get_args(Role):
        raise InputError(f"a role is lead or annotator; got {text[:40]!r}")
    return text  # type: ignore[return-value]


def tags(text: str) -> list[str]:
    """Names by comma, each once."""
    return list(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))[:MOST_TAGS]
