"""export: labels as TRL reads them, by shape and style; the rows and files are those of `export_dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pairwright.errors import InputError
from pairwright.formats import trl
from pairwright.formats.trl import Shape, Style
from pairwright.literals import checked
from pairwright.stages.export.convert import ConvertResult, Selection
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.export.side_lines import row_of_export as row_of_export
from pairwright.stages.project.media import Media
from pairwright.store.store import Store


class RowProgress(Protocol):
    """Told now and then how many labels have been looked at, of how many."""

    def __call__(self, *, done: int, total: int) -> None: ...


@checked
def export(
    store: Store,
    out: Path,
    *,
    shape: Shape = "dpo",
    style: Style = "conversational",
    seed: int = 0,
    separator: str = trl.SEPARATOR,
    include_flagged: bool = False,
    split_pairs: bool = False,
    media: Media | None = None,
    progress: RowProgress | None = None,
) -> ConvertResult:
    """Write the labels of `store` to `out` (.jsonl, .jsonl.gz, .jsonl.zst or .parquet), all or nothing.

    `dpo` and `orpo` (the same rows) take pairs, `kto` and `unpaired` single responses that are good or
    bad by what is said of them, or with `split_pairs` by who won. Raises InputError, and leaves what was
    at `out` untouched, if there is nothing to write or `out` cannot be written.
    """
    return export_dataset(
        store,
        out,
        to=format_of(shape, style),
        selection=Selection(split_pairs=split_pairs),
        separator=separator,
        seed=seed,
        include_flagged=include_flagged,
        media=media,
        progress=progress,
    )


def format_of(shape: str, style: str) -> str:
    """The format that a shape and a style are. Raises InputError for what there is not."""
    for name, value, known in (("shape", shape, trl.SHAPES), ("style", style, trl.STYLES)):
        if value not in known:
            raise InputError(f'{name} "{value}" is unknown. Choose one of {", ".join(known)}.')
    named = {"unpaired": "unpaired", "kto": "trl-kto"}.get(shape)
    if style == "standard":
        return f"{named}-text" if named else "trl-dpo-text"
    return named or f"trl-{shape}"
