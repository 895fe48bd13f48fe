"""The lead's page of settings: what each is and does, changing it after a look at what would come of it."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from pairwright.annotate.site import Visit, page
from pairwright.errors import InputError
from pairwright.stages.people import page_settings
from pairwright.stages.people.page_settings import CHANGEABLE, CHANGED, Changeable, SettingChanged
from pairwright.stages.project.edit_settings import Value
from pairwright.store.people.accounts import action_on

PATIENCE_SECONDS = 1.0  # in which the pairs of a small project are decided again


def settings_page(visit: Visit, done: str = "", undo: int | None = None) -> Response:
    now = visit.project.settings.annotate.model_dump()
    changes = page_settings.changes_of(visit.project).changes
    last: dict[str, SettingChanged] = {}
    for each in changes:
        last.setdefault(each.setting, each)
    return visit.page(
        "lead_settings.html",
        changeable=CHANGEABLE,
        now=now,
        by_hand={key for key, each in last.items() if key in now and each.after != now[key]},
        last=last,
        changes=changes,
        file_problem=visit.site.live.problem,
        redeciding=visit.site.redeciding,
        done=done,
        undo=undo,
    )


def setting_changed(visit: Visit, form: dict[str, str]) -> Response:
    """Ask first, with what would come of it; then change it, unless somebody else did meanwhile."""
    key, value = _asked_for(visit, form)
    of, before = CHANGEABLE[key], getattr(visit.project.settings.annotate, key)
    if value == before:
        return settings_page(visit, f"{of.name}: {of.shown(before)}, as before.")
    sure = f"{before} to {value}"
    if form.get("sure") != sure:
        told = page_settings.consequences(visit.project, key, value)
        question = f"{of.name}: {of.shown(value)} instead of {of.shown(before)}?"
        again = {"setting": key, "value": form.get("value", _field(of, value)), "sure": sure}
        return visit.page("lead_sure.html", question=question, told=told, do="Change", again=again)
    number = page_settings.change(visit.project, key, value, visit.account, seen=before)
    if key == "overlap":
        visit.site.redeciding.start()
        visit.site.redeciding.wait(PATIENCE_SECONDS)
    return settings_page(visit, f"{of.name}: {of.shown(value)} from now on.", number)


def _asked_for(visit: Visit, form: dict[str, str]) -> tuple[str, Value]:
    """The setting and its value; `back` names a change whose value before is to hold again."""
    if back := form.get("back"):
        with visit.project.store.read() as connection:
            done = action_on(connection, int(back)) if back.isdecimal() and len(back) < 16 else None
        if done is None or done.what != CHANGED:
            raise InputError(f"there is no change number {back[:20]!r} to take back")
        return str(done.detail["setting"]), done.detail["before"]
    key = form.get("setting", "")
    if key not in CHANGEABLE:
        raise InputError(f"what can be changed here is {', '.join(CHANGEABLE)}; got {key[:40]!r}")
    return key, CHANGEABLE[key].read(form.get("value", ""))


def _field(of: Changeable, value: Value) -> str:
    """A value as the form's field holds it."""
    return f"{float(value) * 100:g}" if of.share else str(value)


routes = [
    Route("/lead/settings", page(settings_page, "lead")),
    Route("/lead/settings", page(setting_changed, "lead"), methods=["POST"]),
]
