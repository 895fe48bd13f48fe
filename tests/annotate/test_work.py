"""The annotator's calls: what is next, answers that count once, undo, and nobody else's business."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, add_rows, change, rows
from sites import TheSite
from sqlalchemy import update

from pairwright.keys import public_id
from pairwright.stages.export.export import export
from pairwright.stages.people import accounts
from pairwright.stages.route.route import run_route
from pairwright.store import schema


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 12)
        run_route(project)
        yield project


@pytest.fixture
def site(project):
    return TheSite(project)


def test_the_link_signs_in_and_an_invitation_makes_a_member(site):
    assert site.lead().call("/api/me").json()["name"] == "lea"
    assert site.annotator("ann").call("/api/me").json()["name"] == "ann"


def test_a_task_says_nothing_of_models_or_of_where_it_came_from(site):
    (task,) = site.annotator("ann").work()["tasks"]
    assert set(task) == {"id", "kind", "prompt", "left", "right", "judge", "criteria", "previous"}
    shown = re.findall(r">(yes|no) \d+<", task["left"]["written"] + task["right"]["written"])
    assert sorted(shown) == ["no", "yes"]


THOUGHT = {
    "prompt": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?", "reasoning_content": "secret greeting"},
        {"role": "user", "content": "How warm is it?"},
    ],
    "response_a": [
        {
            "role": "assistant",
            "reasoning_content": "secret plan",
            "tool_calls": [
                {"id": "toolu_01", "type": "function", "function": {"name": "look", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "toolu_01", "content": "21"},
        {"role": "assistant", "content": "21 degrees."},
    ],
    "response_b": "It is warm.",
}


@pytest.mark.parametrize("allowed", [False, True])
def test_what_models_thought_is_sent_only_where_the_lead_allows_it(tmp_path, allowed):
    settings = "[annotate]\nshow_reasoning = true\n" if allowed else ""
    with a_project(tmp_path, settings=settings) as project:
        add_rows(project, [THOUGHT])
        run_route(project)
        ann = TheSite(project).annotator("ann")
        sent = ann.call("/api/work?n=1&have=").text
        (task,) = json.loads(sent)["tasks"]
        raw = ann.call(f"/api/raw?id={task['id']}").text
        diff = ann.call(f"/api/diff?id={task['id']}").text
        for secret in ("secret greeting", "secret plan"):
            assert (secret in sent) == (secret in raw) == allowed
            assert secret not in diff
        written = [turn["written"] for turn in (*task["prompt"], task["left"], task["right"])]
        assert not any("secret" in text for text in written)
        shown = "".join(turn["html"] for turn in (*task["prompt"], task["left"], task["right"]))
        assert shown.count('<details class="piece reasoning"><summary>') == (2 if allowed else 0)


def test_the_row_as_json_tells_nothing_of_the_provider_nor_which_side_is_a(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_rows(project, [THOUGHT])
        run_route(project)
        ann = TheSite(project).annotator("ann")
        (task,) = ann.work()["tasks"]
        found = ann.call(f"/api/raw?id={task['id']}").json()
        assert set(found) == {"prompt", "left", "right"}
        assert "toolu" not in "".join(found.values())
        assert "call 1" in found["left"] + found["right"]
        assert ("look" in found["left"]) == ("look" in task["left"]["written"])
        other = TheSite(project).annotator("bob")
        assert other.call(f"/api/raw?id={task['id']}").json()["error"]["type"] == "NotOffered"


def test_an_answer_is_saved_once_however_often_it_is_sent(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    site.a_minute_passes()
    key = uuid4().hex
    for _ in range(3):
        ann.answer(task, "left", key=key, strength=3, note="clear", seconds=7.25)
    (vote,) = rows(project, "vote")
    assert (vote.seconds, vote.reason, abs(vote.strength)) == (7.25, "clear", 3)
    assert vote.verdict == ("A" if vote.order == "AB" else "B")
    assert vote.guideline_id == 1


def test_a_changed_answer_supersedes_and_both_stay_on_record(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    ann.answer(task, "left")
    ann.answer(task, "right")
    assert len(rows(project, "vote")) == 2
    assert len(rows(project, "retraction")) == 1


def test_undo_is_done_once_however_often_it_is_sent_and_shows_what_was_said(site, project):
    ann = site.annotator("ann")
    first, second = ann.work(2)["tasks"]
    ann.answer(first, "left")
    ann.answer(second, "both_bad", note="hm")
    undone = ann.call("/api/undo", {"id": second["id"], "key": uuid4().hex}).json()
    assert undone["task"]["previous"] == {
        "choice": "both_bad",
        "strength": None,
        "note": "hm",
        "ratings": None,
        "reasons": [],
        "spans": [],
    }
    again = ann.call("/api/undo", {"id": second["id"], "key": uuid4().hex}).json()
    assert not again["undone"]
    assert len(rows(project, "retraction")) == 1


def test_skips_and_flags_count_once_and_can_be_taken_back(site, project):
    ann = site.annotator("ann")
    first, second = ann.work(2)["tasks"]
    for _ in range(2):
        ann.call("/api/skip", {"id": first["id"], "key": uuid4().hex, "reason": "no idea"})
        ann.call("/api/flag", {"id": second["id"], "key": uuid4().hex, "what": "personal", "note": "a name"})
    (skip,) = rows(project, "failure")
    (flag,) = rows(project, "flag")
    assert (skip.kind, skip.message) == ("skipped", "no idea")
    assert (flag.check, flag.severity) == ("personal", "error")
    assert ann.call("/api/undo", {"key": uuid4().hex}).json()["undone"]


def test_what_a_page_holds_is_not_sent_again_and_what_it_lost_is(site):
    ann = site.annotator("ann")
    first, second = ann.work(2)["tasks"]
    (third,) = ann.work(1, have=f"{first['id']},{second['id']}")["tasks"]
    assert third["id"] not in (first["id"], second["id"])
    reloaded = ann.work(3)["tasks"]
    assert {task["id"] for task in reloaded} == {first["id"], second["id"], third["id"]}


def test_two_people_never_hold_the_same_place(site):
    held = [task["id"] for name in ("ann", "bob", "cat") for task in site.annotator(name).work(4)["tasks"]]
    assert len(held) == len(set(held)) == 12


def test_a_pair_that_two_people_are_asked_about_goes_to_two(tmp_path):
    with a_project(tmp_path, settings="[annotate]\noverlap = 2\n") as project:
        add_pairs(project, 3)
        run_route(project)
        site = TheSite(project)
        for name in ("ann", "bob"):
            visitor = site.annotator(name)
            for task in visitor.work(3)["tasks"]:
                visitor.answer(task, "tie")
        assert site.annotator("cat").work()["tasks"] == []
        assert len(rows(project, "vote")) == 6


def test_leases_go_back_when_the_page_is_left(site):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    held = ann.work(5)["tasks"] + ann.work(5, have="")["tasks"]
    ids = [task["id"] for task in held]
    assert ann.call("/api/leave", {"ids": ids}).json()["returned"] == 5
    assert {task["id"] for task in bob.work(5)["tasks"]} == set(ids)


def test_nobody_can_answer_flag_or_see_what_was_never_offered_to_them(site, project):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    (task,) = ann.work()["tasks"]
    ann.answer(task, "left")
    tries = [
        ("/api/answer", {"id": task["id"], "key": uuid4().hex, "choice": "right", "seconds": 1}),
        ("/api/skip", {"id": task["id"], "key": uuid4().hex, "reason": "x"}),
        ("/api/flag", {"id": task["id"], "key": uuid4().hex, "what": "unsafe"}),
        ("/api/undo", {"id": task["id"], "key": uuid4().hex}),
        (f"/api/diff?id={task['id']}", None),
        (f"/api/raw?id={task['id']}", None),
    ]
    for path, body in tries:
        assert bob.call(path, body).status_code == 409, path
    assert len(rows(project, "vote")) == 1
    assert rows(project, "retraction") == rows(project, "flag") == rows(project, "failure") == []


def test_somebody_elses_key_is_refused(site, project):
    ann, bob = site.annotator("ann"), site.annotator("bob")
    key = uuid4().hex
    ann.answer(ann.work()["tasks"][0], key=key)
    (task,) = bob.work()["tasks"]
    refused = bob.call("/api/answer", {"id": task["id"], "key": key, "choice": "left", "seconds": 1})
    assert refused.status_code == 400
    assert len(rows(project, "vote")) == 1


def test_an_id_that_was_never_offered_gives_no_pair_no_text_and_no_lease(site, project):
    ann = site.annotator("ann")
    ids = [public_id("pair", row.key, full=True) for row in rows(project, "pair")]
    found = ann.work(0, have=",".join(ids))
    assert (found["tasks"], found["gone"]) == ([], ids)
    assert rows(project, "lease") == []
    made_up = ann.work(0, have="x-" + "0" * 32)
    assert made_up["gone"] == ["x-" + "0" * 32]  # the same is said of a pair that there is not


def test_nobody_hoards_pairs(site, project):
    ann = site.annotator("ann")
    held = []
    for _ in range(5):
        held += [task["id"] for task in ann.work(5, have=",".join(held))["tasks"]]
    assert len(held) == 5
    ann.call("/api/leave", {"ids": held})
    assert {task["id"] for task in ann.work(5)["tasks"]} == set(held)
    assert len(rows(project, "lease")) == 5


def test_answers_taken_back_are_held_but_not_without_end(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 40)
        run_route(project)
        ann = TheSite(project).annotator("ann")
        for _ in range(35):
            ann.answer(ann.work(1)["tasks"][0])
        codes = [ann.call("/api/undo", {"key": uuid4().hex}).status_code for _ in range(35)]
        assert (codes.count(200), codes[-1]) == (25, 400)
        assert len(ann.work(5)["tasks"]) == 5  # of those taken back, oldest first


def test_seconds_are_no_more_than_the_servers_own_clock_allows(site, project):
    """Twenty answers by a script, each of which claims ten minutes."""
    ann = site.annotator("ann")
    began = time.time()
    for _ in range(12):
        ann.answer(ann.work(1)["tasks"][0], seconds=600)
    votes = rows(project, "vote")
    assert {vote.claimed_seconds for vote in votes} == {600}
    assert sum(vote.seconds for vote in votes) <= time.time() - began
    assert all(began <= vote.offered_at <= vote.at for vote in votes)


def test_an_answer_that_took_its_time_keeps_it_and_a_changed_one_too(site, project):
    ann = site.annotator("ann")
    first, second = ann.work(2)["tasks"]
    site.a_minute_passes()
    ann.answer(first, seconds=40)
    ann.answer(second, seconds=40)  # both were held for the same minute
    ann.answer(first, "right", seconds=50)
    assert [round(vote.seconds) for vote in rows(project, "vote")] == [40, 20, 40]


def test_what_lay_open_overnight_was_not_worked_on_all_night(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    with project.store.write() as connection:
        night = 9 * 3600
        connection.execute(
            update(schema.lease).values(at=schema.lease.c.at - night, until=schema.lease.c.until - night)
        )
    ann.answer(task, seconds=4 * 3600)
    (vote,) = rows(project, "vote")
    assert round(vote.seconds) == 20 * 60  # as long as the pair was kept


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"choice": "A"}, "choice is one of left"),
        ({"choice": []}, "choice is one of left"),
        ({"choice": {"left": 1}}, "choice is one of left"),
        ({"strength": "x" * 900_000}, "strength is 1, 2, 3 or nothing; got 'xxx"),
        ({"ratings": {"left": {"helpfulness": True}}}, "ratings are"),
        ({"seconds": -1}, "seconds are a number"),
        ({"seconds": "NaN"}, "seconds are a number"),
        ({"strength": 9}, "strength is 1, 2, 3"),
        ({"key": "7"}, "key is a UUID"),
        ({"ratings": {"left": {"helpfulness": 9}}}, "ratings are"),
        ({"note": "x" * 5001}, "note has at most 5,000"),
    ],
)
def test_a_bad_answer_is_refused_and_says_what_is_wrong(site, project, wrong, says):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    body = {"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 1, **wrong}
    refused = ann.call("/api/answer", body)
    assert refused.status_code == 400
    assert says in refused.json()["error"]["message"]
    assert rows(project, "vote") == []


def test_ratings_are_kept_in_terms_of_the_pairs_own_sides(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    ann.answer(task, ratings={"left": {"helpfulness": 5}, "right": {"helpfulness": 2}})
    (vote,) = rows(project, "vote")
    better = "a" if vote.order == "AB" else "b"
    assert vote.ratings[better] == {"helpfulness": 5}


def test_a_paused_person_gets_nothing_and_can_answer_nothing(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    accounts.change(
        project,
        accounts.known_or_new(project, "ann", "annotator"),
        accounts.known_or_new(project, "lea", "lead"),
        state="paused",
    )
    found = ann.work()
    assert (found["state"], found["tasks"]) == ("paused", [])
    refused = ann.call("/api/answer", {"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 1})
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "Paused")


def test_guidelines_that_changed_are_shown_with_what_changed(site, project):
    ann = site.annotator("ann")
    first = ann.call("/api/guidelines").json()
    ann.call("/api/guidelines/seen", {"id": first["id"]})
    (task,) = ann.work()["tasks"]
    path = project.root / "guidelines.md"
    path.write_text(path.read_text() + "\nBe kind.\n")
    assert ann.work()["guideline"]["changed"]
    second = ann.call("/api/guidelines").json()
    assert "<ins>" in second["changes"]
    assert "kind" in second["changes"]
    ann.answer(task, guideline=first["id"])  # it was read under the first version
    ann.answer(ann.work()["tasks"][0])
    assert [vote.guideline_id for vote in rows(project, "vote")] == [first["id"], second["id"]]
    ann.call("/api/guidelines/seen", {"id": second["id"]})
    assert not ann.work()["guideline"]["changed"]


def test_skills_bring_people_the_pairs_that_carry_them(tmp_path):
    with a_project(tmp_path, settings="") as project:
        pairs = [("code", "c"), ("law", "l"), (None, "n")]
        add_rows(
            project,
            [
                {"id": name, "prompt": name, "response_a": "yes", "response_b": "no"}
                | ({"domain": tag} if tag else {})
                for tag, name in pairs
            ],
        )
        run_route(project)
        site = TheSite(project)
        seen = [
            task["prompt"][0]["written"] for task in site.annotator("cody", tags=["code"]).work(5)["tasks"]
        ]
        assert [re.sub("<[^>]+>", "", text) for text in seen] == ["c", "n"]


def test_the_judge_is_shown_after_the_choice_and_a_change_after_it_is_marked(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        verdicts = project.root / "v.jsonl"
        verdicts.write_text(
            "".join(
                f'{{"id": "pair-{i}", "order": "{order}", "verdict": "A", "confidence": "LOW", "reason": "r"}}\n'
                for i in range(2)
                for order in ("AB", "BA")
            )
        )
        project = change(project, '\n[judges.gpt]\nkind = "replay"\npath = "v.jsonl"\n')
        from pairwright.stages.judge.judge import run_judge

        run_judge(project, "gpt")
        run_route(project)
        ann = TheSite(project).annotator("ann")
        (task,) = ann.work()["tasks"]
        assert task["judge"] is None
        said = ann.answer(task, "left")["judge"]
        assert said[0]["name"] == "The judge"
        assert said[0]["verdict"] in ("left", "right", "torn")
        ann.call("/api/undo", {"id": task["id"], "key": uuid4().hex})
        ann.answer(task, "right")
        people = [vote for vote in rows(project, "vote") if vote.confidence is None]
        assert [vote.assist for vote in people] == [None, "revised"]


def test_what_people_chose_comes_out_as_rows(site, project):
    ann = site.annotator("ann")
    while tasks := ann.work(1)["tasks"]:
        ann.answer(tasks[0], "left")
    result = export(project.store, project.root / "dpo.jsonl", shape="dpo")
    assert result.rows == 12


def test_text_no_store_could_keep_is_cleaned_not_lost(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    body = {
        "id": task["id"],
        "key": uuid4().hex,
        "choice": "left",
        "seconds": 1,
        "note": "half \ud800 \x00nul",
    }
    headers = {"x-csrf": ann.csrf, "content-type": "application/json"}
    assert ann.http.post("/api/answer", content=json.dumps(body), headers=headers).status_code == 200
    assert rows(project, "vote")[0].reason == "half ? nul"


def test_a_judge_shown_before_the_choice_is_recorded(tmp_path):
    with a_project(tmp_path, settings='[annotate]\nassist = "before"\n') as project:
        add_pairs(project, 1)
        verdicts = project.root / "v.jsonl"
        verdicts.write_text(
            "".join(
                f'{{"id": "pair-0", "order": "{order}", "verdict": "A", "confidence": "LOW"}}\n'
                for order in ("AB", "BA")
            )
        )
        project = change(project, '\n[judges.gpt]\nkind = "replay"\npath = "v.jsonl"\n')
        from pairwright.stages.figures.dashboard import dashboard_of
        from pairwright.stages.judge.judge import run_judge

        run_judge(project, "gpt")
        run_route(project)
        ann = TheSite(project).annotator("ann")
        (task,) = ann.work()["tasks"]
        side = task["judge"][0]["verdict"]
        assert "yes" in task[side]["written"]
        assert ann.answer(task, side)["judge"] is None
        assert rows(project, "vote")[-1].assist == "before"
        (effect,) = dashboard_of(project).assist
        assert (effect["shown"], effect["n"], effect["agreement"]["value"]) == ("before", 1, 1.0)


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
        b'{"id": null}',
        b'{"ids": null}',
        b'{"seconds": 1e400}',
    ],
)
@pytest.mark.parametrize("path", ["answer", "skip", "flag", "undo", "leave", "guidelines/seen"])
def test_whatever_is_sent_is_refused_with_a_reason_or_done(site, path, body):
    ann = site.annotator("ann")
    answer = ann.http.post(f"/api/{path}", content=body, headers={"x-csrf": ann.csrf})
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["error"]["message"]


def test_one_answer_sent_by_many_hands_at_once_counts_once(site, project):
    ann = site.annotator("ann")
    (task,) = ann.work()["tasks"]
    body = {"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 3}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: ann.call("/api/answer", body).status_code, range(16)))
    assert answers == [200] * 16
    assert len(rows(project, "vote")) == 1
