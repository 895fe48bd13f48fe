"""Values that nothing changes, of which a run makes millions.

A frozen dataclass sets each of its fields through `object.__setattr__`, so making one takes five times as
long as making one that is not frozen. Here the type checker refuses a change, and nothing does at run time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A dataclass with slots and a hash, whose fields are only read."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
