"""export: labels as TRL reads them, by shape and style; the rows and files are those of `export_dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pairwright.errors import InputError
<<<<<<< HEAD
from pairwright.formats import trl
from pairwright.formats.trl import Shape, Style
from pairwright.literals import checked
from pairwright.stages.convert import ConvertResult, Selection
from pairwright.stages.export_dataset import export_dataset
from pairwright.stages.side_lines import row_of_export as row_of_export
=======
from pairwright.formats import trl, writing
from pairwright.formats.trl import Shape, Style, Weights
from pairwright.keys import public_id
from pairwright.store import export as rows_of
from pairwright.store import export_responses as singles_of
from pairwright.store.softening import softened_mark
>>>>>>> w4
from pairwright.store.store import Store


class Progress(Protocol):
    """Told now and then how many labels have been looked at, of how many."""

    def __call__(self, *, done: int, total: int) -> None: ...


<<<<<<< HEAD
@checked
=======
# Where pairs stand that give no row, and what moves them on.
REMEDY = {
    "not_judged": "run `pairwright judge`, then `pairwright route`",
    "waiting_for_people": "label them with `pairwright annotate`",
    "tie": "a tie has no better side",
    "dropped": "routing decided not to use them",
    "flagged": "look at them with `pairwright show`, or export with --include-flagged",
    "no_verdict": "run `pairwright route` again",
    "conflicting": "good in as many pairs as bad; more pairs would decide",
    "multi_turn_needs_conversational": 'export with style "conversational"',
    "prompt_does_not_end_with_user": "there is nothing for a response to answer",
    "empty_prompt": "see `pairwright show` for the pair",
    "empty_response": "see `pairwright show` for the pair",
    "same_text": "chosen and rejected differ in outer white space only",
}


@dataclass(frozen=True)
class ExportOptions:
    """What was asked for. `seed` orders KTO and unpaired rows; `separator` ends a standard prompt."""

    shape: Shape
    style: Style
    seed: int
    separator: str
    include_flagged: bool


@dataclass(frozen=True)
class Singles:
    """What is counted when rows are single responses.

    Every response of a pair that says something is a row or one of `drops`.
    `neighbours` are rows whose prompt is also that of the row before.
    """

    responses: int
    drops: dict[str, int]
    good: int
    bad: int
    neighbours: int

    @property
    def weights(self) -> Weights | None:
        return trl.suggested_weights(self.good, self.bad)


@dataclass(frozen=True)
class ExportResult:
    """What an export wrote and what it left out.

    For pairs (dpo, orpo) every pair of the store is a row or one of `drops`.
    For single responses `drops` are the pairs that say nothing about a response.
    `softened` tells what labels of pairs were softened to at that moment.
    """

    path: Path
    options: ExportOptions
    pairs: int
    rows: int
    drops: dict[str, int]
    by_source: dict[str, int]
    singles: Singles | None
    softened: dict[str, Any] | None
    files: tuple[writing.WrittenFile, ...]

    @property
    def how_to_load(self) -> list[str]:
        weights = self.singles.weights if self.singles else None
        return trl.how_to_load(self.options.shape, self.path.name, weights)

    def as_dict(self) -> dict[str, Any]:
        """As the manifest has it."""
        totals, drops = {"pairs": self.pairs, "rows": self.rows}, {"pairs": self.drops}
        balance: dict[str, Any] = {}
        if singles := self.singles:
            totals["responses"], drops["responses"] = singles.responses, singles.drops
            balance["label_balance"] = {"good": singles.good, "bad": singles.bad}
            balance["same_prompt_neighbours"] = singles.neighbours
            if self.options.shape == "kto":
                balance["suggested_weights"] = singles.weights and {
                    "desirable_weight": singles.weights.desirable,
                    "undesirable_weight": singles.weights.undesirable,
                }
        return {
            "path": str(self.path),
            **asdict(self.options),
            "totals": totals,
            "drops": drops,
            "by_source": self.by_source,
            **({"softened": self.softened} if self.softened else {}),
            **balance,
            "files": [file.as_dict() for file in self.files],
            "how_to_load": self.how_to_load,
        }


>>>>>>> w4
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
    progress: Progress | None = None,
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
