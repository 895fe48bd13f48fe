"""`pairwright verify` over a real project: findings, people asked among controls, the report."""

import json

import numpy as np
import pytest
from made_up import comparisons
from projects import a_project, add_rows, change, rows
from stages.check.test_check import kept, label

from pairwright.cli.main import run
from pairwright.errors import ConfigError, InputError
from pairwright.hub.exports import export_at
from pairwright.reward.light import LightModel
from pairwright.stages.check.act_on_findings import _soften, settle
from pairwright.stages.export.convert import Selection
from pairwright.stages.export.export import export
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.export.stale import stale
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.gold import import_gold
from pairwright.stages.reward.labelled_pairs import read_labelled
from pairwright.stages.route.route import run_route
from pairwright.stages.verify.verify import flag_precision, run_verify
from pairwright.store.check.findings import add_findings, add_run
from pairwright.store.export.labelled_pairs import labelled_pairs
from pairwright.store.votes import add_beliefs
from pairwright.types import Belief

SETTINGS = '\n[route]\naccept = "stated"\n[annotate]\noverlap_most = 3\n'
N = 300


def a_project_of(tmp_path, settings="", n=N, **made):
    pairs, flipped = comparisons(n, **made)
    project = a_project(tmp_path, settings=SETTINGS + settings)
    add_rows(project, (
        {"id": f"p{i}", "prompt": f"What about {p} and {i}?", "response_a": c, "response_b": r, "domain": ("x", "y")[i % 2]}
        for i, (p, c, r) in enumerate(zip(pairs.prompts, pairs.chosen, pairs.rejected, strict=True))
    ))  # fmt: skip
    label(project, {f"p{i}": "A" for i in range(n)})
    run_route(project)
    return project, {f"p{i}" for i in range(n) if flipped[i]}


def test_what_it_doubts_are_findings_that_are_mostly_right(tmp_path):
    project, flipped = a_project_of(tmp_path, flips=0.1)
    result = run_verify(project, repeats=1)
    assert result.findings == 30
    found = kept(project, checks=["reward_model"])
    assert len(found) == 30
    assert sum(each.external_id in flipped for each in found) > 15
    assert "a reward model that never saw this prompt" in found[0].reason
    assert "label by ada" in found[0].reason
    model = LightModel.load(project.root / "reward.npz")
    assert model.score("q", "clear correct") > model.score("q", "vague wrong")


