"""Label Studio: tasks and a labelling configuration out, its JSON and JSON-MIN exports in.

Its Pairwise tag knows left and right only ("left" is the first name in `to_name`, a list or a text with
commas), so the configuration puts choices beside it for a tie, and others may. In some versions JSON-MIN
lacks the value of the comparison altogether. Sources: labelstud.io/tags/pairwise, labelstud.io/guide/export,
its template generative-ai/human-feedback-collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed, fractional
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of
from pairwright.formats.reading import BadRow
from pairwright.formats.rows import LIKELY_PROMPTS
from pairwright.formats.tools.shapes import (
    Answers,
    Choice,
    Said,
    SentTask,
    Tool,
    UnreadableAnswer,
    known_choice,
    number,
    read_json,
    write_json,
)
from pairwright.formats.values import as_text

_NAMES = (("answer1", "answer2"), ("response_a", "response_b"), ("response1", "response2"), ("left", "right"))
_TEXTS = ("text", "body", "html", "title", "content")
CONFIG = """\
<View>
  <Style>
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1em }
    .text { white-space: pre-wrap }
  </Style>
  <Header value="Which response is better?"/>
  <View className="text"><Text name="prompt" value="$prompt"/></View>
  <Pairwise name="comparison" toName="answer1,answer2"/>
  <View className="pair">
    <View className="text"><Text name="answer1" value="$answer1"/></View>
    <View className="text"><Text name="answer2" value="$answer2"/></View>
  </View>
  <Header value="Or, if neither is better:"/>
  <Choices name="tie" toName="prompt" choice="single" showInline="true">
    <Choice value="Tie"/>
    <Choice value="Both good"/>
    <Choice value="Both bad"/>
  </Choices>
  <TextArea name="note" toName="prompt" placeholder="Note (optional)" maxSubmissions="1"/>
</View>
"""


def write(tasks: list[SentTask], folder: Path, guidelines: str, people: int) -> list[Path]:
    """tasks.json, config.xml for the labelling interface, guidelines.md for the instructions."""
    rows = [
        {
            "data": {
                "pairwright_id": task.id,
                "pairwright_order": task.order,
                "prompt": task.prompt,
                "answer1": task.first,
                "answer2": task.second,
            }
        }
        for task in tasks
    ]
    config, text = folder / "config.xml", folder / "guidelines.md"
    config.write_text(CONFIG, encoding="utf-8")
    text.write_text(guidelines, encoding="utf-8")
    return [write_json(folder / "tasks.json", rows), config, text]


# --- what people said -------------------------------------------------------------------------------


def _said(annotation: Mapping[str, Any]) -> Said:
    given, person = _given(annotation), _person(annotation)
    choice = "skip" if annotation.get("was_cancelled") else _choice(given)
    if person is None:
        choice = '"completed_by" is missing: who answered?'
    return Said(choice, person, number(annotation.get("lead_time")), given.get("note") or None)


def _said_minimal(row: Mapping[str, Any], control: str = "comparison") -> Said:
    """The same of a JSON-MIN row, one object an annotation."""
    side, tie, note = row.get(control), row.get("tie"), row.get("note")
    given = {
        "side": side.get("selected") if isinstance(side, dict) else side,
        "tie": tie.get("choices", [None])[0] if isinstance(tie, dict) else tie,
    }
    choice, person = _choice(given), row.get("annotator")
    if person is None:
        choice = '"annotator" is missing: who answered?'
    text = "\n".join(note) if isinstance(note, list) else note
    return Said(choice, None if person is None else str(person), number(row.get("lead_time")), text or None)


def _given(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """What one annotation says: side, tie, note, each only where it was answered."""
    given: dict[str, Any] = {}
    for result in annotation.get("result", []):
        value = result.get("value", {})
        if result.get("type") == "pairwise":
            given["side"] = value.get("selected")
        elif result.get("type") == "choices":
            given["tie"] = (value.get("choices") or [None])[0]
        elif result.get("type") == "textarea":
            given["note"] = "\n".join(value.get("text") or [])
    return given


def _person(annotation: Mapping[str, Any]) -> str | None:
    """Who made it: an email where there is one, else a number."""
    person = annotation.get("completed_by")
    if isinstance(person, dict):
        person = person.get("email") or person.get("id")
    return None if person is None else str(person)


def _choice(given: dict[str, Any]) -> Choice | str:
    """What a side and a tie together say; a text that is no choice says what is wrong with them."""
    side, tie = given.get("side"), given.get("tie")
    if side and tie:
        return f"says {side!r} and {tie!r} both"
    choice = known_choice(tie or side) if tie or side else None
    if choice is None:
        return f"has no answer that can be read (pairwise {side!r}, choices {tie!r})"
    return choice


# --- answers to tasks that were sent ----------------------------------------------------------------


def read(path: Path) -> Answers:
    """Every annotation of an export."""
    rows = read_json(path)
    for n, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        place = f"{path.name} task {row.get('id', n) if isinstance(row, dict) else n}"
        if not isinstance(row, dict):
            yield UnreadableAnswer(place, "is no object: export as JSON or JSON-MIN")
        elif "annotations" in row:
            for annotation in row["annotations"]:
                where = f"{place}, annotation {annotation.get('id')}"
                yield _said(annotation).of_task(row.get("data", {}), where)
        else:
            yield _said_minimal(row).of_task(row, place)


# --- a dataset, with its texts ----------------------------------------------------------------------


def read_row(row: Row, place: str) -> Iterator[Found]:
    if "annotations" not in row:
        yield _row_minimal(row, place)
        return
    data = row.get("data")
    if not isinstance(data, dict):
        raise InputError('"data" is missing: export as JSON or JSON-MIN')
    names: tuple[str, ...] = ()
    opinions: list[RowOpinion] = []
    silent: list[str] = []
    unread: list[BadRow] = []
    for annotation in row["annotations"]:
        # What one person left blank, or what of it can't be read, is no reason to lose the others' answers.
        if annotation.get("was_cancelled") or not _answered(annotation):
            silent.append("skipped" if annotation.get("was_cancelled") else "no_answer")
            continue
        try:
            names, opinion = _opinion(annotation, names, data)
        except InputError as error:
            unread.append(BadRow(place, str(error)))
        else:
            opinions.append(opinion)
    yield from unread
    if opinions:
        yield from (Left(place, reason, "vote") for reason in silent)
    elif not unread:
        yield Left(place, "skipped" if "skipped" in silent else "no_answer")
    if not opinions:
        return
    yield _row(data, names, tuple(opinions), str(row["id"]) if row.get("id") is not None else None, place)


def _answered(annotation: Any) -> bool:
    """Whether anything was answered: a note alone, or no result at all, is a blank annotation."""
    results = annotation.get("result") or []
    values = (each.get("value") or {} for each in results if each.get("type") != "textarea")
    return any(any(value.values()) for value in values)


def _opinion(
    annotation: Any, names: tuple[str, ...], data: Mapping[str, Any]
) -> tuple[tuple[str, ...], RowOpinion]:
    """Which texts were compared, those of the annotations before (`names`) if any, and what was said."""
    where = f"annotation {annotation.get('id')}"
    ranking = _ranking(annotation)
    own = ranking or _compared(annotation, data)
    names = names or own
    if names != own and set(names) != set(ranking):
        raise InputError(f"{where} compares other texts than the annotation before it")
    person = _person(annotation)
    if ranking and person is not None:
        ranks = fractional([float(ranking.index(name)) for name in names])
        seconds = number(annotation.get("lead_time"))
        return names, RowOpinion(f"label-studio/{person}", "person", ranks, seconds=seconds)
    try:
        return names, _said(annotation).opinion("label-studio")
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _ranking(annotation: Any) -> tuple[str, ...]:
    """Ids, best first, where the answer is a ranking."""
    for result in annotation.get("result", []):
        ranker = (result.get("value") or {}).get("ranker")
        if ranker is not None:
            ids = next(iter(ranker.values())) if isinstance(ranker, dict) else ranker
            return tuple(map(str, ids))
    return ()


def _compared(annotation: Any, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The two names in data that were compared, the left one first."""
    for result in annotation.get("result", []):
        if result.get("type") == "pairwise":
            to = result.get("to_name")
            named = tuple(to) if isinstance(to, list) else tuple(str(to or "").split(","))
            named = tuple(name.strip() for name in named)
            if len(named) == 2 and all(name in data for name in named):
                return named
    return _usual(data)


