"""All formats by name, those of plugins too (entry points `pairwright.formats`), and reading rows in one.

A plugin's entry point is a `Format`, or a tuple of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path

from pairwright.errors import ConfigError, InputError
from pairwright.formats import context, images
from pairwright.formats.canonical import Canonical, Rated
from pairwright.formats.carried import Watched, depended_on, left_for, unasked, with_beside, without_columns
from pairwright.formats.equal_answers import without_twins
from pairwright.formats.format import Format, Found, Left, Row, Source, Target
from pairwright.formats.mapping import renamed
from pairwright.formats.messages import number_of, with_system
from pairwright.formats.ratings import stated
from pairwright.formats.reading import BadRow, Given, Record, Rows, read_records
from pairwright.formats.reading_options import AS_IT_STANDS, ReadingOptions
from pairwright.formats.sources import (
    alpaca_eval,
    arena,
    auto_j,
    chat_log,
    gemini,
    helpsteer,
    judgebench,
    judgelm,
    langfuse,
    langsmith,
    librechat,
    llmbar,
    nectar,
    nova,
    oasst,
    open_webui,
    openai_evals,
    pandalm,
    phoenix,
    prometheus,
    safe_rlhf,
    shp,
    stack_exchange,
    summarize,
    table,
    ultrafeedback,
    ultrainteract,
    vlfeedback,
    webgpt,
)
from pairwright.formats.streams import printable
from pairwright.formats.tools.names import TOOLS
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
from pairwright.formats.values import as_id, messages_in_cell

GROUP = "pairwright.formats"
_WEIGHTS = ("weight", "sample_weight", "example_weight", "instance_weight")
_DOMAINS = ("domain", "subset", "category", "tag", "source")  # columns that say where a row comes from
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
    *vlfeedback.FORMATS,
    *nectar.FORMATS,
    *shp.FORMATS,
    *helpsteer.FORMATS,
    *arena.FORMATS,
    *alpaca_eval.FORMATS,
    *safe_rlhf.FORMATS,
    *oasst.FORMATS,
    *webgpt.FORMATS,
    *summarize.FORMATS,
    *prometheus.FORMATS,
    *stack_exchange.FORMATS,
    *ultrainteract.FORMATS,
    *judgelm.FORMATS,
    *pandalm.FORMATS,
    *llmbar.FORMATS,
    *auto_j.FORMATS,
    *judgebench.FORMATS,
    *openai_evals.FORMATS,
    *langsmith.FORMATS,
    *langfuse.FORMATS,
    *phoenix.FORMATS,
    *open_webui.FORMATS,
    *librechat.FORMATS,
    *chat_log.FORMATS,
    *gemini.FORMATS,
    *nova.FORMATS,
    *(tool.dataset for tool in TOOLS.values() if tool.dataset),
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


def reader_of(name: str) -> str:
    """Who reads what is written in the format: `verl-reward (RMDataset)`."""
    loader = formats()[name].loader
    return f"{name} ({loader})" if loader else name


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


_BOOLEANS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def values_of(record: Record) -> Row:
    """The row with what cells can only hold as text: booleans as pandas writes them, and messages as JSON.

    Nowhere else is a text taken for structure: an answer that is JSON is an answer.
    """
    row = record.row
    if record.form != "cells":
        return row
    for name in ("label", "kto_tag", "is_safe", "is_response_0_safe", "is_response_1_safe"):
        said = _BOOLEANS.get(str(row.get(name)).strip().lower())
        if said is not None and (name != "label" or "completion" in row):
            row = {**row, name: said}
    lists = {
        name: cell for name, cell in row.items() if isinstance(cell, str) and cell.startswith(("[{", "{"))
    }
    return {**row, **{name: messages_in_cell(cell, f'"{name}"') for name, cell in lists.items()}}


# --- reading ------------------------------------------------------------------------------------


def read_dataset(path: Given, name: str, options: ReadingOptions = AS_IT_STANDS) -> Iterator[Found]:
    """The rows of a file (for some formats a folder) in the format `name`, one at a time.

    A row that can't be read is a BadRow, one that can't be used a Left; reading
    goes on after both.
    """
    source = of_label(source_named(name), name, options.label)
    unknown = [each for each in options.mapping if name == "table" and each not in table.COLUMNS]
    if unknown:
        raise InputError(f'--map "{unknown[0]}" is no name of a column: {", ".join(table.COLUMNS)}')
    if options.label_values and name != "table":
        raise InputError(f"--label-values goes with --from table: {name} says what its own labels mean")
    if source.path is not None:
        if isinstance(path, Rows):
            raise InputError(f"{name} is read from a file or folder: pass its path")
        return chain.from_iterable(_apart(found) for found in source.path(Path(path)))
    records = renamed(
        read_records(path, file_format=options.file_format), options.mapping, options.label_values
    )
    return rows_of(without_columns(records, options.without), source, name)


def rows_of(records: Iterator[Record | BadRow], source: Source, name: str) -> Iterator[Found]:
    """What records hold, in the format of that name."""
    if source.gather is not None:
        records = source.gather(records)
    if source.rows is not None:
        return chain.from_iterable(_apart(found) for found in _watched_rows(source.rows, records))
    return chain.from_iterable(_row(record, source, name) for record in records)


def of_label(source: Source, name: str, label: str | None) -> Source:
    if source.by_label is not None:
        return replace(source, row=source.by_label(label))
    if label is not None:
        raise InputError(f'--label "{label}": rows of {name} hold one label only. Leave --label out')
    return source


def _row(record: Record | BadRow, source: Source, name: str) -> Iterable[Found]:
    if isinstance(record, BadRow):
        return (record,)
    place = record.place
    try:
        values = Watched(values_of(record))
        found = list(source.row(values, place))
        asked = frozenset(values.asked)
        found = [_said_besides(each, values, asked) for each in found]
    except InputError as error:
        return (BadRow(place, printable(str(error))),)
    except KeyError as error:
        keys = ", ".join(list(record.row)[:12])
        return (BadRow(place, printable(f'{name} needs "{error.args[0]}" (keys: {keys})')),)
    except (TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError) as error:
        return (BadRow(place, printable(f"not in the shape of {name} ({error})")),)
    return [each for one in with_beside(found, values, place) for each in _apart(one)]


def _said_besides(found: Found, values: Watched, asked: frozenset[str]) -> Found:
    """A row with what any format may say of it in further columns: system message, ratings, id, domain."""
    if not isinstance(found, Canonical):
        return found
    found = _with_images(found, values, asked)
    if values.keys() <= asked and found.margin != 0:  # nothing more is said, and no tie by the margin
        return _with_domain(found, values) if found.meta else found
    for name in (each for each in context.TOOLS if each not in asked and values.peek(each)):
        found = replace(found, tools=context.tools_of(values.whole(name), f'"{name}"'))
    for name in (each for each in context.TEMPLATE if each not in asked and values.peek(each)):
        found = replace(found, template=context.template_of(values.whole(name), f'"{name}"'))
    for name in ("system", "system_prompt"):
        if name not in asked and isinstance(values.peek(name), str) and found.prompt:
            found = replace(found, prompt=with_system(values[name], found.prompt, f'"{name}"'))
    found = _with_weight(found, values, asked)
    own = None if found.id is not None or "id" in asked else values.peek("id")
    if type(own) is int or (isinstance(own, str) and own.strip()):
        found = replace(found, id=as_id(values["id"]))
    rated = stated(_with_models(found, values, asked), values, asked)
    return rated if isinstance(rated, Left) else _with_domain(rated, values)


def _with_weight(row: Canonical, values: Watched, asked: frozenset[str]) -> Canonical:
    """How much a row counts, where a column says so; what is no number from 0 is told as not carried."""
    for name in (each for each in _WEIGHTS if each not in asked):
        weight = number_of(values.peek(name))
        if weight is not None and weight >= 0:
            values.asked.add(name)
            return replace(row, weight=weight)
    return row


def _with_models(row: Canonical, values: Watched, asked: frozenset[str]) -> Canonical:
    """Who wrote a chosen and a rejected answer, where columns of their own say so."""
    if len(row.responses) != 2:
        return row
    responses = list(row.responses)
    for n, name in enumerate(("chosen_model", "rejected_model")):
        said = values.peek(name)
        if name not in asked and "chosen" in values and isinstance(said, str) and said:
            responses[n] = replace(responses[n], model=values[name])
    return replace(row, responses=tuple(responses))


def _with_images(found: Canonical, values: Watched, asked: frozenset[str]) -> Canonical:
    """A row with the images of a column of their own in the prompt's places for them."""
    name = None if asked >= values.keys() else images.column_of(values.peek)
    if name is None or name in asked:
        prompt = images.filled(found.prompt, ())
    else:
        prompt = images.filled(found.prompt, images.refs_in(values.whole(name), f'"{name}"'), f'"{name}"')
    found = found if prompt == found.prompt else replace(found, prompt=prompt)
    return found if asked >= values.keys() else _with_images_of_answers(found, values, asked)


