"""Label Studio: tasks.json with a labelling configuration, and its JSON or JSON-MIN export.

Its Pairwise tag knows left and right only, so the configuration puts choices
beside it for a tie. Sources: labelstud.io/tags/pairwise, labelstud.io/guide/export.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pairwright.formats.tools.shapes import (
    CHOICES,
    Answers,
    Choice,
    GivenAnswer,
    SentTask,
    Tool,
    Unreadable,
    identity,
    known_choice,
    number,
    read_json,
    write_json,
)

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


def read(path: Path) -> Answers:
    """Every annotation of an export, JSON (with `annotations`) or JSON-MIN (one object an annotation)."""
    rows = read_json(path)
    for number_, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        place = f"{path.name} task {row.get('id', number_) if isinstance(row, dict) else number_}"
        if not isinstance(row, dict):
            yield Unreadable(place, "is no object: export as JSON or JSON-MIN")
        elif "annotations" in row:
            for annotation in row["annotations"]:
                yield _annotation(
                    row.get("data", {}), annotation, f"{place}, annotation {annotation.get('id')}"
                )
        else:
            yield _minimal(row, place)


def _annotation(data: dict[str, Any], annotation: dict[str, Any], place: str) -> GivenAnswer | Unreadable:
    found = identity(data, place)
    if isinstance(found, Unreadable):
        return found
    given = given_in(annotation)
    choice: Choice | str = "skip" if annotation.get("was_cancelled") else choice_of(given)
    if choice not in CHOICES:
        return Unreadable(place, choice)
    person = person_of(annotation)
    if person is None:
        return Unreadable(place, '"completed_by" is missing: who answered?')
    seconds = number(annotation.get("lead_time"))
    return GivenAnswer(place, *found, choice, person, seconds, given.get("note") or None)


def given_in(annotation: dict[str, Any]) -> dict[str, Any]:
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


def person_of(annotation: dict[str, Any]) -> str | None:
    """Who made it: an email where there is one, else a number."""
    person = annotation.get("completed_by")
    if isinstance(person, dict):
        person = person.get("email") or person.get("id")
    return None if person is None else str(person)


def given_in_minimal(row: dict[str, Any], control: str = "comparison") -> dict[str, Any]:
    """The same of a JSON-MIN row."""
    side, tie = row.get(control), row.get("tie")
    return {
        "side": side.get("selected") if isinstance(side, dict) else side,
        "tie": tie.get("choices", [None])[0] if isinstance(tie, dict) else tie,
    }


def choice_of(given: dict[str, Any]) -> Choice | str:
    """What a side and a tie together say; a text that is no choice says what is wrong with them."""
    side, tie = given.get("side"), given.get("tie")
    if side and tie:
        return f"says {side!r} and {tie!r} both"
    choice = known_choice(tie or side) if tie or side else None
    if choice is None:
        return f"has no answer that can be read (pairwise {side!r}, choices {tie!r})"
    return choice


def _minimal(row: dict[str, Any], place: str) -> GivenAnswer | Unreadable:
    found = identity(row, place)
    if isinstance(found, Unreadable):
        return found
    choice = choice_of(given_in_minimal(row))
    if choice not in CHOICES:
        return Unreadable(place, choice)
    if row.get("annotator") is None:
        return Unreadable(place, '"annotator" is missing: who answered?')
    note = row.get("note")
    text = "\n".join(note) if isinstance(note, list) else note
    seconds = number(row.get("lead_time"))
    return GivenAnswer(place, *found, choice, str(row["annotator"]), seconds, text or None)


TOOL = Tool("label-studio", "Label Studio", write, read)
