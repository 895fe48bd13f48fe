"""What is told of the newest verification: whose it is, of which labels, and what people said of its doubts."""

import numpy as np
import pytest
from postgres import empty_database
from projects import change
from stages.check.test_check import kept, label
from stages.verify.test_verify import N, a_project_of

from pairwright.cli.main import run
from pairwright.quality.example import Finding
from pairwright.stages.check.act_on_findings import settle
from pairwright.stages.check.check import record
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.people.gold import import_gold
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.reward import reward_models as opinions
from pairwright.stages.reward.labelled_pairs import read_labelled
from pairwright.stages.route.route import run_route
from pairwright.stages.verify.verified import flag_precision, verified
from pairwright.stages.verify.verify import run_verify
from pairwright.store.verify.verifications import add_verification, resting_on


@pytest.fixture
def project(tmp_path):
    return a_project_of(tmp_path, flips=0.1)[0]


class Published:
    """A reward model of somebody else's: longer is better."""

    @classmethod
    def load(cls, *_, **__):
        return cls()

    def margins(self, pairs, rows):
        return np.array(
            [float(pairs.chosen[i].count("clear") - pairs.rejected[i].count("vague")) for i in rows]
        )


def sent(project, part):
    found = kept(project, checks=["reward_model"], parts=[part], settled=True)
    return [each.external_id for each in found if each.action == "sent"]


# --- out of date ----------------------------------------------------------------------------------


def test_a_verification_of_other_labels_is_called_out_of_date(project, capsys):
    run_verify(project, repeats=1)
    assert not verified(project)["out_of_date"]
    assert not status_of(project).verified["out_of_date"]
    finding = kept(project, checks=["reward_model"])[0]
    settle(project, "flip", [finding.id], by="lea")
    assert status_of(project).verified == {"model": "light", "pairs": N, "out_of_date": True}
    assert "Out of date: labels have changed since. Run pairwright verify." in page_of(numbers_of(project))
    assert facts_of(project)["reward"]["out_of_date"]
    assert run(["-C", str(project.root), "status"]) == 0
    assert "out of date: labels have changed since" in capsys.readouterr().out
    settle(project, "undo", [finding.id], by="lea")
    assert not verified(project)["out_of_date"]
    settle(project, "soften", [finding.id], by="lea")
    assert verified(project)["out_of_date"]


def test_asking_people_changes_no_label_until_one_answers_otherwise(project):
    run_verify(project, repeats=1, send=5, by="lea")
    assert not verified(project)["out_of_date"]
    doubted = sent(project, "margin")
    label(project, dict.fromkeys(doubted[:2], "A"), "bob")
    assert not verified(project)["out_of_date"]
    label(project, dict.fromkeys(doubted[2:3], "B"), "bob")
    label(project, dict.fromkeys(doubted[2:3], "B"), "cyd")
    assert verified(project)["out_of_date"]


def test_a_verification_from_before_kinds_were_on_record_can_be_told(project):
    run_verify(project, repeats=1)
    old = {
        name: value
        for name, value in verified(project).items()
        if name not in ("kind", "judge", "own", "labels", "by", "out_of_date", "precision", "in_words")
    }
    with project.store.write() as connection:
        add_verification(connection, {**old, "model": "mine"})
    assert verified(project)["by"] == "mine: of what kind it was is not on record"
    assert "Out of date" in page_of(numbers_of(project))


def test_a_verification_from_before_models_had_names_is_the_light_models(project):
    run_verify(project, repeats=1)
    old = {name: verified(project)[name] for name in ("pairs", "threshold", "agreement", "with_others",
           "words_only", "length_only", "in_sample", "on_gold", "label_accuracy", "refused", "flagged", "findings",
           "histogram", "causes")}  # fmt: skip
    with project.store.write() as connection:
        add_verification(connection, old)
    assert status_of(project).as_dict()["pairs"] == N
    assert "a reward model (light) that never saw its prompt" in verified(project)["by"]
    assert "Out of date" in page_of(numbers_of(project))


def test_a_softened_label_that_people_are_asked_about_is_no_other_label_yet(project):
    run_verify(project, repeats=1)
    finding = kept(project, checks=["reward_model"])[0]
    settle(project, "soften", [finding.id], by="lea")
    run_verify(project, repeats=1)
    doubt = Finding("language", "warning", "it may be French", "look", finding.external_id, "chosen")
    record(project, ["language"], [doubt], read_labelled(project).numbers)
    settle(project, "send", [each.id for each in kept(project, checks=["language"])], by="lea")
    assert not verified(project)["out_of_date"]
    label(project, {finding.external_id: "B"}, "bob")
    label(project, {finding.external_id: "B"}, "cyd")
    assert verified(project)["out_of_date"]


def test_a_teams_database_tells_the_same(tmp_path):
    store = f'[project]\nstore = "{empty_database()}"\n'
    team, _ = a_project_of(tmp_path, settings=store, flips=0.1)
    run_verify(team, repeats=1, send=3, by="lea")
    label(team, dict.fromkeys(sent(team, "margin")[:2], "B"), "bob")
    assert flag_precision(team)["margin"]["n"] == 2
    assert not verified(team)["out_of_date"]
    with team.store.read() as connection:
        assert resting_on(connection, ["rm"]) == set()


# --- the curve ------------------------------------------------------------------------------------


