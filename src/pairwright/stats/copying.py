"""People who agree far more with each other than with everybody else: one may copy the other.

Two tests have to say so, and a third where gold pairs allow it:

1. Each agrees more with the other than with all others together (Fisher's exact test, one-sided,
   for either of the two; the larger p-value counts: an intersection-union test).
2. More than skill explains. If people err independently and x is how far a pair of people agrees
   beyond chance, x(i, j) = s(i) s(j) where s(i) is i's skill (the one-coin model of Dawid & Skene,
   JRSS C 28 (1979)). So with all others as o, x(i, j) = x(i, o) x(j, o) / x(o, o), which is compared
   with what was seen by the delta method. It takes two others who share pairs:
   among three people two who are right and two who copy look the same, and `explained` is None.
3. More than their record on gold pairs explains, at the upper end of its interval (binomial).

p-values are Holm's (Scand. J. Stat. 6 (1979)) over every two people tested, at 1 % together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import scipy

from pairwright.stats.intervals import clopper_pearson, wilson
from pairwright.types import Estimate

FEWEST = 30  # pairs two people both answered, and each with others, under which nothing is said
FEWEST_GOLD = 10  # gold pairs each answered, under which their record explains nothing
FAR = 0.1  # of a share above their agreement with others; with thousands of pairs less is significant
LEVEL = 0.01
TIE = 2


@dataclass(frozen=True, slots=True)
class Alike:
    """Two people, by number. `together` is how often they agree, `others` how often either does with others.

    `explained` is how often they would agree if they erred independently, as skilled as they are
    beside others; None where that can't be known. `p` is after Holm's correction.
    """

    one: int
    other: int
    together: Estimate
    others: Estimate
    explained: float | None
    p: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def too_alike(
    item: np.ndarray, rater: np.ndarray, said: np.ndarray, known: np.ndarray | None = None
) -> list[Alike]:
    """Every two people who agree far more with each other than with all others; the surest first.

    item, rater, said (n,): the columns of all answers, 0 A, 1 B, 2 TIE; `known` (n,) the answer of
    gold pairs, -1 elsewhere. With two people only there is nobody to compare them with.
    """
    raters, place = np.unique(rater, return_inverse=True)
    same, both = _agreements(item, place, said, len(raters))
    chance = _chance(said)
    gold = [_on_gold(place == i, said, known) for i in range(len(raters))]
    tested = []
    for i, j in combinations(range(len(raters)), 2):
        if both[i, j] < FEWEST:
            continue
        found = _compared(i, j, same, both, chance, gold)
        if found is not None:
            tested.append(found)
    tested.sort(key=lambda each: each.p)
    flagged, worst = [], 0.0
    for rank, each in enumerate(tested):
        worst = max(worst, min(1.0, each.p * (len(tested) - rank)))
        if worst > LEVEL:
            break
        one, other = int(raters[each.one]), int(raters[each.other])
        flagged.append(Alike(one, other, each.together, each.others, each.explained, worst))
    return flagged


def _agreements(
    item: np.ndarray, person: np.ndarray, said: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """(n, n) each: pairs on which two people said the same, and pairs both answered."""
    _, row = np.unique(item, return_inverse=True)
    n_rows = int(row.max()) + 1 if len(row) else 0
    size = (n_rows, n)
    answered = scipy.sparse.coo_matrix((np.ones(len(row)), (row, person)), size).tocsr()
    same = np.zeros((n, n))
    for verdict in np.unique(said):
        at = said == verdict
        gave = scipy.sparse.coo_matrix((np.ones(int(at.sum())), (row[at], person[at])), size).tocsr()
        same += (gave.T @ gave).toarray()
    return same, np.asarray((answered.T @ answered).toarray())


def _chance(said: np.ndarray) -> float:
    """How often two people agree by chance, neither side being likelier than the other."""
    tie = float((said == TIE).mean()) if len(said) else 0.0
    return (1 - tie) ** 2 / 2 + tie**2


def _on_gold(mine: np.ndarray, said: np.ndarray, known: np.ndarray | None) -> Estimate | None:
    at = mine & (known >= 0) if known is not None else np.zeros(len(said), bool)
    if known is None or at.sum() < FEWEST_GOLD:
        return None
    return clopper_pearson(int((said[at] == known[at]).sum()), int(at.sum()))


def _compared(
    i: int, j: int, same: np.ndarray, both: np.ndarray, chance: float, gold: list[Estimate | None]
) -> Alike | None:
    """Two people beside all others, `p` still uncorrected; None where there are too few others' answers."""
    others = np.ones(len(same), bool)
    others[[i, j]] = False
    agree, met = float(same[i, j]), float(both[i, j])
    beside = [(float(same[each, others].sum()), float(both[each, others].sum())) for each in (i, j)]
    if min(n for _, n in beside) < FEWEST:
        return None
    closest = max(beside, key=lambda each: each[0] / each[1])
    together, apart = wilson(agree, met), wilson(*closest)
    if together.value - apart.value <= FAR:
        return Alike(i, j, together, apart, None, 1.0)
    ps = [
        float(scipy.stats.fisher_exact([[agree, met - agree], [k, n - k]], alternative="greater")[1])
        for k, n in beside
    ]
    rest = np.ix_(others, others)
    third = (np.triu(same[rest], 1).sum(), np.triu(both[rest], 1).sum())
    explained, p = _by_skill((agree, met), beside[0], beside[1], third, chance)
    ps += [p, _by_gold(agree, met, gold[i], gold[j])]
    return Alike(i, j, together, apart, explained, max(ps))


def _by_skill(
    here: tuple[float, float],
    one: tuple[float, float],
    other: tuple[float, float],
    third: tuple[float, float],
    chance: float,
) -> tuple[float | None, float]:
    """The share of agreement that skill explains, and the p-value of what was seen; (None, 0) if unknown."""
    if third[1] < FEWEST:
        return None, 0.0
    (seen, of_seen), (x, of_x), (y, of_y), (z, of_z) = (
        _beyond(*each, chance) for each in (here, one, other, third)
    )
    if z < 2 * np.sqrt(of_z):
        return None, 1.0  # the others hardly agree beyond chance: beside them nobody's skill can be told
    explained = min(1.0, max(x, 0.0) * max(y, 0.0) / z)
    variance = of_seen + (of_x * y**2 + of_y * x**2 + of_z * explained**2) / z**2
    p = float(scipy.stats.norm.sf((seen - explained) / np.sqrt(variance)))
    return chance + (1 - chance) * explained, p


def _beyond(agree: float, met: float, chance: float) -> tuple[float, float]:
    """Agreement beyond chance, 1 at most, and the variance of that estimate (Agresti & Coull 1998)."""
    share = (agree + 2) / (met + 4)
    return (share - chance) / (1 - chance), share * (1 - share) / (met + 4) / (1 - chance) ** 2


def _by_gold(agree: float, met: float, one: Estimate | None, other: Estimate | None) -> float:
    """The p-value of so much agreement of two people no better than they may be by gold; 0 without."""
    if one is None or other is None:
        return 0.0
    best = one.high * other.high + (1 - one.high) * (1 - other.high)
    return float(scipy.stats.binom.sf(agree - 1, met, best))
