"""A person's own latest answers, to look at and, for a while, to change."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from pairwright.annotate.shapes import choice_shown, text_of
from pairwright.annotate.site import Visit, call
from pairwright.annotate.work import standing_answer, task_json, work_offered
from pairwright.keys import public_id
from pairwright.stages.people import own_answers
from pairwright.stages.people.own_answers import PastAnswer
from pairwright.stages.people.queue import Offer


def answers(visit: Visit, _query: dict[str, Any]) -> dict[str, Any]:
    """What this person answered, skipped and flagged of late, newest first."""
    found = own_answers.past_answers(visit.project, visit.account.rater_id)
    minutes = visit.project.settings.annotate.reopen_minutes
    return {"answers": [_as_json(each) for each in found], "minutes": minutes}


def _as_json(past: PastAnswer) -> dict[str, Any]:
    own = past.own
    choice = None
    if own.verdict is not None and own.order is not None:
        choice = choice_shown(own.order, own.verdict, own.both)
    return {
        "id": public_id("pair", own.pair_key, full=True),
        "what": own.what,
        "prompt": own.prompt,
        "choice": choice,
        "strength": abs(own.strength) if own.strength else None,
        "text": own.text,
        "at": round(own.at),
        "closed": past.closed,
    }


def reopen(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """A pair that was answered, with what was said: nothing is taken back until it is answered anew."""
    task = work_offered(visit, text_of(query, "id"))
    with visit.project.store.read() as connection:
        own_answers.must_be_open(connection, visit.project, visit.account.rater_id, task.pair_id)
    previous = standing_answer(visit, task.pair_id)
    return {"task": task_json(visit, Offer(task, "work"), previous)}


routes = [
    Route("/api/answers", call(answers, "work")),
    Route("/api/reopen", call(reopen, "work")),
]
