"""The annotator's page and its calls: what is next, an answer, a skip, a flag, an undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pairwright.annotate.cards import beside, shown_turns, to_html
from pairwright.annotate.difference import changes, difference
from pairwright.annotate.images import image_file
from pairwright.annotate.rendering import written_html
from pairwright.annotate.rights import REFUSED
from pairwright.annotate.row_json import prompt_json, response_json, without_ids
from pairwright.annotate.security import csrf_token
from pairwright.annotate.shapes import (
    answer_of,
    judges_json,
    pair_ids,
    previous_shown,
    shortly,
    text_of,
    uuid_of,
)
from pairwright.annotate.site import NotOffered, Visit, call, page
from pairwright.errors import InputError
from pairwright.keys import parse_public_id, public_id
from pairwright.stages.panel.asked import refused_judges
from pairwright.stages.people import own_answers, pause_rule, qualify, queue
from pairwright.stages.people.queue import Offer
from pairwright.stages.project import guidelines
from pairwright.store.judge.judge_votes import judges_said
from pairwright.store.people import accounts, leases, review, tasks
from pairwright.store.people.accounts import Account
from pairwright.store.people.tasks import Task
from pairwright.turns import all_laid_out
from pairwright.types import Assist, Verdict

MOST_NAMED = 50  # pairs a page may name at once: those it holds and those whose answers are under way
REASON_KEYS = "34567890"  # as in static/keys.js: 1 and 2 are the sides
LARGEST_ID = 2**62  # the stores' numbers end beyond


def home(visit: Visit) -> Response:
    """Annotators choose; a lead sees how it goes, or chooses while nobody else is there to do it."""
    if visit.account.role == "lead":
        with visit.project.store.read() as connection:
            if has_team(connection) or not tasks.waiting(connection):
                return RedirectResponse("/lead", 303)
    return RedirectResponse("/work", 303)


def has_team(connection: Connection) -> bool:
    """Whether several people have accounts here, or are invited."""
    return len(accounts.accounts(connection)) > 1 or bool(accounts.invitations(connection))


def is_alone(visit: Visit) -> bool:
    """Whether this is who started the server, and nobody else takes part."""
    if visit.account.role != "lead" or visit.account.name != visit.site.local:
        return False
    with visit.project.store.read() as connection:
        return not has_team(connection)


def work_page(visit: Visit) -> Response:
    """In the form "rank" that page is another; practice pairs are chosen between here."""
    settings = visit.project.settings.annotate
    if settings.form == "rank" and qualify.standing_of(visit.project, visit.account).state == "passed":
        return RedirectResponse("/rank", 303)
    return visit.page(
        "work.html",
        criteria=settings.criteria,
        reasons=list(zip(REASON_KEYS, settings.reasons, strict=False)),
        show_reasoning=settings.show_reasoning,
    )


def asked_for(query: Mapping[str, Any], otherwise: str, most: int) -> tuple[int, list[str]]:
    """How many more a page wants, and the ids of what it has already."""
    named = [each for each in str(query.get("have", "")).split(",") if each][:MOST_NAMED]
    return whole(query.get("n", otherwise), most), named


def begun(visit: Visit) -> tuple[Account, dict[str, Any]]:
    """Who works here as they stand now, and what each answer to their page tells; a state if they pause."""
    me, site = pause_rule.apply(visit.project, visit.account), visit.site
    current, seen = site.guidelines.current(), me.seen_guideline_id
    answer: dict[str, Any] = {
        "tasks": [],
        "gone": [],
        "progress": site.progress.of(me).as_dict(),
        "comments": new_comments(visit),
        "message": "",
        "alone": False,
        "guideline": {"id": current.id, "changed": seen not in (None, current.id), "first": seen is None},
    }
    if me.state == "paused":
        told = visit.words.told(me.pause_reason or REFUSED["paused"][1])
        answer |= {"state": "paused", "message": told}
    return me, answer


def next_work(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """What this person does next, beyond the pairs the page has already."""
    n, named = asked_for(query, "2", queue.MOST_HELD)
    have = pair_ids(visit, named)
    me, answer = begun(visit)
    if "state" in answer:
        return answer
    standing = qualify.standing_of(visit.project, me)
    if standing.state != "passed":
        practice = _qualify(visit, standing, n, list(have.values()))
        with visit.project.store.read() as connection:
            work = {each.pair_id for each in leases.unanswered(connection, me.rater_id)}
        return answer | practice | {"gone": [name for name in named if have.get(name) in work]}
    if visit.project.settings.annotate.form == "rank":
        return answer | {"state": "rank", "message": "", "gone": named}
    offers = queue.offer(visit.project, me, n, list(have.values()))
    gone = set(offers.gone)
    answer["gone"] = [name for name in named if have.get(name) is None or have[name] in gone]
    answer["tasks"] = [task_json(visit, each) for each in offers.new]
    done = not offers.new and len(answer["gone"]) == len(named)
    if done:
        answer |= {"message": why_done(visit, me), "alone": is_alone(visit)}
    return answer | {"state": "done" if done else "work"}


def why_done(visit: Visit, me: Account) -> str:
    with visit.project.store.read() as connection:
        if me.daily_limit is not None and not queue.left_today(connection, me):
            return visit.words("That was all for today: you may give {n} answers a day.", n=me.daily_limit)
    return visit.words("Nothing waits for you right now. New pairs show up here by themselves.")


def _qualify(visit: Visit, standing: qualify.Qualification, n: int, have: Sequence[int]) -> dict[str, Any]:
    if standing.state == "failed":
        text = visit.words(
            "{right} of {needed} practice pairs right: your lead will talk to you.",
            right=standing.right,
            needed=standing.needed,
        )
        return {"state": "paused", "message": text}
    offers = qualify.offer(visit.project, visit.account, n, have)
    at = min(standing.done + 1, standing.needed)
    text = visit.words("Practice: pair {at} of {needed}.", at=at, needed=standing.needed)
    return {"state": "qualify", "message": text, "tasks": [task_json(visit, each) for each in offers]}


def task_json(visit: Visit, offer: Offer, previous: dict[str, Any] | None = None) -> dict[str, Any]:
    """A task as the page shows it: nothing in it says which model wrote what, or that it is gold."""
    task, settings = offer.task, visit.project.settings.annotate
    thoughts, shown = settings.show_reasoning, None
    left, right = beside(*sides(visit, task, reasoning=thoughts))
    left_written, right_written = sides(visit, task)
    if settings.assist == "before" and offer.kind != "qualify":
        shown = judge_json(visit, task)
    return {
        "id": public_id("pair", task.pair_key, full=True),
        "kind": "qualify" if offer.kind == "qualify" else "work",
        "prompt": [
            {"role": role, "html": to_html(thought), "written": written_html(text)}
            for (role, text), (_, thought) in zip(
                shown_turns(task.prompt), shown_turns(task.prompt, reasoning=thoughts), strict=True
            )
        ],
        "left": {"html": left, "written": written_html(left_written)},
        "right": {"html": right, "written": written_html(right_written)},
        "judge": shown,
        "criteria": settings.criteria,
        "previous": previous,
    }


def sides(visit: Visit, task: Task, *, reasoning: bool = False) -> tuple[str, str]:
    """(left, right): both responses as this person sees them, with what models thought where it is shown."""
    a = all_laid_out(task.a_turns, reasoning=True) if reasoning else task.a
    b = all_laid_out(task.b_turns, reasoning=True) if reasoning else task.b
    return (a, b) if visit.person.order(task) == "AB" else (b, a)


def judge_json(visit: Visit, task: Task) -> list[dict[str, Any]]:
    """What judges said of it, in terms of what this person sees; names hidden, for they sway."""
    with visit.project.store.read() as connection:
        return judges_shown(connection, visit, task)


def judges_shown(connection: Connection, visit: Visit, task: Task) -> list[dict[str, Any]]:
    refused = refused_judges(connection, visit.project)
    said = judges_said(connection, task.pair_id, refused)
    return judges_json(said, visit.person.order(task), visit.words)


def answer(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Record a choice. The same key again adds nothing and answers the same."""
    me, project = visit.account, visit.project
    given, key, version = answer_of(body), uuid_of(body), version_of(visit, body)
    task, lease = offered(visit, text_of(body, "id"))
    if lease.kind == "qualify":
        return _practised(visit, task, given.verdict, given.seconds, key)
    begun = me.practise_from is not None and lease.at < me.practise_from
    if not begun:  # what somebody had before them when they were sent to practise they may finish
        visit.must("work")
    if me.qualified_at is None and me.practise_from is None:
        qualify.at_work(project, me)
    assist = project.settings.annotate.assist
    with project.store.read() as connection:
        revised = tasks.voted_before(connection, me.rater_id, task.pair_id)
        known = tasks.vote_by_key(connection, key) is not None
        if not known and revised:
            own_answers.must_be_open(connection, project, me.rater_id, task.pair_id)
        shown = judges_shown(connection, visit, task) if assist != "off" else []
    seen: Assist | None = None
    if shown:
        seen = "before" if assist == "before" else "revised" if revised else None
    visit.person.choose(
        task,
        given.choice,
        given.seconds,
        strength=given.strength,
        note=given.note,
        ratings=given.ratings,
        reasons=given.reasons,
        spans=given.spans,
        assist=seen,
        guideline=version,
        key=key,
        claimed=True,
    )
    after = shown if assist == "after" else None
    progress = visit.site.progress.answered(me, 0 if known or revised else 1)
    return {"saved": True, "judge": after, "feedback": None, "progress": progress.as_dict()}


