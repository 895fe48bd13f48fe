"""All formats by name, those of plugins too (entry points `pairwright.formats`), and which one rows are in.

A plugin's entry point is a `Format`, or a tuple of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path
from typing import Any

from pairwright.errors import ConfigError, InputError
from pairwright.formats.format import Format, Found, Row, Source, Target
from pairwright.formats.reading import BadRow, Record, printable, read_records
from pairwright.formats.sources import (
    alpaca_eval,
    arena,
    argilla,
    helpsteer,
    label_studio,
    nectar,
    potato,
    shp,
    table,
    ultrafeedback,
)
from pairwright.formats.streams import STDIN
from pairwright.formats.trainers import (
    axolotl,
    generic,
    handbook,
    hh_rlhf,
    llama_factory,
    nemo_rl,
    openai,
    openrlhf,
    swift,
    trl_rows,
    verl,
)

GROUP = "pairwright.formats"
LOOKED_AT = 20  # rows that are looked at to tell a format
_BUILT_IN: tuple[Format, ...] = (
    *trl_rows.FORMATS,
    *llama_factory.FORMATS,
    *axolotl.FORMATS,
    *openrlhf.FORMATS,
    *verl.FORMATS,
    *nemo_rl.FORMATS,
    *swift.FORMATS,
    *openai.FORMATS,
    *handbook.FORMATS,
    *hh_rlhf.FORMATS,
    *generic.FORMATS,
    *table.FORMATS,
    *ultrafeedback.FORMATS,
    *nectar.FORMATS,
    *shp.FORMATS,
    *helpsteer.FORMATS,
    *arena.FORMATS,
    *alpaca_eval.FORMATS,
    *label_studio.FORMATS,
    *argilla.FORMATS,
    *potato.FORMATS,
)


def formats() -> dict[str, Format]:
    """Every format there is. Raises ConfigError naming a plugin that can't be loaded."""
    found = {each.name: each for each in _BUILT_IN}
    for point in entry_points(group=GROUP):
        try:
            given = point.load()
        except Exception as error:
            raise ConfigError(
                f"format plugin {point.name} ({point.value}) can't be loaded: {type(error).__name__}: {error}"
            ) from error
        for each in given if isinstance(given, tuple) else (given,):
            if not isinstance(each, Format) or (each.reads is None and each.writes is None):
                raise ConfigError(
                    f"format plugin {point.name} ({point.value}) gives {type(each).__name__}: a plugin is "
                    "pairwright.formats.format.Format with reads or writes, or a tuple of them"
                )
            if each.name in found:
                raise ConfigError(f'format plugin {point.name} gives "{each.name}", which there is already')
            found[each.name] = each
    return found


def target_named(name: str) -> Target:
    """Raises InputError listing those that can be written."""
    known = formats()
    if name not in known:
        raise InputError(f'there is no format "{name}"{_near(name, known)} (`pairwright convert --list`)')
    target = known[name].writes
    if target is None:
        raise InputError(f'"{name}" is only read, not written (`pairwright convert --list`)')
    return target


def source_named(name: str) -> Source:
    """Raises InputError listing those that can be read."""
    known = formats()
    if name not in known:
        raise InputError(f'there is no format "{name}"{_near(name, known)} (`pairwright convert --list`)')
    source = known[name].reads
    if source is None:
        raise InputError(f'"{name}" is only written, not read (`pairwright convert --list`)')
    return source


def _near(name: str, known: Mapping[str, Format]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), 3, 0.5) or [each for each in known if name in each][:3]
    return f": do you mean {' or '.join(close)}?" if close else ""


