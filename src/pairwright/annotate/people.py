"""The lead's pages about people: the list, invitations, and what is done about one of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.amounts import counted
from pairwright.annotate.charts import course_chart
from pairwright.annotate.forms import number, role, tags
from pairwright.annotate.people_list import COLUMNS, FILTERS, asked_of, listed
from pairwright.annotate.site import Visit, page
from pairwright.errors import InputError
from pairwright.formats.tools.crowd import as_cell
from pairwright.stages.people import accounts, annotators, consequences, invite_many, qualify, requeue
from pairwright.stages.people.annotators import Annotator
from pairwright.stages.people.closely import KINDS, PAGE, closely
from pairwright.stages.people.invite_many import Invited
from pairwright.stages.project.project import Project
from pairwright.store import clock
from pairwright.store.people import accounts as sql
from pairwright.store.people import tasks
from pairwright.store.people.accounts import Account


def people_page(
    visit: Visit, made: str | None = None, problem: str | None = None, invited: Invited | None = None
) -> Response:
    asked = asked_of(visit.request.query_params)
    everybody = annotators.people_of(visit.project, visit.site.people_counted())
    with visit.project.store.read() as connection:
        open_invitations = sql.invitations(connection)
        actions = sql.actions(connection, 30)
    return visit.page(
        "lead_people.html",
        people=listed(everybody, asked),
        counts={name: sum(map(of, everybody)) for name, (_, of) in FILTERS.items()},
        filters=FILTERS,
        columns=COLUMNS,
        asked=asked,
        invited=invited,
        links=_as_csv(visit, invited) if invited else "",
        invitations=open_invitations,
        actions=actions,
        taken_back={each.detail.get("action") for each in actions},
        made=made,
        problem=problem,
        now=clock.now(),
        counted_at=visit.site.people.at,
    )


def invite(visit: Visit, form: dict[str, str]) -> Response:
    """Make a link and show it once: the store keeps only its hash."""
    who = role(form.get("role", ""))
    if who == "lead" and form.get("sure") != "yes":
        told = ["They see everybody's answers, decide conflicts, and can pause others and make them leads."]
        return _asked(visit, form, "Make a link that makes leads of whoever opens it?", told, "Make the link")
    token = accounts.invite(
        visit.project,
        who,
        by=visit.account,
        tags=tags(form.get("tags", "")),
        uses=number(form, "uses", 1),
        days=number(form, "days", accounts.INVITATION_DAYS),
    )
    return people_page(visit, made=_join_link(visit, token))


def invite_several(visit: Visit, form: dict[str, str]) -> Response:
    """A link for each who is named, shown once."""
    try:
        invited = invite_many.invite_many(
            visit.project,
            invite_many.whom(form.get("names", "")),
            by=visit.account,
            tags=tags(form.get("tags", "")),
            days=number(form, "days", accounts.INVITATION_DAYS),
        )
    except InputError as error:
        return people_page(visit, problem=str(error))
    return people_page(visit, invited=invited)


def _as_csv(visit: Visit, invited: Invited) -> str:
    """Who and which link; nothing in it runs in a spreadsheet."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["name", "link"])
    rows.writerows([as_cell(name), _join_link(visit, token)] for name, token in invited.links)
    return text.getvalue()


def revoke(visit: Visit, form: dict[str, str]) -> Response:
    with visit.project.store.write() as connection:
        sql.revoke_invitation(connection, number(form, "id", 0))
    return RedirectResponse("/lead/people", 303)


def _join_link(visit: Visit, token: str) -> str:
    return f"{visit.origin}/join/{token}"


def _asked(
    visit: Visit, form: dict[str, str], question: str, told: list[str], do: str, sure: str = "yes"
) -> Response:
    """Ask before doing: what was sent comes again, with `sure`, when it is said to be meant."""
    again = {name: value for name, value in form.items() if name != "sure"} | {"sure": sure}
    return visit.page("lead_sure.html", question=question, told=told, do=do, again=again)


@dataclass(frozen=True, slots=True)
class Done:
    """What was just done to a person, in words, and the form fields that take it back."""

    words: str
    undo: dict[str, str]


