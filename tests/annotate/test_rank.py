"""Ranking all responses to a prompt at once: what the server offers, takes, counts once and takes back."""

from uuid import uuid4

import pytest
from projects import a_project, add_rows, current_votes, rows
from sites import TheSite

from pairwright.stages.check.check import run_check
from pairwright.stages.doctor.doctor import doctor
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.figures.savings import savings_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.generate.pair import pair
from pairwright.stages.people import accounts, adjudicate
from pairwright.stages.people.annotators import people_of
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.statement import period, statements
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route

RANK = '[annotate]\nform = "rank"\nqualify_pairs = 0\n'
GOODNESS = {"best": 1, "fine": 2, "equal": 2, "poor": 3}
RESPONSES = [f"{word} of all answers" for word in ("poor", "best", "equal", "fine")]


def prompts(project, n, responses=RESPONSES):
    add_rows(
        project,
        (
            {"prompt": f"Question {i}?", "responses": [f"{each} to {i}" for each in responses]}
            for i in range(n)
        ),
    )
    pair(project)
    run_route(project)


@pytest.fixture
def site(tmp_path):
    with a_project(tmp_path, settings=RANK + "pay_per_answer = 1.0\n") as project:
        prompts(project, 3)
        yield TheSite(project)


def work(visitor, n=1, have=""):
    return visitor.call(f"/api/rank?n={n}&have={have}").json()


def places(task):
    """By how good each response says it is."""
    return {
        each["id"]: next(place for word, place in GOODNESS.items() if word in each["written"])
        for each in task["responses"]
    }


def rank(site, visitor, task, given=None, **more):
    site.a_minute_passes()
    body = {"id": task["id"], "key": uuid4().hex, "places": given or places(task), "seconds": 12.0, **more}
    return visitor.call("/api/rank", body)


def test_one_ranking_is_a_vote_on_each_pair_with_ties_and_sides_as_they_were_shown(site):
    ann = site.annotator("ann")
    (task,) = work(ann)["tasks"]
    assert len(task["responses"]) == 4
    assert rank(site, ann, task, note="clear").json()["saved"]
    texts = {row.id: row.text for row in rows(site.project, "response")}
    pairs = {row.id: (texts[row.a_id], texts[row.b_id]) for row in rows(site.project, "pair")}
    shown = [each["written"] for each in task["responses"]]
    votes = current_votes(site.project)
    assert len(votes) == 6
    for vote in votes:
        a, b = pairs[vote.pair_id]
        better = [next(place for word, place in GOODNESS.items() if word in text) for text in (a, b)]
        assert vote.verdict == ("TIE" if better[0] == better[1] else "A" if better[0] < better[1] else "B")
        at = [next(i for i, text in enumerate(shown) if said in text) for said in (a, b)]
        assert vote.order == ("AB" if at[0] < at[1] else "BA")
    assert sum(vote.verdict == "TIE" for vote in votes) == 1
    assert [vote.reason for vote in votes if vote.reason] == ["clear"]
    (ranking,) = rows(site.project, "ranking")
    assert {vote.ranking_id for vote in votes} == {ranking.id}
    assert status_of(site.project).accepted_from_people == 6


def test_a_ranking_is_one_answer_in_hours_pay_limits_and_what_is_known_of_a_person(site):
    ann = site.annotator("ann")
    for _ in range(3):
        rank(site, ann, work(ann)["tasks"][0])
    assert len(current_votes(site.project)) == 18
    (of,) = statements(site.project, *period("", ""))
    assert (of.answers, of.amount) == (3, 3.0)
    assert of.hours == pytest.approx(36 / 3600, abs=1e-3), "seconds are shared out among its votes"
    (person,) = [each for each in people_of(site.project) if each.name == "ann"]
    assert person.figures.votes == 3
    assert person.figures.median_seconds == pytest.approx(6), "two responses of four: half of its time"
    assert work(ann)["progress"]["answered"] == 3
    run_check(site.project)
    assert not [row for row in rows(site.project, "finding") if row.check == "too_fast"]


def test_only_pairs_that_people_are_asked_about_get_a_vote(site):
    """A pair whose label is known already is left to it, and its responses are ranked for the others' sake."""
    project = site.project
    known = next(row for row in rows(project, "pair") if row.prompt_id == 1)
    adjudicate.decide(project, known.id, "A", accounts.known_or_new(project, "lea", "lead"))
    ann = site.annotator("ann")
    while tasks := work(ann)["tasks"]:
        assert len(tasks[0]["responses"]) == 4
        rank(site, ann, tasks[0])
    given = [vote.pair_id for vote in current_votes(project) if vote.purpose is None]
    assert len(given) == len(set(given)) == 17
    assert known.id not in given


