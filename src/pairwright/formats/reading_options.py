"""How the rows of a dataset are to be read, as the user says: one value on its way to the reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """`mapping` is a table's column -> the file's; `label_values` what the values of its label mean.

    `file_format` is given where the file's name does not tell. Columns named in `without` are taken away
    first. `label` is which of several labels counts.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    file_format: str | None = None
    without: Collection[str] = ()
    label: str | None = None
    label_values: Mapping[str, str] = field(default_factory=dict)


AS_IT_STANDS = ReadingOptions()
