"""One person's data for a lead: their work as a file, and erasing it after a look at what goes and stays."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from pairwright.annotate.site import Visit, clean, page
from pairwright.errors import InputError
from pairwright.stages.people.erase import EraseResult, erase
from pairwright.stages.people.work_of import work_of


def work_csv(visit: Visit) -> Response:
    name = _name(visit)
    return _file(work_of(visit.project, name).as_csv(), f"{name}.csv", "text/csv")


def work_json(visit: Visit) -> Response:
    name = _name(visit)
    return _file(work_of(visit.project, name).as_json(), f"{name}.json", "application/json")


def _name(visit: Visit) -> str:
    return clean(visit.request.query_params.get("of", ""))


def _file(content: str | bytes, name: str, kind: str) -> Response:
    named = {"content-disposition": f"attachment; filename*=UTF-8''work-{quote(name)}"}
    return Response(content, media_type=kind, headers=named)


def erase_page(visit: Visit, problem: str | None = None, name: str = "") -> Response:
    """What would go and what would stay, either way, and the field for the name."""
    name = name or _name(visit)
    looked = {
        "keep": erase(visit.project, name, votes="keep", dry_run=True, lead=visit.account),
        "retract": erase(visit.project, name, votes="retract", dry_run=True, lead=visit.account),
    }
    return visit.page("lead_erase.html", 400 if problem else 200, name=name, looked=looked, problem=problem)


def erased(visit: Visit, form: dict[str, str]) -> Response:
    name, confirm = form.get("of", ""), form.get("confirm", "")
    try:
        done: EraseResult = erase(
            visit.project,
            name,
            votes="retract" if form.get("votes") == "retract" else "keep",
            confirm=confirm,
            lead=visit.account,
        )
    except InputError as error:
        return erase_page(visit, str(error), name)
    return visit.page("lead_erased.html", done=done)


routes = [
    Route("/lead/work.csv", page(work_csv, "lead")),
    Route("/lead/work.json", page(work_json, "lead")),
    Route("/lead/erase", page(erase_page, "lead")),
    Route("/lead/erase", page(erased, "lead"), methods=["POST"]),
]
