"""Token probabilities become the probability that the first response is better."""

from math import log

import pytest

from pairwright.judging.logprobs import prob_first, verdict_logprobs
from pairwright.judging.parsing import read_verdict


def token(text, **top):
    options = top or {text: 1.0}
    return {
        "token": text,
        "logprob": log(max(options.get(text, 1e-9), 1e-9)),
        "top_logprobs": [{"token": name, "logprob": log(p)} for name, p in options.items()],
    }


def answer(*verdict_tokens):
    head = [token('{"'), token("verdict"), token('":'), token(' "')]
    return [*head, *verdict_tokens, token('",'), token(' "confidence": "HIGH"}')]


def content(tokens):
    return "".join(t["token"] for t in tokens)


def logprobs(text, tokens):
    read = read_verdict(text)
    return verdict_logprobs(text, tokens, read.place, read.answer.verdict)


def prob(tokens, text=None):
    return prob_first(logprobs(text or content(tokens), tokens))


def test_reads_the_mass_at_the_token_where_the_verdict_was_decided():
    assert prob(answer(token("A", A=0.8, B=0.2))) == pytest.approx(0.8)


def test_adds_up_all_spellings_of_a_verdict():
    top = {"A": 0.5, " A": 0.1, "a": 0.1, "B": 0.2, "The": 0.1}
    assert prob(answer(token("A", **top))) == pytest.approx(0.7 / 0.9)


def test_a_tie_counts_half_for_each_side():
    assert prob(answer(token("T", T=0.5, A=0.4, B=0.1), token("IE"))) == pytest.approx(0.65)


def test_words_that_only_begin_with_a_verdict_are_not_one():
    assert prob(answer(token("A", A=0.6, Both=0.2, B=0.2))) == pytest.approx(0.75)


def test_the_verdict_may_stand_behind_its_quote_in_one_token():
    tokens = [token('{"verdict":'), token(' "A', **{' "A': 0.9, ' "B': 0.1}), token('"}')]
    assert prob(tokens) == pytest.approx(0.9)


def test_a_bare_letter_is_read_too():
    assert prob([token("B", A=0.25, B=0.75)]) == pytest.approx(0.25)


def test_says_nothing_where_half_the_mass_is_elsewhere():
    assert prob(answer(token("A", A=0.3, B=0.1, The=0.6))) is None


@pytest.mark.parametrize("tokens", [None, []])
def test_says_nothing_without_tokens(tokens):
    assert logprobs('{"verdict": "A"}', tokens) is None
    assert prob_first(None) is None


def test_says_nothing_when_the_tokens_are_of_another_text():
    assert logprobs('{"verdict": "A"}', [token("x")]) is None


@pytest.mark.parametrize(
    "odd",
    [
        [{"text": "A"}],
        [{"token": '{"verdict": "A"}'}],
        ["A"],
        [{"token": '{"verdict": "A"}', "logprob": None}],
    ],
)
def test_says_nothing_where_the_entries_have_another_form(odd):
    assert logprobs('{"verdict": "A"}', odd) is None


def test_says_nothing_where_a_single_verdict_is_listed_and_the_others_may_have_the_rest():
    assert prob(answer(token("A", A=0.6))) is None
    unlisted = answer({"token": "A", "logprob": log(0.6), "top_logprobs": []})
    assert prob(unlisted) is None
    assert prob(answer(token("A", A=0.99))) == pytest.approx(1.0)


def test_says_nothing_where_the_numbers_are_no_probabilities():
    assert prob(answer(token("A", A=20.0, B=7.0))) is None