def _with_images_of_answers(found: Canonical, values: Watched, asked: frozenset[str]) -> Canonical:
    """A row whose answers have the images of columns of their own."""
    for names in images.OF_ANSWERS:
        given = [name for name in names if name not in asked and values.peek(name)]
        if given and len(names) == len(found.responses):
            return replace(
                found,
                responses=tuple(
                    _with_own_images(one, name, values) if name in given else one
                    for one, name in zip(found.responses, names, strict=True)
                ),
            )
    return found


def _with_own_images(one: Rated, name: str, values: Watched) -> Rated:
    refs = images.refs_in(values.whole(name), f'"{name}"')
    made = Rated.of(images.answer_filled(one.messages, refs, f'"{name}"'))
    return replace(one, text=made.text, turns=made.turns)


def _apart(found: Found) -> Iterable[Found]:
    """A row without the answers that are blank or the same as another, which are counted one by one."""
    if not isinstance(found, Canonical):
        return (found,)
    row, lost = without_twins(found)
    if row is None:
        return (Left(found.place, lost[-1]),)
    return (row, *(Left(found.place, reason, "response") for reason in lost))


def _watched_rows(
    rows: Callable[[Iterator[Record | BadRow]], Iterator[Found]], records: Iterator[Record | BadRow]
) -> Iterator[Found]:
    """What a reader of all records at once gives, with the columns it did not ask for."""
    beside: list[str] = []
    left: list[Left] = []

    def watched() -> Iterator[Record | BadRow]:
        for record in records:
            if isinstance(record, BadRow):
                yield record
                continue
            row = Watched(values_of(record))
            column = depended_on(unasked(row))
            if column is not None:
                left.append(left_for(column, record.place))
                continue
            yield Record(record.place, row, record.form)
            beside.extend(unasked(row))

    for found in rows(watched()):
        yield from left
        left.clear()
        if isinstance(found, Canonical) and beside:
            found = replace(found, beside=tuple(beside))
            beside.clear()
        yield found
    yield from left


def _with_domain(row: Canonical, values: Watched) -> Canonical:
    """A row's domain also where its format has no word for it, from its columns or what it keeps besides."""
    if row.source is not None:
        return row
    kept = row.meta or {}
    for name in _DOMAINS:
        # An address says where this row is from, which is no domain of many.
        if isinstance(said := values.peek(name), str) and said and "://" not in said:
            return replace(row, source=values[name])
    named = (kept[name] for name in _DOMAINS if isinstance(kept.get(name), str))
    domain = next((each for each in named if each and "://" not in each), None)
    return row if domain is None else replace(row, source=domain)
