"""The lead's pages: how it goes, what is in dispute, what is known, and the guidelines."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.annotate.cards import beside, shown_turns, to_html
from pairwright.annotate.charts import days_chart
from pairwright.annotate.difference import changes
from pairwright.annotate.forms import number
from pairwright.annotate.rendering import visible
from pairwright.annotate.shapes import text_of
from pairwright.annotate.site import Visit, call, clean, page
from pairwright.errors import InputError
from pairwright.keys import public_id
from pairwright.spans import quoted
from pairwright.stages.figures.overview import overview_of
from pairwright.stages.people import adjudicate, gold
from pairwright.store.people import disputes as conflict_rows
from pairwright.store.people import gold as gold_sql
from pairwright.store.people.tasks import Task
from pairwright.turns import all_laid_out
from pairwright.types import VERDICTS, Verdict

LONGEST_QUOTE = 300  # characters of a marked span that a table shows

PAGE = 50


def dashboard(visit: Visit) -> Response:
    return visit.page("lead_dashboard.html", **_overview(visit))


def dashboard_json(visit: Visit, _query: dict[str, Any]) -> Response:
    """The part of the dashboard that changes, as HTML: the page asks every five seconds."""
    return visit.page("lead_figures.html", **_overview(visit))


def _overview(visit: Visit) -> dict[str, Any]:
    found = visit.site.overview.get(lambda: overview_of(visit.project, visit.site.people_counted()))
    return {"overview": found, "counted_at": visit.site.overview.at, "chart": days_chart(found.far.days)}


def conflicts_page(visit: Visit) -> Response:
    at = max(0, number(dict(visit.request.query_params), "from", 0))
    with visit.project.store.read() as connection:
        found = conflict_rows.conflicts(connection, PAGE + 1, at)
    return visit.page("lead_conflicts.html", conflicts=found[:PAGE], at=at, more=len(found) > PAGE, page=PAGE)


def texts_shown(task: Task) -> dict[str, Any]:
    """What a lead reads of a pair; what models thought is there too, folded, as no user saw it."""
    a, b = (all_laid_out(turns, reasoning=True) for turns in (task.a_turns, task.b_turns))
    left, right = beside(a, b)
    turns = shown_turns(task.prompt, reasoning=True)
    prompt = [(role, to_html(text)) for role, text in turns]

    def words(span: dict[str, Any]) -> str:
        text = quoted(span, task.a_turns if span["side"] == "a" else task.b_turns)
        return visible(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]} …")

    return {"prompt": prompt, "a": left, "b": right, "quoted": words}


def case_page(visit: Visit) -> Response:
    pair_id = pair_of(visit)
    case = adjudicate.case_of(visit.project, pair_id)
    return visit.page(
        "lead_case.html",
        case=case,
        public=public_id("pair", case.task.pair_key),
        **texts_shown(case.task),
        decided=next((each for each in case.people if each.purpose == "decision"), None),
        of=visit.request.query_params.get("of", ""),
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
    if of := visit.request.query_params.get("of"):
        return RedirectResponse(f"/lead/people/{quote(of)}", 303)
    with visit.project.store.read() as connection:
        left = conflict_rows.conflicts(connection, 1)
    return RedirectResponse(f"/lead/conflicts/{left[0].public}" if left else "/lead/conflicts", 303)


def gold_page(visit: Visit, problem: str | None = None) -> Response:
    with visit.project.store.read() as connection:
        rows = gold_sql.gold_rows(connection)
    agreed = visit.site.agreed_on({row.pair_id for row in rows}, 10)
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
    """The guidelines to edit; with `version` an earlier one, beside what changed since."""
    current, query = visit.site.guidelines.current(), visit.request.query_params
    text, asked = current.text, number(dict(query), "version", current.id)
    if asked != current.id:
        earlier = visit.site.guidelines.version(asked)
        if earlier is None:
            raise InputError(f"there is no version {asked} of the guidelines")
        text = earlier
    return visit.page(
        "lead_guidelines.html",
        text=text,
        html=to_html(text),
        number=current.id,
        earlier=asked if asked != current.id else None,
        since=changes(text, current.text) if asked != current.id else None,
        saved=query.get("saved") is not None,
    )


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


def verdict_of(text: str) -> tuple[Verdict, Any]:
    """A, B, TIE, TIE/good or TIE/bad."""
    verdict, _, both = text.partition("/")
    if verdict not in VERDICTS or both not in ("", "good", "bad"):
        raise InputError(f"choose A, B or a tie; got {text[:40]!r}")
    return verdict, both or None


def _lead(handler: Any) -> Any:
    return page(handler, "lead")


routes = [
    Route("/lead", _lead(dashboard)),
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
