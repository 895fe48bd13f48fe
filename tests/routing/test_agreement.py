"""People's one label of a pair, and what agrees with it."""

import numpy as np
import pytest

from pairwright.routing.agreement import UNKNOWN, agrees, combined, taught

NOBODY_DECIDED = -1


@pytest.mark.parametrize(
    ("said_a", "said_b", "said_tie", "label"),
    [
        (1, 0, 0, 0),
        (0, 1, 0, 1),
        (0, 0, 1, 2),
        (2, 1, 0, 0),  # one dissenter of three
        (1, 1, 3, 2),
        (2, 1, 1, 0),  # most of them, though not more than half
        (1, 1, 0, UNKNOWN),
        (2, 2, 1, UNKNOWN),
        (1, 1, 1, UNKNOWN),
        (0, 0, 0, UNKNOWN),
    ],
)
def test_peoples_label_is_what_most_of_them_said(said_a, said_b, said_tie, label):
    counts = np.array([[said_a, said_b, said_tie]])
    assert combined(counts, np.array([NOBODY_DECIDED])).tolist() == [label]
    swapped = {0: 1, 1: 0}.get(label, label)
    assert combined(counts[:, [1, 0, 2]], np.array([NOBODY_DECIDED])).tolist() == [swapped]


@pytest.mark.parametrize("decided", [0, 1, 2])
@pytest.mark.parametrize("counts", [(3, 0, 0), (1, 1, 0), (0, 0, 0)])
def test_what_a_lead_decided_stands_above_what_people_said(counts, decided):
    assert combined(np.array([counts]), np.array([decided])).tolist() == [decided]


def test_each_pair_has_a_label_of_its_own():
    counts, decided = np.array([[2, 0, 0], [0, 2, 0], [1, 1, 0]]), np.array([-1, 0, -1])
    assert combined(counts, decided).tolist() == [0, 0, UNKNOWN]
    assert combined(np.zeros((0, 3), int), np.zeros(0, int)).tolist() == []


def test_a_verdict_agrees_where_it_is_the_label_and_never_with_what_is_unknown():
    label = np.array([0, 0, 1, 2, 2, UNKNOWN, UNKNOWN])
    verdict = np.array([0, 1, 1, 2, 0, 0, 2])
    assert agrees(label, verdict).tolist() == [True, False, True, True, False, False, False]


def test_a_label_teaches_itself_and_a_split_its_shares():
    counts = np.array([[2, 1, 0], [1, 1, 0], [1, 2, 1], [0, 0, 0], [0, 3, 1]])
    label = np.array([0, UNKNOWN, 1, UNKNOWN, 2])  # of the last a lead said that it is a tie
    assert taught(counts, label).tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]]
