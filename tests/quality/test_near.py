"""Near-duplicate texts: estimates against exact shares, and which pairs are found."""

import numpy as np

from pairwright.quality.near import NearTexts, signature, together


def words(rng, n):
    return [f"w{i}" for i in rng.integers(10_000, size=n)]


def triples(text):
    words = text.split()
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def test_estimates_are_close_to_the_share_of_triples_in_common():
    rng = np.random.default_rng(0)
    errors = []
    for changed in (0, 2, 5, 10, 20):
        for _ in range(20):
            a = words(rng, 200)
            b = list(a)
            for place in rng.integers(200, size=changed):
                b[place] = "other"
            a, b = " ".join(a), " ".join(b)
            exact = len(triples(a) & triples(b)) / len(triples(a) | triples(b))
            texts = NearTexts()
            texts.add(signature(a))
            texts.add(signature(b))
            found = list(texts.alike(0.0)) or [(1, 0, exact)]
            errors.append(found[0][2] - exact)
    assert abs(np.mean(errors)) < 0.02
    assert np.std(errors) < 0.06


def test_alike_texts_are_found_and_others_are_not():
    rng = np.random.default_rng(1)
    texts, planted = NearTexts(), {}
    originals = [words(rng, 150) for _ in range(400)]
    for each in originals:
        texts.add(signature(" ".join(each)))
    for i in range(0, 400, 4):
        edited = list(originals[i])
        edited[70] = "changed"
        planted[len(texts)] = i
        texts.add(signature(" ".join(edited)))
    found = {text: earlier for text, earlier, _ in texts.alike(0.85)}
    assert found.items() <= planted.items()
    assert len(found) >= 0.97 * len(planted)


def test_the_earliest_of_several_is_named():
    texts = NearTexts()
    for _ in range(3):
        texts.add(signature("one two three four five six seven"))
    assert [(text, earlier) for text, earlier, _ in texts.alike(0.9)] == [(1, 0), (2, 0)]


def test_a_union_is_the_smaller_of_both():
    a, b = "one two three four five", "six seven eight nine ten"
    both = together(signature(a), signature(b))
    texts = NearTexts()
    for each in (both, together(signature(b), signature(a))):
        texts.add(each)
    assert [share for *_, share in texts.alike(0.9)] == [1.0]


def test_short_and_empty_texts_are_texts():
    texts = NearTexts()
    for text in ("", "one", "one two", "two"):
        texts.add(signature(text))
    assert list(texts.alike(0.9)) == []
    assert list(NearTexts().alike(0.5)) == []
