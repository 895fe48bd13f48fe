"""Refusals are known by how they open."""

import pytest

from pairwright.quality.refusals import looks_like_refusal


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I cannot assist with this request.",
        "Sorry, but I can't provide that.",
        "I cannot help with making weapons.",
        "As an AI language model, I cannot provide medical advice.",
        "Unfortunately, I am unable to help with this.",
        "I apologize, but I won't create that content.",
    ],
)
def test_knows_a_refusal(text):
    assert looks_like_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sorry to hear that! Here are three things to try.",
        "I can help with that.",
        "You cannot help everyone, but you can start small.",
        "The word 'sorry' comes from Old English.",
        "I can't wait to help! First, open the lid.",
        "Cats cannot taste sweetness.",
        "",
    ],
)
def test_leaves_ordinary_answers_alone(text):
    assert not looks_like_refusal(text)
