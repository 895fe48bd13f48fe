"""Libraries that only some features need are extras; where one is missing, the message says what to type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pairwright.errors import MissingExtra


@contextmanager
def needed(extra: str, what: str) -> Iterator[None]:
    """Import a library of an extra inside of this. Raises MissingExtra where it is not installed."""
    try:
        yield
    except ImportError as error:
        missing = f"{error.name} is not installed" if error.name else str(error)
        raise MissingExtra(
            f'{what} needs the extra "{extra}" ({missing}). Run in a copy of the source: '
            f'pip install -e ".[{extra}]"'
        ) from error
