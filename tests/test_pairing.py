"""Which responses meet: every policy, by content and seed alone."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.errors import InputError
from pairwright.pairing import POLICIES, choose_pairs, pair_key, text_key
from pairwright.types import Message

PROMPT = b"p" * 16


@dataclass(frozen=True)
class Said:
    text: str
    model: str | None = None
    turns: tuple[Message, ...] = ()


FOUR = [Said("one", "ref"), Said("two", "a"), Said("three", "b"), Said("four", "ref")]


def meet(responses, policy="all", *options, prompt_key=PROMPT, **named):
    """The chosen pairs as (text of a, text of b)."""
    chosen = choose_pairs(responses, policy, *options, prompt_key=prompt_key, **named)
    return [(responses[a].text, responses[b].text) for a, b in chosen]


def sides(pairs):
    return {frozenset(pair) for pair in pairs}


def test_all_lets_every_two_meet():
    assert len(meet(FOUR)) == len(sides(meet(FOUR))) == 6


def test_random_draws_k_by_seed():
    assert len(meet(FOUR, "random", 2)) == 2
    assert sides(meet(FOUR, "random", 2)) < sides(meet(FOUR))
    assert len(meet(FOUR, "random", 99)) == 6
    drawn = {frozenset(sides(meet(FOUR, "random", 2, seed=seed))) for seed in range(300)}
    assert len(drawn) == 15  # every choice of 2 out of 6 comes up


def test_a_larger_k_only_adds():
    for k, more in pairwise(range(1, 7)):
        assert sides(meet(FOUR, "random", k)) < sides(meet(FOUR, "random", more))


def test_each_prompt_has_its_own_draw():
    drawn = {frozenset(meet(FOUR, "random", 1, prompt_key=bytes([n]) * 16)[0]) for n in range(60)}
    assert len(drawn) == 6


def test_reference_lets_every_other_meet_each_response_of_the_reference():
    assert sides(meet(FOUR, "reference", reference="ref")) == {
        frozenset(pair) for pair in [("one", "two"), ("one", "three"), ("four", "two"), ("four", "three")]
    }
    assert meet(FOUR, "reference", reference="absent") == []


def test_no_side_is_always_the_references():
    first = [meet(FOUR[:2], "reference", reference="ref", seed=seed)[0][0] for seed in range(400)]
    assert 160 < first.count("one") < 240


def test_equal_texts_never_meet_and_one_stands_for_all():
    assert meet([Said("same", "a"), Said(" same\n", "b")]) == []
    assert len(meet([Said("same", "a"), Said("same ", "b"), Said("other", "c")])) == 1


def test_a_text_the_reference_wrote_too_stands_for_the_reference():
    responses = [Said("same", "a"), Said("same", "ref"), Said("other", "b")]
    [(a, b)] = choose_pairs(responses, "reference", reference="ref", prompt_key=PROMPT)
    assert {a, b} == {1, 2}


def test_fewer_than_two_make_no_pair():
    assert meet([]) == meet(FOUR[:1]) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("best",), '"best" is not one of all, random, reference'),
        (("random", 0), "k is 0: at least 1"),
        (("reference",), "needs the name of the reference model"),
    ],
)
def test_a_policy_that_lacks_something_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        meet(FOUR, *options)


def key(a: str, b: str, prompt: bytes = PROMPT) -> bytes:
    return pair_key(prompt, text_key(a), text_key(b))


def thought(reasoning: str, text: str = "Yes.") -> Said:
    return Said(text, turns=(Message("assistant", text, reasoning=reasoning),))


def test_responses_that_differ_in_their_reasoning_only_are_two_unless_reasoning_does_not_count():
    both = [thought("because"), thought("for no reason")]
    assert len(choose_pairs(both, "all", prompt_key=PROMPT)) == 1
    assert choose_pairs(both, "all", prompt_key=PROMPT, reasoning_counts=False) == []


def test_a_pair_is_known_by_its_two_texts_whoever_is_first():
    assert key("x", "y") == key("y", "x ")
    assert len({key("x", "y"), key("x", "z"), key("x", "y", b"q" * 16)}) == 3


said = st.builds(Said, st.sampled_from(["a", "a ", "b", "c", "d", " d"]), st.sampled_from([None, "m", "ref"]))
options = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(list(POLICIES)),
        "k": st.integers(1, 5),
        "seed": st.integers(0, 2**40),
        "reference": st.just("ref"),
        "prompt_key": st.binary(min_size=16, max_size=16),
    }
)


@given(st.lists(said, max_size=7), options, st.randoms())
def test_the_order_of_arrival_does_not_matter(responses, options, chance):
    shuffled = chance.sample(responses, len(responses))
    assert [(responses[a], responses[b]) for a, b in choose_pairs(responses, **options)] == [
        (shuffled[a], shuffled[b]) for a, b in choose_pairs(shuffled, **options)
    ]


@given(st.lists(said, max_size=7), options)
def test_no_pair_has_equal_texts_and_none_comes_twice(responses, options):
    pairs = [
        (responses[a].text.strip(), responses[b].text.strip()) for a, b in choose_pairs(responses, **options)
    ]
    assert all(a != b for a, b in pairs)
    assert len(sides(pairs)) == len(pairs)