def test_a_curve_says_which_model_and_which_labels_it_is_of(project, monkeypatch, capsys):
    monkeypatch.setattr(opinions, "FullModel", Published)
    project = change(project, '[rewards.public]\nbase = "somebody/rm"\ntrained = true\n')
    assert run(["-C", str(project.root), "verify", "--model", "public", "--repeats", "1", "--curve"]) == 0
    assert "Learning curve of the light model on 300 labels" in capsys.readouterr().out.replace("\n", " ")
    assert "Learning curve of the light model on 300 labels" in page_of(numbers_of(project))
    label(project, {f"p{i}": "TIE" for i in range(3)}, "ada")
    run_verify(project, repeats=1)  # no new curve: the last one is shown beside it
    told = verified(project)
    assert not told["out_of_date"]
    assert "on 300 labels" in told["in_words"]
    assert "Out of date: labels have changed since." in told["in_words"]


# --- what people said of doubts -------------------------------------------------------------------


def test_an_answer_counts_as_soon_as_it_is_given_whether_it_agrees_or_not(project):
    run_verify(project, repeats=1, send=10, by="lea")
    doubted, controls = sent(project, "margin"), sent(project, "control")
    label(project, {name: "B" if i < 4 else "A" for i, name in enumerate(doubted)}, "bob")
    label(project, dict.fromkeys(controls, "A"), "bob")
    found = flag_precision(project)  # ada said A, bob says B in four: open until a third has answered
    assert (found["margin"]["value"], found["margin"]["n"]) == (0.4, 10)
    assert (found["control"]["value"], found["control"]["n"]) == (0.0, 10)
    label(project, dict.fromkeys(doubted[:4], "A"), "cyd")  # asked because bob disagreed: no draw of chance
    assert flag_precision(project)["margin"]["value"] == 0.4


def answered_by_truth(project, names, flipped, who="bob"):
    label(project, {name: "B" if name in flipped else "A" for name in names}, who)


def test_precision_is_told_of_all_that_is_flagged_and_not_of_the_surest_alone(tmp_path, capsys):
    project, flipped = a_project_of(tmp_path, flips=0.15)
    flagged = run_verify(project, repeats=1, threshold=0.2, review=1.0).flagged
    every = kept(project, checks=["reward_model"], parts=["margin"])
    truth = np.mean([each.external_id in flipped for each in every])
    result = run_verify(project, repeats=1, threshold=0.2, send=40, by="lea")
    assert len(every) == flagged == result.flagged > 90
    assert len(sent(project, "margin")) == len(sent(project, "control")) == 40
    answered_by_truth(project, sent(project, "margin"), flipped)
    answered_by_truth(project, sent(project, "control"), flipped)
    found = flag_precision(project)
    assert (found["flagged"]["of"], found["flagged"]["n"]) == (flagged, 20)
    assert found["flagged"]["low"] <= truth <= found["flagged"]["high"]
    assert found["margin"]["value"] > truth  # half of them are the surest
    capsys.readouterr()
    assert (
        run(["-C", str(project.root), "verify", "--repeats", "1"]) == 0
    )  # asks nobody, measures nothing anew
    assert flag_precision(project) == found
    assert f"Of all {flagged} that were flagged then" in " ".join(capsys.readouterr().out.split())
    assert "by a random sample of them" in page_of(numbers_of(project))


def test_who_answers_the_surest_first_measures_nothing_of_the_flagged_yet(project):
    run_verify(project, repeats=1, send=40, by="lea")
    sample = set(verified(project)["sample"]["pairs"])
    asked = [
        each for each in kept(project, checks=["reward_model"], parts=["margin"], settled=True) if each.action
    ]
    surest = [each.external_id for each in asked if each.pair_id not in sample]
    label(project, dict.fromkeys(surest, "B"), "bob")
    found = flag_precision(project)
    assert found["margin"]["n"] == len(surest) > 0
    assert found["flagged"] is None


def test_a_second_draw_is_from_those_nobody_was_asked_about(project):
    first = run_verify(project, repeats=1, send=10, by="lea")
    before = verified(project)["sample"]
    run_verify(project, repeats=1, send=10, by="lea")
    after = verified(project)["sample"]
    assert before["of"] == first.flagged
    assert len(before["pairs"]) == len(after["pairs"]) == 5
    assert not set(before["pairs"]) & set(after["pairs"])


def test_who_answers_again_what_they_answered_before_is_no_new_person(project):
    run_verify(project, repeats=1, send=10, by="lea")
    label(project, dict.fromkeys(sent(project, "margin")[:3], "B"), "ada")
    assert set(flag_precision(project).values()) == {None}


def test_as_many_others_are_asked_as_doubted_ones_whatever_a_lead_decided(project, tmp_path):
    gold = tmp_path / "gold.csv"
    gold.write_text("id,label\n" + "".join(f"p{i},A\n" for i in range(0, N, 2)))
    import_gold(project, [gold])
    run_route(project)
    assert run_verify(project, repeats=1, send=10, by="lea").sent == 20
    assert len(sent(project, "margin")) == len(sent(project, "control")) == 10
    assert run_verify(project, repeats=1, send=5, by="lea").sent == 10  # others than those that wait already
    assert len(sent(project, "margin")) == len(sent(project, "control")) == 15