def _practised(visit: Visit, task: Task, verdict: Verdict, seconds: float, key: bytes) -> dict[str, Any]:
    order = visit.person.order(task)
    found = qualify.answer(visit.project, visit.account, task.pair_id, verdict, order, seconds, key)
    sides = {"A": "left", "B": "right", "TIE": "tie"}
    feedback = {
        "right": found.right,
        "verdict": sides[found.verdict],
        "explanation": to_html(found.explanation) if found.explanation else None,
        "a": "left" if order == "AB" else "right",  # a lead's explanation may speak of A and B
        "done": found.standing.done,
        "needed": found.standing.needed,
        "state": found.standing.state,
    }
    progress = visit.site.progress.of(visit.account).as_dict()
    return {"saved": True, "judge": None, "feedback": feedback, "progress": progress}


def skip(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    task = work_offered(visit, text_of(body, "id"))
    visit.person.skip(task, text_of(body, "reason", most=500, needed=False) or "skipped")
    return {"saved": True, "progress": visit.site.progress.of(visit.account).as_dict()}


def flag(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    task = work_offered(visit, text_of(body, "id"))
    note = text_of(body, "note", most=2000, needed=False)
    visit.person.flag(task, text_of(body, "what"), note or None)
    return {"saved": True, "progress": visit.site.progress.of(visit.account).as_dict()}


def undo(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Take back the last thing done, or what was done on the pair named: asked twice, it is done once."""
    pair_id = None
    if body.get("id"):
        pair_id = work_offered(visit, text_of(body, "id")).pair_id
    with visit.project.store.read() as connection:
        own_answers.must_be_open(connection, visit.project, visit.account.rater_id, pair_id)
    previous = standing_answer(visit, pair_id)
    undone = visit.person.undo(pair_id)
    if undone is None:
        again = visit.person.task_on(pair_id) if pair_id else None
        task = task_json(visit, Offer(again, "work")) if again else None
        return {"undone": False, "task": task, "progress": visit.site.progress.of(visit.account).as_dict()}
    task_again = visit.person.task_on(undone)
    assert task_again is not None
    progress = visit.site.progress.of(visit.account, fresh=True).as_dict()
    task = task_json(visit, Offer(task_again, "work"), previous)
    return {"undone": True, "task": task, "progress": progress}


def standing_answer(visit: Visit, pair_id: int | None) -> dict[str, Any] | None:
    """What this person had answered last (on this pair), so that the page can show it."""
    with visit.project.store.read() as connection:
        last = tasks.last_action(connection, visit.account.rater_id, pair_id)
        if last is None or last.what != "vote":
            return None
        given = tasks.answer_on(connection, last.row_id)
    return previous_shown(given)


def leave(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """The page was closed: what it held is free for others at once."""
    ids = body.get("ids")
    if not isinstance(ids, list):
        raise InputError(f"ids are a list of pairs; got {ids!r}")
    held = pair_ids(visit, [str(each) for each in ids])
    return {"returned": queue.give_back(visit.project, visit.account, list(held.values()))}


def diff(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    task, _ = offered(visit, text_of(query, "id"))
    found = difference(*sides(visit, task))
    if found is None:
        return {
            "left": None,
            "right": None,
            "message": visit.words("These texts are too long to compare word by word."),
        }
    return {"left": found[0], "right": found[1], "message": None}


def raw(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """The row as JSON: reasoning only where annotators may see it, ids of calls without what they tell."""
    task, _ = offered(visit, text_of(query, "id"))
    thoughts = visit.project.settings.annotate.show_reasoning
    a, b = (response_json(without_ids(turns), reasoning=thoughts) for turns in (task.a_turns, task.b_turns))
    left, right = (a, b) if visit.person.order(task) == "AB" else (b, a)
    return {"prompt": prompt_json(task.prompt, reasoning=thoughts), "left": left, "right": right}


def parts(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """Both responses message by message, every character as it is: in these, spans are marked."""
    task, _ = offered(visit, text_of(query, "id"))
    a, b = (
        [
            {"turn": n, "role": turn.role, "text": turn.content}
            for n, turn in enumerate(turns)
            if turn.content.strip()
        ]
        for turns in (task.a_turns, task.b_turns)
    )
    left, right = (a, b) if visit.person.order(task) == "AB" else (b, a)
    return {"left": left, "right": right}


def guidelines_page(visit: Visit) -> Response:
    current = visit.site.guidelines.current()
    first = visit.request.query_params.get("first") is not None
    return visit.page("guidelines.html", guideline_html=to_html(current.text), number=current.id, first=first)


def guidelines_json(visit: Visit, _query: dict[str, Any]) -> dict[str, Any]:
    """The current guidelines, and what changed since this person last read them."""
    current, seen = visit.site.guidelines.current(), visit.account.seen_guideline_id
    before = visit.site.guidelines.version(seen) if seen not in (None, current.id) else None
    what = changes(before, current.text) if before is not None else None
    return {"id": current.id, "html": to_html(current.text), "changes": what}


def guidelines_seen(visit: Visit, body: dict[str, Any]) -> dict[str, Any]:
    guidelines.seen(visit.project, visit.account, whole(body.get("id"), LARGEST_ID))
    return {"saved": True}


def guidelines_read(visit: Visit, form: dict[str, str]) -> Response:
    guidelines.seen(visit.project, visit.account, whole(form.get("id"), LARGEST_ID))
    return RedirectResponse("/work", 303)


def who_am_i(visit: Visit, _query: dict[str, Any]) -> dict[str, Any]:
    """Who is signed in, and the token its calls need: a page that was signed out asks anew."""
    return {"name": visit.account.name, "csrf": csrf_token(visit.secret)}


def me_page(visit: Visit) -> Response:
    standing = qualify.standing_of(visit.project, visit.account)
    progress = visit.site.progress.of(visit.account, fresh=True)
    saved = visit.request.query_params.get("password") is not None
    with visit.project.store.read() as connection:
        comments = review.comments_for(connection, visit.account.rater_id)
    if any(each.new for each in comments):
        with visit.project.store.write() as connection:
            review.seen(connection, visit.account.rater_id)
    return visit.page(
        "me.html",
        progress=progress,
        standing=standing,
        password_set=saved,
        comments=comments,
        lists_answers=visit.project.settings.annotate.form != "rank",
    )


def new_comments(visit: Visit) -> int:
    """How many comments of leads this person has not seen."""
    with visit.project.store.read() as connection:
        return review.count_new(connection, visit.account.rater_id)


def offered(visit: Visit, public: str) -> tuple[Task, leases.Offered]:
    """The task of that id and as what this person has it. Raises NotOffered for one they were never given."""
    parsed = parse_public_id(public)
    with visit.project.store.read() as connection:
        found = tasks.pairs_by_key(connection, parsed[1]) if parsed and parsed[0] == "pair" else []
        number = found[0][0] if len(found) == 1 else 0
        lease = leases.offered(connection, visit.account.rater_id, number)
        task = tasks.task_on(connection, number) if lease else None
    if lease is None or task is None:
        raise NotOffered(f"the pair {public[:40]} was not offered to you: load the page again")
    return task, lease


def work_offered(visit: Visit, public: str) -> Task:
    """The same of a pair that is no practice."""
    task, lease = offered(visit, public)
    if lease.kind == "qualify":
        raise InputError("a practice pair can't be skipped, flagged or taken back")
    return task


def version_of(visit: Visit, body: dict[str, Any]) -> int:
    """The version of the guidelines an answer was made under: what the page says, if there is such a one."""
    number, current = body.get("guideline"), visit.site.guidelines.current().id
    if number == current or type(number) is not int or not 0 < number < LARGEST_ID:
        return current
    return number if visit.site.guidelines.version(number) is not None else current


def whole(value: Any, most: int) -> int:
    try:
        return min(max(int(value), 0), most)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"a whole number is needed; got {shortly(value)}") from None


def image(visit: Visit) -> Response:
    return image_file(visit.project.media, visit.request.path_params["name"])


routes = [
    Route("/media/{name}", page(image, "be somebody")),
    Route("/", page(home, "be somebody")),
    Route("/work", page(work_page, "be somebody")),
    Route("/guidelines", page(guidelines_page, "be somebody")),
    Route("/guidelines/seen", page(guidelines_read, "be somebody"), methods=["POST"]),
    Route("/me", page(me_page, "be somebody")),
    Route("/api/work", call(next_work, "be somebody")),
    Route("/api/answer", call(answer, "practise"), methods=["POST"]),
    Route("/api/skip", call(skip, "work"), methods=["POST"]),
    Route("/api/flag", call(flag, "work"), methods=["POST"]),
    Route("/api/undo", call(undo, "work"), methods=["POST"]),
    Route("/api/leave", call(leave, "be somebody"), methods=["POST"]),
    Route("/api/diff", call(diff, "practise")),
    Route("/api/raw", call(raw, "practise")),
    Route("/api/parts", call(parts, "practise")),
    Route("/api/me", call(who_am_i, "be somebody")),
    Route("/api/guidelines", call(guidelines_json, "be somebody")),
    Route("/api/guidelines/seen", call(guidelines_seen, "be somebody"), methods=["POST"]),
]
