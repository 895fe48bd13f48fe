import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene

from pairwright.errors import NotConverged
from pairwright.stats.dawid_skene import dawid_skene


def voted(n, skills, seed=0, each=None):
    """Votes of raters right with these shares on n items of three classes, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, size=n, p=[0.45, 0.4, 0.15])
    item, rater, said = [], [], []
    for r, skill in enumerate(skills):
        asked = np.arange(n) if each is None else rng.choice(n, each, replace=False)
        right = rng.random(len(asked)) < skill
        other = (truth[asked] + rng.integers(1, 3, size=len(asked))) % 3
        item.append(asked)
        rater.append(np.full(len(asked), r))
        said.append(np.where(right, truth[asked], other))
    return np.concatenate(item), np.concatenate(rater), np.concatenate(said), truth


def test_three_who_always_agree_are_right_and_known_to_be():
    item, rater, said, truth = voted(60, [1.0, 1.0, 1.0])
    found = dawid_skene(item, rater, said, 60, 3)
    assert (found.probs.argmax(1) == truth).all()
    assert np.einsum("rtt->rt", found.confusion).min() > 0.9


def test_the_reliable_outvote_two_careless_ones():
    item, rater, said, truth = voted(2000, [0.95, 0.55, 0.5])
    found = dawid_skene(item, rater, said, 2000, 3)
    votes = np.stack([np.bincount(item[said == c], minlength=2000) for c in range(3)], 1)
    assert (found.probs.argmax(1) == truth).mean() > (votes.argmax(1) == truth).mean() + 0.1


def test_confusion_matrices_are_recovered():
    item, rater, said, _ = voted(4000, [0.9, 0.8, 0.7, 0.85])
    found = dawid_skene(item, rater, said, 4000, 4)
    assert np.einsum("rtt->rt", found.confusion).mean(1) == pytest.approx([0.9, 0.8, 0.7, 0.85], abs=0.03)
    assert found.confusion.sum(2) == pytest.approx(np.ones((4, 3)))


def test_it_is_crowd_kits_where_nothing_is_smoothed():
    item, rater, said, _ = voted(500, [0.9, 0.75, 0.7, 0.6, 0.8], seed=3, each=300)
    ours = dawid_skene(item, rater, said, 500, 5, smooth=0.0, tolerance=1e-9)
    frame = pd.DataFrame({"task": item, "worker": rater, "label": said})
    theirs = DawidSkene(n_iter=10_000, tol=1e-14).fit_predict_proba(frame)
    table = theirs.reindex(columns=[0, 1, 2]).fillna(0)
    assert ours.probs[table.index] == pytest.approx(table.to_numpy(), abs=1e-3)


def test_known_answers_are_kept_and_teach():
    item, rater, said, truth = voted(400, [0.55, 0.5, 0.9], seed=5)
    known = np.where(np.arange(400) < 60, truth, -1)
    found = dawid_skene(item, rater, said, 400, 3, known=known)
    assert (found.probs[:60].argmax(1) == truth[:60]).all()
    assert found.probs[:60].max(1) == pytest.approx(np.ones(60))


def test_items_nobody_answered_get_the_shares_of_the_classes():
    item, rater, said, _ = voted(100, [0.9, 0.9, 0.9])
    found = dawid_skene(item, rater, said, 105, 3)
    assert found.probs[104] == pytest.approx(found.share)


def test_one_answer_a_pair_cannot_tell_who_is_right():
    with pytest.raises(NotConverged, match="0 pairs were answered by two people"):
        dawid_skene(np.arange(50), np.arange(50) % 2, np.zeros(50, int), 50, 2)


def test_people_who_share_no_pair_cannot_be_compared():
    item = np.concatenate([np.repeat(np.arange(20), 2), np.repeat(np.arange(20, 40), 2)])
    rater = np.concatenate([np.tile([0, 1], 20), np.tile([2, 3], 20)])
    with pytest.raises(NotConverged, match="2 groups that share no pair"):
        dawid_skene(item, rater, np.zeros(80, int), 40, 4)


def test_a_fit_that_does_not_settle_raises():
    item, rater, said, _ = voted(300, [0.7, 0.6, 0.65])
    with pytest.raises(NotConverged, match="2 steps"):
        dawid_skene(item, rater, said, 300, 3, steps=2)


def test_raters_who_only_contradict_each_other_raise():
    rng = np.random.default_rng(0)
    item = np.tile(np.arange(200), 3)
    rater = np.repeat(np.arange(3), 200)
    said = (np.repeat(np.arange(3), 200) + np.tile(rng.integers(3, size=200), 3)) % 3
    with pytest.raises(NotConverged, match="right in"):
        dawid_skene(item, rater, said, 200, 3, smooth=0.0)