def test_running_again_keeps_what_was_done_about_a_finding(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    run_verify(project, repeats=1)
    first = kept(project, checks=["reward_model"])[0]
    settle(project, "dismiss", [first.id], by="lea", because="it is right")
    assert run_verify(project, repeats=1, send=5).new == 0  # the controls are none of what it doubts
    assert run_verify(project, repeats=2).new < 10
    assert first.external_id not in {each.external_id for each in kept(project, checks=["reward_model"])}


def test_people_are_asked_about_doubted_pairs_among_others_and_the_flags_precision_is_measured(tmp_path):
    project, flipped = a_project_of(tmp_path, flips=0.1)
    result = run_verify(project, repeats=1, send=10, by="lea")
    assert result.sent == 20
    assert (status_of(project).for_people, status_of(project).stuck) == (20, 0)
    assert "20 pairs wait for people" in status_of(project).next
    sent = [each for each in kept(project, checks=["reward_model"], settled=True) if each.action == "sent"]
    assert {each.part for each in sent} == {"margin", "control"}
    assert set(flag_precision(project).values()) == {None}
    for name in ("bob", "cyd"):
        label(project, {each.external_id: "B" if each.external_id in flipped else "A" for each in sent}, name)
    found = flag_precision(project)
    assert found["margin"]["value"] > 0.5 > 0.2 > found["control"]["value"]


def test_what_cannot_be_learned_is_said_and_nothing_is_flagged(tmp_path, capsys):
    project, _ = a_project_of(tmp_path, random_labels=True)
    assert run(["-C", str(project.root), "verify", "--repeats", "1"]) == 0
    told = capsys.readouterr()
    assert "can't verify this data" in told.err.replace("\n", " ")
    assert not kept(project, checks=["reward_model"])
    assert "verify this data: held-out" in page_of(numbers_of(project))


def test_the_command_line_and_the_report(tmp_path, capsys):
    project, _ = a_project_of(tmp_path, flips=0.1)
    assert run(["-C", str(project.root), "verify", "--repeats", "1", "--curve"]) == 0
    told = capsys.readouterr().out
    for words in (
        "by length only",
        "naive",
        "surest wrong are findings",
        "doubling should add",
        "10,000 good pairs",
    ):
        assert words in told.replace("\n", " ")
    numbers = numbers_of(project)
    json.dumps(numbers)
    page = page_of(numbers)
    for words in ("What a reward model doubts", "Learning curve:", "Margins of", "Doubted by domain"):
        assert words in page
    assert run(["-C", str(project.root), "verify", "--json", "--repeats", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == N


def test_the_light_model_is_a_judge_that_never_saw_what_it_votes_on(tmp_path):
    project, flipped = a_project_of(tmp_path, flips=0.1)
    project = change(project, '[judges.light]\nkind = "light"\n')
    better, worse = comparisons(20, seed=9)[0].chosen, comparisons(20, seed=9)[0].rejected
    add_rows(project, (
        {"id": f"new-{i}", "prompt": f"New {i}?", "response_a": worse[i], "response_b": better[i]} for i in range(20)
    ))  # fmt: skip
    assert run_judge(project, "light").votes == N + 20
    names = {row.id: row.external_id for row in rows(project, "pair")}
    said = {names[vote.pair_id]: vote for vote in rows(project, "vote") if vote.margin is not None}
    right = [said[f"p{i}"].verdict == ("B" if f"p{i}" in flipped else "A") for i in range(N)]
    assert 0.7 < sum(right) / N < 1  # out of fold: it is no echo of the labels
    assert sum(said[f"new-{i}"].verdict == "B" for i in range(20)) >= 15
    assert run_judge(project, "light").votes == 0


def test_a_pair_without_a_label_is_judged_by_models_that_never_saw_its_prompt(tmp_path):
    # Labels are coins; every prompt has a second pair, of its winner or its loser and a new text.
    project, _ = a_project_of(tmp_path, random_labels=True)
    pairs, _ = comparisons(N, random_labels=True)
    new = comparisons(N, seed=5)[0].chosen
    won = np.arange(N) % 2 == 0
    add_rows(project, (
        {
            "id": f"more-{i}", "prompt": f"What about {pairs.prompts[i]} and {i}?",
            "response_a": pairs.chosen[i] if won[i] else pairs.rejected[i], "response_b": new[i],
        }
        for i in range(N)
    ))  # fmt: skip
    project = change(project, '[judges.light]\nkind = "light"\n')
    assert run_judge(project, "light").votes == 2 * N
    names = {row.id: row.external_id for row in rows(project, "pair")}
    said = {names[vote.pair_id]: vote for vote in rows(project, "vote") if vote.margin is not None}
    liked = np.array([said[f"more-{i}"].verdict == "A" for i in range(N)])
    # One that was trained on these prompts likes what won there far more often.
    assert liked[won].mean() - liked[~won].mean() < 0.15


def test_a_curve_of_too_few_labels_is_an_error_not_a_crash(tmp_path, capsys):
    project, _ = a_project_of(tmp_path, n=100)
    assert run(["-C", str(project.root), "verify", "--curve", "--repeats", "1"]) == 1
    assert "too few for a learning curve" in capsys.readouterr().err


def test_too_few_labels(tmp_path):
    project = a_project(tmp_path, settings=SETTINGS)
    with pytest.raises(InputError, match="too few for a reward model"):
        run_verify(project)


# --- other reward models, and what is done about doubts -------------------------------------


def test_scores_a_judge_has_given_verify_labels(tmp_path, capsys):
    project, flipped = a_project_of(tmp_path, flips=0.1)
    scorer = "def score(prompt, response):\n    return 100.0 * sum(map(response.split().count, ('clear', 'correct', 'useful', 'precise', 'careful')))\n"
    (project.root / "rm.py").write_text(scorer)
    project = change(
        project, '[judges.mine]\nkind = "scorer"\nscore = "rm.py:score"\n[rewards.mine]\njudge = "mine"\n'
    )
    with pytest.raises(InputError, match="judge mine has scored none of 300 labelled pairs"):
        run_verify(project, model="mine")
    run_judge(project, "mine")
    result = run_verify(project, model="mine")
    assert result.figures["in_sample"] is None
    assert result.figures["agreement"]["value"] > 0.6
    doubted = [each.external_id for each in kept(project, checks=["reward_model"])]
    assert sum(each in flipped for each in doubted) > 12
    assert not (project.root / "reward.npz").exists()
    assert run(["-C", str(project.root), "verify", "--model", "mein"]) == 1
    assert 'did you mean "mine"?' in capsys.readouterr().err


def test_a_softened_label_stays_and_is_believed_less(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    run_verify(project, repeats=1)
    finding = kept(project, checks=["reward_model"])[0]
    assert settle(project, "soften", [finding.id], by="lea").done == [finding.id]
    number = finding.pair_id
    with project.store.read() as connection:
        rows_ = {row.pair_external_id: row for row in labelled_pairs(connection)}
    row = rows_[finding.external_id]
    assert row.verdict == "A"
    assert 0.01 < row.prob_chosen < 0.9
    out = tmp_path / "rm.jsonl"
    export_dataset(project.store, out, to="trl-reward-margin")
    margins = [json.loads(line)["margin"] for line in out.read_text().splitlines()]
    # Of the others nobody has weighed anything: one click is no probability.
    assert margins == [round(max(0, 2 * row.prob_chosen - 1), 4)]
    labelled = read_labelled(project)
    at = [labelled.numbers[each.id] for each in labelled.examples].index(number)
    assert labelled.pairs.labels[at] == row.prob_chosen
    assert settle(project, "undo", [finding.id], by="lea").done == [finding.id]
    assert read_labelled(project).pairs.labels[at] == 1.0


def softened_one(tmp_path):
    """A project with one label softened; the finding, and another check's on the same pair."""
    project, _ = a_project_of(tmp_path, flips=0.1)
    run_verify(project, repeats=1)
    finding = kept(project, checks=["reward_model"])[0]
    assert settle(project, "soften", [finding.id], by="lea").done
    row = {"check": "own", "part": None, "severity": "warning", "reason": "odd", "value": None}
    with project.store.write() as connection:
        run_id = add_run(connection, {"checks": ["own"], "pairs": N})
        keyed = {"remedy": "look", "check_run_id": run_id, "pair_id": finding.pair_id, "key": b"o" * 16}
        add_findings(connection, [row | keyed])
    return project, finding, kept(project, checks=["own"])[0]


def exported_row(project, finding):
    with project.store.read() as connection:
        rows_ = {row.pair_external_id: row for row in labelled_pairs(connection)}
    return rows_[finding.external_id]


def heard(project, finding):
    """What reward models are told of the pair: which response, and how far."""
    labelled = read_labelled(project)
    at = [labelled.numbers[each.id] for each in labelled.examples].index(finding.pair_id)
    return labelled.pairs.chosen[at], labelled.pairs.labels[at]


def test_a_softened_probability_does_not_outlive_its_label(tmp_path):
    project, finding, other = softened_one(tmp_path)
    soft = exported_row(project, finding)
    assert settle(project, "flip", [other.id], by="lea").done == [other.id]
    flipped = exported_row(project, finding)
    assert (flipped.chosen, flipped.prob_chosen) == (soft.rejected, 1.0)
    assert heard(project, finding) == (flipped.chosen, 1.0)
    assert settle(project, "undo", [other.id], by="lea").done
    assert exported_row(project, finding).prob_chosen == soft.prob_chosen


def test_who_looks_at_a_softened_label_again_is_believed(tmp_path, capsys):
    project, finding, _ = softened_one(tmp_path)
    label(project, {finding.external_id: "A"}, "bob")
    assert exported_row(project, finding).softened is None
    assert heard(project, finding)[1] == 1.0
    capsys.readouterr()
    assert run(["-C", str(project.root), "check", "list", "--all", "--check", "reward_model"]) == 0
    assert "(softened, no longer: the label is another or was answered again" in capsys.readouterr().out


def test_softening_leaves_the_share_of_ties_as_it_was(tmp_path):
    project, finding, _ = softened_one(tmp_path)
    assert settle(project, "undo", [finding.id], by="lea").done
    with project.store.write() as connection:
        for verdict, prob in (("A", 0.2), ("B", 0.05)):
            add_beliefs(
                connection, [Belief(finding.pair_id, "accept", verdict, "judge", "t", prob, prob_tie=0.75)]
            )
            detail = _soften(connection, finding.pair_id, 0.0)
            assert detail["probability"] == pytest.approx(0.2)
            assert detail["tie"] == 0.75


def test_kto_leaves_out_what_was_softened_below_what_is_asked(tmp_path):
    project, finding, _ = softened_one(tmp_path)
    with project.store.write() as connection:
        sure = [
            Belief(pair_id, "accept", "A", "judge", "t", 0.97, prob_tie=0.0)
            for pair_id in {finding.pair_id, 1, 2, 3}
        ]
        add_beliefs(connection, sure)
    chosen = exported_row(project, finding).chosen
    for to in ("trl-dpo", "trl-kto"):
        out = tmp_path / f"{to}.jsonl"
        export_dataset(
            project.store, out, to=to, selection=Selection(split_pairs=to == "trl-kto", min_probability=0.9)
        )
        assert json.dumps(chosen) not in out.read_text()


def test_an_export_made_before_a_label_was_softened_is_stale(tmp_path):
    project, finding, _ = softened_one(tmp_path)

    def is_stale(out):
        return stale(project, export_at(out))

    with project.store.write() as connection:
        weighed = [
            Belief(pair_id, "accept", "A", "judge", "t", 0.97, prob_tie=0.0)
            for pair_id in {1, 2, 3} - {finding.pair_id}
        ]
        add_beliefs(connection, weighed)
    usual, other, kto, sure = (tmp_path / f"{name}.jsonl" for name in ("a", "b", "c", "d"))

    def write():
        export(project.store, usual)
        export_dataset(project.store, other, to="openrlhf")
        export(project.store, kto, shape="kto", split_pairs=True)
        least = Selection(split_pairs=True, min_probability=0.0)
        export_dataset(project.store, sure, to="trl-kto", selection=least)

    for step in ("undo", "soften"):
        write()
        assert not any(map(is_stale, (usual, other, kto, sure)))
        assert settle(project, step, [finding.id], by="lea").done
        for out in (usual, other, sure):
            assert is_stale(out).startswith("labels softened, or not any more:")
        assert is_stale(kto) is None  # who won is the same


def test_only_what_a_reward_model_doubts_can_be_softened(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    run_verify(project, repeats=1, send=2, by="lea")
    control = next(
        each for each in kept(project, checks=["reward_model"], settled=True) if each.part == "control"
    )
    settle(project, "undo", [control.id], by="lea")
    left = settle(project, "soften", [control.id], by="lea").left
    assert "only what a reward model doubts" in left[control.id]


def test_repairs_are_compared_on_gold_pairs(tmp_path):
    project, flipped = a_project_of(tmp_path, flips=0.2)
    gold = tmp_path / "gold.csv"
    known = {f"p{i}": "B" if f"p{i}" in flipped else "A" for i in range(100)}
    gold.write_text("id,label\n" + "".join(f"{name},{side}\n" for name, side in known.items()))
    import_gold(project, [gold])
    run_route(project)
    run_verify(project, repeats=1, review=0.2)
    assert not set(known) & {each.external_id for each in kept(project, checks=["reward_model"])}
    repairs = numbers_of(project)["reward"]["repairs"]
    assert set(repairs) == {"as they are", "dropped", "flipped", "softened"}
    assert all(each["n"] == 100 for each in repairs.values())
    assert repairs["as they are"]["gain"]["value"] == 0
    for each in repairs.values():
        assert each["gain"]["value"] == pytest.approx(each["value"] - repairs["as they are"]["value"])
        assert each["gain"]["low"] <= each["gain"]["value"] <= each["gain"]["high"]
    page = page_of(numbers_of(project))
    assert " points <small>[" in page
    assert "... the doubted ones dropped" in page


def test_embeddings_of_your_own_are_made_once(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    made = tmp_path / "made.txt"
    (project.root / "vectors.py").write_text(
        "from pathlib import Path\n\n"
        "def embed(texts):\n"
        f"    made = Path({str(made)!r})\n"
        "    made.write_text((made.read_text() if made.exists() else '') + '.')\n"
        "    return [[t.count('clear'), t.count('vague')] for t in texts]\n"
    )
    project = change(project, '[rewards.mine]\nembed = "vectors.py:embed"\n')
    for _ in range(2):
        assert run_verify(project, model="mine", repeats=1).figures["agreement"]["value"] > 0.7
    assert made.read_text() == ".."
    assert (project.root / "reward-mine.npz").exists()
    project = change(project, '[judges.embedded]\nkind = "reward"\nreward = "mine"\n')
    add_rows(
        project, [{"id": "new", "prompt": "New?", "response_a": "vague " * 9, "response_b": "clear " * 9}]
    )
    assert run_judge(project, "embedded").votes == N + 1
    assert [vote.verdict for vote in rows(project, "vote")][-1] == "B"


def test_a_judge_s_own_scores_are_no_second_vote(tmp_path):
    project, _ = a_project_of(tmp_path)
    (project.root / "rm.py").write_text("def score(prompt, response):\n    return len(response)\n")
    project = change(
        project,
        '[judges.mine]\nkind = "scorer"\nscore = "rm.py:score"\n[rewards.mine]\njudge = "mine"\n'
        '[judges.again]\nkind = "reward"\nreward = "mine"\n',
    )
    run_judge(project, "mine")
    with pytest.raises(ConfigError, match="it votes already"):
        run_judge(project, "again")


def test_a_tie_is_never_doubted_for_no_side_of_it_was_chosen(tmp_path, capsys):
    project, _ = a_project_of(tmp_path, flips=0.1)
    ties = {f"p{i}": "TIE" for i in range(0, N, 3)}
    label(project, ties)
    run_route(project)
    result = run_verify(project, repeats=1, review=1.0)
    assert result.figures["ties"] == len(ties)
    doubted = {each.external_id for each in kept(project, checks=["reward_model"])}
    assert len(doubted) == result.flagged > 10
    assert not doubted & ties.keys()
    assert sum(numbers_of(project)["reward"]["histogram"]) == N - len(ties)
    assert run(["-C", str(project.root), "verify", "--repeats", "1"]) == 0
    assert "100 labels are ties: neither side was chosen" in " ".join(capsys.readouterr().err.split())


def test_embeddings_that_fail_are_an_error_that_names_them(tmp_path, capsys):
    project, _ = a_project_of(tmp_path, flips=0.1)
    (project.root / "bad.py").write_text("def boom(texts):\n    raise RuntimeError('no luck')\n")
    project = change(project, '[rewards.bad]\nembed = "bad.py:boom"\n')
    assert run(["-C", str(project.root), "verify", "--model", "bad"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "[rewards.bad] embed failed on 300 texts: RuntimeError('no luck')" in told
