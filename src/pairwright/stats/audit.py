"""How accurate a whole dataset is, from a small audit and everything the judges said.

Prediction-powered inference (Angelopoulos et al., Science 382 (2023); PPI++,
arXiv 2311.01453): the audit measures, forecasts of all pairs take out what luck
of the draw put into it. A wrong forecast costs width, never truth. Pairs audited
with unequal chances are weighted by the inverse of theirs (Horvitz & Thompson,
JASA 47 (1952)).
"""

from __future__ import annotations

import numpy as np
import scipy

from pairwright.types import Estimate

FEWEST = 30  # audited pairs, under which the interval is not to be trusted
OPEN = 0.02  # of the audits up to a place may still be open for it to count as reached
# Two right and two wrong: keeps the interval open where the audit found no error (Agresti & Coull, 1998).
PSEUDO = np.array([1.0, 1.0, 0.0, 0.0])

KNOWN = 100  # checked pairs, at which the base share is audited
FACTOR = 4.0  # the audited share lies within this factor of the base share


def audited_accuracy(
    right: np.ndarray,
    forecast: np.ndarray,
    forecast_all: np.ndarray,
    level: float = 0.95,
    *,
    skipped: np.ndarray | None = None,
    chance: np.ndarray | None = None,
) -> Estimate:
    """The share of labels that are right.

    right (n,): of pairs drawn by chance, in the order drawn: 1 where the audit
    agrees, 0 where not, nan where nobody has answered. forecast (n,): the
    probability those labels were given. forecast_all (N,): the same of all pairs,
    audited or not. skipped (n,): people could not or would not tell. chance (n,):
    with which each was audited, all the same unless given.

    Counted are the audits up to where they are complete (`completed`): what people
    chose to answer beyond it is no random sample. What is unanswered before it, a
    skip for most, may be right or wrong: the interval holds either. Raises
    ValueError where under 30 pairs are left, or unequal chances make them worth
    fewer.
    """
    n = completed(right, skipped)
    right, forecast = np.asarray(right, float)[:n], np.asarray(forecast, float)[:n]
    weight = np.ones(n) if chance is None else 1 / np.asarray(chance, float)[:n]
    known = ~np.isnan(right)
    checked = int(known.sum())
    if checked < FEWEST:
        raise ValueError(f"{checked} audited pairs are too few for an interval: {FEWEST} at least")
    worth = weight[known].sum() ** 2 / (weight[known] ** 2).sum()
    if worth < FEWEST:
        raise ValueError(
            f"{checked} pairs audited with unequal chances tell as much as {worth:.0f} with equal ones: "
            f"{FEWEST} at least are needed for an interval"
        )
    value, low, high = _powered(right[known], forecast[known], weight[known], forecast_all, level)
    if checked < n:
        low = _powered(np.where(known, right, 0.0), forecast, weight, forecast_all, level)[1]
        high = _powered(np.where(known, right, 1.0), forecast, weight, forecast_all, level)[2]
    value = min(max(value, low, 0.0), max(high, low), 1.0)
    unknown = f", {n - checked} unanswered either way" if checked < n else ""
    return Estimate(value, max(0.0, low), min(1.0, high), checked, f"prediction-powered {level:.0%}{unknown}")


def completed(right: np.ndarray, skipped: np.ndarray | None = None) -> int:
    """How many audits, in the order drawn, can be counted: up to there at most 2 % are still open."""
    done = ~np.isnan(np.asarray(right, float))
    open_ = ~(done if skipped is None else done | np.asarray(skipped, bool))
    reached = np.flatnonzero(np.cumsum(open_) <= OPEN * np.arange(1, len(open_) + 1))
    return int(reached[-1]) + 1 if len(reached) else 0


def audit_share(checked: int, base: float, shifted: bool) -> float:
    """The chance with which a newly accepted pair is audited.

    `checked` are the accepted pairs that people were asked about before it: where
    thousands are accepted at once, each is asked about in turn, so that the first
    hundred audits are not a thousand. `base` once 100 are. Before that up to four
    times as much, later as little as a quarter of it, with the square root of what
    is known, as the width of the interval goes: never more for knowing more. Four
    times `base` where the judges say other things of the new pairs than of those
    before (`shifted`), whatever is known of those. A base of 0 audits nothing.
    """
    if not 0 <= base <= 1 or checked < 0:
        raise ValueError(f"a share lies between 0 and 1, a count is not negative; got {base} and {checked}")
    factor = min(max(checked / KNOWN, FACTOR**-2), FACTOR**2) ** -0.5
    return min(1.0, base * (FACTOR if shifted else factor))


def most_audited(accepted: np.ndarray, base: float, shifted: bool) -> np.ndarray:
    """(m,) about the most that audits by `audit_share` draw of so many accepted pairs (m,).

    The mean and two standard deviations. Never more than half: who audits nearly
    all of it has no use for a guarantee about the rest.
    """
    accepted = np.asarray(accepted)
    if not base:
        return np.zeros(accepted.shape, int)
    last = int(KNOWN * FACTOR**2)  # from here on the share stays what it is
    share = np.array([audit_share(n, base, shifted) for n in range(last + 1)])
    needed = np.cumsum(1 / share)  # accepted pairs until so many were drawn
    drawn = np.interp(accepted, needed, np.arange(1, last + 2), left=0.0)
    drawn = drawn + np.maximum(accepted - needed[-1], 0) * share[-1]
    return np.asarray(np.minimum(np.ceil(drawn + 2 * np.sqrt(drawn)), accepted // 2).astype(int))


def _powered(
    right: np.ndarray, forecast: np.ndarray, weight: np.ndarray, forecast_all: np.ndarray, level: float
) -> tuple[float, float, float]:
    """The share that is right, and its interval, unclipped."""
    whole, worth = len(forecast_all), float(weight.sum() ** 2 / (weight**2).sum())
    apart = forecast - forecast_all.mean()
    middle, agree = np.average(apart, weights=weight), np.average(right, weights=weight)
    spread = float(np.average((apart - middle) ** 2, weights=weight)) * (1 + worth / whole)
    together = float(np.average(right * apart, weights=weight) - agree * middle)
    # How far forecasts are believed: as far as they moved with the truth in the audit.
    power = min(max(together / spread, 0.0), 1.5) if spread > 0 else 0.0
    corrected = right - power * apart
    padded = np.concatenate([corrected, PSEUDO])
    weights = np.concatenate([weight, np.full(len(PSEUDO), weight.sum() / worth)])
    n = float(weights.sum() ** 2 / (weights**2).sum())
    mean = float(np.average(padded, weights=weights))
    variance = float(np.average((padded - mean) ** 2, weights=weights)) / (n - 1)
    error = np.sqrt(variance + power**2 * float(np.var(forecast_all)) / whole)
    half = float(scipy.stats.t.ppf(0.5 + level / 2, n - 1)) * float(error)
    return float(np.average(corrected, weights=weight)), mean - half, mean + half
