"""Project states for tests: every kind of state a team comes through, each small, each a folder to be opened."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from projects import a_project, add_pairs, add_rows, change, rows
from routed import JUDGE, Routed, other

from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.check.act_on_findings import settle
from pairwright.stages.check.check import run_check
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.accounts import known_or_new
from pairwright.stages.people.adjudicate import decide
from pairwright.stages.people.answers import Person
from pairwright.stages.people.gold import import_gold
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import run_route
from pairwright.store.check.findings import add_findings, add_run

SMALL = "target = 0.8\ncalibration_pairs = 60\n"


def label(project: Project, said: dict[str, str], who: str) -> None:
    path = project.root / "labels.jsonl"
    path.write_text("\n".join(json.dumps({"id": p, "annotator": who, "label": v}) for p, v in said.items()))
    import_labels(project, [path])
    run_route(project)


def replay(project: Project, name: str, said: dict[str, str], confidence: str = "HIGH") -> Project:
    """The project with one more recorded judge, which was heard in both orders."""
    verdicts = [
        {"id": pair, "order": order, "verdict": verdict, "confidence": confidence}
        for pair, verdict in said.items()
        for order in ("AB", "BA")
    ]
    (project.root / f"{name}.jsonl").write_text("\n".join(map(json.dumps, verdicts)))
    project = change(project, JUDGE.format(name=name))
    run_judge(project, name)
    return project


def ids(n: int) -> list[str]:
    return [f"pair-{i}" for i in range(n)]


def empty(folder: Path) -> Project:
    return a_project(folder, settings="")


def prompts_only(folder: Path) -> Project:
    project = a_project(folder, settings="")
    add_rows(project, ({"prompt": f"Question {i}?"} for i in range(5)))
    return project


def responses_without_pairs(folder: Path) -> Project:
    project = a_project(folder, settings="")
    rows_ = (
        {"prompt": f"Question {i}?", "response": f"{word} {i}"} for i in range(5) for word in ("yes", "no")
    )
    add_rows(project, rows_)
    return project


def failed_generate(folder: Path) -> Project:
    with LoopbackServer(Behaviour(reject_rate=1.0)) as server:
        settings = '[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'
        project = a_project(folder, server, settings)
        add_rows(project, ({"prompt": f"Question {i}?"} for i in range(3)))
        with contextlib.suppress(Exception):
            run_generate(project)
    return project


def people_alone(folder: Path) -> Project:
    project = a_project(folder, settings="")
    add_pairs(project, 12)
    run_route(project)
    label(project, dict.fromkeys(ids(12)[:7], "A") | {"pair-6": "TIE"}, "ann")
    return project


def one_judge_unrouted(folder: Path) -> Project:
    project = a_project(folder, settings="")
    add_pairs(project, 12)
    return replay(project, "judge", dict.fromkeys(ids(12), "A"))


def taken_at_its_word(folder: Path) -> Project:
    project = one_judge_unrouted(folder)
    run_route(project)
    return project


def twenty_judges(folder: Path) -> Project:
    project = a_project(folder, settings="")
    add_pairs(project, 10)
    for i in range(20):
        project = replay(project, f"judge{i}", dict.fromkeys(ids(10), "A"), "HIGH" if i % 2 else "LOW")
    run_route(project)
    return project


def overlap_half_answered(folder: Path) -> Project:
    project = a_project(folder, settings="[annotate]\noverlap = 3\n")
    add_pairs(project, 20)
    run_route(project)
    for who, n in (("ann", 12), ("bob", 8), ("eve", 4)):
        label(project, dict.fromkeys(ids(20)[:n], "A"), who)
    return project


def disputed(folder: Path) -> Project:
    project = a_project(folder, settings="[annotate]\noverlap = 2\noverlap_most = 2\n")
    add_pairs(project, 10)
    run_route(project)
    label(project, dict.fromkeys(ids(10), "A"), "ann")
    label(project, {p: "B" if i < 4 else "A" for i, p in enumerate(ids(10))}, "bob")
    decide(project, 1, "A", known_or_new(project, "lea", "lead"))
    return project


def disputed_with_one_more_to_ask(folder: Path) -> Project:
    project = a_project(folder, settings="[annotate]\noverlap = 2\n")
    add_pairs(project, 10)
    run_route(project)
    label(project, dict.fromkeys(ids(10), "A"), "ann")
    label(project, {p: "B" if i < 3 else "A" for i, p in enumerate(ids(10))}, "bob")
    return project


def skipped_and_flagged(folder: Path) -> Project:
    project = a_project(folder, settings="")
    add_pairs(project, 10)
    run_route(project)
    ann = Person.sign_in(project, "ann")
    for i in range(10):
        task = ann.next_task()
        assert task is not None
        ann.skip(task) if i < 3 else ann.flag(task, "broken") if i < 5 else ann.choose(task, "left", 20.0)
    return project


def for_people(folder: Path, n: int, settings: str = "") -> Project:
    """So many pairs without a judge, so all are people's."""
    project = a_project(folder, settings=settings)
    add_pairs(project, n)
    run_route(project)
    return project


