"""People and judges together, without letting the judges outvote the people.

In plain Dawid-Skene every judge counts as one more rater, and judges that make
the same mistakes confirm each other until they overrule the people. Here all
judges together are one forecast, made from pairs people labelled and without
the pair's own labels; it is the prior, and people are raters on top of it, each
right with a probability of its own (the one-coin model of Dawid & Skene, JRSS C
28 (1979), with a Beta(4, 1) prior: most people are mostly right).

Two things keep people from being believed more than is known of them:

* The forecast learned from people's votes, so it says what a person would answer, not
  what is right: if people are right in p, it can't be surer than p. Taken for the truth it
  would confirm whoever it learned from. `Taught.truth` takes their errors out again, as
  label noise of a known rate is corrected for (Patrini et al., CVPR 2017, arXiv:1609.03683).
* A pair that one person answered tells how like the forecast that person is, not how right:
  a good judge beside poor people looks the same as a poor judge beside good ones. So such
  answers may cost trust, but earn it only as far as it is certain: nobody's answers can be
  foretold more often than they are right. Else it is earned on pairs that several people
  answered and on gold pairs.

And judges never outvote a person: a forecast counts for less than one answer of the people it
learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from pairwright.errors import NotConverged
from pairwright.stats.intervals import wilson

RIGHT, WRONG = 4.0, 1.0  # the Beta prior on how often a person is right
K = 3
LEAST = 0.6  # people are taken to be right this often at least where a forecast is cleared of their errors
LESS = 0.02  # by which a forecast counts for less than one person's answer
SUREST, FEWEST_SUREST = (
    (0.5, 0.1),
    30,
)  # parts of forecasts on which it is seen how far answers can be foretold
_SPREAD = 0.5  # of the normal prior on the logarithm of how much sharper than it should be a forecast is


@dataclass(frozen=True, slots=True)
class Anchored:
    """probs (n_pairs, 3): of A, B, TIE given forecast and people. reliability (n_people,): share right."""

    probs: np.ndarray
    reliability: np.ndarray


@dataclass(frozen=True, slots=True)
class Taught:
    """What a forecast learned from: people `right` this often, of whose answers `ties` are ties.

    `least` is how right they are at the least, by how often it foretold them. `sharpness` is the
    power that makes its probabilities of the sides fit the answers it did not see.
    """

    right: float
    ties: float
    sharpness: float = 1.0
    least: float = 0.0

    @property
    def shares(self) -> np.ndarray:
        """(3,) how common A, B, TIE are; the sides are arbitrary, so A is as common as B."""
        return np.array([(1 - self.ties) / 2, (1 - self.ties) / 2, self.ties])

    def truth(self, forecast: np.ndarray) -> np.ndarray:
        """(n, 3) forecasts of the truth from those of answers; where they say nothing, the shares."""
        says = np.ptp(forecast, axis=1) > 1e-9
        sharp = _sharpened(forecast, self.sharpness)
        errors = one_coin(np.array([max(self.right, LEAST)]), self.ties)[0]
        cleared = np.maximum(sharp @ np.linalg.inv(errors), 1e-3 * sharp + 1e-9)
        cleared /= cleared.sum(1, keepdims=True)
        return np.where(says[:, None], cleared, self.shares)

    def before(self, forecast: np.ndarray) -> np.ndarray:
        """(n, 3) what is believed before people answer: the same, but less sure than one of their answers."""
        cleared, most = self.truth(forecast), max(self.right, LEAST) - LESS
        sides = cleared[:, :2].sum(1)
        first = np.clip(cleared[:, 0] / sides, 1 - most, most)
        return np.column_stack([first * sides, (1 - first) * sides, cleared[:, 2]])


def one_coin(right: np.ndarray, ties: float = 1 / 3) -> np.ndarray:
    """(n, 3, 3) confusion matrices of raters who are right with this probability.

    An error is one of the other answers, as common among errors as it is among answers, of which
    `ties` are ties: who never says TIE does not say it by mistake.
    """
    side = (1 - ties) / (1 + ties)
    errors = np.array([[0, side, 1 - side], [side, 0, 1 - side], [0.5, 0.5, 0]])
    return np.asarray(right[:, None, None] * np.eye(K) + (1 - right)[:, None, None] * errors)


def ties_among(verdict: np.ndarray) -> float:
    """The share of ties among answers, drawn towards a third where there are few."""
    return float(((verdict == 2).sum() + 1) / (len(verdict) + K))


def taught_by(
    forecast: np.ndarray, row: np.ndarray, person: np.ndarray, verdict: np.ndarray, reliability: np.ndarray
) -> Taught:
    """What this forecast (n_pairs, 3) learned from these answers, of people right this often (n_people,)."""
    at = (np.ptp(forecast[row], axis=1) > 1e-9) & (verdict != 2)
    sides = np.maximum(forecast[row[at], :2], 1e-6)
    # How much likelier the forecast takes the side that was chosen, in log-odds.
    lead = np.where(verdict[at] == 0, 1, -1) * np.log(sides[:, 0] / sides[:, 1])

    def misfit(log_power: float) -> float:
        return float(np.logaddexp(0, -lead * np.exp(log_power)).sum() + log_power**2 / (2 * _SPREAD**2))

    best = scipy.optimize.minimize_scalar(misfit, bounds=(-3.0, 2.0), method="bounded").x if at.any() else 0.0
    least = foretold(lead)
    right = max(float(reliability[person].mean()), least)
    return Taught(right, ties_among(verdict), float(np.exp(best)), least)


def foretold(lead: np.ndarray) -> float:
    """How often answers are right at the least: as often as they can be foretold.

    That is over all of them, or over the surest half or tenth, at the low end of a 95 % interval. lead (n,):
    of each answer, how much likelier the forecast took it for than the other side, in log-odds.
    """
    if not len(lead):
        return 0.0
    sure = np.sort(np.abs(lead))
    least = float((lead > 0).mean())
    for part in SUREST:
        n = int(part * len(lead))
        if n >= FEWEST_SUREST:
            hit = lead[np.abs(lead) >= sure[-n]] > 0
            least = max(least, wilson(float(hit.sum()), len(hit), 1 - 0.05 / len(SUREST)).low)
    return least


def combine(
    prior: np.ndarray,
    row: np.ndarray,
    person: np.ndarray,
    verdict: np.ndarray,
    n_people: int,
    *,
    known: np.ndarray | None = None,
    fixed: np.ndarray | None = None,
    ties: float = 1 / 3,
    least: float = 0.0,
    steps: int = 2000,
    tolerance: float = 1e-5,
) -> Anchored:
    """Posterior probabilities by expectation-maximisation.

    prior (n_pairs, 3): the judges' forecast of the truth, a uniform row where there is none.
    row, person, verdict (n_votes,): which pair, who (0..n_people-1), and 0 A, 1 B, 2 TIE.
    `known` (n_pairs,) is the answer of gold pairs, -1 elsewhere; `fixed` (n_people,) how right
    somebody is where that is settled, nan elsewhere; `ties` as for `one_coin`; `least` is how right
    people are at the least, as far as pairs tell that one person answered. Raises NotConverged.
    """
    n = len(prior)
    base = np.log(np.maximum(prior, 1e-12))
    gold = np.flatnonzero(known >= 0) if known is not None else np.array([], int)
    alone = np.bincount(row, minlength=n) == 1
    alone[gold] = False
    alone = alone[row]
    asked = np.bincount(person[~alone], minlength=n_people)
    lone = np.bincount(person[alone], minlength=n_people)
    newcomer = np.full(n_people, max(RIGHT / (RIGHT + WRONG), least))
    settled = np.full(n_people, np.nan) if fixed is None else fixed
    reliability = np.where(np.isnan(settled), newcomer, settled)
    for _ in range(steps):
        gain = np.log(np.maximum(one_coin(reliability, ties), 1e-12))[person, :, verdict]
        scores = base + np.stack([np.bincount(row, weights=each, minlength=n) for each in gain.T], 1)
        scores -= scores.max(1, keepdims=True)
        probs = np.exp(scores)
        probs /= probs.sum(1, keepdims=True)
        if known is not None:
            probs[gold] = np.eye(K)[known[gold]]
        right = probs[row, verdict]
        earned = np.bincount(person[~alone], weights=right[~alone], minlength=n_people) + RIGHT
        measured = earned / (asked + RIGHT + WRONG)
        lonely = np.bincount(person[alone], weights=right[alone], minlength=n_people)
        new = (earned + np.minimum(lonely, np.maximum(measured, least) * lone)) / (
            asked + lone + RIGHT + WRONG
        )
        new = np.where(np.isnan(settled), new, settled)
        moved = float(np.abs(new - reliability).max(initial=0.0))
        reliability = new
        if moved < tolerance:
            return Anchored(probs, reliability)
    raise NotConverged(f"people's reliabilities did not settle in {steps} steps on {len(row)} votes")


def _sharpened(forecast: np.ndarray, power: float) -> np.ndarray:
    """The same probability of a tie, and of the sides what this power makes of them."""
    sides = np.maximum(forecast[:, :2], 1e-6)
    scores = power * np.log(sides / sides.max(1, keepdims=True))
    sharp = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return np.column_stack([sharp * (1 - forecast[:, 2:]), forecast[:, 2]])
