"""What a lead changes on the page: settings of `pairwright.toml`, with what would come of it, on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.stages.panel.beliefs import decided_again, renewed
from pairwright.stages.project import guidelines
from pairwright.stages.project.edit_settings import Value, set_value
from pairwright.stages.project.project import FILE_NAME, Project
from pairwright.stages.project.settings import AnnotateSettings
from pairwright.stages.result import Result
from pairwright.store.people import accounts as sql
from pairwright.store.people import gold, tasks
from pairwright.store.people.accounts import Account
from pairwright.store.people.peoples_pairs import (
    flagged_among,
    forecasts_of_untouched,
    peoples_pairs,
    untouched,
)
from pairwright.types import Belief

TABLE = "annotate"
CHANGED = "changed a setting"


@dataclass(frozen=True, slots=True)
class Changeable:
    """A setting of [annotate] that leads change on the page.

    `options` are all it can be; without them it is a number, shown in percent where it is a `share`.
    """

    key: str
    name: str
    about: str
    options: Mapping[str, str] | None = None
    share: bool = False

    def shown(self, value: Value) -> str:
        if self.options:
            return self.options.get(str(value), str(value))
        return f"{float(value):.1%}".replace(".0%", "%") if self.share else str(value)

    def read(self, text: str) -> Value:
        """What a form's field says. Raises InputError for what is none."""
        if self.options:
            return text
        try:
            return round(float(text) / 100, 4) if self.share else int(text)
        except (ValueError, OverflowError):
            what = "a number of percent" if self.share else "a whole number"
            raise InputError(f"{self.name} is {what}; got {text[:40]!r}. Nothing was changed.") from None


CHANGEABLE = {
    each.key: each
    for each in (
        Changeable(
            "overlap",
            "Annotators per pair",
            "How many people answer every pair before it gets a label. More answers find more mistakes, "
            "and cost as much more.",
        ),
        Changeable(
            "gold_rate",
            "Share of gold pairs",
            "How many of the pairs people are offered have a known answer. They look like any other, and "
            "show how accurate each person is.",
            share=True,
        ),
        Changeable(
            "assist",
            "Verdicts of judges",
            "Whether people see what judges said of a pair.",
            options={
                "off": "never shown",
                "after": "shown after the choice",
                "before": "shown before the choice",
            },
        ),
    )
}


def wanted(project: Project, key: str, value: Value) -> Project:
    """The project as it would be. Raises InputError for a setting or a value that can't be."""
    if key not in CHANGEABLE:
        raise InputError(f"what can be changed here is {', '.join(CHANGEABLE)}; got {key[:40]!r}")
    try:
        values = {**project.settings.annotate.model_dump(), key: value}
        annotate = AnnotateSettings.model_validate(values)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise InputError(
            f"{CHANGEABLE[key].name} can't be {str(value)[:40]}: {why}. Nothing was changed."
        ) from None
    return replace(project, settings=project.settings.model_copy(update={TABLE: annotate}))


def consequences(project: Project, key: str, value: Value) -> list[str]:
    """What would come of the change, told before it is made."""
    there = wanted(project, key, value)
    tellers: dict[str, Callable[[Project, Connection], list[str]]] = {
        "overlap": _of_overlap,
        "gold_rate": _of_gold_rate,
        "assist": _of_assist,
    }
    with project.store.read() as connection:
        return tellers[key](there, connection)


def _of_overlap(there: Project, connection: Connection) -> list[str]:
    now = tasks.open_pairs(connection).answers
    more, reopened, settled = _more_on_untouched(there, connection), 0, 0
    for page in peoples_pairs(connection, begun=True):
        flagged = flagged_among(connection, page)
        for seen, belief in decided_again(connection, there, page):
            for new in renewed(seen, belief):
                reopened += _is_label(seen.current) and not _is_label(new)
                settled += _is_label(new) and not _is_label(seen.current)
                if new.pair_id not in flagged:
                    more += _answers(new) - _answers(seen.current)
    asked = counted(now + more, "answer is wanted", "answers are wanted")
    told = [
        f"{asked}, {abs(more):,} {'more' if more > 0 else 'fewer'} than now." if more else f"{asked}, as now."
    ]
    if reopened:
        rest = counted(
            reopened, "label rests on fewer answers and waits", "labels rest on fewer answers and wait"
        )
        told.append(f"{rest} until more people have answered.")
    if settled:
        told.append(f"{counted(settled, 'open pair gets its label', 'open pairs get their labels')} at once.")
    if there.settings.route.accept == "guarantee" and there.settings.judges:
        people = counted(there.settings.annotate.overlap, "person has", "people have")
        told.append(f"A calibration sample counts as answered once {people} answered each of its pairs.")
    return told


