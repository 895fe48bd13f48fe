"""The list of people as a lead asks for it: searched, filtered, sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from pairwright.errors import InputError
from pairwright.stages.people.annotators import Annotator
from pairwright.stats.raters import RaterFigures
from pairwright.store.people.names import looks

# What a column sorts by; None, where somebody has no figure, comes last either way round.
COLUMNS: dict[str, tuple[str, Callable[[RaterFigures], float | None]]] = {
    "answers": ("Answers", lambda of: of.votes),
    "gold": ("Gold", lambda of: of.gold.value if of.gold else None),
    "agreement": ("With others", lambda of: of.agreement.value if of.agreement else None),
    "left": ("Left side", lambda of: of.left.value if of.left else None),
    "longer": ("Longer", lambda of: of.longer.value if of.longer else None),
    "seconds": ("Seconds", lambda of: of.median_seconds),
    "fast": ("Too fast", lambda of: of.too_fast),
    "drift": ("Drift", lambda of: of.drift),
}
FILTERS: dict[str, tuple[str, Callable[[Annotator], bool]]] = {
    "": ("everybody", lambda _each: True),
    "look": ("to look at", lambda each: bool(each.figures and each.figures.worries)),
    "active": ("may work", lambda each: bool(each.account and each.account.state == "active")),
    "paused": ("paused", lambda each: bool(each.account and each.account.state == "paused")),
    "removed": ("no access", lambda each: bool(each.account and each.account.state == "removed")),
    "leads": ("leads", lambda each: bool(each.account and each.account.role == "lead")),
    "idle": ("without answers", lambda each: each.figures is None),
    "imported": ("imported", lambda each: each.account is None),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; `sort` is a column, "name", or nothing: those to look at first."""

    search: str = ""
    only: str = ""
    sort: str = ""
    down: bool = False

    def link(self, column: str) -> str:
        """The address that sorts by this column; again, the other way round."""
        down = not self.down if self.sort == column else column != "name"
        values = {"q": self.search, "only": self.only, "sort": column, "down": "1" if down else ""}
        return "/lead/people?" + urlencode({name: value for name, value in values.items() if value})

    def order(self, column: str) -> str:
        """As `aria-sort` says it."""
        return "none" if self.sort != column else "descending" if self.down else "ascending"


def asked_of(query: Mapping[str, str]) -> Asked:
    """Raises InputError for a filter or a column there is not."""
    only, sort = query.get("only", ""), query.get("sort", "")
    if only not in FILTERS:
        raise InputError(f"people are filtered by {', '.join(filter(None, FILTERS))}; got {only[:40]!r}")
    if sort not in ("", "name", *COLUMNS):
        raise InputError(f"people are sorted by name, {', '.join(COLUMNS)}; got {sort[:40]!r}")
    return Asked(query.get("q", "").strip()[:200], only, sort, bool(query.get("down")))


def _texts(person: Annotator) -> tuple[str, ...]:
    return (person.name, *(person.account.tags if person.account else ()))


def listed(people: Sequence[Annotator], asked: Asked) -> list[Annotator]:
    """Those asked for, in that order. The search is in names and skills, whatever the case or script."""
    wanted = looks(asked.search) if asked.search else ""
    found = [
        each
        for each in people
        if FILTERS[asked.only][1](each) and any(wanted in looks(text) for text in _texts(each))
    ]
    if not asked.sort:
        return found
    if asked.sort == "name":
        return sorted(found, key=lambda each: each.name.casefold(), reverse=asked.down)
    figure = COLUMNS[asked.sort][1]
    known = [(value, each) for each in found if each.figures and (value := figure(each.figures)) is not None]
    known.sort(key=lambda each: each[0], reverse=asked.down)
    has = {each.rater_id for _, each in known}
    return [each for _, each in known] + [each for each in found if each.rater_id not in has]