def person_page(visit: Visit, made: str | None = None, done: Done | None = None) -> Response:
    """One person closely: their answers, figures, and what can be done, each with what would come of it."""
    person, query = _person(visit), visit.request.query_params
    kind: Any = query.get("show") if query.get("show") in KINDS else "all"
    at = min(max(0, number(dict(query), "page", 0)), 10**6)
    of = closely(visit.project, person, kind, at, visit.site.people_counted().votes)
    with visit.project.store.read() as connection:
        previews = _previews(visit.project, connection, person.account) if person.account else {}
        open_skills = tasks.skills(connection)
    return visit.page(
        "lead_person.html",
        person=person,
        of=of,
        kind=kind,
        at=at,
        more=(at + 1) * PAGE < of.found[kind],
        course=course_chart("agreement", of.course) if of.course else None,
        previews=previews,
        standing=qualify.standing_of(visit.project, person.account) if person.account else None,
        too_fast=f"{visit.project.settings.annotate.too_fast_seconds:g}",
        open_skills=open_skills,
        counted_at=visit.site.people.at,
        made=made,
        done=done,
    )


def _person(visit: Visit) -> Annotator:
    return annotators.person_named(
        visit.project, visit.request.path_params["name"], visit.site.people_counted()
    )


def _previews(project: Project, connection: Connection, account: Account) -> dict[str, list[str]]:
    """What would come of what is done by one click."""
    try:
        practice = consequences.of_practice(project, connection, account)
    except InputError:
        practice = []
    return {"pause": consequences.of_pause(connection, account), "retrain": practice}


def person_changed(visit: Visit, form: dict[str, str]) -> Response:
    """Do something about one person.

    What others' labels rest on, who gets which pairs, or what gives somebody rights is asked once more first,
    with what would come of it.
    """
    person, what, by = _person(visit), form.get("what", ""), visit.account
    if what in ("requeue", "requeue_fast"):
        return _requeued(visit, form, person, only_too_fast=what == "requeue_fast")
    if what == "undo_requeue":
        back, not_back = requeue.take_back(visit.project, number(form, "action", 0), by)
        anew = f" {not_back:,} stay out: {person.name} has answered these pairs anew." if not_back else ""
        words = f"{counted(back, 'answer counts', 'answers count')} again.{anew}"
        return person_page(visit, done=Done(words, {}))
    if person.account is None:
        raise InputError(f"{person.name} never signed in here: their votes came from a file")
    if what == "link":
        token = accounts.invite(visit.project, person.account.role, by=by, account=person.account, days=2)
        return person_page(visit, made=_join_link(visit, token))
    if what == "undo":
        accounts.take_back(visit.project, number(form, "action", 0), by)
        return person_page(visit, done=Done("Taken back.", {}))
    change = _change(visit.project, what, form, person.account)
    if change.question and form.get("sure") != "yes":
        return _asked(visit, form, change.question, list(change.told), change.do)
    action = accounts.change(visit.project, person.account, by, **change.values)
    return person_page(visit, done=Done(change.words, {"what": "undo", "action": str(action)}))


def _requeued(visit: Visit, form: dict[str, str], person: Annotator, *, only_too_fast: bool) -> Response:
    """Asked again where the number is another than the one that was agreed to."""
    of = requeue.consequences(visit.project, person, only_too_fast=only_too_fast)
    if form.get("sure") != str(of.votes):
        answers = counted(of.votes, "answer", "answers")
        told = [
            f"{answers} of {person.name} would count no longer. What was given stays on record.",
            f"{counted(of.labels, 'label rests', 'labels rest')} on people's answers to these pairs: "
            "they may change or go, and others are asked.",
        ]
        return _asked(visit, form, f"Re-queue {answers}?", told, f"Re-queue {answers}", str(of.votes))
    n, action = requeue.requeue(visit.project, person, visit.account, only_too_fast=only_too_fast)
    words = (
        f"{counted(n, 'answer counts', 'answers count')} no longer (on record they stay). Others are asked."
    )
    return person_page(visit, done=Done(words, {"what": "undo_requeue", "action": str(action)}))


