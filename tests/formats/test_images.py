"""Images of a row in columns of their own: where in the prompt they stand."""

from __future__ import annotations

import base64

import pytest
from made_images import png

from pairwright.errors import InputError
from pairwright.formats.catalog import read_dataset
from pairwright.formats.images import filled, refs_in
from pairwright.formats.reading import BadRow, Rows
from pairwright.formats.rows import FieldNames, entry_from_row
from pairwright.types import Image, Message

ASKED = Message("user", "What is it?")
IN_BASE64 = f"data:image/png;base64,{base64.b64encode(png()).decode()}"


def parts(*items):
    return [
        {"role": "user", "content": [{"type": "text", "text": i} if isinstance(i, str) else i for i in items]}
    ]


PLACE = {"type": "image"}


@pytest.mark.parametrize(
    ("prompt", "column", "images", "text"),
    [
        ("What is it?", {"images": ["a.png"]}, [Image("a.png")], "What is it?"),
        ("What is it?", {"image": "a.png"}, [Image("a.png")], "What is it?"),
        ("What is it?", {"image": {"bytes": png(), "path": "a.png"}}, [Image(IN_BASE64)], "What is it?"),
        ("What is it?", {"image": {"bytes": None, "path": "a.png"}}, [Image("a.png")], "What is it?"),
        ("What is it?", {"image_url": "https://a.org/a.png"}, [Image("https://a.org/a.png")], "What is it?"),
        ("What is it?", {"images": [IN_BASE64]}, [Image(IN_BASE64)], "What is it?"),
        ("Is <image> like <image>?", {"images": ["a.png", "b.png"]}, [Image("a.png", 3), Image("b.png", 9)], "Is  like ?"),
        (parts(PLACE, "What is it?"), {"images": ["a.png"]}, [Image("a.png")], "What is it?"),
        (parts("Is", PLACE, "like <image>"), {"images": ["a.png"]}, [Image("a.png", 2)], "Islike <image>"),
        (parts({"type": "image_url", "image_url": {"url": "a.png"}}, "What is it?"), {}, [Image("a.png")], "What is it?"),
        ("What does <image> mean in HTML?", {}, [], "What does <image> mean in HTML?"),
    ],
)  # fmt: skip
def test_images_of_a_column_stand_where_the_prompt_has_places_for_them(prompt, column, images, text):
    (message,) = entry_from_row({"prompt": prompt, **column}, FieldNames(), "in:1").prompt.messages
    assert (list(message.images), message.content) == (images, text)
    row = {"prompt": prompt, "chosen": "A cat.", "rejected": "A dog.", **column}
    name = "trl-dpo-text" if isinstance(prompt, str) else "trl-dpo"
    (found,) = read_dataset(Rows("in", [row]), name)
    assert (list(found.prompt[0].images), found.prompt[0].content) == (images, text)
    assert found.beside == ()


@pytest.mark.parametrize(
    ("prompt", "column", "said"),
    [
        (parts(PLACE, PLACE, "Alike?"), {"images": ["a.png"]}, '"images" has 1 image, and the prompt has 2'),
        ("<image> Alike?", {"images": ["a.png", "b.png"]}, "the prompt has 1 <image> marks for them"),
        (parts(PLACE, "What?"), {}, 'the prompt has 1 image and the row no "images" to put there'),
        ("What?", {"images": [3]}, '"images" is a number (3), no path, address or bytes of an image'),
        ("What?", {"images": "[broken"}, '"images" begins like a list and is not valid JSON'),
    ],
)
def test_images_that_are_not_as_many_as_their_places_are_a_bad_row(prompt, column, said):
    with pytest.raises(InputError) as error:
        entry_from_row({"prompt": prompt, **column}, FieldNames(), "in:1")
    assert said in str(error.value)
    row = {"prompt": prompt, "chosen": "A cat.", "rejected": "A dog.", **column}
    (found,) = read_dataset(Rows("in", [row]), "trl-dpo")
    assert isinstance(found, BadRow)
    assert said in found.reason


def test_images_stand_before_the_first_question_where_no_place_is_named():
    system, answer = Message("system", "Be brief."), Message("assistant", "A cat.")
    prompt = filled((system, ASKED, answer, ASKED), ("a.png", "b.png"), '"images"')
    assert prompt == (
        system,
        Message("user", "What is it?", images=(Image("a.png"), Image("b.png"))),
        answer,
        ASKED,
    )
    with pytest.raises(InputError, match="the prompt no message of the user's"):
        filled((system,), ("a.png",), '"images"')


