"""The report's parts, each by itself: what is drawn, what is red, what opens, and that the page stays small."""

import json
import re

import numpy as np
import pytest
from projects import a_project, add_pairs, add_rows, change

from pairwright.cli.main import run
from pairwright.report import bars, pair_details
from pairwright.report.summary import summary_of, todo_of
from pairwright.routing.signals import Ballots
from pairwright.stages.check.act_on_findings import settle
from pairwright.stages.check.check import run_check
from pairwright.stages.figures.judges import decided_by, judges_closely
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.figures.shown_pairs import BEGINNING, LONGEST, MOST
from pairwright.stages.figures.status import JudgeStatus, status_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route
from pairwright.store.check.findings import findings
from pairwright.store.figures.totals import JudgeCalls
from pairwright.store.people.annotators import PairFacts
from pairwright.store.route.ballots import AllVotes

HOSTILE = "</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>"


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))


def step(of, name):
    return next(each for each in of["funnel"]["steps"] if each["name"] == name)


def answer(project, labels, seconds=10.0):
    rows = [{"id": name, "label": label, "annotator": who, "seconds": seconds} for name, label, who in labels]
    write(project.root / "labels.jsonl", rows)
    import_labels(project, [project.root / "labels.jsonl"])
    run_route(project)


def test_the_funnel_counts_what_came_so_far_and_where_the_rest_went(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 10)
        run_route(project)
        answer(project, [(f"pair-{i}", "TIE" if i == 0 else "A", "ann") for i in range(6)])
        of = numbers_of(project)
        assert [each["n"] for each in of["funnel"]["steps"]] == [10, 20, 10, 0, 10, 6, 5]
        assert step(of, "judged")["lost"] == {"without a judge's verdict": 10}
        assert step(of, "decided")["parts"] == {"for people": 10}
        assert step(of, "labels")["lost"] == {"waiting for people": 4}
        assert step(of, "rows ready")["lost"] == {"no better side: a tie": 1}
        assert any("5 rows are ready and not exported" in each["text"] for each in of["todo"])
        assert run(["-C", str(project.root), "export"]) == 0
        of = numbers_of(project)
        assert step(of, "rows exported")["n"] == 5
        assert [(each["file"], each["rows"]) for each in of["funnel"]["exports"]] == [("export/dpo.jsonl", 5)]
        answer(project, [("pair-7", "B", "ann")])
        of = numbers_of(project)
        assert of["funnel"]["stale"]
        assert any(each["do"] == "pairwright export" for each in of["todo"])


def test_a_funnel_is_drawn_on_one_scale():
    html = bars.funnel(
        [
            {"name": "pairs", "n": 200, "parts": {}, "lost": {}},
            {
                "name": "labels",
                "n": 50,
                "parts": {"from judges": 20, "from people": 30},
                "lost": {"<b>": 150},
            },
        ]
    )
    widths = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="0" width="([\d.]+)"', html)
    assert widths == [("whole", "0.00", "100.00"), ("judge", "0.00", "10.00"), ("people", "10.00", "15.00")]
    assert 'points="0,0 100.00,0 25.00,10 0,10"' in html
    assert "&lt;b&gt;" in html


