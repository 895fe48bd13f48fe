"""The page on which all open responses to a prompt are ranked at once (`[annotate] form = "rank"`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.annotate.cards import shown_turns, to_html
from pairwright.annotate.rendering import written_html
from pairwright.annotate.shapes import seconds_of, shortly, text_of, uuid_of
from pairwright.annotate.site import NotOffered, Visit, call, page
from pairwright.annotate.work import MOST_NAMED, asked_for, begun, version_of, why_done
from pairwright.errors import InputError
from pairwright.keys import parse_public_id, public_id
from pairwright.stages.people import qualify, rank, rank_queue
from pairwright.stages.people.rank import RankTask
from pairwright.store import rankings
from pairwright.store.people import leases
from pairwright.turns import all_laid_out


def rank_page(visit: Visit) -> Response:
    """Who has yet to practise does so on the page of pairs."""
    settings = visit.project.settings.annotate
    practises = qualify.standing_of(visit.project, visit.account).state != "passed"
    if settings.form != "rank" or practises:
        return RedirectResponse("/work", 303)
    return visit.page("rank.html", show_reasoning=settings.show_reasoning)


def next_ranking(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """What this person ranks next, beyond what the page has already."""
    n, named = asked_for(query, "1", rank_queue.MOST_HELD)
    have = {name: _prompt_id(visit, name) for name in named}
    me, answer = begun(visit)
    if "state" in answer:
        return answer
    if qualify.standing_of(visit.project, me).state != "passed":
        return answer | {"state": "qualify", "message": "", "gone": named}
    known = [number for number in have.values() if number is not None]
    new, gone = rank_queue.offer(visit.project, me, n, known)
    answer["gone"] = [name for name, number in have.items() if number is None or number in gone]
    tasks = [rank.task_on(visit.person, number) for number in new]
    answer["tasks"] = [task_json(visit, each) for each in tasks if each is not None]
    done = not answer["tasks"] and len(answer["gone"]) == len(named)
    return answer | {"state": "done" if done else "work", "message": why_done(visit, me) if done else ""}


def task_json(visit: Visit, task: RankTask, previous: dict[str, Any] | None = None) -> dict[str, Any]:
    """As the page shows it: nothing in it says which model wrote what, or that a pair of it is gold."""
    thoughts = visit.project.settings.annotate.show_reasoning
    turns = zip(shown_turns(task.prompt), shown_turns(task.prompt, reasoning=thoughts), strict=True)
    return {
        "id": public_id("prompt", task.prompt_key, full=True),
        "prompt": [
            {"role": role, "html": to_html(thought), "written": written_html(text)}
            for (role, text), (_, thought) in turns
        ],
        "responses": [
            {
                "id": public_id("response", each.key, full=True),
                "html": to_html(all_laid_out(each.turns, reasoning=thoughts)),
                "written": written_html(all_laid_out(each.turns)),
            }
            for each in task.responses
        ],
        "previous": previous,
    }


def ranked(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Record a ranking. The same key again adds nothing and answers the same."""
    me, project, key = visit.account, visit.project, uuid_of(body)
    seconds, note = seconds_of(body), text_of(body, "note", most=5000, needed=False) or None
    with project.store.read() as connection:
        there = rankings.by_key(connection, key)
    known = there is not None and there.rater_id == me.rater_id
    if not known:
        task = _offered(visit, body)
        if me.qualified_at is None and me.practise_from is None:
            qualify.at_work(project, me)
        places = _places(task, body.get("places"))
        version = version_of(visit, body)
        rank.rank(visit.person, task, places, seconds, key=key, note=note, guideline=version)
    return _saved(visit, fresh=not known)


def _saved(visit: Visit, *, fresh: bool) -> dict[str, Any]:
    return {"saved": True, "progress": visit.site.progress.of(visit.account, fresh=fresh).as_dict()}


def _places(task: RankTask, given: Any) -> dict[int, int]:
    """`{response id: place}` by the responses' numbers."""
    numbers = {public_id("response", each.key, full=True): each.number for each in task.responses}
    fine = isinstance(given, Mapping) and all(
        name in numbers and type(place) is int for name, place in given.items()
    )
    if not fine:
        raise InputError(f"places are {{response: place}} of the responses shown; got {shortly(given)}")
    return {numbers[name]: place for name, place in given.items()}


def skipped(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    reason = text_of(body, "reason", most=500, needed=False) or "skipped"
    rank.skip(visit.person, _offered(visit, body), reason)
    return _saved(visit, fresh=False)


def flagged(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    task, response = _offered(visit, body), text_of(body, "response")
    note = text_of(body, "note", most=2000, needed=False)
    number = _places(task, {response: 1})
    rank.flag(visit.person, task, next(iter(number)), text_of(body, "what"), note or None)
    return _saved(visit, fresh=False)


def undone(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Take back the last ranking, skip or flag (of `id`): what is to be ranked again, as it was ranked."""
    name = text_of(body, "id", needed=False)
    back = rank.undo(visit.person, _prompt_id(visit, name) if name else None)
    task = rank.task_on(visit.person, back.prompt_id) if back else None
    progress = visit.site.progress.of(visit.account, fresh=back is not None).as_dict()
    if back is None or task is None:
        return {"undone": False, "task": None, "progress": progress}
    names = {each.number: public_id("response", each.key, full=True) for each in task.responses}
    places = {names[number]: place for number, place in back.places.items() if number in names}
    previous = {"places": places, "note": back.note}
    return {"undone": True, "task": task_json(visit, task, previous), "progress": progress}


def left(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """The page was closed: what it held is free for others at once."""
    ids = body.get("ids")
    if not isinstance(ids, list):
        raise InputError(f"ids are a list of prompts; got {shortly(ids)}")
    prompts = [_prompt_id(visit, str(each)) for each in ids[:MOST_NAMED]]
    with visit.project.store.write() as connection:
        held = [
            pair.pair_id
            for prompt in prompts
            if prompt is not None
            for pair in rankings.offered(connection, visit.account.rater_id, prompt)
        ]
        return {"returned": leases.give_back(connection, visit.account.rater_id, held)}


def _offered(visit: Visit, body: dict[str, Any]) -> RankTask:
    """What is ranked, by the prompt's id. Raises NotOffered for a prompt of which nothing was offered."""
    name = text_of(body, "id")
    number = _prompt_id(visit, name)
    task = rank.task_on(visit.person, number) if number is not None else None
    if task is None:
        raise NotOffered(f"the prompt {name[:40]} was not offered to you: load the page again")
    return task


def _prompt_id(visit: Visit, name: str) -> int | None:
    parsed = parse_public_id(name)
    if parsed is None or parsed[0] != "prompt" or len(parsed[1]) != 32:
        return None
    with visit.project.store.read() as connection:
        return rankings.prompt_named(connection, parsed[1])


routes = [
    Route("/rank", page(rank_page, "be somebody")),
    Route("/api/rank", call(next_ranking, "be somebody")),
    Route("/api/rank", call(ranked, "work"), methods=["POST"]),
    Route("/api/rank/skip", call(skipped, "work"), methods=["POST"]),
    Route("/api/rank/flag", call(flagged, "work"), methods=["POST"]),
    Route("/api/rank/undo", call(undone, "work"), methods=["POST"]),
    Route("/api/rank/leave", call(left, "be somebody"), methods=["POST"]),
]