@dataclass(frozen=True, slots=True)
class Change:
    """`values` to set, and how to say that it was done.

    With a `question` it is asked about first: what would come of it, and the words of the button.
    """

    values: dict[str, Any]
    words: str
    question: str = ""
    told: tuple[str, ...] = ()
    do: str = ""


def _change(project: Project, what: str, form: dict[str, str], of: Account) -> Change:
    name, now = of.name, clock.now()
    working = {"state": "active", "pause_reason": None, "checked_from": now}
    changes: dict[str, Callable[[], Change]] = {
        "pause": lambda: Change({"state": "paused"}, f"{name} gets no more pairs."),
        "keep": lambda: Change({"pause_reason": None}, f"{name} stays paused."),
        "resume": lambda: Change(working, f"{name} may work again."),
        "remove": lambda: Change({"state": "removed"}, f"{name} has no access any more.", *_removing(name)),
        "let_in": lambda: Change(
            {**working, "qualified_at": now, "practise_from": None}, f"{name} needs no practice."
        ),
        "practise": lambda: _practice(project, of, working),
        "lead": lambda: Change({"role": "lead"}, f"{name} is a lead.", *_making_lead(name)),
        "annotator": lambda: Change({"role": "annotator"}, f"{name} is an annotator."),
        "tags": lambda: Change({"tags": tags(form.get("tags", ""))}, f"The skills of {name} are saved."),
        "limit": lambda: _limit(project, form, of),
        "reserve": lambda: _reservation(project, form, of),
    }
    if what not in changes:
        raise InputError(f"{name} can't be changed so: {what[:40]!r}")
    return changes[what]()


def _removing(name: str) -> tuple[str, tuple[str, ...], str]:
    told = (
        f"{name} is signed out everywhere, and no link or password lets them in.",
        "Their answers stay and count.",
    )
    return f"End {name}'s access?", told, "End access"


def _making_lead(name: str) -> tuple[str, tuple[str, ...], str]:
    told = (
        f"{name} would see everybody's answers, decide conflicts, and could pause others and make them leads."
    )
    return f"Make {name} a lead?", (told,), "Make lead"


def _practice(project: Project, of: Account, working: dict[str, Any]) -> Change:
    with project.store.read() as connection:
        consequences.of_practice(project, connection, of)
    values = {**working, "qualified_at": None, "practise_from": working["checked_from"]}
    return Change(values, f"{of.name} practises first.")


def _limit(project: Project, form: dict[str, str], of: Account) -> Change:
    """A limit of answers a day; 0 or nothing: none."""
    limit = number(form, "limit", 0) or None
    with project.store.read() as connection:
        told = consequences.of_limit(project, connection, of, limit)
    if limit is None:
        words, question = f"{of.name} has no limit.", f"No limit for {of.name}?"
    else:
        a_day = f"{counted(limit, 'answer')} a day"
        words, question = f"{of.name} may give {a_day}.", f"Limit {of.name} to {a_day}?"
    return Change({"daily_limit": limit}, words, question, tuple(told), "Set the limit")


def _reservation(project: Project, form: dict[str, str], of: Account) -> Change:
    """Skills whose pairs only this person gets; none: their pairs are for all again."""
    skills = tags(form.get("reserved", ""))
    with project.store.read() as connection:
        told = consequences.of_reserving(project, connection, of, skills)
    listed = ", ".join(skills) or "nothing"
    words, question = f"Reserved for {of.name}: {listed}.", f"Reserve {listed} for {of.name}?"
    do = "Reserve" if skills else "Release"
    return Change({"reserved": skills or None}, words, question, tuple(told), do)


def _lead(handler: Any) -> Any:
    return page(handler, "lead")


routes = [
    Route("/lead/people", _lead(people_page)),
    Route("/lead/people/{name:path}", _lead(person_page)),
    Route("/lead/people/{name:path}", _lead(person_changed), methods=["POST"]),
    Route("/lead/invite", _lead(invite), methods=["POST"]),
    Route("/lead/invite-several", _lead(invite_several), methods=["POST"]),
    Route("/lead/revoke", _lead(revoke), methods=["POST"]),
]