def test_money_and_hours_beside_people_on_every_pair(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nusd_per_pair = 2.0\n") as project:
        add_pairs(project, 40)
        run_route(project)
        answer(project, [(f"pair-{i}", "A", "ann") for i in range(30)], seconds=36.0)
        found = numbers_of(project)["savings"]
        assert found["full"] == {"usd": 80.0, "hours": pytest.approx(0.4)}
        assert (found["here"]["people_usd"], found["here"]["hours"]) == (60.0, pytest.approx(0.3))
        assert found["left"] == {"people_usd": 20.0, "hours": pytest.approx(0.1)}
        assert (found["times_cheaper"], found["times_faster"]) == (pytest.approx(1), pytest.approx(1))
        assert (
            "It costs $80 instead of $80 (100%). People work 24.0 min instead of 24.0 min (100%)."
            in page_of(numbers_of(project))
        )


def of_judge(verdicts, people, models):
    """One judge's votes (1 A, -1 B) beside people's on as many pairs."""
    n = len(verdicts)
    row = np.arange(n)
    nan = np.full(n, np.nan)
    ballots = Ballots(
        ("j",),
        ("j",),
        row,
        np.zeros(n, int),
        np.ones(n),
        np.array(verdicts, float),
        nan,
        nan,
        nan,
        np.zeros(n),
    )
    said = AllVotes(
        row + 1, row, row, ballots, ("ann",), row, np.zeros(n, int), np.array(people), np.zeros(n, bool),
        np.zeros(n, bool), np.zeros(n, bool), (1,),
    )  # fmt: skip
    status = (JudgeStatus("j", n, n, 3, 0, 0.5, None, None, None, (("unreadable", 3),)),)
    facts = {i + 1: PairFacts(None, *models) for i in range(n)}
    return judges_closely(said, status, {"j": JudgeCalls(10, 5, 1.0, 20.0, 10)}, facts)["j"]


def test_a_judge_that_likes_a_model_more_than_people_do_is_told():
    found = of_judge([1] * 60, [0, 1] * 30, ("big", "small"))
    assert {each["model"]: each["chosen"]["value"] for each in found["models"]} == {"big": 1.0, "small": 0.0}
    assert found["models"][0]["others"] == 0.5
    assert (found["seconds"], found["usd"]) == (2.0, 0.2)
    assert found["reasons"] == [["unreadable", 3]]
    assert of_judge([1, -1] * 30, [0, 1] * 30, ("big", "small"))["models"] == []


def test_a_judge_of_two_minds_over_its_orders_calls_a_tie():
    nan = np.full(3, np.nan)
    ballots = Ballots(
        ("j", "k"), ("j", "k"), np.array([0, 0, 1]), np.array([0, 0, 0]), np.ones(3),
        np.array([1.0, -1.0, -1.0]), nan, nan, nan, np.zeros(2),
    )  # fmt: skip
    assert decided_by(ballots).tolist() == [[2, -1], [1, -1]]


def plain():
    """Numbers of a whole dataset with nothing wrong."""
    estimate = {"value": 0.9, "low": 0.85, "high": 0.95, "n": 100}
    status = {"prompts": 50, "pairs": 1000, "judges_heard": 1, "people": [("ann", 3, None)]}
    frame = {"frame": 1, "pairs": 1000, "joined": 0, "about": {"sources": {}, "domains": {}}, "alarm": None}
    frame |= {"certificate": {"threshold": 0.8, "labels": 100}, "waits": None}
    status |= {
        "calibration": {
            "target": 0.9,
            "delta": 0.1,
            "frames": [frame],
            "outside": {},
            "alarm": None,
            "labels": {1: 600},
        },
        "decided": {"lead": 0, "key": 0, "flipped": 0},
        "open": {"half_answered": 0, "skipped": 0, "disputed": 0, "flagged": 0, "answers": 0},
        "for_judges": 0,
        "for_people": 0,
        "away": {},
        "undecided": 0,
        "uncalibrated": 0,
        "stuck": 0,
        "outdated": 0,
        "response_labels": {"good": 0, "bad": 0, "rated": 0},
        "next": "pairwright export   (...)",
    }
    return {
        "status": {**status, "accepted_from_judges": 600, "accepted_from_people": 400,
                   "accepted_from_unknown": 0},
        "funnel": {"rows": 1000, "exports": [{}], "stale": False},
        "audit": None, "reward": None, "checks": None, "judges": [], "judges_closely": {}, "people": [],
        "closely": {"people": {}}, "wins": {"n_cycles": 0},
        "agreement": {"alpha": {**estimate, "value": 0.8}, "agreement": estimate, "conflicts": 0},
    }  # fmt: skip


def enough(of):
    of["todo"] = todo_of(of)
    return summary_of(of)


def test_good_enough_is_said_only_where_nothing_is_wrong():
    whole = enough(plain())
    assert (whole["enough"], whole["first"]["text"]) == ("yes", "pairwright export   (...)")
    assert whole["what"].startswith("1,000 preference rows ready to train on, from 1,000 pairs of 50 prompts")
    told = "At least 90% of the 600 labels no person saw agree with people, with probability 90%."
    assert told in whole["why"]
    assert "of 1,000 labels 600 from judges, 400 from people" in whole["what"]


@pytest.mark.parametrize(
    ("change", "told", "said"),
    [
        (lambda of: of["funnel"].update(rows=0), "no", "There is no row"),
        (lambda of: of["status"].update(for_people=210), "no", "21% of the pairs have no label yet"),
        (lambda of: of["status"]["calibration"].update(alarm="worse"), "no", "worse than promised"),
        (lambda of: of["agreement"]["alpha"].update(value=0.5, high=0.6), "no", "People agree too little"),
        (lambda of: of["status"].update(for_people=1), "yes", "At least"),
        (lambda of: of["funnel"].update(rows=11), "nearly", "11 rows are few"),
        (lambda of: of["status"].update(accepted_from_unknown=5), "nearly", "5 of the labels is not on record"),
        (lambda of: of["status"].update(calibration=None), "nearly", "Nobody has tested how often the judges' labels"),
        (lambda of: of.update(judges=[{"judge": "j", "standing": "no better than chance"}]), "nearly", "At least"),
        (lambda of: of["wins"].update(n_cycles=2), "nearly", "At least"),
        (lambda of: of.update(people=[{"name": "bob", "worries": ["too fast"]}]), "nearly", "At least"),
        (lambda of: of["agreement"].update(conflicts=2), "nearly", "At least"),
    ],
)  # fmt: skip
def test_each_fault_makes_it_less_than_good_enough(change, told, said):
    of = plain()
    change(of)
    found = enough(of)
    assert found["enough"] == told
    assert any(said in text for text in found["why"])


@pytest.fixture
def checked(tmp_path):
    """Two hostile pairs that are too much alike, one of them settled; many more, very long."""
    with a_project(tmp_path, settings="") as project:
        long = [
            {"id": f"long-{i}", "prompt": f"{HOSTILE} {i} " + "p " * 30_000, "response_a": f"{i} " + "a " * 30_000,
             "response_b": f"{i} " + "a " * 30_000 + "b", "model_a": HOSTILE}
            for i in range(8)
        ]  # fmt: skip
        same = [
            {
                "id": f"same-{i}",
                "prompt": f"{HOSTILE}{i}",
                "response_a": f"{HOSTILE} {i}",
                "response_b": f"{HOSTILE} {i}.",
            }
            for i in range(2)
        ]
        add_rows(project, [*same, *long])
        run_route(project)
        run_check(project)
        with project.store.read() as connection:
            first = next(each.id for each in findings(connection) if each.check == "too_similar")
        assert not settle(project, "dismiss", [first], by="lea", because=f"fine {HOSTILE}").left
        yield project


def test_findings_open_to_their_pairs_and_say_what_was_done(checked):
    text = page_of(numbers_of(checked))
    assert text.count('<details class="pair">') >= 6
    for told in ("too_similar", "To do", "Done", "dismissed, because: fine", "Label now", "same-1"):
        assert told in text
    assert "<script>" not in text
    assert "<img" not in text
    assert text.count("</details>") == text.count("<details")


def test_long_texts_are_cut_and_the_page_stays_small(checked):
    of = numbers_of(checked)
    text = page_of(of)
    assert len(text) < 1_000_000
    assert "more characters" in text
    assert "pairwright show x-" in text
    shown = [pair[name] for pair in of["pairs"].values() for name in ("prompt", "a", "b")]
    assert max(len(each["text"]) for each in shown) == LONGEST
    assert max(each["characters"] for each in shown) > 60_000
    assert MOST > 100 * BEGINNING


def test_once_there_is_much_text_only_beginnings_are_kept(checked, monkeypatch):
    from pairwright.stages.figures import shown_pairs

    monkeypatch.setattr(shown_pairs, "MOST", 10_000)
    prompts = [pair["prompt"] for pair in numbers_of(checked)["pairs"].values()]
    assert {len(each["text"]) for each in prompts if each["characters"] > 60_000} == {LONGEST, BEGINNING}


def test_what_a_model_thought_is_folded_under_its_response(tmp_path):
    thought = f"I think {HOSTILE}"
    turn = {"role": "assistant", "content": "same words here", "reasoning_content": thought}
    with a_project(tmp_path, settings="") as project:
        row = {"prompt": "Q", "response_a": [turn], "response_b": "same words here."}
        add_rows(project, [row, {"prompt": "R", "response_a": "one two", "response_b": "one two."}])
        run_route(project)
        run_check(project)
        text = page_of(numbers_of(project))
        assert text.count("<details><summary>Reasoning, ") == 1
        assert f"Reasoning, {len(thought):,} characters</summary><pre>I think &lt;/pre&gt;" in text
        assert "<script>" not in text


def test_a_finding_on_the_whole_set_has_no_pair_to_open():
    found = {"pair_id": None, "reason": "longer wins <b>", "remedy": "look at it", "action": None}
    assert pair_details.finding(found, {}) == '<p class="found">longer wins &lt;b&gt;. Look at it.</p>'


def test_a_refused_judge_and_a_careless_person_are_red_once(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 120)
        rng = np.random.default_rng(0)
        verdicts = [
            {"id": f"pair-{i}", "order": o, "verdict": rng.choice(["A", "B"]), "confidence": "HIGH"}
            for i in range(120)
            for o in ("AB", "BA")
        ]
        write(project.root / "coin.jsonl", verdicts)
        project = change(project, '\n[judges.coin]\nkind = "replay"\npath = "coin.jsonl"\n')
        run_judge(project, "coin")
        run_route(project)
        said = {"ann": "A", "bob": "A", "dee": "A", "cyd": "B"}
        answer(project, [(f"pair-{i}", said[who], who) for i in range(120) for who in said], seconds=2.0)
        of = numbers_of(project)
        assert [each["section"] for each in of["todo"]].count("people") == 4  # all too fast; one line each
        cyd = next(each["text"] for each in of["todo"] if each["text"].startswith("cyd"))
        assert "agrees with others on 0%" in cyd
        assert "answers in under" in cyd
        people = page_of(of).partition('<section id="people">')[2].partition("</section>")[0]
        assert people.count('<span class="bad">cyd</span>') == 1
        assert 'class="alert"' in people


def test_a_crowd_does_not_make_the_page_large(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 30)
        run_route(project)
        answer(project, [(f"pair-{i}", "A", "ann") for i in range(30)])
        of = numbers_of(project)
    small = len(page_of(of))
    of["people"] = [{**of["people"][0], "name": f"worker-{i}"} for i in range(1000)]
    assert len(page_of(of)) < small + 60_000
    assert "940 more: <code>pairwright people</code>" in page_of(of)


def test_an_export_for_another_framework_is_one_too_and_status_stops_asking_for_it(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 6)
        answer(project, [(f"pair-{i}", "A", "ann") for i in range(6)])
        assert status_of(project).next.startswith("pairwright export")
        assert run(["-C", str(project.root), "export", "--to", "llama-factory-dpo"]) == 0
        of = numbers_of(project)
        assert [(each["shape"], each["rows"]) for each in of["funnel"]["exports"]] == [
            ("llama-factory-dpo", 6)
        ]
        assert of["funnel"]["stale"] is None
        assert status_of(project).next.startswith("pairwright report")
        answer(project, [("pair-5", "B", "bob"), ("pair-5", "B", "cyd")])
        assert numbers_of(project)["funnel"]["stale"]