def test_a_second_column_that_says_where_the_images_are_from_does_not_leave_the_row_out():
    row = {"prompt": "What is it?", "image": "a.png", "image_path": "coco/a.png"}
    entry = entry_from_row(row, FieldNames(), "in:1")
    assert entry.prompt.messages[0].images == (Image("a.png"),)
    assert entry.prompt.meta == {"image_path": "coco/a.png"}
    (found,) = read_dataset(Rows("in", [{**row, "chosen": "A cat.", "rejected": "A dog."}]), "trl-dpo-text")
    assert found.beside == ("image_path",)


def test_images_of_the_answers_in_a_column_still_leave_the_row_out():
    row = {"prompt": "Draw a cat.", "response_a": "Here.", "response_b": "There.", "chosen_images": ["a.png"]}
    with pytest.raises(InputError, match='"chosen_images" is part of what was asked or answered'):
        entry_from_row(row, FieldNames(), "in:1")


HERE, THERE = {"role": "assistant", "content": "Here."}, {"role": "assistant", "content": "There."}


def drawn(**more) -> list:
    """What is read of two drawn answers to a prompt."""
    row = {
        "prompt": [{"role": "user", "content": "Draw a cat."}],
        "chosen": [HERE],
        "rejected": [THERE],
        **more,
    }
    return list(read_dataset(Rows("in", [row]), "trl-dpo"))


def images_of(found) -> list:
    return [[(image.ref, image.at) for turn in one.turns for image in turn.images] for one in found.responses]


def test_images_of_answers_in_columns_of_their_own_are_the_answers():
    (found,) = drawn(chosen_images=["a.png"], rejected_images=["b.png", "c.png"])
    assert images_of(found) == [[("a.png", 0)], [("b.png", 0), ("c.png", 0)]]
    assert [one.rank for one in found.responses] == [1, 2]
    assert found.beside == ()
    (found,) = drawn(rejected_images="b.png")
    assert images_of(found) == [[], [("b.png", 0)]]


def test_they_fill_the_places_that_an_answer_has():
    parts = [{"role": "assistant", "content": [{"type": "text", "text": "Here: "}, PLACE]}]
    (found,) = drawn(chosen=parts, chosen_images=["a.png"])
    assert images_of(found)[0] == [("a.png", 6)]
    marked = [{"role": "assistant", "content": "Here: <image>!"}]
    (found,) = drawn(chosen=marked, chosen_images=["a.png"])
    assert (images_of(found)[0], found.responses[0].turns[0].content) == ([("a.png", 6)], "Here: !")
    (bad,) = drawn(chosen=parts, chosen_images=["a.png", "b.png"])
    assert bad.reason == '"chosen_images" has 2 images, and the answer has 1 {"type": "image"} parts for them'


def test_answers_that_differ_in_their_images_only_are_two():
    (found,) = drawn(rejected=[HERE], chosen_images=["a.png"], rejected_images=["b.png"])
    assert images_of(found) == [[("a.png", 0)], [("b.png", 0)]]
    (left,) = drawn(rejected=[HERE], chosen_images=["a.png"], rejected_images=["a.png"])
    assert left.reason == "same_text"


def test_images_of_the_sides_of_a_table_and_of_a_single_response():
    row = {"prompt": "Draw.", "response_a": "Here.", "response_b": "There.", "label": "B",
           "response_a_images": ["a.png"], "response_b_images": ["b.png"]}  # fmt: skip
    (found,) = read_dataset(Rows("in", [row]), "table")
    assert (images_of(found), [one.rank for one in found.responses]) == (
        [[("a.png", 0)], [("b.png", 0)]],
        [2, 1],
    )
    row = {"prompt": "Draw.", "response": "Here.", "good": "up", "response_images": ["a.png"]}
    (found,) = read_dataset(Rows("in", [row]), "table")
    assert (images_of(found), found.responses[0].good) == ([[("a.png", 0)]], True)


def test_a_tie_of_two_drawings_stays_a_tie():
    (found,) = drawn(chosen_images=["a.png"], rejected_images=["b.png"], chosen_score=4, rejected_score=4)
    assert [one.rank for one in found.responses] == [1.5, 1.5]


def test_parts_with_images_in_answers_need_no_column():
    shown = [{"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}]}]
    (found,) = drawn(chosen=shown)
    assert images_of(found) == [[("a.png", 0)], []]


def test_a_cell_of_a_table_may_hold_a_list_as_json():
    assert refs_in('["a.png", "b.png"]', '"images"') == ("a.png", "b.png")
