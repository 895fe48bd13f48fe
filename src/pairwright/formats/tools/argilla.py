"""Argilla 2.x: records and a script that makes the dataset out, records as `to_json` writes them in.

Only answers with status "submitted" count: a draft is none, suggestions are a model's, and nobody's label.
Sources: docs.argilla.io/latest/how_to_guides/import_export; distilabel's PreferenceToArgilla for ratings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, RowOpinion, agreed, fractional, ranked
from pairwright.formats.carried import whole
from pairwright.formats.format import Format, Found, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of
from pairwright.formats.reading import BadRow
from pairwright.formats.rows import LIKELY_PROMPTS
from pairwright.formats.sources.choices import opinion_on
from pairwright.formats.tools.shapes import (
    Answers,
    Choice,
    Said,
    SentTask,
    Tool,
    UnreadableAnswer,
    identity,
    known_choice,
    read_json,
    write_json,
)
from pairwright.types import Maker

_NUMBERED = re.compile(r"^(.*?)[-_ ]?(\d{1,9}|[ab])$", re.IGNORECASE)
SCRIPT = '''\
"""Make the dataset in Argilla and fill it: python make_dataset.py (ARGILLA_API_URL, ARGILLA_API_KEY set)."""

import json
import os
from pathlib import Path

import argilla as rg

here = Path(__file__).parent
client = rg.Argilla(api_url=os.environ["ARGILLA_API_URL"], api_key=os.environ["ARGILLA_API_KEY"])
settings = rg.Settings(
    guidelines=(here / "guidelines.md").read_text(encoding="utf-8"),
    fields=[
        rg.TextField(name="prompt"),
        rg.TextField(name="response-1", use_markdown=True),
        rg.TextField(name="response-2", use_markdown=True),
    ],
    questions=[
        rg.LabelQuestion(
            name="preference",
            title="Which response is better?",
            labels={
                "response-1": "Response 1",
                "response-2": "Response 2",
                "tie": "Tie",
                "both_good": "Both good",
                "both_bad": "Both bad",
            },
        ),
        rg.TextQuestion(name="note", required=False),
    ],
    metadata=[
        rg.TermsMetadataProperty(name="pairwright_id"),
        rg.TermsMetadataProperty(name="pairwright_order"),
    ],
    distribution=rg.TaskDistribution(min_submitted=PEOPLE),
)
dataset = rg.Dataset(name="pairwright", settings=settings, client=client)
dataset.create()
records = json.loads((here / "records.json").read_text(encoding="utf-8"))
dataset.records.log([rg.Record(**record) for record in records])
print("When people are done: dataset.records(with_responses=True).to_json('answers.json')")
'''


def write(tasks: list[SentTask], folder: Path, guidelines: str, people: int) -> list[Path]:
    """records.json, guidelines.md, and make_dataset.py, which creates and fills the dataset."""
    rows = [
        {
            "id": task.id,
            "fields": {"prompt": task.prompt, "response-1": task.first, "response-2": task.second},
            "metadata": {"pairwright_id": task.id, "pairwright_order": task.order},
        }
        for task in tasks
    ]
    script, text = folder / "make_dataset.py", folder / "guidelines.md"
    script.write_text(SCRIPT.replace("PEOPLE", str(people)), encoding="utf-8")
    text.write_text(guidelines, encoding="utf-8")
    return [write_json(folder / "records.json", rows), script, text]


def read(path: Path) -> Answers:
    """Submitted answers of all people; drafts are none, and what was discarded is a skip."""
    rows = read_json(path)
    for n, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        if not isinstance(row, dict):
            yield UnreadableAnswer(
                f"{path.name} record {n}", "is no object: write it with records.to_json(...)"
            )
            continue
        place = f"{path.name} record {row.get('id', n)}"
        task = row.get("metadata") or row
        unknown = identity(task, place)
        if isinstance(unknown, UnreadableAnswer):
            yield unknown
            continue
        for person, answers in _by_person(row).items():
            said = _said(person, answers)
            if said is not None:
                yield said.of_task(task, f"{place}, user {person}")


def _said(person: str, answers: Mapping[str, tuple[Any, str]]) -> Said | None:
    """What one person answered of a task that was sent; None for a draft."""
    states = {status for _, status in answers.values()}
    if "discarded" in states:
        return Said("skip", person)
    if states and "submitted" not in states:
        return None
    done = _submitted(answers)
    return Said(_choice(done), person, None, str(done["note"]) if done.get("note") else None)


def _choice(done: Mapping[str, Any]) -> Choice | str:
    """By our question, answered with a label or a ranking, or by two ratings as distilabel names them."""
    value = done.get("preference")
    if value is not None and not isinstance(value, list):
        return known_choice(value) or f"answers {value!r}, which is none of the choices sent"
    try:
        ratings = _ratings(done, ["generations-0", "generations-1"])
        ranks = _ranking(value, ["response-1", "response-2"]) or (ratings and ranked(ratings))
    except InputError as error:
        return str(error)
    if not ranks:
        return "has no answer to the question 'preference'"
    return "tie" if ranks[0] == ranks[1] else "first" if ranks[0] < ranks[1] else "second"


# --- what people said -------------------------------------------------------------------------------


def _by_person(row: Mapping[str, Any]) -> dict[str, dict[str, tuple[Any, str]]]:
    """person -> question -> (value, status), from records as lists or as flattened columns."""
    found: dict[str, dict[str, tuple[Any, str]]] = defaultdict(dict)
    for question, given in (row.get("responses") or {}).items():
        for each in given:
            status = each.get("status") or "submitted"
            found[str(each.get("user_id"))][question] = (each.get("value"), status)
    for column, values in row.items():
        question, dot, rest = column.rpartition(".responses")
        if dot and not rest and values:
            users = row.get(f"{column}.users") or [None] * len(values)
            states = row.get(f"{column}.status") or ["submitted"] * len(values)
            for value, user, status in zip(values, users, states, strict=True):
                found[str(user)][question] = (value, status)
    return found


def _submitted(answers: Mapping[str, tuple[Any, str]]) -> dict[str, Any]:
    return {question: value for question, (value, status) in answers.items() if status == "submitted"}


def _ratings(done: Mapping[str, Any], names: list[str]) -> list[float] | None:
    found = []
    for name in names:
        values = (done.get(question) for question in (f"{name}-rating", f"{name}_rating", f"rating-{name}"))
        rating = next((number for value in values if (number := number_of(value)) is not None), None)
        if rating is None:
            return None
        found.append(rating)
    return found


def _ranking(value: Any, names: list[str]) -> tuple[float, ...] | None:
    """Ranks of a ranking, [{"value": "response-1", "rank": 1}, ...], where equal ones tie; None of others."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict) and "rank" in value[0]):
        return None
    given = {str(each.get("value")): number_of(each.get("rank")) for each in value}
    ranks = [rank for name in names if (rank := given.get(name)) is not None]
    if len(ranks) < len(names):
        raise InputError(f"ranks {', '.join(given)}, and the responses are {', '.join(names)}")
    return fractional(ranks)


