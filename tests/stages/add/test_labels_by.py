"""Who made a dataset's labels: said by the rows or by whoever adds them, else unknown, and never taken for people."""

from __future__ import annotations

import json

import pytest
from hub.test_card import made
from projects import a_project, rows

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.canonical import Drop, Pair, Rated, two
from pairwright.formats.catalog import formats
from pairwright.routing.decide import SeenVote, decide
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.export.export import export
from pairwright.stages.export.from_project import export_path
from pairwright.stages.figures.agreement import agreement_of
from pairwright.stages.figures.report import numbers_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.people.annotators import people_of
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.route.route import run_route
from pairwright.store.browse.facets import beside, facets
from pairwright.store.export.ratings import rating_kinds
from pairwright.store.route.ballots import read_said
from pairwright.types import MAKERS, Message

Q, A, B = "What color is the sky?", "It is blue.", "It is green."


def said(text: str, role: str = "assistant") -> dict:
    return {"role": role, "content": text}


ASKED = said(Q, "user")
TALK = {"chosen": [ASKED, said(A)], "rejected": [ASKED, said(B)]}
ARENA = {
    "model_a": "m", "model_b": "n", "winner": "model_a",
    "conversation_a": TALK["chosen"], "conversation_b": TALK["rejected"],
}  # fmt: skip
EVAL = {"instruction": Q, "output_1": A, "output_2": B, "preference": 1}
STEER2 = {"prompt": Q, "response_1": A, "response_2": B, "preference_strength": -2}
STEER3 = {"context": [ASKED], "response1": A, "response2": B, "overall_preference": -2}
NECTAR = {"prompt": Q, "answers": [{"answer": A, "rank": 1}, {"answer": B, "rank": 2}]}
STUDIO = {
    "id": 1, "data": {"prompt": Q, "answer1": A, "answer2": B},
    "annotations": [{"id": 1, "completed_by": 4, "result": [
        {"from_name": "comparison", "to_name": "answer1,answer2", "type": "pairwise", "value": {"selected": "left"}},
    ]}],
}  # fmt: skip
ARGILLA = {"fields": {"prompt": Q, "generations-0": A, "generations-1": B}}
DISTILABEL = {"instruction": Q, "generations": [A, B], "ratings": [5, 2]}
LABELLED = {"prompt": Q, "response_a": A, "response_b": B, "label": "A"}


def rating(user: str | None) -> dict:
    return {
        f"generations-{n}-rating": [{"value": 5 - n, "user_id": user, "status": "submitted"}] for n in (0, 1)
    }


# What each row itself records of who labelled it.
RECORDED = {
    "Skywork-Reward-Preference": ({**TALK, "source": "magpie_ultra"}, "unknown"),
    "orca_dpo_pairs": ({"system": "", "question": Q, "chosen": A, "rejected": B}, "unknown"),
    "RewardBench": ({"prompt": Q, "chosen": A, "chosen_model": "m", "rejected": B, "rejected_model": "n",
                     "subset": "chat", "id": 3}, "unknown"),
    "Magpie": ({"uuid": "u", **TALK, "chosen_rating": 5, "rejected_rating": 1}, "unknown"),
    "ultrafeedback_binarized": ({"prompt": Q, "prompt_id": "p", **TALK, "score_chosen": 8.0, "score_rejected": 6.0}, "unknown"),
    "a string prompt beside conversations": ({"prompt": Q, **TALK}, "unknown"),
    "HH-RLHF": ({"chosen": f"\n\nHuman: {Q}\n\nAssistant: {A}", "rejected": f"\n\nHuman: {Q}\n\nAssistant: {B}"}, "unknown"),
    "SHP": ({"history": Q, "human_ref_A": A, "human_ref_B": B, "labels": 1}, "unknown"),
    "a table": (LABELLED, "unknown"),
    "a table with raters": ({**LABELLED, "rater": "gpt-4"}, "unknown"),
    "a table with annotators": ({**LABELLED, "annotator": "eva"}, "person"),
    "a ranking": (NECTAR, "unknown"),
    "Nectar": ({**NECTAR, "good_natured": True}, "judge"),
    "distilabel": (DISTILABEL, "unknown"),
    "distilabel with its model": ({**DISTILABEL, "model_name": "gpt-4o"}, "judge"),
    "AlpacaEval without annotator": (EVAL, "unknown"),
    "AlpacaFarm's crowd workers": ({**EVAL, "annotator": 14}, "unknown"),
    "AlpacaEval's judge": ({**EVAL, "annotator": "weighted_alpaca_eval_gpt4_turbo"}, "judge"),
    "AlpacaEval's paid calls": ({**EVAL, "price_per_example": 0.01}, "judge"),
    "MT-Bench by an expert": ({**ARENA, "judge": "expert_17"}, "person"),
    "MT-Bench by GPT-4": ({**ARENA, "judge": "gpt4_pair"}, "unknown"),
    "an arena's user": ({**ARENA, "judge": "arena_user_973"}, "person"),
    "an arena's session": ({**ARENA, "evaluation_session_id": "s1"}, "person"),
    "an arena without either": (ARENA, "unknown"),
    "HelpSteer2's preferences": (STEER2, "unknown"),
    "HelpSteer2's preferences with each annotator's": ({**STEER2, "all_preferences_unprocessed": [{"strength": -2}]}, "person"),
    "HelpSteer3": ({**STEER3, "individual_preference": [{"score": -2}]}, "person"),
    "HelpSteer3 without annotators": (STEER3, "unknown"),
    "Label Studio": (STUDIO, "person"),
    "Argilla": ({**ARGILLA, "responses": rating("ann")}, "person"),
    "Argilla without users": ({**ARGILLA, "responses": rating(None)}, "unknown"),
}  # fmt: skip


