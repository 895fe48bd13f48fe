"""What a page shows, as its address tells it: every view can be sent to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode

from pairwright.errors import InputError
from pairwright.store.browse.search import SORTS, Filters, Key
from pairwright.types import SETTLED_BY

CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "verdict": (("A", "A is better"), ("B", "B is better"), ("TIE", "tie")),
    "decision": (
        ("accept", "accepted"),
        ("ask", "ask somebody"),
        ("drop", "dropped"),
        ("none", "not decided"),
    ),
    "source": tuple(SETTLED_BY.items()),
    "finding": (("open", "open"), ("settled", "settled")),
    "disagree": (
        ("people", "people among themselves"),
        ("judges", "judges among themselves"),
        ("orders", "a judge, in the other order"),
        ("both", "people and judges"),
    ),
    "doubted": (("1", "doubted"),),
    "sort": (
        ("oldest", "oldest first"),
        ("newest", "newest first"),
        ("unsure", "least sure first"),
        ("sure", "surest first"),
        ("doubted", "doubted most first"),
    ),
}
NAMES = {
    "q": "text",
    "check": "check",
    "finding": "finding",
    "verdict": "verdict",
    "decision": "decision",
    "source": "label by",
    "domain": "domain",
    "model": "model",
    "annotator": "person",
    "judge": "judge",
    "disagree": "disagree",
    "doubted": "reward model",
    "low": "P(A) from",
    "high": "P(A) to",
}
SHOWN = ("text", "written", "raw", "difference")


@dataclass(frozen=True, slots=True)
class PageView:
    """Filters, the place in the list, and how texts are shown."""

    filters: Filters = field(default_factory=Filters)
    after: Key | None = None
    before: Key | None = None
    shown: str = "text"

    def query(self, **changes: Any) -> str:
        """The address's part after `?`; `changes` are of the filters, or `after`, `before`, `shown`."""
        own = {name: changes.pop(name) for name in ("after", "before", "shown") if name in changes}
        view = replace(self, filters=replace(self.filters, **changes), **own)
        told = {each.name: getattr(view.filters, each.name) for each in fields(Filters)}
        told |= {
            "after": key_text(view.after),
            "before": key_text(view.before),
            "shown": "" if view.shown == "text" else view.shown,
        }
        if told["sort"] == "oldest":
            told["sort"] = ""
        return urlencode({name: value for name, value in told.items() if value not in ("", None)})

    def hidden(self) -> list[tuple[str, str]]:
        """What a new search keeps: all filters but the text."""
        told = [(each.name, getattr(self.filters, each.name)) for each in fields(Filters) if each.name != "q"]
        return [(name, str(value)) for name, value in told if value not in ("", None, "oldest")]

    def chips(self) -> list[tuple[str, str, str]]:
        """(name, what is asked for, the address without it) of every filter that is set."""
        found = []
        for name, title in NAMES.items():
            value = getattr(self.filters, name)
            if value not in ("", None):
                words = dict(CHOICES.get(name, ())).get(str(value), str(value))
                empty = None if name in ("low", "high") else ""
                found.append((title, words, self.query(**{name: empty}, after=None, before=None)))
        return found


def view_of(asked: Mapping[str, str]) -> PageView:
    """Raises InputError where an address asks for what there is not."""
    values: dict[str, Any] = {}
    for each in fields(Filters):
        text = asked.get(each.name, "").strip()
        if each.name in ("low", "high"):
            values[each.name] = _probability(each.name, text)
        elif text:
            if each.name in CHOICES and text not in dict(CHOICES[each.name]):
                known = ", ".join(dict(CHOICES[each.name]))
                raise InputError(f'{each.name} "{text}" is unknown. Choose one of {known}.')
            values[each.name] = text
    shown = asked.get("shown", "text")
    if shown not in SHOWN:
        raise InputError(f'shown "{shown}" is unknown. Choose one of {", ".join(SHOWN)}.')
    filters = Filters(**values)
    sorted_ = filters.sort not in SORTS[:2]
    return PageView(
        filters,
        _key("after", asked.get("after", ""), sorted_),
        _key("before", asked.get("before", ""), sorted_),
        shown,
    )


def _probability(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError(f'{name} "{text}" is no probability: give a number from 0 to 1.')
    return value


def key_text(key: Key | None) -> str:
    if key is None:
        return ""
    return str(key.pair_id) if key.value is None else f"{key.pair_id}:{key.value!r}"


def _key(name: str, text: str, sorted_: bool) -> Key | None:
    """A place in the list, as `key_text` writes it; one of another order is none."""
    if not text:
        return None
    number, colon, value = text.partition(":")
    try:
        key = Key(int(number), float(value) if colon else None)
    except ValueError:
        raise InputError(f'{name} "{text}" is no place in a list: open the list anew.') from None
    return key if bool(colon) == sorted_ else None
