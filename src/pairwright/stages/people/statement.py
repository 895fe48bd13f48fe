"""What people did in a period, and what that comes to by the rates in the settings."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta

from pairwright.errors import InputError
from pairwright.formats.tools.crowd import as_cell
from pairwright.stages.project.project import Project
from pairwright.store.people.worked import worked


@dataclass(slots=True)
class Statement:
    """One person's: `hours` of active time by the server's clock, practice included; `untimed` have none."""

    name: str
    answers: int = 0
    practice: int = 0
    hours: float = 0.0
    untimed: int = 0
    gold_right: int = 0
    gold: int = 0
    amount: float = 0.0


def period(first: str, last: str) -> tuple[date, date]:
    """The days from `first` to `last`, both included; by default this month so far. Raises InputError."""
    today = date.today()
    try:
        begin = date.fromisoformat(first) if first else today.replace(day=1)
        end = date.fromisoformat(last) if last else max(today, begin)
    except ValueError:
        raise InputError(f"days are written 2026-03-31; got {first[:20]!r} and {last[:20]!r}") from None
    if end < begin:
        raise InputError(f"the period ends on {end} before it begins on {begin}")
    return begin, end


def statements(project: Project, first: date, last: date) -> list[Statement]:
    """Everybody who did anything in these days, which begin at midnight by this machine's clock."""
    settings = project.settings.annotate
    found: dict[str, Statement] = {}
    with project.store.read() as connection:
        for each in worked(connection, _begins(first), _begins(last + timedelta(days=1))):
            of = found.setdefault(each.name, Statement(each.name))
            of.practice += each.practice
            of.answers += 0 if each.practice else each.answers
            of.hours += (each.seconds or 0.0) / 3600
            of.untimed += each.answers if each.seconds is None else 0
            if each.right is not None and not each.practice:
                of.gold, of.gold_right = of.gold + 1, of.gold_right + each.right
    for of in found.values():
        of.hours = round(of.hours, 4)
        of.amount = round(of.answers * settings.pay_per_answer + of.hours * settings.pay_per_hour, 2)
    return sorted(found.values(), key=lambda of: of.name.casefold())


def _begins(day: date) -> float:
    return time.mktime((day.year, day.month, day.day, 0, 0, 0, 0, 0, -1))


def as_csv(rows: Sequence[Statement], first: date, last: date, currency: str) -> str:
    """One line a person; nothing in it runs in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["from", "to", *(each.name for each in fields(Statement)), "currency"])
    for of in rows:
        name, *rest = astuple(of)
        writer.writerow([first, last, as_cell(name), *rest, currency])
    return text.getvalue()
