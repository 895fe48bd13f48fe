"""Labels of single responses in a project: kept as votes on them, out again as KTO rows, and as pairs."""

from __future__ import annotations

import json

import pytest
from formats.test_sources import LABELS, SAMPLES, SEVERAL
from formats.test_trainers import ROW
from projects import a_project, rows

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.formats.canonical import Single
from pairwright.formats.catalog import formats, target_named
from pairwright.formats.reading_options import ReadingOptions
from pairwright.hub.exports import export_at
from pairwright.stages.add.labelled_set import add_dataset
from pairwright.stages.export.convert import Selection, convert
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.export.stale import stale
from pairwright.stages.figures.show import chain_of
from pairwright.stages.figures.status import status_of

Q, A, B, C = "What color is the sky?", "It is blue.", "It is green.", "It is red."


@pytest.fixture
def project(tmp_path):
    return a_project(tmp_path, settings="")


def said(response: str, good: bool | None, prompt: str = Q, **more) -> dict:
    return {"prompt": prompt, "response": response, "good": good, **more}


def write(tmp_path, *given, name="log.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in given), encoding="utf-8")
    return path


def add(project, tmp_path, *given, name="log.jsonl", **more):
    return add_dataset(project, [write(tmp_path, *given, name=name)], source="table", **more)


def kto(project, tmp_path, **more) -> dict[str, bool]:
    """Which responses come out as good or bad."""
    out = tmp_path / "out" / "kto.jsonl"
    export_dataset(project.store, out, to="trl-kto-text", **more)
    return {row["completion"]: row["label"] for row in map(json.loads, out.read_text().splitlines())}


def left_out(project, tmp_path, **more) -> dict[str, int]:
    """By reason, what of votes on single responses gave no row."""
    found = export_dataset(project.store, tmp_path / "out" / "kto.jsonl", to="trl-kto", **more)
    return {reason: n["vote"] for reason, n in found.dropped.units.items() if "vote" in n}


# --- in and out again --------------------------------------------------------------------------------

SINGLY = {
    name: target_named(name).made(Single(ROW, ROW.responses[0], False))
    for name, each in formats().items()
    if each.reads and each.writes and each.writes.takes == "responses"
}
ALL = {name: [row] for name, row in (SAMPLES | SINGLY).items()} | SEVERAL


@pytest.mark.parametrize("name", ALL)
def test_a_project_gives_the_same_good_and_bad_responses_as_convert(project, tmp_path, name):
    """Whatever says of a response itself that it is good or bad, in every format that is read."""
    path = write(tmp_path, *ALL[name])
    more = {"source": name, "options": ReadingOptions(label=LABELS.get(name))}
    straight, through = tmp_path / "straight.jsonl", tmp_path / "through.jsonl"
    selection = Selection(threshold=3)
    added = add_dataset(project, [path], **more)
    try:
        convert(path, straight, to="trl-kto", selection=selection, **more)
    except InputError:
        with pytest.raises(InputError):
            export_dataset(project.store, through, to="trl-kto", selection=selection)
        assert rows(project, "response_vote") == []
        return
    export_dataset(project.store, through, to="trl-kto", selection=selection)
    assert sorted(through.read_text().splitlines()) == sorted(straight.read_text().splitlines())
    assert added.dropped.counts == {}


def test_every_format_of_single_responses_is_kept(project, tmp_path):
    for name, row in SINGLY.items():
        add_dataset(project, [write(tmp_path, row, name=f"{name}.jsonl")], source=name)
    assert len(rows(project, "response_vote")) == len(SINGLY) >= 5
    assert {each.good for each in rows(project, "response_vote")} == {False}


def test_ratings_of_single_responses_take_a_threshold(project, tmp_path):
    add(
        project,
        tmp_path,
        {"prompt": Q, "response": A, "rating": 4},
        {"prompt": Q, "response": B, "rating": 2},
    )
    with pytest.raises(
        InputError, match=r"none of 1 pair and 2 labels of single responses(.|\n)*--threshold"
    ):
        kto(project, tmp_path)
    assert kto(project, tmp_path, selection=Selection(threshold=3)) == {A: True, B: False}


def test_a_safe_and_an_unsafe_answer_of_one_pair_are_good_and_bad_by_themselves(project, tmp_path):
    """PKU-SafeRLHF by `safe`: which is safer is the pair's label, which is safe each answer's own."""
    row = {**SAMPLES["pku-saferlhf"], "is_response_0_safe": True, "is_response_1_safe": False}
    added = add_dataset(
        project, [write(tmp_path, row)], source="pku-saferlhf", options=ReadingOptions(label="safe")
    )
    assert (added.pairs.added, added.response_votes.added, added.formed) == (1, 2, 0)
    assert sorted(kto(project, tmp_path).values()) == [False, True]


def test_adding_again_adds_nothing_and_a_changed_label_replaces_the_old_one(project, tmp_path):
    add(project, tmp_path, said(A, True))
    again = add(project, tmp_path, said(A, True))
    assert (again.response_votes.added, again.response_votes.already, again.changed) == (0, 1, 0)
    changed = add(project, tmp_path, said(A, False))
    assert (changed.response_votes.added, changed.changed) == (1, 1)
    assert len(rows(project, "response_vote")) == 2, "nothing is edited"
    assert kto(project, tmp_path) == {A: False}


def test_the_first_of_two_labels_that_contradict_each_other_stands(project, tmp_path):
    result = add(project, tmp_path, said(A, True), said(A, False))
    assert (result.response_votes.added, result.contradictions) == (1, 1)
    assert kto(project, tmp_path) == {A: True}


def test_each_annotators_label_is_a_vote_and_the_majority_decides(project, tmp_path):
    add(
        project,
        tmp_path,
        *(said(A, good, annotator=name) for name, good in (("ann", True), ("bob", False), ("eva", False))),
        *(said(B, good, annotator=name) for name, good in (("ann", True), ("bob", False))),
    )
    assert kto(project, tmp_path) == {A: False}
    found = export_dataset(project.store, tmp_path / "out" / "kto.jsonl", to="trl-kto")
    assert (found.dropped.counts["conflicting"], found.by_source) == (1, {"people": 1})


def test_people_count_before_all_others(project, tmp_path):
    add(project, tmp_path, said(A, True), name="a.jsonl")
    add(project, tmp_path, said(A, True), name="b.jsonl", labels_by="judge")
    add(project, tmp_path, said(A, False, annotator="ann"), name="c.jsonl")
    assert kto(project, tmp_path) == {A: False}
    assert left_out(project, tmp_path) == {"people_said": 2}


def test_who_made_labels_can_be_told_later(project, tmp_path):
    add(project, tmp_path, said(A, True), said(B, False))
    told = add(project, tmp_path, said(A, True), said(B, False), labels_by="person")
    # Two labels, and the vote on their pair that follows.
    assert (told.response_votes.added, told.formed, told.changed, told.labels_by) == (2, 1, 2, {"person": 2})
    assert status_of(project).response_labels.by == {"person": 2}
    assert export_dataset(project.store, tmp_path / "k.jsonl", to="trl-kto").by_source == {"people": 2}
    assert export_dataset(project.store, tmp_path / "d.jsonl", to="trl-dpo").by_source == {"people": 1}


def test_what_an_export_asks_for_leaves_out_by_reason(project, tmp_path):
    add(project, tmp_path, said(A, True, annotator="ann"), said(B, False, annotator="ann"))
    add(
        project,
        tmp_path,
        said("Blue.", True, "Which?"),
        {"prompt": "Which?", "response": "Red.", "rating": 1},
    )
    assert left_out(project, tmp_path) == {"rated_otherwise": 1}
    assert left_out(project, tmp_path, source="people") == {"rated_otherwise": 1, "settled_by_others": 1}
    with pytest.raises(InputError, match="no_probability|less sure|no probability"):
        kto(project, tmp_path, selection=Selection(min_probability=0.5))


def test_what_stands_in_a_flagged_pair_stays_out(project, tmp_path):
    add(project, tmp_path, said(A, True), said(B, False), said("Yes.", True, "Sure?"))
    with project.store.write() as connection:
        from pairwright.store.votes import add_flag
        from pairwright.types import Flag

        (pair,) = rows(project, "pair")
        add_flag(connection, Flag(pair.id, "unsafe", "how to make a bomb", "error"))
    assert kto(project, tmp_path) == {"Yes.": True}
    assert left_out(project, tmp_path) == {"flagged": 2}
    assert kto(project, tmp_path, include_flagged=True) == {A: True, B: False, "Yes.": True}


def test_with_split_pairs_what_was_said_of_a_response_itself_comes_first(project, tmp_path):
    """A won, and yet somebody called it bad: it is the less bad of two."""
    add(project, tmp_path, {"prompt": Q, "chosen": A, "rejected": B}, name="pairs.jsonl")
    add(project, tmp_path, said(A, False), name="thumbs.jsonl")
    assert kto(project, tmp_path, selection=Selection(split_pairs=True)) == {A: False, B: False}


def test_an_export_is_stale_once_a_label_of_a_response_changed(project, tmp_path):
    add(project, tmp_path, said(A, True))
    out = tmp_path / "kto.jsonl"
    export_dataset(project.store, out, to="trl-kto")
    assert stale(project, export_at(out)) is None
    add(project, tmp_path, said(B, True, "Another?"))
    assert stale(project, export_at(out)) == "labels of single responses changed: 1 then, 2 now"


# --- pairs that follow ----------------------------------------------------------------------------------


def test_a_good_and_a_bad_response_to_one_prompt_make_a_pair(project, tmp_path):
    result = add(
        project, tmp_path, said(A, True), said(B, False), said(C, False), said("Yes.", True, "Sure?")
    )
    assert (result.pairs.added, result.votes.added, result.formed) == (2, 2, 2)
    assert {each.policy for each in rows(project, "pair")} == {"labels"}
    out = tmp_path / "dpo.jsonl"
    export_dataset(project.store, out, to="trl-dpo-text")
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert {(row["chosen"], row["rejected"]) for row in found} == {(A, B), (A, C)}


def test_the_labels_may_come_in_two_files(project, tmp_path):
    add(project, tmp_path, said(A, True))
    assert add(project, tmp_path, said(B, False)).formed == 1


def test_labels_of_two_raters_make_no_pair(project, tmp_path):
    """Nobody has seen both: what one calls good and another bad may be one scale against another."""
    result = add(project, tmp_path, said(A, True, annotator="ann"), said(B, False, annotator="bob"))
    assert (result.response_votes.added, result.formed, rows(project, "pair")) == (2, 0, [])


def test_two_good_ones_and_equal_ratings_make_no_pair(project, tmp_path):
    result = add(
        project, tmp_path, said(A, True), said(B, True), *(
            {"prompt": "Which?", "response": each, "rating": 3} for each in (A, B)
        ),
    )  # fmt: skip
    assert (result.response_votes.added, result.formed) == (4, 0)


def test_a_higher_rating_by_the_same_rater_is_a_preference(project, tmp_path):
    add(
        project,
        tmp_path,
        {"prompt": Q, "response": B, "rating": 2},
        {"prompt": Q, "response": A, "rating": 4},
    )
    (vote,) = rows(project, "vote")
    texts = {each.id: each.text for each in rows(project, "response")}
    (pair,) = rows(project, "pair")
    assert texts[pair.a_id if vote.verdict == "A" else pair.b_id] == A
    assert vote.reason == "rated 4 and 2, each by itself"


def test_a_vote_of_the_rater_on_the_pair_itself_stands(project, tmp_path):
    """They preferred B of two they called good and bad before: the comparison is the later word."""
    add(project, tmp_path, {"prompt": Q, "chosen": B, "rejected": A}, rater="us")
    result = add(project, tmp_path, said(A, True), said(B, False), rater="us")
    assert (result.response_votes.added, result.formed, len(rows(project, "vote"))) == (2, 0, 1)


def test_a_vote_never_outlives_the_labels_it_follows_from(project, tmp_path):
    add(project, tmp_path, said(A, True), said(B, False))
    result = add(project, tmp_path, said(A, False), name="log.jsonl")
    assert (result.changed, result.formed) == (1, 0)
    (gone,) = rows(project, "retraction")
    assert gone.reason == "a label of one response that it followed from no longer counts"
    assert status_of(project).response_labels.followed == 0
    with pytest.raises(InputError, match="none of 1 pair gives a row"):
        export_dataset(project.store, tmp_path / "dpo.jsonl", to="trl-dpo")


# --- told --------------------------------------------------------------------------------------------------


def test_show_tells_who_said_what_of_a_response_and_what_followed(project, tmp_path):
    add(project, tmp_path, said(A, True, annotator="ann"), said(B, False, annotator="ann"))
    good, bad = rows(project, "response_vote")
    (pair,) = rows(project, "pair")
    (vote,) = chain_of(project, "x-" + pair.key.hex())["votes"]
    assert vote["follows_from"] == [good.id, bad.id]
    (row,) = rows(project, "response")[:1]
    (told,) = chain_of(project, "r-" + row.key.hex())["response"]["votes"]
    assert (told["rater"], told["kind"], told["good"], told["counts"]) == ("ann", "person", True, True)
    assert told["source"].endswith("log.jsonl:1")


def test_status_counts_them_and_says_what_to_do(project, tmp_path, capsys):
    add(project, tmp_path, said(A, True), said("Yes.", False, "Sure?"))
    state = status_of(project)
    assert (state.pairs, state.response_labels.all, state.response_labels.good) == (0, 2, 1)
    assert state.next == "pairwright export --shape kto   (2 labels of single responses, and no pairs)"
    run(["-C", str(project.root), "status"])
    assert "1 good, 1 bad" in capsys.readouterr().out


def test_add_says_how_many_were_kept_and_what_followed(project, tmp_path, capsys):
    path = write(tmp_path, said(A, True), said(B, False))
    assert run(["-C", str(project.root), "add", str(path), "--from", "table"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "2 labels of single responses by unknown log kept." in printed
    assert "1 vote on pairs of a better and a worse response to one prompt follow from them." in printed


# --- weights -----------------------------------------------------------------------------------------


def side_lines(path):
    lines = path.with_name(path.name + ".meta.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_weight_of_a_labelled_response_comes_out_again(project, tmp_path):
    """Its trainer has no place for it, so it stands beside the row and is listed."""
    found = add(project, tmp_path, said(A, True, weight=0.5), said(B, False, "Why?", weight=3))
    assert found.not_carried == {}
    out = tmp_path / "kto.jsonl"
    result = export_dataset(project.store, out, to="trl-kto-text")
    assert {line["label"]: line["weight"] for line in side_lines(out)} == {
        "good": 0.5,
        "bad": 3.0,
    }
    assert result.not_carried == {"weight": 2}


def test_a_response_without_a_weight_has_none(project, tmp_path):
    add(project, tmp_path, said(A, True))
    out = tmp_path / "kto.jsonl"
    assert export_dataset(project.store, out, to="trl-kto-text").not_carried == {}
    assert "weight" not in side_lines(out)[0]


def test_a_response_that_was_there_keeps_its_weight_and_the_other_is_told(project, tmp_path):
    add(project, tmp_path, said(A, True, weight=0.5))
    assert add(project, tmp_path, said(A, True, weight=0.5)).not_carried == {}
    assert add(project, tmp_path, said(A, True, weight=0.75)).not_carried == {"weight": 1}
    export_dataset(project.store, tmp_path / "kto.jsonl", to="trl-kto-text")
    assert side_lines(tmp_path / "kto.jsonl")[0]["weight"] == 0.5


@pytest.mark.parametrize("name", ["weight", "margin"])
def test_a_pair_that_was_there_keeps_its_weight_and_margin_and_others_are_told(project, tmp_path, name):
    def row(amount):
        return {"prompt": "Why?", "chosen": "Because.", "rejected": "No.", name: amount}

    assert add(project, tmp_path, row(0.5)).not_carried == {}
    assert add(project, tmp_path, row(0.5)).not_carried == {}
    assert add(project, tmp_path, row(0.75)).not_carried == {name: 1}
    export_dataset(project.store, tmp_path / "pairs.jsonl", to="jsonl")
    assert json.loads((tmp_path / "pairs.jsonl").read_text(encoding="utf-8"))[name] == 0.5


def test_a_score_beside_a_label_is_kept_and_the_label_decides(project, tmp_path):
    row = {"prompt": Q, "completion": A, "label": False, "score": 4.5}
    found = add_dataset(project, [write(tmp_path, row)], source="trl-kto-text")
    assert found.not_carried == {}
    (vote,) = rows(project, "response_vote")
    assert (vote.good, vote.rating) == (False, 4.5)
    assert kto(project, tmp_path) == {A: False}
