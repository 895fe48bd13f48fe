"""The guidelines as people see them: the file as it is now, its versions, and who has seen which."""

from __future__ import annotations

from dataclasses import dataclass

from pairwright.errors import ConfigError, InputError
from pairwright.stages.project.project import Project
from pairwright.store.people import accounts as sql
from pairwright.store.people.accounts import Account
from pairwright.store.votes import guideline_id, guideline_text
from pairwright.whole_file import whole_file

LONGEST = 200_000  # characters
CHANGED = "changed the guidelines"


@dataclass(frozen=True, slots=True)
class Guideline:
    """One version. `id` is what votes made under it record."""

    id: int
    text: str


class Guidelines:
    """The current version, read again whenever the file has changed. Safe for threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._path = project.root / project.settings.project.guidelines
        self._seen: tuple[tuple[int, int], Guideline] | None = None

    def current(self) -> Guideline:
        """Raises ConfigError while the file is missing, empty or no text."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if self._seen is not None and self._seen[0] == stamp:
                return self._seen[1]
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self._path} can't be read: {error}") from None
        if not text.strip():
            raise ConfigError(f"{self._path} is empty: people need something to go by")
        with self._project.store.write() as connection:
            found = Guideline(guideline_id(connection, text), text)
        self._seen = (stamp, found)
        return found

    def save(self, text: str, by: Account) -> Guideline:
        """Write a new version, whole or not at all. Votes under earlier ones keep theirs."""
        text = text.replace("\r\n", "\n").strip() + "\n"
        if not text.strip():
            raise InputError("the guidelines can't be empty: people and judges go by them")
        if len(text) > LONGEST:
            raise InputError(f"guidelines have at most {LONGEST:,} characters; these have {len(text):,}")
        before = self.current()
        with whole_file(self._path) as file:
            file.write(text.encode())
        saved = self.current()
        if saved.id != before.id:
            detail = {"characters": len(text), "before": before.id, "after": saved.id}
            with self._project.store.write() as connection:
                sql.add_action(connection, by.id, CHANGED, detail)
        return saved

    def version(self, number: int) -> str | None:
        """The text of a version, None if there is no such one."""
        with self._project.store.read() as connection:
            return guideline_text(connection, number)


def seen(project: Project, account: Account, number: int) -> None:
    """Record that this person has read that version."""
    with project.store.write() as connection:
        if guideline_text(connection, number) is None:
            raise InputError(f"there is no version {number} of the guidelines: load the page again")
        sql.change_account(connection, account.id, seen_guideline_id=number)
