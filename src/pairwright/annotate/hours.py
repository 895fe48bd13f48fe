"""The lead's page of hours and pay: a statement for each person and period, also as CSV."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from pairwright.annotate.site import Visit, page
from pairwright.stages.people.statement import as_csv, period, statements


def hours_page(visit: Visit) -> Response:
    query, settings = visit.request.query_params, visit.project.settings.annotate
    first, last = period(query.get("from", ""), query.get("to", ""))
    rows = statements(visit.project, first, last)
    return visit.page("lead_hours.html", rows=rows, first=first, last=last, settings=settings)


def hours_csv(visit: Visit) -> Response:
    query, settings = visit.request.query_params, visit.project.settings.annotate
    first, last = period(query.get("from", ""), query.get("to", ""))
    text = as_csv(statements(visit.project, first, last), first, last, settings.pay_currency)
    named = {"content-disposition": f'attachment; filename="hours-{first}-{last}.csv"'}
    return Response(text, media_type="text/csv", headers=named)


routes = [
    Route("/lead/hours", page(hours_page, "lead")),
    Route("/lead/hours.csv", page(hours_csv, "lead")),
]
