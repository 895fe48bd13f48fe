"""Every sentence against the store: what status, report, card and run say, in every state of a project.

Numbers are read out of the sentences and held against counts made here of the bare rows.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import projects
import pytest
from projects import current_votes, rows
from sqlalchemy import select
from states import STATES

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.hub.card_made import how_made
from pairwright.hub.card_trust import how_far_to_trust, limits
from pairwright.routing import wording
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.figures.overview import overview_of
from pairwright.stages.figures.plan import OVERLAPS
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.figures.show import chain_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.project.project import Project
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.route.route import run_route
from pairwright.stages.run import run_all
from pairwright.store import schema
from pairwright.store.figures.stands import stands_by_domain

WAITING = ("fresh", "half_answered")
STUCK = ("skipped", "disputed", "for_lead")


@dataclass
class Truth:
    """What is so, counted of the rows."""

    pairs: int
    stands: Counter[str]
    people: dict[str, int]
    judges: set[str]
    both_orders: set[str]
    decided: Counter[str]
    answers_wanted: int
    on_frame: Counter[int]
    covered: dict[int, int]
    failed_responses: int
    twice: int

    @property
    def waiting(self) -> int:
        return sum(self.stands[name] for name in WAITING)

    @property
    def stuck(self) -> int:
        return sum(self.stands[name] for name in STUCK)


def truth_of(project: Project) -> Truth:
    raters = {row.id: row for row in rows(project, "rater")}
    votes = current_votes(project)
    answers = [v for v in votes if raters[v.rater_id].kind == "person" and v.purpose is None]
    judging = [v for v in votes if raters[v.rater_id].kind == "judge"]
    decisions = {v.pair_id: v for v in votes if v.purpose == "decision"}
    newest = {row.pair_id: row for row in rows(project, "belief")}
    taken_back = {row.row_id for row in rows(project, "withdrawal") if row.what == "flag"}
    flagged = {f.pair_id for f in rows(project, "flag") if f.severity == "error" and f.id not in taken_back}
    skipped = {row.pair_id for row in rows(project, "failure") if row.kind == "skipped"}
    said: dict[int, list[str]] = {}
    for vote in answers:
        said.setdefault(vote.pair_id, []).append(vote.verdict)
    stands: Counter[str] = Counter()
    wanted = 0
    for row in rows(project, "pair"):
        belief = newest.get(row.id)
        where = _where(row.id, belief, said.get(row.id, []), flagged, skipped, project)
        stands[where] += 1
        if where in ("fresh", "half_answered", "skipped", "disputed"):
            most = project.settings.annotate.overlap
            wanted += max(1, most - len(said.get(row.id, [])))
    keys = {row.pair_id for row in rows(project, "gold") if row.withdrawn_at is None}
    flips = {row.detail["vote"] for row in rows(project, "settlement") if row.action == "flipped"}
    kinds = Counter(
        "flipped" if v.id in flips else "key" if pair in keys else "lead" for pair, v in decisions.items()
    )
    orders: dict[str, dict[int, set[str]]] = {}
    for vote in judging:
        if vote.purpose is None:
            orders.setdefault(raters[vote.rater_id].name, {}).setdefault(vote.pair_id, set()).add(vote.order)
    retired = {row.frame_id for row in rows(project, "frame_event") if row.what == "retired"}
    members = [row for row in rows_of(project, "frame_pair") if row.frame_id not in retired]
    by_judge = {
        pair for pair, belief in newest.items() if (belief.decision, belief.source) == ("accept", "judge")
    }
    got = {(row.prompt_id, row.slot) for row in rows(project, "response")}
    lost = {(row.prompt_id, row.slot) for row in rows(project, "failure") if row.stage == "generate"}
    return Truth(
        len(rows(project, "pair")),
        stands,
        dict(Counter(raters[v.rater_id].name for v in answers)),
        {raters[v.rater_id].name for v in judging},
        {name for name, of in orders.items() if all(len(each) == 2 for each in of.values())},
        kinds,
        wanted,
        Counter(row.frame_id for row in members if row.pair_id in by_judge),
        Counter(row.frame_id for row in members),
        len(lost - got),
        sum(len(each) >= 2 for each in said.values()),
    )


def rows_of(project: Project, table: str) -> list[Any]:
    """Rows of a table that are not numbered."""
    with project.store.read() as connection:
        return list(connection.execute(select(getattr(schema, table))).all())


def _where(pair, belief, said, flagged, skipped, project) -> str:
    if belief is None or belief.decision == "wait":
        return "undecided"
    if belief.decision == "accept":
        return belief.source
    if belief.decision == "drop":
        return "dropped"
    if belief.asks == "lead":
        return "for_lead"
    if belief.asks == "calibration":
        return "uncalibrated"
    if belief.asks != "people":
        return "for_judges"
    if pair in flagged:
        return "flagged"
    if said and len(said) >= project.settings.annotate.overlap and len(set(said)) > 1:
        return "disputed"
    if said:
        return "half_answered"
    return "skipped" if pair in skipped else "fresh"


@pytest.fixture(scope="module", params=list(STATES))
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    project = STATES[request.param](folder)
    while projects.OPENED:
        projects.OPENED.pop().close()
    return request.param, project.root


@pytest.fixture
def state(made):
    with Project.open(made[1]) as project:
        yield project


def told(capsys, project, *command: str) -> str:
    capsys.readouterr()
    run(["-C", str(project.root), *command])
    caught = capsys.readouterr()
    return caught.out + caught.err


@cache
def report_at(root: Path) -> dict[str, Any]:
    """The report's numbers of a state: made once, for the tests only look."""
    with Project.open(root) as project:
        return numbers_of(project)


