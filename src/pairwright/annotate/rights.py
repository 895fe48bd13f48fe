"""Who may do what, in one table: every route names its action, and `site.py` lets nobody else through."""

from __future__ import annotations

from typing import Literal

from pairwright.literals import checked
from pairwright.stages.people import qualify
from pairwright.stages.project.project import Project
from pairwright.store.people.accounts import Account

# What somebody is at the moment of a request. `practising`: has yet to pass the practice pairs, or did not.
Kind = Literal["nobody", "removed", "paused", "practising", "annotator", "lead"]

Action = Literal[
    "sign in",  # by link, invitation or password: what whoever has no session may reach
    "sign out",
    "be somebody",  # see one's own name, progress, the guidelines; set a password; be told what is next
    "practise",  # be shown a pair's difference and its row; answer a practice pair
    "work",  # answer, skip, flag, take back
    "lead",  # see others' answers; change accounts, labels, gold pairs, guidelines
]

RIGHTS: dict[Action, tuple[Kind, ...]] = {
    "sign in": ("nobody", "removed", "paused", "practising", "annotator", "lead"),
    "sign out": ("removed", "paused", "practising", "annotator", "lead"),
    "be somebody": ("paused", "practising", "annotator", "lead"),
    "practise": ("practising", "annotator", "lead"),
    "work": ("annotator", "lead"),
    "lead": ("lead",),
}

REFUSED: dict[Kind, tuple[str, str]] = {
    "nobody": ("SignedOut", "You are signed out. Sign in again; nothing is lost."),
    "removed": ("Removed", "Your lead has ended your access here. What you answered is kept."),
    "paused": ("Paused", "Your lead has paused your work. All you answered is kept."),
    "practising": ("Practising", "Pass the practice pairs first."),
    "annotator": ("Forbidden", "Only leads may do this."),
    "lead": ("Forbidden", "Nobody may do this."),
}


@checked
def kind_of(project: Project, account: Account | None, action: Action) -> Kind:
    """What somebody is. Whether they still practise is looked up only where the action depends on it."""
    if account is None:
        return "nobody"
    if account.state != "active":
        return "removed" if account.state == "removed" else "paused"
    if account.role == "lead":
        return "lead"
    depends = ("practising" in RIGHTS[action]) != ("annotator" in RIGHTS[action])
    if depends and qualify.standing_of(project, account).state != "passed":
        return "practising"
    return "annotator"