def _usual(data: Mapping[str, Any]) -> tuple[str, ...]:
    for names in _NAMES:
        if all(name in data for name in names):
            return names
    raise InputError(
        f"which two texts were compared is not told (data has {', '.join(data)}). "
        "Rename them: --map answer1=COLUMN,answer2=COLUMN"
    )


def _texts(data: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    items = {
        str(item["id"]): item
        for value in data.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and "id" in item
    }
    found = []
    for name in names:
        value = data.get(name, items.get(name))
        if isinstance(value, dict):
            value = next((value[each] for each in _TEXTS if value.get(each)), None)
        found.append(as_text(value, f'"{name}"'))
    return found


def _row(
    data: Mapping[str, Any],
    names: tuple[str, ...],
    opinions: tuple[RowOpinion, ...],
    own: str | None,
    place: str,
) -> Canonical:
    prompt = next((name for name in ("prompt", *LIKELY_PROMPTS) if data.get(name)), None)
    if prompt is None:
        raise InputError(
            f"there is no prompt (data has {', '.join(data)}). Say which it is: --map prompt=NAME"
        )
    texts = _texts(data, names)
    models = [data.get(f"model_{name}") or data.get(f"{name}_model") for name in names]
    return agreed(
        Canonical(
            messages_of(data[prompt], f'"{prompt}"'),
            tuple(Rated(text, model) for text, model in zip(texts, models, strict=True)),
            own,
            place=place,
            opinions=opinions,
            shown=True,
        )
    )


def _row_minimal(row: Row, place: str) -> Canonical | Left:
    selected = (name for name, value in row.items() if isinstance(value, dict) and "selected" in value)
    control = next(selected, "comparison")
    if row.get(control) is None and row.get("tie") is None:
        return Left(place, "no_answer")
    opinion = _said_minimal(row, control).opinion("label-studio")
    own = row.get("id", row.get("annotation_id"))
    return _row(row, _usual(row), (opinion,), None if own is None else str(own), place)


def _looks(row: Mapping[str, Any]) -> bool:
    if isinstance(row.get("annotations"), list) and isinstance(row.get("data"), dict):
        return True
    return "annotation_id" in row and "annotator" in row


TOOL = Tool(
    "label-studio",
    "Label Studio",
    write,
    read,
    Format(
        "label-studio",
        "Label Studio's export, JSON or JSON-MIN",
        Source(read_row, _looks, "label-studio"),
    ),
)