def guess(path: str | Path, mapping: Mapping[str, str], file_format: str | None = None) -> str:
    """The one format whose keys the first rows have.

    Raises InputError where there is none or several: a wrong guess would turn labels round.
    """
    if str(path) == STDIN:
        raise InputError("the format of standard input can't be told without reading it: pass --from")
    if Path(path).is_dir():
        raise InputError(f"{path} is a folder, and what it holds is not told: pass --from (potato)")
    if mapping:
        return "table"
    rows = []
    for record in read_records(path, file_format=file_format):
        if isinstance(record, Record):
            rows.append(record.row)
        if len(rows) == LOOKED_AT:
            break
    if not rows:
        raise InputError(f"{path} has no row that can be read, so its format can't be told: pass --from")
    known = formats()
    found = [name for name, each in known.items() if each.reads and _fits(each.reads, rows)]
    if len(found) == 1:
        return found[0]
    keys = ", ".join(list(rows[0])[:12])
    if found:
        raise InputError(f"{path} (keys: {keys}) may be {' or '.join(found)}: say which with --from")
    readable = ", ".join(name for name, each in known.items() if each.reads)
    raise InputError(
        f"{path} (keys: {keys}) is in none of the formats known by their keys ({readable}). Pass --from "
        "NAME, or name the columns: --map prompt=COLUMN,chosen=COLUMN,rejected=COLUMN"
    )


def _fits(source: Source, rows: list[Row]) -> bool:
    try:
        return all(source.looks(row) for row in rows)
    except (TypeError, AttributeError, KeyError):
        return False


# --- reading ------------------------------------------------------------------------------------


def read_dataset(
    path: str | Path, name: str, mapping: Mapping[str, str] | None = None, *, file_format: str | None = None
) -> Iterator[Found]:
    """The rows of a file (for some formats a folder) in the format `name`, one at a time.

    A row that can't be read is a BadRow, one that can't be used a Left; reading
    goes on after both. `mapping` is the format's column -> the file's.
    """
    source = source_named(name)
    if source.path is not None:
        return source.path(Path(path))
    records = _renamed(read_records(path, file_format=file_format), mapping or {})
    if source.rows is not None:
        return source.rows(records)
    return chain.from_iterable(_row(record, source, name) for record in records)


def _row(record: Record | BadRow, source: Source, name: str) -> Iterable[Found]:
    if isinstance(record, BadRow):
        return (record,)
    try:
        return list(source.row(record.row, record.place))
    except InputError as error:
        return (BadRow(record.place, printable(str(error))),)
    except KeyError as error:
        keys = ", ".join(list(record.row)[:12])
        return (BadRow(record.place, printable(f'{name} needs "{error.args[0]}" (keys: {keys})')),)
    except (TypeError, AttributeError, ValueError) as error:
        return (BadRow(record.place, printable(f"not in the shape of {name} ({error})")),)


def _renamed(records: Iterator[Record | BadRow], mapping: Mapping[str, str]) -> Iterator[Record | BadRow]:
    """Rows with the user's columns under the format's names, in what annotation tools nest as well."""
    for record in records:
        if isinstance(record, BadRow) or not mapping:
            yield record
            continue
        nested = next((each for each in ("fields", "data") if isinstance(record.row.get(each), dict)), None)
        values = record.row[nested] if nested else record.row
        missing = [theirs for theirs in mapping.values() if theirs not in values]
        if missing:
            keys = ", ".join(list(values)[:12])
            yield BadRow(
                record.place, printable(f'--map names "{missing[0]}", which is not there (keys: {keys})')
            )
            continue
        rest = {key: value for key, value in values.items() if key not in mapping.values()}
        taken: dict[str, Any] = {ours: values[theirs] for ours, theirs in mapping.items()}
        row = {**record.row, nested: {**rest, **taken}} if nested else {**rest, **taken}
        yield Record(record.place, row, record.form)


def parse_mapping(text: str | None) -> dict[str, str]:
    """`chosen=good_answer,prompt=question` as {"chosen": "good_answer", ...}. Raises InputError."""
    found: dict[str, str] = {}
    for each in (text or "").split(","):
        ours, sign, theirs = (part.strip() for part in each.partition("="))
        if not each.strip():
            continue
        if not sign or not ours or not theirs:
            raise InputError(f'--map "{each}" is not NAME=COLUMN, as in --map chosen=good_answer')
        found[ours] = theirs
    return found