def report(project: Project) -> dict[str, Any]:
    return report_at(project.root)


@cache
def page_at(root: Path) -> str:
    return words(page_of(report_at(root)))


def number(pattern: str, text: str) -> int:
    """The number a sentence gives; 0 where the sentence is not there."""
    found = re.search(pattern, text)
    return int(found[1].replace(",", "")) if found else 0


def words(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def cells_apart(page: str) -> str:
    """The text of a page, in which what ends one cell or paragraph is not read on into the next."""
    return words(re.sub(r"</(?:td|th|p|h\d|li|text)>", "; ", page))


def test_every_pair_is_counted_once_in_status(state):
    truth, of = truth_of(state), status_of(state)
    assert {name: getattr(of.open, name) for name in (*WAITING, *STUCK, "flagged")} == {
        name: truth.stands[name] for name in (*WAITING, *STUCK, "flagged")
    }
    parts = {
        "judge": of.accepted_from_judges, "people": of.accepted_from_people, "waiting": of.for_people,
        "stuck": of.stuck, "flagged": of.open.flagged, "for_judges": of.for_judges, "dropped": of.dropped,
        "undecided": of.undecided, "uncalibrated": of.uncalibrated,
    }  # fmt: skip
    wanted = {name: truth.stands[name] for name in parts} | {"waiting": truth.waiting, "stuck": truth.stuck}
    assert parts == wanted
    assert sum(parts.values()) == of.pairs == truth.pairs
    assert of.open.answers == truth.answers_wanted


def test_what_status_prints_is_so(state, capsys):
    truth, text = truth_of(state), told(capsys, state, "status")
    for pattern, so in (
        (r"([\d,]+) +from judges", truth.stands["judge"]),
        (r"([\d,]+) +from people", truth.stands["people"]),
        (r"Wait for people +([\d,]+)", truth.waiting),
        (r"([\d,]+) half answered", truth.stands["half_answered"]),
        (r"([\d,]+) +more need somebody else", truth.stuck),
        (r"([\d,]+) +more are flagged", truth.stands["flagged"]),
        (r"Wait for a judge +([\d,]+)", truth.stands["for_judges"]),
        (r"Not decided +([\d,]+)", truth.stands["undecided"]),
        (r"([\d,]+) +more wait until the judges", truth.stands["uncalibrated"]),
        (r"([\d,]+) labels? decided by a lead", truth.decided["lead"]),
        (r"([\d,]+) labels? taken from the answers of gold", truth.decided["key"]),
        (r"([\d,]+) labels? turned round", truth.decided["flipped"]),
    ):
        assert number(pattern, text) == so, (pattern, text)
    people = {name: int(n.replace(",", "")) for name, n in re.findall(r"^(\S+): ([\d,]+) votes?", text, re.M)}
    assert people == truth.people


def test_what_is_next_is_what_is_left(state):
    truth, said = truth_of(state), status_of(state).next
    command, _, why = said.partition("   ")
    if command == "pairwright annotate" and "wait" in why:
        assert number(r"([\d,]+) pairs? waits? for people", why) == truth.waiting
        assert number(r"([\d,]+) half answered", why) == truth.stands["half_answered"]
        assert number(r"([\d,]+) answers wanted", why) in (0, truth.answers_wanted)
    if "every pair is decided" in why:
        left = truth.waiting + truth.stuck + truth.stands["undecided"] + truth.stands["for_judges"]
        assert left == 0
    if command == "pairwright export" and "stay out" in why:
        assert number(r"([\d,]+) pairs stay out", why) == truth.stuck
        assert truth.stands["judge"] + truth.stands["people"]
    if "failed" in why:
        assert truth.failed_responses == number(r"([\d,]+) responses failed", why)
    if truth.waiting == truth.stuck == 0 and truth.pairs:
        assert command != "pairwright annotate"


def test_the_dashboard_counts_as_status_does(state):
    truth, board, of = truth_of(state), dashboard_of(state), status_of(state)
    assert (board.answers_wanted, board.conflicts) == (truth.answers_wanted, truth.stands["for_lead"])
    assert board.half_answered == truth.stands["half_answered"] == of.open.half_answered
    assert board.open_pairs == truth.waiting + truth.stands["skipped"] + truth.stands["disputed"]
    assert board.answers == sum(truth.people.values())


def test_the_leads_page_counts_every_pair_once_and_as_status_does(state):
    of, found = status_of(state), overview_of(state)
    assert sum(n for _, n in found.far.stages) == of.pairs == found.far.stands.pairs
    assert found.far.stands.open == of.open
    accepted = of.accepted_from_judges + of.accepted_from_people + of.accepted_from_unknown
    assert found.far.stands.done == accepted + of.dropped
    with state.store.read() as connection:
        domains = stands_by_domain(connection).values()
    assert sum(each.pairs for each in domains) == of.pairs
    assert sum(each.done for each in domains) == found.far.stands.done
    assert sum(each.answers for each in domains) == of.open.answers
    assert sum(each.with_people for each in domains) == of.open.waiting + of.open.stuck + of.open.flagged
    if of.open.for_lead:
        assert f"Decide {of.open.for_lead} conflict" in " ".join(step.what for step in found.steps)


def test_the_leads_page_names_the_last_command_that_status_does(state):
    """Exporting and reading the report come at the end of both, and for the same reason."""
    last = {"pairwright export", "pairwright report"}
    told = status_of(state).next
    named = {each.name for each in overview_of(state).steps if each.place == "command"} & last
    if "every pair is decided" in told:
        assert named == {told.split("   ")[0]}
    else:
        assert not named or told.startswith(tuple(named))


def test_the_funnel_loses_no_pair(state):
    of = report(state)
    steps = {each["name"]: each for each in of["funnel"]["steps"]}
    pairs = of["status"]["pairs"]
    for name in ("judged", "decided"):
        assert steps[name]["n"] + sum(steps[name]["lost"].values()) == pairs
    assert sum(steps["decided"]["parts"].values()) == steps["decided"]["n"]
    lost = sum(steps["labels"]["lost"].values())
    assert steps["labels"]["n"] + lost == steps["decided"]["n"]
    assert steps["rows ready"]["n"] + sum(steps["rows ready"]["lost"].values()) == steps["labels"]["n"]


def test_the_reports_first_screen_is_so(state):
    truth, of = truth_of(state), report(state)
    what, why = of["summary"]["what"], " ".join(of["summary"]["why"])
    assert number(r"([\d,]+) judges?\b", what.partition("compared by")[2].partition(";")[0]) == len(
        truth.judges
    )
    assert number(r"([\d,]+) (?:person|people)\b", what.partition("compared by")[2]) == len(truth.people)
    own = truth.stands["people"] - sum(truth.decided.values())
    for pattern, so in (
        (r"([\d,]+) from judges", truth.stands["judge"]),
        (r"([\d,]+) from people", own),
        (r"([\d,]+) decided by a lead", truth.decided["lead"]),
        (r"([\d,]+) from the answers of gold pairs", truth.decided["key"]),
        (r"([\d,]+) turned round by a check", truth.decided["flipped"]),
    ):
        assert number(pattern, what) == so
    frames = (of["status"]["calibration"] or {"frames": []})["frames"]
    standing = [frame["frame"] for frame in frames if wording.stands(frame)]
    assert number(r"of the ([\d,]+) labels no person saw", why) == sum(truth.on_frame[f] for f in standing)
    if truth.stands["judge"] > sum(truth.on_frame.values()):
        assert "Nobody has tested how often" in why
    waits = [each["text"] for each in of["todo"] if " for people" in each["text"]]
    assert number(r"^([\d,]+) of", " ".join(waits)) == truth.waiting
    assert number(r"([\d,]+) of them half answered", " ".join(waits)) == truth.stands["half_answered"]


def test_people_are_asked_about_all_pairs_only_where_none_is_accepted(state, capsys):
    truth, page = truth_of(state), page_at(state.root)
    for text in (page, told(capsys, state, "status"), told(capsys, state, "report")):
        assert "people answer every pair" not in text
        for found in re.finditer(r"Frame (\d+) \([^)]*\): (?:No threshold|judges can't keep)", text):
            assert truth.on_frame[int(found[1])] == 0


def test_every_frame_and_everything_outside_is_told_alike_everywhere(state, capsys):
    truth, of = truth_of(state), status_of(state)
    if of.calibration is None:
        return
    lines = wording.lines(of.calibration)
    assert Counter({f["frame"]: f["pairs"] + f["joined"] for f in of.calibration["frames"]}) == truth.covered
    for frame, line in zip(of.calibration["frames"], lines, strict=False):
        assert number(r"Frame \d+ \(([\d,]+) pairs?", line) == truth.covered[frame["frame"]]
        if "Guaranteed:" not in line:
            assert truth.on_frame[frame["frame"]] == 0
    page, status = page_at(state.root), " ".join(told(capsys, state, "status").split())
    for line in lines:
        assert " ".join(line.split()) in status
        assert " ".join(line.replace(": ", " : ", 1).split()) in page or " ".join(line.split()) in page
    if truth.stands["judge"] and truth.on_frame:
        trust = how_far_to_trust(facts_of(state))
        for frame in of.calibration["frames"]:
            assert f"Frame {frame['frame']} (" in trust
        for reason in of.calibration["outside"]:
            assert reason.split("`")[0].strip() in trust


def test_pairs_are_called_too_few_only_where_they_are(state):
    outside = (status_of(state).calibration or {}).get("outside", {})
    for reason, pairs in outside.items():
        if (few := re.search(r"fewer than the ([\d,]+)", reason)) is not None:
            assert pairs < int(few[1].replace(",", "")), reason


def test_a_pair_says_which_frame_covers_it(state):
    members = {row.pair_id: row.frame_id for row in rows_of(state, "frame_pair")}
    keys = {row.id: row.external_id for row in rows(state, "pair")}
    of = status_of(state).calibration
    for pair in list(keys)[:1] + list(keys)[-1:]:
        if of is None or keys[pair] is None:
            continue
        told = chain_of(state, keys[pair])["guarantee"]
        expected = f"Frame {members[pair]} (" if pair in members else "outside: "
        assert told.startswith(expected)


def test_an_alarm_comes_first(made, state):
    name, _ = made
    of = report(state)
    if name != "alarm_stands":
        assert not any("alarm" in each["text"] for each in of["todo"])
        return
    assert of["status"]["next"].startswith("pairwright route --recalibrate")
    first = of["todo"][0]
    assert (first["section"], first["do"]) == ("promise", "pairwright route --recalibrate")
    assert of["summary"]["enough"] == "no"
    assert of["status"]["accepted_from_judges"] == 0


def test_nothing_assumed_passes_for_measured_and_all_by_people_costs_one_sum(state):
    truth, of = truth_of(state), report(state)
    said = of["plan_in_words"]
    if of["savings"]:
        full = of["savings"]["full"]
        by_people = [p for p in of["plans"] if p["measured"] and p["people_share"] == 1]
        assert all(plan["usd"]["value"] == pytest.approx(full["usd"]) for plan in by_people)
        assert all(plan["hours"] == pytest.approx(full["hours"]) for plan in by_people)
    if said:
        assert number(r"Full human \$([\d,]+)", said) == round(of["savings"]["full"]["usd"])
        measured = truth.twice >= OVERLAPS
        assert ("assumed for people with each other" in said) != measured
        assert ("agreement assumed" in page_at(state.root)) != measured


def test_before_and_after_calibration_are_of_the_same_pairs(state):
    of = report(state)["confidence"]
    sizes = {name: of[name] and of[name]["n"] for name in ("before", "after")}
    assert sizes["before"] == sizes["after"]
    if sizes["after"]:
        assert sizes["after"] <= of["calibrated"]["n"]


def test_the_card_is_so(state):
    truth, facts = truth_of(state), facts_of(state)
    made, trust, limit = how_made(facts), how_far_to_trust(facts), limits(facts, None, [])
    people = made.partition("### People")[2]
    assert number(r"- ([\d,]+) (?:person|people), ", people) == len(truth.people)
    assert number(r"(?:person|people), ([\d,]+) answers?", people) == sum(truth.people.values())
    assert number(r"([\d,]+) labels? (?:was|were) decided by a lead", people) == truth.decided["lead"]
    assert (
        number(r"([\d,]+) labels? (?:was|were) taken from the answers of gold", people)
        == truth.decided["key"]
    )
    assert number(r"([\d,]+) labels? (?:was|were) turned round", people) == truth.decided["flipped"]
    assert ("Nobody answered" in people) == (not truth.people)
    if truth.people or truth.decided:
        assert "No person looked at any label" not in limit
    for name in truth.both_orders:
        row = next(line for line in made.splitlines() if line.startswith(f"| {name} |"))
        assert "one order" not in row
        assert not re.search(rf"Position: [^.]*\b{name}\b[^.]* in one order only", limit)
    if truth.stands["judge"] == 0 and not truth.on_frame:
        assert "by judges alone" not in trust


def test_run_says_what_is_left_and_the_same_again(made, tmp_path, capsys):
    name, root = made
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    with Project.open(copy) as project:
        if name in ("empty", "prompts_only", "single_responses_alone"):
            with pytest.raises(InputError, match="nothing to compare") as problem:
                run_all(project)
            assert status_of(project).next in str(problem.value)
            return
        result = run_all(project)
        truth, said = truth_of(project), result.waits_for or ""
        if name == "failed_generate":
            assert number(r"([\d,]+) responses failed", said) == truth.failed_responses == 6
            assert "--retry-failed" in said
            assert result.failures == 6
            assert run_all(project).waits_for == said
            return
        assert number(r"([\d,]+) pairs? waits? for people", said) == truth.waiting
        assert number(r"([\d,]+) half answered", said) == truth.stands["half_answered"]
        routed = dict(result.stages)["route"]
        assert routed["for_people"] == truth.waiting
        assert routed["open"]["half_answered"] == truth.stands["half_answered"]


def test_generate_again_tells_what_failed_before(tmp_path, capsys):
    project = STATES["failed_generate"](tmp_path)
    text = told(capsys, project, "generate")
    assert "6 more failed before and were not asked for again" in text
    assert "--retry-failed" in text


def test_what_route_prints_is_so(made, tmp_path, capsys):
    _, root = made
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    with Project.open(copy) as project:
        text = " ".join(told(capsys, project, "route").split())
        truth = truth_of(project)
    for pattern, so in (
        (r"([\d,]+) labels from judges", truth.stands["judge"]),
        (r"([\d,]+) from people", truth.stands["people"]),
        (r"([\d,]+) pairs? waits? for people", truth.waiting),
        (r"([\d,]+) half answered", truth.stands["half_answered"]),
        (r"([\d,]+) needs? somebody else", truth.stuck),
        (r"([\d,]+) wait for calibration", truth.stands["uncalibrated"]),
        (r"([\d,]+) not judged yet", truth.stands["undecided"]),
    ):
        assert number(pattern, text) == so, (pattern, text)


def test_json_holds_all_of_it(state, capsys):
    said = json.loads(told(capsys, state, "status", "--json"))
    assert said["open"]["half_answered"] == truth_of(state).stands["half_answered"]


# 1 of many, or many of 1; no number; a share no share can be; money that is there and shown as none.
IMPOSSIBLE = re.compile(
    r"(?<![\d,.])1 (?:pairs|prompts|responses|labels|answers|votes|rows|judges|people|calls|findings|conflicts"
    r"|are|were|have|wait|need)\b|\bnan\b|\binf\b|-\d[\d.]* ?%|(?<!\()\b(?:10[1-9]|1[1-9]\d|[2-9]\d\d)(?:\.\d+)?%"
    r"|\$0-0\b|\$0\.0000\b"
)


def test_no_count_is_ungrammatical_and_no_figure_impossible(state, capsys):
    made_, trust = how_made(facts := facts_of(state)), how_far_to_trust(facts)
    said = [told(capsys, state, "status"), told(capsys, state, "estimate"), told(capsys, state, "report")]
    for text in (*said, cells_apart(page_of(report(state))), made_, trust, limits(facts, None, [])):
        assert (found := IMPOSSIBLE.search(text)) is None, text[max(0, found.start() - 80) : found.end() + 80]


def test_no_figure_is_cut_off_in_a_window_of_80_columns(state, capsys):
    for verb in ("status", "estimate", "people"):
        assert "\u2026" not in told(capsys, state, verb), verb


def test_following_what_is_next_does_what_it_says(made, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(made[1], copy)
    with Project.open(copy) as project:
        command = status_of(project).next.partition("   ")[0]
        if command.split()[1] not in ("export", "report", "route", "pair", "run"):
            return
        capsys.readouterr()
        assert run(["-C", str(copy), *command.split()[1:]]) == 0, capsys.readouterr()
        again = status_of(project).next.partition("   ")[0]
        assert again != command or command == "pairwright report"


def test_the_estimate_counts_everybody_who_will_be_asked(made, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(made[1], copy)
    with Project.open(copy) as project:
        people, of = estimate(project).people, status_of(project)
        asked = of.open.waiting + of.open.skipped + of.open.disputed
        assert people.pairs >= asked
        assert people.answers >= of.open.answers
        if of.pairs and not of.undecided + of.uncalibrated:
            assert (people.pairs, people.answers) == (asked, of.open.answers)
        elif project.settings.route.accept == "guarantee" and not any(j.pending for j in of.judges):
            run_route(project)
            assert people.pairs >= status_of(project).for_people


def test_a_judge_that_failed_is_told_of_in_the_report(state):
    for judge in status_of(state).judges:
        if judge.failed:
            assert f"{judge.name} , closely" in page_at(state.root) or f"{judge.name}, closely" in page_at(
                state.root
            )
            assert (
                sum(map(int, re.findall(r"failed ([\d,]+) time", " ".join(judge.why_failed)))) == judge.failed
            )