def all_skipped(folder: Path) -> Project:
    project = for_people(folder, 6)
    ann = Person.sign_in(project, "ann")
    while (task := ann.next_task()) is not None:
        ann.skip(task)
    return project


def one_of_each(folder: Path) -> Project:
    """One prompt, pair, judge, person, answer and label."""
    project = a_project(folder, settings="")
    add_pairs(project, 1)
    project = replay(project, "judge", {"pair-0": "B"})
    run_route(project)
    label(project, {"pair-0": "A"}, "ann")
    return project


def one_waits(folder: Path) -> Project:
    return for_people(folder, 1)


def one_conflict(folder: Path) -> Project:
    project = for_people(folder, 2, "[annotate]\noverlap = 2\noverlap_most = 2\n")
    label(project, {"pair-0": "A"}, "ann")
    label(project, {"pair-0": "B"}, "bob")
    return project


def ties_alone(folder: Path) -> Project:
    project = for_people(folder, 6)
    label(project, dict.fromkeys(ids(6), "TIE"), "ann")
    return project


def single_responses_alone(folder: Path) -> Project:
    project = a_project(folder, settings="")
    path = project.root / "kto.jsonl"
    rows_ = [{"prompt": f"Question {i}?", "completion": f"yes {i}", "label": i % 2 == 0} for i in range(6)]
    path.write_text("\n".join(map(json.dumps, rows_)))
    add_dataset(project, [path], source="trl-kto", labels_by="person")
    return project


def every_answer_failed(folder: Path) -> Project:
    with LoopbackServer(Behaviour(reject_rate=1.0)) as server:
        project = a_project(folder, server)
        add_pairs(project, 6)
        with contextlib.suppress(Exception):
            run_judge(project, "main")
        run_route(project)
    return project


def labels_from_elsewhere(folder: Path) -> Project:
    from stages.add.test_labelled_set import ultra, write

    project = a_project(folder, settings="")
    add_dataset(project, [write(folder, *(ultra(i, 5, 1) for i in range(15)))], source="ultrafeedback")
    run_route(project)
    return project


def calls_of_tools(folder: Path) -> Project:
    """Prompts with tools on offer, trajectories beside plain answers, reasoning; people have chosen."""

    def turns(city: str) -> list[dict[str, object]]:
        function = {"name": "get_weather", "arguments": {"city": city}}
        return [
            {"role": "assistant", "tool_calls": [{"id": "c1", "function": function}]},
            {"role": "tool", "tool_call_id": "c1", "content": "21"},
            {"role": "assistant", "content": f"21 degrees in {city}.", "reasoning_content": "I looked."},
        ]

    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    project = a_project(folder, settings="")
    rows = [
        {
            "id": f"pair-{i}",
            "prompt": f"How warm is it in city {i}?",
            "tools": [tool],
            "response_a": turns(f"city {i}"),
            "response_b": turns("no city") if i % 2 else "I don't know.",
        }
        for i in range(8)
    ]
    add_rows(project, rows)
    label(project, dict.fromkeys(ids(6), "A"), "ann")
    run_route(project)
    return project


def gold_alone(folder: Path) -> Project:
    project = a_project(folder, settings="")
    add_pairs(project, 8)
    run_route(project)
    path = project.root / "gold.jsonl"
    path.write_text("\n".join(json.dumps({"id": p, "label": "A"}) for p in ids(8)[:5]))
    import_gold(project, [path])
    return project


def flipped(folder: Path) -> Project:
    """Five people answered, a sixth only turned a label round, and a key knows two answers."""
    project = a_project(folder, settings="")
    add_pairs(project, 12)
    run_route(project)
    for i in range(5):
        label(project, dict.fromkeys(ids(12)[2 * i : 2 * i + 2], "A"), f"person{i}")
    path = project.root / "gold.jsonl"
    path.write_text("\n".join(json.dumps({"id": p, "label": "A"}) for p in ids(12)[10:]))
    import_gold(project, [path])
    run_check(project)
    with project.store.write() as connection:
        number = add_run(connection, {"checks": ["reward_model"], "pairs": 12})
        finding = {"key": b"f" * 16, "check_run_id": number, "pair_id": 1, "check": "chosen_errors"}
        finding |= {"part": None, "severity": "warning", "reason": "wrong", "remedy": "look", "value": None}
        add_findings(connection, [finding])
    (newest,) = rows(project, "finding")[-1:]
    assert settle(project, "flip", [newest.id], by="fay").done
    return project