@pytest.fixture
def project(tmp_path):
    return a_project(tmp_path, settings="")


def write(tmp_path, *given, name="labels.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return path


def kinds(project) -> set[str]:
    number = {row.id: row.kind for row in rows(project, "rater")}
    return {number[vote.rater_id] for vote in rows(project, "vote")}


@pytest.mark.parametrize("name", RECORDED)
def test_a_person_or_judge_is_recorded_by_the_row_or_nobody_is(project, tmp_path, name):
    row, maker = RECORDED[name]
    path = write(tmp_path, row)
    result = add_dataset(project, [path])
    assert result.committed, result.bad
    assert kinds(project) == {maker}
    assert result.labels_by == {maker: len(rows(project, "vote"))}
    assert {vote.purpose for vote in rows(project, "vote")} == {None if maker == "person" else "given"}


@pytest.mark.parametrize("name", [name for name, each in formats().items() if each.reads])
def test_no_reader_takes_its_labels_for_a_persons_or_a_judges(name):
    assert formats()[name].reads.kind == "unknown"


PAIRED = [
    name for name, each in formats().items() if each.reads and each.writes and each.writes.takes == "pairs"
]


@pytest.mark.parametrize("name", PAIRED)
def test_what_every_trainers_file_says_is_of_nobody_known(project, tmp_path, name):
    pair = two((Message("user", Q),), Rated(A, rating=5.0), Rated(B, rating=2.0), 1, margin=3.0)
    row = formats()[name].writes.made(Pair(pair, *pair.responses))
    assert not isinstance(row, Drop)
    result = add_dataset(project, [write(tmp_path, row)], source=name)
    assert (result.votes.added, kinds(project)) == (1, {"unknown"})


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(
    "name", ["Skywork-Reward-Preference", "Label Studio", "AlpacaEval's judge", "a table with raters"]
)
def test_who_adds_labels_can_say_who_made_them(project, tmp_path, capsys, name, maker):
    path = write(tmp_path, RECORDED[name][0])
    at = ["-C", str(project.root), "add", str(path), "--from", "auto"]
    assert run([*at, "--labels-by", maker, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels_by"] == {maker: 1}
    assert kinds(project) == {maker}
    assert (len(status_of(project).people) == 1) == (maker == "person")


def test_a_label_of_nobody_known_is_said_to_be_so(project, tmp_path, capsys):
    path = write(tmp_path, TALK, name="skywork.jsonl")
    assert run(["-C", str(project.root), "add", str(path), "--from", "auto"]) == 0
    told = capsys.readouterr()
    assert "1 vote of unknown skywork added" in told.out
    assert "--labels-by person or --labels-by judge" in told.err


def test_what_is_told_later_takes_back_what_was_taken_for_granted(project, tmp_path):
    path = write(tmp_path, TALK, name="skywork.jsonl")
    add_dataset(project, [path], labels_by="person")
    assert len(status_of(project).people) == 1
    result = add_dataset(project, [path], labels_by="judge")
    assert (result.votes.added, result.changed) == (1, 1)
    state = status_of(project)
    assert (state.people, state.accepted_from_people, state.accepted_from_judges) == ((), 0, 1)
    assert add_dataset(project, [path], labels_by="judge").changed == 0


def test_only_the_three_words_say_who_made_labels(project, tmp_path, capsys):
    path = write(tmp_path, TALK)
    with pytest.raises(InputError, match='labels_by is \'human\'; it is one of "person", "judge", "unknown"'):
        add_dataset(project, [path], labels_by="human")
    assert run(["-C", str(project.root), "add", str(path), "--labels-by", "person"]) == 1
    assert "--labels-by goes with --from" in capsys.readouterr().err


# --- unknown is not people, wherever raters are counted -------------------------------------------------


@pytest.fixture
def of_nobody(project, tmp_path):
    """Twelve labels with ratings, of nobody knows whom."""
    given = [
        {"prompt": f"{Q} {n}", "chosen": f"{A} {n}", "rejected": B, "chosen_rating": 5, "rejected_rating": 2}
        for n in range(12)
    ]
    add_dataset(project, [write(tmp_path, *given)], source="table")
    run_route(project)
    return project


def test_labels_of_nobody_known_stand_and_are_nobodys(of_nobody):
    state, routed = status_of(of_nobody), run_route(of_nobody)
    for each in (state, routed):
        counted = each.accepted_from_people, each.accepted_from_judges, each.accepted_from_unknown
        assert counted == (0, 0, 12)
    assert (state.people, state.judges) == ((), ())
    assert people_of(of_nobody) == []
    assert agreement_of(of_nobody)["people"] == {}
    with of_nobody.store.read() as connection:
        heard = read_said(connection, ["labels"])
        assert float(heard.labels.sum()) == 0.0
        found = facets(connection)
        assert (found.annotators, found.judges) == ([], [])
        (first,) = beside(connection, [1]).values()
        assert (first.people, first.judges, sum(first.unknown.values())) == ({}, {}, 1)
        assert rating_kinds(connection) == ("unknown",)


def test_an_export_the_report_and_the_card_name_nobody(of_nobody, tmp_path):
    result = export(of_nobody.store, export_path(of_nobody, "dpo"))
    assert result.by_source == {"unknown": 12}
    told = numbers_of(of_nobody)
    assert "compared by nobody yet" in told["summary"]["what"]
    assert "of 12 labels 12 from unknown raters" in told["summary"]["what"]
    steps = {step["name"]: step["parts"] for step in told["funnel"]["steps"]}
    assert steps["labels"] == {"from unknown raters": 12}
    facts = facts_of(of_nobody)
    assert (facts["people"]["count"], facts["judges"], facts["unknown"]) == (0, [], [("labels", 12)])
    assert facts["accepted"] == {"unknown": 12}
    card = made(of_nobody, tmp_path).card
    assert "12 came with the data, and nobody said whether people or models made them" in card
    assert "12 (100 %) by raters of whom nobody knows whether they are people or models" in card
    assert "12 labels came with the data, by nobody knows whom" in card
    for untrue in (
        "human-feedback",
        "rlaif",
        "llm-as-a-judge",
        "rests on people",
        "by people",
        "judge models alone",
    ):
        assert untrue not in card


@pytest.mark.parametrize("kind", ["judge", "reward_model", "rule", "unknown"])
def test_only_a_persons_vote_counts_as_peoples(kind):
    vote = SeenVote(1, "x", kind, "AB", "A", None, None, "given")
    found = decide(7, [vote], [], {})
    assert (found.decision, found.source) == ("accept", "judge" if kind == "judge" else "unknown")
    both = decide(7, [vote, SeenVote(2, "eva", "person", "AB", "B", None, None)], [], {})
    assert (both.verdict, both.source) == ("B", "people")


def test_agreement_of_raters_nobody_knows_is_told_apart_from_peoples(project, tmp_path):
    said = [
        {"prompt": f"{Q} {n}", "response_a": A, "response_b": B, "label": "A", "rater": rater}
        | ({"label": "B"} if rater == "p2" and n < 2 else {})
        for n in range(40)
        for rater in ("p1", "p2")
    ]
    add_dataset(project, [write(tmp_path, *said)], source="table")
    told = numbers_of(project)["agreement"]
    assert (told["answers"], told["alpha"]) == (0, None)
    assert (told["alpha_unknown"]["n"], round(told["alpha_unknown"]["value"], 1)) == (40, 0.9)
