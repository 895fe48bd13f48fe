"""How accurate a whole dataset is, from a small audit and everything the judges said.

Prediction-powered inference (Angelopoulos et al., Science 382 (2023); PPI++,
arXiv 2311.01453): the audit measures, forecasts of all pairs take out what luck
of the draw put into it. A wrong forecast costs width, never truth.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from pairwright.types import Estimate

FEWEST = 30  # audited pairs, under which the interval is not to be trusted
# Two right and two wrong: keeps the interval open where the audit found no error (Agresti & Coull, 1998).
PSEUDO = np.array([1.0, 1.0, 0.0, 0.0])


def audited_accuracy(
    right: np.ndarray, forecast: np.ndarray, forecast_all: np.ndarray, level: float = 0.95
) -> Estimate:
    """The share of labels that are right.

    right (n,): 1 where the audit agrees, 0 where not, of pairs drawn by chance.
    forecast (n,): the probability those labels were given. forecast_all (N,):
    the same of all pairs, audited or not. Raises ValueError with under 30 pairs.
    """
    n, whole = len(right), len(forecast_all)
    if n < FEWEST:
        raise ValueError(f"{n} audited pairs are too few for an interval: {FEWEST} at least")
    right = np.asarray(right, float)
    apart = np.asarray(forecast, float) - forecast_all.mean()
    spread = float(apart.var()) * (1 + n / whole)
    together = float(np.mean(right * apart) - right.mean() * apart.mean())
    # How far forecasts are believed: as far as they moved with the truth in the audit.
    power = min(max(together / spread, 0.0), 1.5) if spread > 0 else 0.0
    corrected = right - power * apart
    padded = np.concatenate([corrected, PSEUDO])
    error = np.sqrt(padded.var(ddof=1) / len(padded) + power**2 * float(np.var(forecast_all)) / whole)
    half = float(stats.t.ppf(0.5 + level / 2, len(padded) - 1)) * float(error)
    middle = float(padded.mean())
    return Estimate(
        min(max(float(corrected.mean()), 0.0), 1.0),
        max(0.0, middle - half),
        min(1.0, middle + half),
        n,
        f"prediction-powered {level:.0%}",
    )
