"""Where the activity of many units says one is, by Bayes' rule and their rate maps (Zhang et al. 1998).

Units are taken to be independent Poisson counters of the place. Activities of networks are neither independent nor
counts, so that a posterior is far more certain than it should be: trust its peak, not its width. Maps must come from
other laps than those that are decoded, and errors be compared with those of positions in another order.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from worldmodel.analysis.rate_maps import checked_rates
from worldmodel.analysis.requirements import finite, require, whole

FLOOR = 1e-6
"""Least rate of a map, so that one unit that was silent in a bin cannot rule it out for ever."""


def decode_position(
    activity: np.ndarray, rates: np.ndarray, window: float = 1.0, prior: np.ndarray | None = None
) -> np.ndarray:
    """Posterior `[T, N]` over N bins: P(x | n) ~ P(x) prod_i f_i(x)^n_i exp(-window sum_i f_i(x)), in the log domain.

    activity: `[T, U]`, n, what each unit did within a window, 0 or more.
    rates: `[N, U]`, f, rate maps, flat; bins with NaN were never visited and get posterior 0.
    window: time that n was collected for, in the unit of time that rates are for.
    prior: `[N]`, how likely each bin is beforehand, such as occupancy; uniform where None is given.

    Raises `NumericalError` for activity that is not finite, `AnalysisError` for shapes that do not fit, for activity or
    rates below 0, and for a prior that leaves no bin.
    """
    counts = checked_rates(activity)
    require(
        rates.ndim == 2 and rates.shape[1] == counts.shape[1],
        f"rates: have shape {rates.shape} for activity of {counts.shape[1]} units; give one row a bin",
    )
    require(window > 0, f"window: is {window}; it must be above 0")
    beforehand = np.ones(len(rates)) if prior is None else finite(prior, "prior", axes=1)
    require(len(beforehand) == len(rates), f"prior: has {len(beforehand)} entries for {len(rates)} bins")
    possible = np.isfinite(rates).all(1) & (beforehand > 0)
    require(bool(possible.any()), "rates and prior: no bin is left that was visited and is likely at all")
    maps = np.maximum(checked_rates(rates[possible]), FLOOR)
    scores = counts @ np.log(maps).T - window * maps.sum(1) + np.log(beforehand[possible])
    posterior = np.zeros((len(counts), len(rates)))
    posterior[:, possible] = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    return posterior


def decoding_error(posterior: np.ndarray, positions: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`[T]`, distance from the likeliest bin of a posterior `[T, N]` to the true one.

    positions: `[T]` int, the true bin.
    places: `[N, d]`, where each bin is, in any unit of length; distances are Euclidean, through walls too.
    """
    likely, where = finite(posterior, "posterior", axes=2), whole(positions, "positions")
    points = finite(places, "places", axes=2)
    require(len(where) == len(likely), f"positions: has {len(where)} rows where there are {len(likely)} of posterior")
    require(len(points) == likely.shape[1], f"places: has {len(points)} rows for {likely.shape[1]} bins")
    require(bool(((where >= 0) & (where < len(points))).all()), f"positions: must be bins, 0 to {len(points) - 1}")
    return np.linalg.norm(points[likely.argmax(1)] - points[where], axis=1)