def _more_on_untouched(there: Project, connection: Connection) -> int:
    """How many answers more are wanted on pairs that nobody has answered: only their number changes."""
    overlap = there.settings.annotate.overlaps
    pairs, answers = untouched(connection)
    if overlap.unsure is None:
        return pairs * overlap.wanted(None) - answers
    return sum(map(overlap.wanted, forecasts_of_untouched(connection))) - answers


def _is_label(belief: Belief | None) -> bool:
    return belief is not None and belief.decision == "accept"


def _answers(belief: Belief | None) -> int:
    """How many answers are wanted of people."""
    asked = belief is not None and belief.decision == "ask" and belief.asks == "people"
    return int(belief.basis.get("open", 1)) if belief is not None and asked else 0


def _of_gold_rate(there: Project, connection: Connection) -> list[str]:
    rate = there.settings.annotate.gold_rate
    known = sum(each.use != "qualify" for each in gold.gold_rows(connection))
    if not rate:
        return ["No gold pairs are mixed in: the accuracy of new answers is not measured."]
    if not known:
        return ["There is no gold pair to mix in yet: make some under Gold."]
    answers = tasks.open_pairs(connection).answers
    extra = round(answers * rate / (1 - rate))
    return [
        f"About {counted(extra, 'answer')} to gold pairs beside the {answers:,} that are wanted, "
        f"as long as there are gold pairs somebody has not seen: each person meets each of {known:,} once.",
        "Pairs that people hold now stay as they are.",
    ]


def _of_assist(there: Project, _connection: Connection) -> list[str]:
    kept = "Each answer records whether they had been seen. Answers given before stay as they are."
    told = {
        "off": ["People never see what judges said.", kept],
        "after": [
            "People see what judges said once they have chosen, and may change their answer.",
            kept,
        ],
        "before": [
            "People see what judges said first. They follow it more often than they would have chosen it: "
            "agreement with judges, and a guarantee that rests on it, look better than they are.",
            kept,
        ],
    }
    return told[there.settings.annotate.assist]


def change(project: Project, key: str, value: Value, by: Account, *, seen: Value) -> int:
    """Write the setting into the project file; gives the number of the record of it.

    After a change of the overlap, pairs are decided again by `redecide` (or by `pairwright route`). Raises
    InputError where somebody changed it since it was `seen`.
    """
    wanted(project, key, value)
    with project.store.write() as connection:
        detail = {"setting": key, "before": seen, "after": value}
        number = sql.add_action(connection, by.id, CHANGED, detail)
        # Last in the transaction: a record without its change is as wrong as a change without its record.
        set_value(project.root / FILE_NAME, TABLE, key, value, seen=seen)
    return number


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """One change on record, by whom and when. Guidelines are told by the numbers of their versions."""

    id: int
    lead: str
    at: float
    setting: str
    before: Any
    after: Any


@dataclass(frozen=True, repr=False)
class ChangesResult(Result):
    """All that leads changed of the settings and the guidelines on the page, newest first."""

    changes: list[SettingChanged]

    def as_dict(self) -> dict[str, Any]:
        return {"changes": [asdict(each) for each in self.changes]}

    def facts(self) -> list[tuple[str, str]]:
        return [(each.setting, f"{each.before} -> {each.after}, {each.lead}") for each in self.changes]


def changes_of(project: Project) -> ChangesResult:
    found = []
    with project.store.read() as connection:
        done = sql.actions_of(connection, (CHANGED, guidelines.CHANGED))
    for each in done:
        setting = str(each.detail.get("setting", "guidelines"))
        told = (each.detail.get("before"), each.detail.get("after"))
        found.append(SettingChanged(each.id, each.lead, each.at, setting, *told))
    return ChangesResult(found)
