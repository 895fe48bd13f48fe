"""The lead's pages: how it goes, who is at it, what is in dispute, what is known, and the guidelines."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, get_args

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.amounts import counted
from pairwright.annotate.cards import beside, shown_turns, to_html
from pairwright.annotate.charts import days_chart
from pairwright.annotate.shapes import text_of
from pairwright.annotate.site import Visit, call, clean, page
from pairwright.errors import InputError
from pairwright.keys import public_id
from pairwright.stages.figures.overview import overview_of
from pairwright.stages.people import accounts, adjudicate, annotators, gold, requeue
from pairwright.stages.people.annotators import Annotator
from pairwright.store.people import accounts as sql
from pairwright.store.people import disputes as conflict_rows
from pairwright.store.people import gold as gold_sql
from pairwright.store.people.accounts import Account, Role
from pairwright.store.people.tasks import Task
from pairwright.turns import all_laid_out
from pairwright.types import VERDICTS, Verdict

PAGE = 50
LARGEST = 10**12  # number in a form


def dashboard(visit: Visit) -> Response:
    return visit.page("lead_dashboard.html", **_overview(visit))


def dashboard_json(visit: Visit, _query: dict[str, Any]) -> Response:
    """The part of the dashboard that changes, as HTML: the page asks every five seconds."""
    return visit.page("lead_figures.html", **_overview(visit))


def _overview(visit: Visit) -> dict[str, Any]:
    found = visit.site.overview.get(lambda: overview_of(visit.project))
    return {"overview": found, "chart": days_chart(found.far.days)}


def people_page(visit: Visit, made: str | None = None, problem: str | None = None) -> Response:
    with visit.project.store.read() as connection:
        open_invitations = sql.invitations(connection)
        actions = sql.actions(connection, 30)
    return visit.page(
        "lead_people.html",
        people=annotators.people_of(visit.project),
        invitations=open_invitations,
        actions=actions,
        taken_back={each.detail.get("action") for each in actions},
        made=made,
        problem=problem,
        now=time.time(),
    )


def invite(visit: Visit, form: dict[str, str]) -> Response:
    """Make a link and show it once: the store keeps only its hash."""
    role = _role(form.get("role", ""))
    if role == "lead" and form.get("sure") != "yes":
        told = ["They see everybody's answers, decide conflicts, and can pause others and make them leads."]
        return _asked(visit, form, "Make a link that makes leads of whoever opens it?", told, "Make the link")
    token = accounts.invite(
        visit.project,
        role,
        by=visit.account,
        tags=_tags(form.get("tags", "")),
        uses=_number(form, "uses", 1),
        days=_number(form, "days", accounts.INVITATION_DAYS),
    )
    return people_page(visit, made=_join_link(visit, token))


def revoke(visit: Visit, form: dict[str, str]) -> Response:
    with visit.project.store.write() as connection:
        sql.revoke_invitation(connection, _number(form, "id", 0))
    return RedirectResponse("/lead/people", 303)


def _join_link(visit: Visit, token: str) -> str:
    return f"{visit.origin}/join/{token}"


def _asked(
    visit: Visit, form: dict[str, str], question: str, told: list[str], do: str, sure: str = "yes"
) -> Response:
    """Ask before doing: what was sent comes again, with `sure`, when it is said to be meant."""
    again = {name: value for name, value in form.items() if name != "sure"} | {"sure": sure}
    return visit.page("lead_sure.html", question=question, told=told, do=do, again=again)


def person_page(visit: Visit, made: str | None = None, done: Done | None = None) -> Response:
    person = annotators.person_named(visit.project, visit.request.path_params["name"])
    return visit.page("lead_person.html", person=person, made=made, done=done)


@dataclass(frozen=True, slots=True)
class Done:
    """What was just done to a person, in words, and the form fields that take it back."""

    words: str
    undo: dict[str, str]


def person_changed(visit: Visit, form: dict[str, str]) -> Response:
    """Pause, resume, end access, change role or tags, let in, re-queue votes, or make a link to sign in.

    What others' labels rest on, or gives somebody rights, is asked once more before it is done.
    """
    person = annotators.person_named(visit.project, visit.request.path_params["name"])
    what, by = form.get("what", ""), visit.account
    if what in ("requeue", "requeue_fast"):
        return _requeued(visit, form, person, only_too_fast=what == "requeue_fast")
    if what == "undo_requeue":
        back, not_back = requeue.take_back(visit.project, _number(form, "action", 0), by)
        anew = f" {not_back:,} stay out: {person.name} has answered these pairs anew." if not_back else ""
        return person_page(
            visit, done=Done(f"{counted(back, 'answer counts', 'answers count')} again.{anew}", {})
        )
    if person.account is None:
        raise InputError(f"{person.name} never signed in here: their votes came from a file")
    if what == "link":
        token = accounts.invite(visit.project, person.account.role, by=by, account=person.account, days=2)
        return person_page(visit, made=_join_link(visit, token))
    changes, words, undo = _change(what, form, person.account)
    if what in SURE and form.get("sure") != "yes":
        question, told, do = SURE[what]
        return _asked(visit, form, question.format(person.name), [told.format(person.name)], do)
    accounts.change(visit.project, person.account, by, **changes)
    return person_page(visit, done=Done(words.format(person.name), undo))


SURE = {
    "lead": (
        "Make {} a lead?",
        "{} would see everybody's answers, decide conflicts, and could pause others and make them leads.",
        "Make lead",
    ),
    "remove": (
        "End {}'s access?",
        "{} is signed out everywhere, and no link or password lets them in. Their answers stay and count.",
        "End access",
    ),
}


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


def _change(what: str, form: dict[str, str], account: Account) -> tuple[dict[str, Any], str, dict[str, str]]:
    """(what to set, how to say that it was done, the form fields that take it back)."""
    role: dict[str, str] = {"what": account.role}
    state = {"what": "pause" if account.state == "paused" else "resume"}
    changes: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
        "pause": ({"state": "paused"}, "{} gets no more pairs.", {"what": "resume"}),
        "resume": ({"state": "active"}, "{} may work again.", {}),
        "remove": ({"state": "removed"}, "{} has no access any more.", state),
        "let_in": ({"qualified_at": time.time()}, "{} needs no practice.", {"what": "practise"}),
        "practise": ({"qualified_at": None}, "{} practises first.", {"what": "let_in"}),
        "lead": ({"role": "lead"}, "{} is a lead.", role),
        "annotator": ({"role": "annotator"}, "{} is an annotator.", role),
        "tags": (
            {"tags": _tags(form.get("tags", ""))},
            "The skills of {} are saved.",
            {"what": "tags", "tags": ", ".join(account.tags)},
        ),
    }
    if what not in changes:
        raise InputError(f"{account.name} can't be changed so: {what[:40]!r}")
    return changes[what]


def conflicts_page(visit: Visit) -> Response:
    at = max(0, _number(dict(visit.request.query_params), "from", 0))
    with visit.project.store.read() as connection:
        found = conflict_rows.conflicts(connection, PAGE + 1, at)
    return visit.page("lead_conflicts.html", conflicts=found[:PAGE], at=at, more=len(found) > PAGE, page=PAGE)


def texts_shown(task: Task) -> dict[str, Any]:
    """What a lead reads of a pair; what models thought is there too, folded, as no user saw it."""
    a, b = (all_laid_out(turns, reasoning=True) for turns in (task.a_turns, task.b_turns))
    left, right = beside(a, b)
    turns = shown_turns(task.prompt, reasoning=True)
    return {"prompt": [(role, to_html(text)) for role, text in turns], "a": left, "b": right}


def case_page(visit: Visit) -> Response:
    pair_id = pair_of(visit)
    case = adjudicate.case_of(visit.project, pair_id)
    return visit.page(
        "lead_case.html",
        case=case,
        public=public_id("pair", case.task.pair_key),
        **texts_shown(case.task),
        decided=next((each for each in case.people if each.purpose == "decision"), None),
    )


def case_decided(visit: Visit, form: dict[str, str]) -> Response:
    pair_id = pair_of(visit)
    if form.get("verdict") == "reopen":
        adjudicate.reopen(visit.project, pair_id, visit.account)
        return RedirectResponse(visit.request.url.path, 303)
    verdict, both = verdict_of(form.get("verdict", ""))
    reason = form.get("reason", "").strip() or None
    if form.get("gold"):
        gold.make_gold(
            visit.project, pair_id, verdict, both=both, explanation=reason, use="both", by=visit.account
        )
    else:
        adjudicate.decide(visit.project, pair_id, verdict, visit.account, both=both, reason=reason)
    with visit.project.store.read() as connection:
        left = conflict_rows.conflicts(connection, 1)
    return RedirectResponse(f"/lead/conflicts/{left[0].public}" if left else "/lead/conflicts", 303)


def gold_page(visit: Visit, problem: str | None = None) -> Response:
    with visit.project.store.read() as connection:
        rows, agreed = gold_sql.gold_rows(connection), gold_sql.unanimous(connection, 10)
    settings = visit.project.settings.annotate
    return visit.page("lead_gold.html", gold=rows, agreed=agreed, settings=settings, problem=problem)


def gold_changed(visit: Visit, form: dict[str, str]) -> Response:
    try:
        pair_id, swapped = gold.find_pair(visit.project, form.get("pair", ""))
        if form.get("what") == "withdraw":
            gold.withdraw_gold(visit.project, pair_id, visit.account)
            return RedirectResponse("/lead/gold", 303)
        verdict, both = verdict_of(form.get("verdict", ""))
        if swapped and verdict != "TIE":
            verdict = "B" if verdict == "A" else "A"
        use: Any = form.get("use", "both")
        text = form.get("explanation", "").strip() or None
        gold.make_gold(
            visit.project, pair_id, verdict, both=both, explanation=text, use=use, by=visit.account
        )
    except InputError as error:
        return gold_page(visit, problem=str(error))
    return RedirectResponse("/lead/gold", 303)


def guidelines_page(visit: Visit) -> Response:
    current = visit.site.guidelines.current()
    saved = visit.request.query_params.get("saved") is not None
    html = to_html(current.text)
    return visit.page("lead_guidelines.html", text=current.text, html=html, number=current.id, saved=saved)


def guidelines_saved(visit: Visit, form: dict[str, str]) -> Response:
    """Save, unless somebody else saved since this page was opened: their change would be lost."""
    if form.get("number") != str(visit.site.guidelines.current().id):
        raise InputError(
            "the guidelines were changed by somebody else since you opened this page. "
            "Go back, copy your text, reload, and put the two together."
        )
    visit.site.guidelines.save(form.get("text", ""), visit.account)
    return RedirectResponse("/lead/guidelines?saved=1", 303)


def preview(_visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    return {"html": to_html(text_of(body, "text", most=200_000, needed=False))}


def pair_of(visit: Visit) -> int:
    return gold.find_pair(visit.project, clean(visit.request.path_params["pair"]))[0]


def _role(text: str) -> Role:
    if text not in get_args(Role):
        raise InputError(f"a role is lead or annotator; got {text[:40]!r}")
    return text  # type: ignore[return-value]


def verdict_of(text: str) -> tuple[Verdict, Any]:
    """A, B, TIE, TIE/good or TIE/bad."""
    verdict, _, both = text.partition("/")
    if verdict not in VERDICTS or both not in ("", "good", "bad"):
        raise InputError(f"choose A, B or a tie; got {text[:40]!r}")
    return verdict, both or None


def _tags(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()][:50]


def _number(form: dict[str, str], name: str, default: int) -> int:
    try:
        number = int(form.get(name) or default)
    except ValueError:
        raise InputError(f"{name} is a whole number; got {form[name][:40]!r}") from None
    if abs(number) > LARGEST:
        raise InputError(f"{name} is at most {LARGEST:,}")
    return number


def _lead(handler: Any) -> Any:
    return page(handler, "lead")


routes = [
    Route("/lead", _lead(dashboard)),
    Route("/lead/people", _lead(people_page)),
    Route("/lead/people/{name:path}", _lead(person_page)),
    Route("/lead/people/{name:path}", _lead(person_changed), methods=["POST"]),
    Route("/lead/invite", _lead(invite), methods=["POST"]),
    Route("/lead/revoke", _lead(revoke), methods=["POST"]),
    Route("/lead/conflicts", _lead(conflicts_page)),
    Route("/lead/conflicts/{pair}", _lead(case_page)),
    Route("/lead/conflicts/{pair}", _lead(case_decided), methods=["POST"]),
    Route("/lead/gold", _lead(gold_page)),
    Route("/lead/gold", _lead(gold_changed), methods=["POST"]),
    Route("/lead/guidelines", _lead(guidelines_page)),
    Route("/lead/guidelines", _lead(guidelines_saved), methods=["POST"]),
    Route("/api/lead/dashboard", call(dashboard_json, "lead")),
    Route("/api/lead/preview", call(preview, "lead"), methods=["POST"]),
]