def test_the_same_key_again_adds_nothing_and_two_people_never_rank_the_same_place(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    (task,) = work(ann)["tasks"]
    (other,) = work(bob)["tasks"]
    assert task["id"] != other["id"]
    key = uuid4().hex
    for _ in range(2):
        assert rank(site, ann, task, key=key).json()["saved"]
    assert len(current_votes(site.project)) == 6
    assert rank(site, bob, other, key=key).json()["error"]["type"] == "InputError"
    assert rank(site, bob, task).json()["error"]["type"] == "NotOffered"


def test_a_ranking_is_taken_back_as_a_whole_and_comes_again_as_it_was(site):
    ann = site.annotator("ann")
    (task,) = work(ann)["tasks"]
    rank(site, ann, task, note="hm")
    back = ann.call("/api/rank/undo", {"key": uuid4().hex}).json()
    assert back["undone"]
    assert back["task"]["previous"] == {"places": places(task), "note": "hm"}
    assert current_votes(site.project) == []
    assert {row.reason for row in rows(site.project, "retraction")} == {"undone"}
    assert [each["id"] for each in back["task"]["responses"]] == [each["id"] for each in task["responses"]]
    assert rank(site, ann, task, {each["id"]: 1 for each in task["responses"]}).json()["saved"]
    assert {vote.verdict for vote in current_votes(site.project)} == {"TIE"}
    assert doctor(site.project.root).sound


def test_a_skip_leaves_the_whole_prompt_to_others_and_can_be_undone(site):
    ann = site.annotator("ann")
    (task,) = work(ann)["tasks"]
    ann.call("/api/rank/skip", {"id": task["id"], "key": uuid4().hex, "reason": "too long"})
    assert len(rows(site.project, "failure")) == 6
    assert work(ann)["tasks"][0]["id"] != task["id"]
    ann.call("/api/leave", {"ids": []})
    assert (
        ann.call("/api/rank/undo", {"id": task["id"], "key": uuid4().hex}).json()["task"]["id"] == task["id"]
    )
    assert len(rows(site.project, "withdrawal")) == 6


def test_a_flag_is_on_one_response_and_the_others_are_still_ranked(site):
    ann = site.annotator("ann")
    (task,) = work(ann)["tasks"]
    bad = task["responses"][1]["id"]
    flag = {"id": task["id"], "key": uuid4().hex, "response": bad, "what": "broken", "note": "cut"}
    assert ann.call("/api/rank/flag", flag).json()["saved"]
    assert len(rows(site.project, "flag")) == 3
    (rest,) = work(ann)["tasks"]
    assert rest["id"] == task["id"]
    assert {each["id"] for each in rest["responses"]} == {each["id"] for each in task["responses"]} - {bad}
    rank(site, ann, rest)
    assert len(current_votes(site.project)) == 3
    for n in (3, 6):
        back = ann.call("/api/rank/undo", {"key": uuid4().hex}).json()
        assert len(back["task"]["responses"]) == (3 if n == 3 else 4)
    assert (current_votes(site.project), len(rows(site.project, "withdrawal"))) == ([], 3)


def test_what_is_offered_comes_back_after_a_reload_and_goes_to_others_when_the_page_is_left(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    first = [each["id"] for each in work(ann, 2)["tasks"]]
    assert [each["id"] for each in work(ann, 2)["tasks"]] == first
    assert work(ann, 1, ",".join(first))["tasks"] == []
    assert len(work(bob, 2)["tasks"]) == 1
    assert ann.call("/api/rank/leave", {"ids": first}).json() == {"returned": 12}
    assert len(work(bob, 2, "")["tasks"]) == 2


@pytest.mark.parametrize(
    "wrong", ["one missing", "one unknown", "0", "5", "a text", "a list", "true"], ids=lambda each: each
)
def test_a_ranking_that_is_none_is_refused(site, wrong):
    ann = site.annotator("ann")
    (task,) = work(ann)["tasks"]
    given = places(task)
    name = next(iter(given))
    changed = {
        "one missing": {each: 1 for each in given if each != name},
        "one unknown": given | {"r-" + "0" * 32: 1},
        "0": given | {name: 0},
        "5": given | {name: 5},
        "a text": given | {name: "first"},
        "a list": list(given),
        "true": given | {name: True},
    }[wrong]
    answer = rank(site, ann, task, changed)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "InputError")
    assert current_votes(site.project) == []


def test_practice_comes_first_on_the_page_of_pairs(tmp_path):
    with a_project(tmp_path, settings='[annotate]\nform = "rank"\nqualify_pairs = 1\n') as project:
        prompts(project, 2)
        make_gold(project, 1, "A", use="qualify")
        ann = TheSite(project).annotator("ann")
        assert ann.get("/rank").url.path == "/work"
        assert work(ann)["state"] == "qualify"
        task = ann.work()["tasks"][0]
        ann.answer(task)
        assert ann.work()["state"] == "rank"
        assert ann.get("/work").url.path == "/rank"
        assert work(ann)["state"] == "work"


def test_a_hidden_gold_pair_is_ranked_among_its_prompts_responses_and_looks_like_any_other(tmp_path):
    settings = RANK + "gold_rate = 0.5\n"
    with a_project(tmp_path, settings=settings) as project:
        prompts(project, 8)
        gold = [row.id for row in rows(project, "pair") if row.prompt_id > 4][::6]
        for pair_id in gold:
            make_gold(project, pair_id, "A", use="hidden")
        site = TheSite(project)
        ann = site.annotator("ann")
        while tasks := work(ann)["tasks"]:
            assert len(tasks[0]["responses"]) == 4
            assert set(tasks[0]) == {"id", "prompt", "responses", "previous"}
            rank(site, ann, tasks[0])
        stands = {row.pair_id for row in rows(project, "ranking")}
        assert stands & set(gold)
        (person,) = [each for each in people_of(project) if each.name == "ann"]
        assert person.figures.gold.n == len(stands & set(gold))


def test_with_an_overlap_of_two_each_place_is_ranked_by_two(tmp_path):
    with a_project(tmp_path, settings=RANK + "overlap = 2\n") as project:
        prompts(project, 2)
        site = TheSite(project)
        for name in ("ann", "bob", "cyd"):
            visitor = site.annotator(name)
            while tasks := work(visitor)["tasks"]:
                rank(site, visitor, tasks[0])
        assert len(current_votes(project)) == 24
        assert status_of(project).accepted_from_people == 12
        for person in people_of(project):
            if person.figures:
                assert person.figures.agreement.n == person.figures.votes, "on the same pairs, each once"
        labelled = run_label(project)
        assert (labelled.pairs, labelled.answers, sum(labelled.labels.values())) == (12, 4, 12)


def test_what_is_left_is_paid_by_rankings_and_not_by_their_pairs(tmp_path):
    with a_project(tmp_path, settings=RANK + "overlap = 2\nusd_per_pair = 0.5\n") as project:
        prompts(project, 4)
        site = TheSite(project)
        ann, bob = site.annotator("ann"), site.annotator("bob")
        board = dashboard_of(project)
        assert (board.answers_wanted, board.rankings_wanted, board.usd_left) == (48, 8, 4.0)
        for _ in range(4):
            rank(site, ann, work(ann)["tasks"][0])
        rank(site, bob, work(bob)["tasks"][0])
        board = dashboard_of(project)
        assert (board.answers, board.usd) == (5, 2.5)
        assert (board.answers_wanted, board.rankings_wanted, board.usd_left) == (18, 3, 1.5)
        spent = savings_of(project, status_of(project), board)
        assert spent["here"]["hours"] == pytest.approx(5 * 12 / 3600)
        assert spent["left"] == {"people_usd": 1.5, "hours": pytest.approx(3 * 12 / 3600)}
        assert "by 3 rankings" in site.lead().get("/lead").text


def test_a_ranking_can_be_taken_back_as_long_as_an_answer_to_a_pair(tmp_path):
    with a_project(tmp_path, settings=RANK + "reopen_minutes = 0.00001\n") as project:
        prompts(project, 1)
        site = TheSite(project)
        ann = site.annotator("ann")
        (task,) = work(ann)["tasks"]
        rank(site, ann, task)
        for name in (None, task["id"]):
            refused = ann.call("/api/rank/undo", {"key": uuid4().hex, "id": name}).json()["error"]
            assert "can't be changed any more: it was given too long ago" in refused["message"]
        assert len(current_votes(project)) == 6


def test_what_the_server_says_is_in_the_language_of_the_person(site):
    ann = site.annotator("ann")
    ann.http.headers["accept-language"] = "de"
    (task,) = work(ann)["tasks"]
    told = rank(site, ann, task, given={task["responses"][0]["id"]: 1}).json()["error"]["message"]
    assert told.startswith("Eine Rangfolge gibt jeder der 4 Antworten einen Platz von 1 bis 4")
    told = ann.call("/api/rank/skip", {"id": "p-1", "key": uuid4().hex}).json()["error"]["message"]
    assert told == "Der Prompt p-1 wurde Ihnen nicht angeboten: Laden Sie die Seite neu"
    assert "Rangfolge speichern" in ann.get("/rank").text
    assert "Ihre letzten Antworten" not in ann.get("/me").text