# --- a dataset, with its texts ----------------------------------------------------------------------


def read_row(row: Row, place: str) -> Iterator[Found]:
    fields = row["fields"] if isinstance(row.get("fields"), dict) else row
    prompt = next((name for name in ("prompt", *LIKELY_PROMPTS) if fields.get(name)), None)
    names = _responses(fields, prompt)
    if prompt is None or len(names) < 2:
        raise InputError(
            f"the prompt or the responses are not told (fields: {', '.join(fields)}). "
            "Rename them: --map prompt=FIELD,response_a=FIELD,response_b=FIELD"
        )
    texts = [fields[name] for name in names]
    opinions, ratings, others = _opinions(row, names, place)
    if not opinions:
        unread = [each for each in others if isinstance(each, BadRow)]
        yield from unread
        if not unread:
            yield Left(place, "no_submitted_answer")
        return
    yield from others
    kept = row.get("metadata") if isinstance(row.get("metadata"), dict) else {}
    models = [(kept or {}).get(f"model_{n}") for n in range(len(names))]
    yield agreed(
        Canonical(
            messages_of(fields[prompt], f'"{prompt}"'),
            tuple(
                Rated(text, model, rating) for text, model, rating in zip(texts, models, ratings, strict=True)
            ),
            None if row.get("id") is None else str(row["id"]),
            meta=kept or None,
            place=place,
            opinions=opinions,
            shown=True,
        )
    )