def drawn_and_unanswered(folder: Path) -> Project:
    p = Routed(folder, SMALL)
    p.add("one", 120, 0.95)
    p.route()
    return p.project


def judged_and_not_routed(folder: Path) -> Project:
    p = Routed(folder, SMALL)
    p.add("one", 120, 0.95)
    return p.project


def a_new_batch_not_routed(folder: Path) -> Project:
    p = Routed(folder, SMALL)
    p.add("one", 120, 1.0)
    p.calibrate()
    p.add("two", 120, 1.0)
    return p.project


def all_judges_refused(folder: Path) -> Project:
    p = Routed(folder, SMALL, ("coin", "flip"))
    p.add("one", 120, 0.5)
    p.calibrate()
    return p.project


def nothing_accepted(folder: Path) -> Project:
    p = Routed(folder, "target = 0.95\ncalibration_pairs = 60\n")
    p.add("one", 120, 0.8)
    p.calibrate()
    return p.project


def everything_accepted(folder: Path) -> Project:
    p = Routed(folder, SMALL)
    p.add("one", 120, 1.0)
    p.calibrate()
    return p.project


def labels_before_and_an_audit(folder: Path) -> Project:
    p = Routed(folder, SMALL + "audit = 0.3\n")
    p.label(p.add("old", 40, 0.9))
    p.add("one", 150, 1.0)
    p.calibrate()
    p.label(p.drawn("audit")[:4])
    p.route()
    return p.project


def two_frames(folder: Path) -> Project:
    """One certified, one waiting for its calibration sample, two pairs too few for a frame."""
    p = Routed(folder, SMALL)
    p.add("one", 120, 1.0, domain="law")
    p.calibrate()
    p.add("two", 120, 0.6, domain="chat")
    p.route()
    p.add("three", 2, 1.0)
    p.route()
    return p.project


def one_frame_certified_one_refused(folder: Path) -> Project:
    p = Routed(folder, SMALL)
    p.add("one", 150, 1.0)
    p.calibrate()
    p.add("two", 120, 0.6)
    p.calibrate()
    return p.project


def alarm_stands(folder: Path) -> Project:
    p = Routed(folder, SMALL + "audit = 0.5\n")
    p.add("one", 300, 1.0)
    p.calibrate()
    p.label(p.drawn("audit")[:60], says={q: other(p.said["judge", q]) for q in p.truth})
    p.route()
    return p.project


def a_judge_failed(folder: Path) -> Project:
    p = Routed(folder, SMALL)
    failed = set(p.add("one", 150, 1.0, judge=False)[:20])
    lines = [json.loads(line) for line in (p.project.root / "judge.jsonl").read_text().splitlines()]
    kept = [json.dumps(row) for row in lines if row["id"] not in failed or row["order"] == "AB"]
    (p.project.root / "judge.jsonl").write_text("\n".join(kept))
    run_judge(p.project, "judge")
    p.calibrate()
    return p.project


def cascade_owes_answers(folder: Path) -> Project:
    p = Routed(folder, SMALL + 'cascade = ["cheap", "strong"]\n', ("cheap", "strong"))
    sure = np.tile([0.99, 0.6], 200)
    p.add("one", 200, {"cheap": 0.9, "strong": 1.0}, sure=lambda i: float(sure[i]), judge=False)
    run_judge(p.project, "cheap")
    p.route()
    run_judge(p.project, "strong")
    p.answer_drawn()
    p.route()
    return p.project


STATES: dict[str, Callable[[Path], Project]] = {
    make.__name__: make
    for make in (
        empty, prompts_only, responses_without_pairs, failed_generate, people_alone, one_judge_unrouted,
        taken_at_its_word, twenty_judges, overlap_half_answered, disputed, disputed_with_one_more_to_ask,
        skipped_and_flagged, labels_from_elsewhere, gold_alone, flipped, drawn_and_unanswered,
        all_judges_refused, nothing_accepted, everything_accepted, labels_before_and_an_audit, two_frames,
        one_frame_certified_one_refused, alarm_stands, a_judge_failed, cascade_owes_answers, calls_of_tools,
        judged_and_not_routed, a_new_batch_not_routed, all_skipped, one_of_each, one_waits, one_conflict,
        ties_alone, single_responses_alone, every_answer_failed,
    )
}  # fmt: skip
