"""Who made a file's labels: the raters its rows name, or else the file itself."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from pairwright.literals import checked
from pairwright.store.people.names import person_id
from pairwright.store.votes import known_rater_id, rater_id
from pairwright.types import MAKERS, Maker, Rater


@dataclass(frozen=True, slots=True)
class LabelMaker:
    """`named`, a `kind`, made a file's labels where rows don't say who; `all_are`, where that was told."""

    dataset: str
    named: str
    kind: Maker
    all_are: Maker | None

    @checked
    def rater(self, kind: Maker, name: str) -> Rater:
        """A judge is named after its dataset too: a judge of the project may have the same name."""
        return self._called(self.all_are or kind, name)

    def before(self, connection: Connection, names: set[str]) -> list[int]:
        """What these names counted as before it was told what they are."""
        kinds = [kind for kind in MAKERS if kind != self.all_are]
        known = (known_rater_id(connection, self._called(kind, name)) for kind in kinds for name in names)
        return [number for number in known if number is not None]

    @property
    def as_told(self) -> str:
        """Why their labels of before no longer count."""
        return f"made by {self.all_are}, as was told since"

    def _called(self, kind: Maker, name: str) -> Rater:
        if kind == "person":
            return Rater("person", name)
        called = name if kind == "unknown" or name == self.dataset else f"{self.dataset}/{name}"
        return Rater(kind, called, {"dataset": self.dataset})


def number_of_rater(connection: Connection, who: Rater) -> int:
    """The row number of a rater, added if new. Raises InputError for a name too like another person's."""
    return person_id(connection, who.name) if who.kind == "person" else rater_id(connection, who)