def _responses(fields: Mapping[str, Any], prompt: str | None) -> list[str]:
    """The fields that are numbered alike, in order: generations-0, generations-1, ..."""
    stems: dict[str, list[str]] = {}
    for name, value in fields.items():
        found = _NUMBERED.match(name)
        if found and name != prompt and isinstance(value, str) and "." not in name:
            stems.setdefault(found[1], []).append(name)
    best = max(stems.values(), key=len, default=[])
    return sorted(best, key=lambda name: (len(name), name)) if len(best) > 1 else []


def _opinions(
    row: Row, names: list[str], place: str
) -> tuple[tuple[RowOpinion, ...], list[float | None], list[Left | BadRow]]:
    """What each person who submitted says of all responses, the mean rating of each, and who said nothing."""
    opinions = []
    rated: list[list[float]] = [[] for _ in names]
    others: list[Left | BadRow] = []
    for person, answers in _by_person(row).items():
        if any(status == "discarded" for _, status in answers.values()):
            others.append(Left(place, "skipped", "vote"))
            continue
        done = _submitted(answers)
        _take_note(row, done, names)
        who = f"argilla/{person}"
        kind: Maker = "unknown" if person == "None" else "person"  # a response without its user
        ratings = _ratings(done, names)
        if ratings is not None:
            opinions.append(RowOpinion(who, kind, ranked(ratings), ratings=tuple(ratings)))
            for found, rating in zip(rated, ratings, strict=True):
                found.append(rating)
            continue
        try:
            opinion = _chosen(done, names, who, kind)
        except InputError as error:
            others.append(BadRow(place, str(error)))
            continue
        if opinion is None:
            others.append(Left(place, "no_submitted_answer", "vote"))
        else:
            opinions.append(opinion)
    return tuple(opinions), [sum(found) / len(found) if found else None for found in rated], others


def _take_note(row: Row, done: Mapping[str, Any], names: list[str]) -> None:
    """Ask for the answers that say which response is better; a rationale beside them is not carried."""
    asked = row.get("responses") or {}
    for question, value in done.items():
        choice = isinstance(value, str) and (value in names or known_choice(value) is not None)
        if choice or isinstance(value, list) or number_of(value) is not None:
            whole(asked, question)
            row.get(f"{question}.responses")


def _chosen(done: Mapping[str, Any], names: list[str], who: str, kind: Maker) -> RowOpinion | None:
    """A ranking or one label."""
    for value in done.values():
        try:
            ranks = _ranking(value, names)
        except InputError as error:
            raise InputError(f"{who} {error}") from None
        if ranks is not None:
            return RowOpinion(who, kind, ranks)
    for value in done.values():
        if isinstance(value, str) and value in names:
            return RowOpinion(who, kind, fractional([0.0 if name == value else 1.0 for name in names]))
        if isinstance(value, str) and len(names) == 2 and (choice := known_choice(value)) is not None:
            return opinion_on(who, choice, None, None, kind)
    return None


def _looks(row: Mapping[str, Any]) -> bool:
    if isinstance(row.get("fields"), dict) and "responses" in row:
        return True
    return any(name.endswith(".responses") for name in row)


TOOL = Tool(
    "argilla",
    "Argilla",
    write,
    read,
    Format(
        "argilla",
        "Argilla's records, as lists or flattened, also made by distilabel",
        Source(read_row, _looks, "argilla"),
    ),
)
