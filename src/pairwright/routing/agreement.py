"""What counts as agreement with people: one definition, for tests, alarms, audits, plans and reports.

People's answers to a pair come to one label: what most of them said, or what a
lead decided. A verdict agrees where it is that label. Where people are evenly
split, or nobody answered, nothing is known yet: that is neither agreement nor
an error, and whoever tests a guarantee has to count it as the worse of the two.
"""

from __future__ import annotations

import numpy as np

TIE, UNKNOWN = 2, -1


def combined(counts: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """(n,) people's label of each pair: 0 A, 1 B, 2 TIE, -1 unknown.

    counts (n, 3): how many people said A, B, TIE. decided (n,): what a lead
    decided, which stands above them, -1 where none did.
    """
    most = counts.max(1, initial=0)
    clear = (most > 0) & ((counts == most[:, None]).sum(1) == 1)
    label = np.where(clear, counts.argmax(1), UNKNOWN)
    return np.where(decided >= 0, decided, label).astype(np.int8)


def agrees(label: np.ndarray, verdict: np.ndarray) -> np.ndarray:
    """(n,) bool: whether each verdict (0 A, 1 B, 2 TIE) is people's label. Unknown labels never agree."""
    return np.asarray(label == verdict)


def taught(counts: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(n, 3): what a pair teaches of what judges are worth: its label; the shares where people are split."""
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return np.asarray(np.where((label >= 0)[:, None], np.eye(3)[label], shares))
