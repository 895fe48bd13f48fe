"""The lead's review queue: one pair after the other, decided by keys, others' verdicts shown afterwards."""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.annotate.lead import pair_of, texts_shown, verdict_of
from pairwright.annotate.site import Visit, page
from pairwright.errors import InputError
from pairwright.keys import public_id
from pairwright.stages.people import adjudicate, review
from pairwright.store.people import review as sql
from pairwright.store.people.tasks import task_on

ACTIONS: tuple[review.Action, ...] = get_args(review.Action)
MOST_LATER = 200  # pairs that can be left for later in one go


def queue_page(visit: Visit) -> Response:
    """What there is, by kind; or straight to the next pair of a kind (`go`)."""
    query = visit.request.query_params
    kind: Any = query.get("kind") if query.get("kind") in sql.KINDS else None
    with visit.project.store.read() as connection:
        if query.get("go"):
            pair_id = sql.next_pair(connection, kind, _later(query.get("later", "")))
            task = task_on(connection, pair_id) if pair_id is not None else None
            if task is not None:
                return RedirectResponse(
                    _address(public_id("pair", task.pair_key), kind, query.get("later", "")), 303
                )
        counts, reasons = sql.counts(connection), sql.skip_reasons(connection)
    return visit.page(
        "lead_review.html", counts=counts, kinds=sql.KINDS, reasons=reasons, at_end=query.get("go")
    )


def _later(text: str) -> list[int]:
    return [int(each) for each in text.split(".") if each.isdigit() and len(each) < 16][:MOST_LATER]


def _address(public: str, kind: str | None, later: str) -> str:
    digits = ".".join(map(str, _later(later)))
    return f"/lead/review/{public}?kind={kind or ''}&later={digits}"


def pair_page(visit: Visit) -> Response:
    """Both texts and why the pair is here; what others said only once the lead has chosen."""
    pair_id, query = pair_of(visit), visit.request.query_params
    case = adjudicate.case_of(visit.project, pair_id)
    with visit.project.store.read() as connection:
        items = sql.items_on(connection, pair_id)
        settled = sql.last_on(connection, pair_id)
    kind = query.get("kind") if query.get("kind") in sql.KINDS else ""
    later = _later(query.get("later", ""))
    return visit.page(
        "lead_review_pair.html",
        case=case,
        public=public_id("pair", case.task.pair_key),
        **texts_shown(case.task),
        items=items,
        settled=None if items or not settled else settled[0][2],
        kinds=sql.KINDS,
        kind=kind,
        later=".".join(map(str, later)),
        skipping=".".join(map(str, [*later, pair_id])),
    )


def reviewed(visit: Visit, form: dict[str, str]) -> Response:
    """Record what the lead chose, and show the pair again with what the others said."""
    pair_id, by = pair_of(visit), visit.account
    what, comment = form.get("what", ""), form.get("comment", "").strip() or None
    verdict_given = form.get("decide")
    if what == "take back":
        review.take_back(visit.project, pair_id, by)
    elif what in ACTIONS:
        action: Any = what
        review.settle(visit.project, pair_id, action, by, comment=comment)
    elif verdict_given is not None:
        verdict, both = verdict_of(verdict_given)
        review.decide(visit.project, pair_id, verdict, by, both=both, comment=comment)
    else:
        raise InputError(f"a pair is decided, {', '.join(ACTIONS)} or taken back; got {what[:40]!r}")
    kind = form.get("kind") if form.get("kind") in sql.KINDS else None
    public = visit.request.path_params["pair"]
    return RedirectResponse(_address(public, kind, form.get("later", "")), 303)


routes = [
    Route("/lead/review", page(queue_page, "lead")),
    Route("/lead/review/{pair}", page(pair_page, "lead")),
    Route("/lead/review/{pair}", page(reviewed, "lead"), methods=["POST"]),
]
