"""A person's data erased on request; the chain over votes and decisions stays whole."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.stages.panel.beliefs import renew_beliefs
from pairwright.stages.people.files_with_name import files_with_name
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.people import accounts as sql
from pairwright.store.people import erase as rows
from pairwright.store.people.accounts import Account
from pairwright.store.people.mentions import left
from pairwright.store.people.names import known_person_id, spelled
from pairwright.store.people.requeue import labelled_by_people
from pairwright.store.vacuum import vacuum
from pairwright.store.votes import retract

# keep: what their votes say stays and counts, under a pseudonym; retract: it counts no longer.
Votes = Literal["keep", "retract"]
CHUNK = 500
LISTED = 20  # files told by name; `as_dict` has all
ERASED = "erased a person's data"
RETRACTED = "withdrawn with its person's data"


@dataclass(repr=False)
class EraseResult(Result):
    """What was erased, or would be (`dry_run`), and what is left.

    `retracted` of `votes` count no longer, and `labels` rested on people's answers to their pairs;
    `mentions` are rows in which this program had written the name. `left` is where the name still stands
    in sentences others wrote, by column; `files` of the project folder hold it too, `packed` ones can't be
    looked through. `rewritten`: the database keeps no deleted text in its unused parts.
    """

    pseudonym: str
    dry_run: bool
    votes: int
    retracted: int = 0
    labels: int = 0
    withdrawn: int = 0
    notes: int = 0
    comments: int = 0
    sign_ins: int = 0
    invitations: int = 0
    offers: int = 0
    mentions: int = 0
    left: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    packed: list[str] = field(default_factory=list)
    rewritten: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def gone(self) -> list[str]:
        """In words, what goes."""
        numbers = (
            (self.sign_ins, "sign-in", "sign-ins"),
            (self.invitations, "invitation with its note", "invitations with their notes"),
            (self.notes, "note beside a vote, flag or skip", "notes beside votes, flags and skips"),
            (self.comments, "comment to them", "comments to them"),
            (self.offers, "record of a pair offered to them", "records of pairs offered to them"),
            (self.mentions, "other record's mention of their name", "other records' mentions of their name"),
        )
        counts = [counted(n, one, many) for n, one, many in numbers if n]
        return ["their name, password, skills and limits", *counts]

    def stays(self) -> list[str]:
        """In words, what stays, and what becomes of the votes."""
        votes = (
            f"{counted(self.votes, 'vote')} under {self.pseudonym}, with the reasons chosen, the spans "
            "marked, and when and how fast they were given"
        )
        if not self.retracted and not self.withdrawn:
            return [f"{votes}; what counts of them counts on" if self.votes else "no votes: there are none"]
        told = [f"{votes}; {self.retracted:,} that counted count no longer"]
        if self.withdrawn:
            what = "flags, skips, ratings and practice answers"
            told.append(f"no {what}: {self.withdrawn:,} were taken back")
        if self.labels:
            rest = counted(self.labels, "label rests", "labels rest")
            told.append(f"{rest} on people's answers to these pairs, and may change or go")
        return told

    def sentences(self) -> list[str]:
        goes = "Goes" if self.dry_run else "Gone"
        told = [f"{goes}: {each}." for each in self.gone()] + [f"Stays: {each}." for each in self.stays()]
        if self.left:
            places = ", ".join(f"{name} ({n:,})" for name, n in self.left.items())
            told.append(f"The name is also a word in what others wrote, and stays there: {places}.")
        if self.files:
            told.append(
                f"The name stands in files of the project, too: {_listed(self.files)}. Export and report "
                "again for those made here; delete old backups, which hold all that was erased."
            )
        if self.packed:
            told.append(f"Compressed files were not looked through: {_listed(self.packed)}.")
        if self.rewritten is False:
            told.append(
                "Others were reading the store, so unused parts of its file may still hold erased text: "
                "stop them, then run VACUUM on the file."
            )
        return told


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


@checked
def erase(
    project: Project,
    name: str,
    *,
    votes: Votes,
    confirm: str | None = None,
    dry_run: bool = False,
    by: str | None = None,
    lead: Account | None = None,
) -> EraseResult:
    """Erase a person's name, sign-in, notes and comments; votes stay under a pseudonym or are retracted.

    `confirm` is the name once more: there is no way back. A dry run does all of it and keeps none, so its
    counts are what would be. `lead` is who does it on the page, `by` who does it elsewhere. Raises
    InputError for a name nobody has, and where it is not confirmed.
    """
    name = spelled(name)
    rater_id, account = _person(project, name)
    if lead is not None and lead.rater_id == rater_id:
        raise InputError("you can't erase yourself here: another lead can, or `pairwright people erase`")
    if not dry_run and (confirm is None or spelled(confirm) != name):
        raise InputError(
            f'erasing has no way back: to confirm it, give the name once more, "{name}". Nothing was erased.'
        )
    with project.store.read() as connection:
        counting = rows.votes_of(connection, rater_id)
        pairs = sorted({pair_id for _, pair_id in counting})
        labels = labelled_by_people(connection, pairs) if votes == "retract" else 0
    if votes == "retract" and not dry_run:
        _retract(project, counting)
    because = f"a person's data erased on request, votes {'kept' if votes == 'keep' else 'retracted'}"
    who = lead.name if lead else by
    result = EraseResult("", dry_run, 0, labels=labels)
    with contextlib.suppress(_OnlyLooked), project.store.write() as connection:
        if votes == "retract":
            result.retracted = len(counting)
            result.withdrawn = rows.withdraw_rest(connection, rater_id, account.id if account else None)
        done = rows.clear(connection, rater_id, account, name, because=because, by=who)
        result = replace(result, **asdict(done))
        result.left = left(connection, name)
        if lead is not None:
            detail = {"as": done.pseudonym, "votes": votes, "notes": done.notes}
            sql.add_action(connection, lead.id, ERASED, detail)
        if dry_run:
            raise _OnlyLooked
    found = files_with_name(project.root, name, project.store.path)
    result.files, result.packed = found.files, found.packed
    if not dry_run:
        result.rewritten = vacuum(project.store)
    return result


class _OnlyLooked(Exception):
    """Ends a transaction of which nothing is to be kept."""


def _person(project: Project, name: str) -> tuple[int, Account | None]:
    with project.store.read() as connection:
        rater_id = known_person_id(connection, name)
        if rater_id is None:
            raise InputError(f'nobody here is called "{name}": `pairwright people` lists everybody')
        return rater_id, sql.account_named(connection, name)


def _retract(project: Project, counting: Sequence[tuple[int, int]]) -> None:
    """Labels are decided again in the same transactions, as after any retraction."""
    for at in range(0, len(counting), CHUNK):
        chunk = counting[at : at + CHUNK]
        with project.store.write() as connection:
            for vote_id, _ in chunk:
                retract(connection, vote_id, RETRACTED)
            renew_beliefs(connection, project, sorted({pair_id for _, pair_id in chunk}))
