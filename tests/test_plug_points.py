"""A judge kind, a check, a format and a pair policy: one thing, and one line in a table.

What each needs is written here as its own file would hold it; the line is `monkeypatch.setitem`.
"""

import json
from dataclasses import dataclass

from projects import a_project, add_pairs, add_rows, rows
from sqlalchemy import select

from pairwright import pairing
from pairwright.cli.main import run
from pairwright.formats import catalog, trl
from pairwright.formats.format import Format, Target
from pairwright.hub.card_made import how_made
from pairwright.pairing import PairPolicy
from pairwright.quality import checks
from pairwright.quality.example import Finding
from pairwright.stages.check.check import run_check
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.generate.pair import make_pairs, pairs_to_make
from pairwright.stages.judge import local, plugin
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.project import judge_kinds
from pairwright.stages.project.judge_kinds import JudgeKind, Needs
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.route.route import run_route
from pairwright.store import schema
from pairwright.types import Answer

PREFERS = '[judges.mine]\nkind = "prefers"\n'


# --- a judge ------------------------------------------------------------------------------------


@dataclass
class Prefers:
    """Prefers the response with a word."""

    word: str = "yes"

    def compare(self, prompt, a, b):
        return Answer("A" if self.word in a else "B", confidence="HIGH")


def test_a_judge_that_compares_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(plugin.BUILT_IN, "prefers", Prefers)
    project = a_project(tmp_path, settings=PREFERS)
    add_pairs(project, 3)
    assert [each for each in estimate(project).stages if each.stage == "judge"] == [], "it costs nothing"
    assert run_judge(project, "mine").votes == 6
    run_route(project)
    assert {row.verdict for row in rows(project, "belief") if row.decision == "accept"} == {"A"}
    assert "| mine | prefers, both orders |" in how_made(facts_of(project))


def test_a_kind_of_judge_with_settings_of_its_own_is_a_line_for_them_and_one_for_how_it_is_asked(
    tmp_path, monkeypatch
):
    def opened(_project, _name, settings):
        return (lambda work: Answer("A" if settings.path in work.first else "B")), {"kind": settings.kind}

    kind = JudgeKind(Needs("path", '"...", a word'), scores=True, in_words="looks for a word")
    monkeypatch.setitem(judge_kinds.KINDS, "prefers", kind)
    monkeypatch.setitem(local.OPENED, "prefers", opened)
    assert run(["-C", str(a_broken(tmp_path)), "status"]) == 1
    project = a_project(tmp_path, settings=PREFERS + 'path = "yes"\n')
    add_pairs(project, 3)
    assert run_judge(project, "mine").votes == 3, "what scores each response is asked in one order"
    assert "| mine | looks for a word |" in how_made(facts_of(project))


def a_broken(tmp_path):
    from pairwright.stages.project.project import Project

    root = tmp_path / "without path"
    Project.init(root)
    (root / "pairwright.toml").write_text(PREFERS)
    return root


def test_every_kind_that_asks_no_endpoint_says_how_it_is_asked():
    free = {name for name, kind in judge_kinds.KINDS.items() if not kind.paid}
    assert free == set(local.OPENED)


# --- a check ------------------------------------------------------------------------------------


class Shouting:
    """Finds responses in capitals."""

    name = "shouting"

    def look(self, example):
        if example.chosen and example.chosen.isupper():
            yield Finding(self.name, "warning", "it shouts", "drop", example.id)

    def finish(self):
        return ()


def test_a_check_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(checks.CHECKS, "shouting", lambda _: Shouting())
    project = a_project(tmp_path, settings='[judges.short]\nkind = "shorter"\n')
    add_rows(project, [{"prompt": "?", "response_a": "NO", "response_b": "yes indeed", "id": "x"}])
    run_judge(project, "short")
    run_route(project)
    assert run_check(project, only=["shouting"]).open == {"warning": {"shouting": 1}}


# --- a format -----------------------------------------------------------------------------------


def test_a_format_is_one_line(tmp_path, monkeypatch):
    target = Target(
        "pairs",
        lambda pair: {"good": pair.chosen.text, "bad": pair.rejected.text},
        {"good": "text", "bad": "text"},
        lambda written: trl.load_files(written.parts),
    )
    tiny = Format("tiny", "two columns", writes=target)
    monkeypatch.setattr(catalog, "_BUILT_IN", (*catalog._BUILT_IN, tiny))
    (tmp_path / "in.jsonl").write_text(json.dumps({"prompt": "?", "chosen": "yes", "rejected": "no"}))
    paths = [str(tmp_path / name) for name in ("in.jsonl", "out.jsonl")]
    assert run(["convert", *paths, "--to", "tiny"]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {"good": "yes", "bad": "no"}


# --- a pair policy ------------------------------------------------------------------------------


def test_a_pair_policy_is_one_line(tmp_path, monkeypatch):
    first_two = PairPolicy(
        lambda possible, _: possible[:1],
        lambda _n, _k: 1,
        "by letting two responses meet",
    )
    monkeypatch.setitem(pairing.POLICIES, "two", first_two)
    project = a_project(tmp_path, settings='[pair]\npolicy = "two"\n')
    add_rows(project, [{"prompt": "?", "responses": ["one", "two", "three"]}])
    assert pairs_to_make(project.store, project.settings.pair, 0, None) == 1
    assert make_pairs(project.store, "two").pairs_added == 1
    with project.store.read() as connection:
        assert connection.scalars(select(schema.pair.c.policy)).all() == ["two"]
    assert run(["-C", str(project.root), "pair", "--policy", "two"]) == 0
