"""VLFeedback: answers about an image by several models, rated by GPT-4V; and RLAIF-V, which needs no reader."""

from __future__ import annotations

import base64

from formats.sources.said import A, B, asked, ranks, texts, told
from made_images import png

from pairwright.formats.canonical import Canonical, pairs, responses_of
from pairwright.formats.catalog import read_dataset
from pairwright.formats.guess import guess
from pairwright.formats.reading import BadRow, Rows
from pairwright.types import Image

SEEN = "What is in the picture?"


def rated(*ratings: str) -> dict:
    aspects = ("Helpfulness", "Ethical Considerations", "Visual Faithfulness")
    return {name: {"Rating": each, "Rationale": "so"} for name, each in zip(aspects, ratings, strict=True)}


# Three answers: the second has the largest mean of its three ratings (5), then the first (4), then the third.
RECORD = {
    "id": "svit-1",
    "prompt": SEEN,
    "models": ["llava", "gpt4v", "qwen"],
    "img_path": "coco/1.jpg",
    "completions": {
        "response": ["A dog.", "A brown dog.", "A cat."],
        "model": ["llava", "gpt4v", "qwen"],
        "annotations": [rated("4", "4", "4"), rated("5", "5", "5"), rated("1", "5", "1")],
    },
}


def read(row) -> list:
    return list(read_dataset(Rows("vl", [row]), "vlfeedback"))


def test_the_largest_mean_rating_is_the_best_answer():
    (found,) = read(RECORD)
    assert (texts(found), ranks(found)) == (["A dog.", "A brown dog.", "A cat."], [2, 1, 3])
    assert [one.model for one in found.responses] == ["llava", "gpt4v", "qwen"]
    assert found.prompt[0].images == (Image("coco/1.jpg"),)
    (said,) = found.opinions
    assert (said.rater, said.kind) == ("gpt-4v", "judge")
    better = [(pair.chosen.text, pair.rejected.text) for pair in pairs(found, "all")]
    assert set(better) == {("A brown dog.", "A dog."), ("A dog.", "A cat."), ("A brown dog.", "A cat.")}


def test_its_format_is_told_and_what_is_not_carried_is_listed(tmp_path):
    assert told(tmp_path, RECORD) == "vlfeedback"
    (found,) = read(RECORD)
    assert "models" in found.beside
    assert "completions.annotations.Helpfulness.Rationale" in found.beside
    assert "img_path" not in found.beside


def test_completions_may_be_a_list_of_objects():
    listed = [
        dict(zip(RECORD["completions"], values, strict=True))
        for values in zip(*RECORD["completions"].values(), strict=True)
    ]
    (found,) = read({**RECORD, "completions": listed})
    assert ranks(found) == [2, 1, 3]


def test_equal_means_are_a_tie_and_an_answer_that_was_not_rated_ranks_nobody():
    two = {"response": ["A dog.", "A cat."], "annotations": [rated("4", "4", "4"), rated("5", "4", "3")]}
    (found,) = read({**RECORD, "completions": two})
    assert ranks(found) == [1.5, 1.5]
    two["annotations"][1] = rated("5", "N/A", "3")
    (found,) = read({**RECORD, "completions": two})
    assert ranks(found) == [None, None]


def test_lists_of_different_lengths_are_a_bad_row():
    (bad,) = read({**RECORD, "completions": {"response": ["A", "B"], "annotations": []}})
    assert isinstance(bad, BadRow)
    assert '"completions" has lists of different lengths' in bad.reason


def test_an_image_column_beside_the_path_is_the_image():
    (found,) = read({**RECORD, "image": {"bytes": png(), "path": "1.jpg"}})
    assert found.prompt[0].images[0].ref.startswith("data:image/png;base64,")


# openbmb/RLAIF-V-Dataset as published: `chosen` is the answer with fewer claims found wrong.
RLAIF_V = {
    "ds_name": "RLAIF-V",
    "image": {"bytes": png(), "path": "llava1.5-7b-0.jpg"},
    "question": SEEN,
    "chosen": A,
    "rejected": B,
    "origin_dataset": "VQAv2",
    "origin_split": '{"model": "llava15_7b_base", "type": "question_answering"}',
    "idx": 0,
    "image_path": "data/RLAIF-V/0.jpg",
}


def test_rlaif_v_has_its_image_in_the_question_and_chosen_over_rejected():
    given = Rows("RLAIF-V", [RLAIF_V])
    name = guess(given, {})
    (found,) = read_dataset(given, name)
    assert isinstance(found, Canonical)
    assert asked(found) == [("user", SEEN)]
    in_base64 = base64.b64encode(png()).decode()
    assert found.prompt[0].images == (Image(f"data:image/png;base64,{in_base64}"),)
    (pair,) = pairs(found)
    assert [one.text for one in responses_of(pair)] == [A, B]
    assert set(found.beside) == {"ds_name", "origin_dataset", "origin_split", "idx", "image_path"}
