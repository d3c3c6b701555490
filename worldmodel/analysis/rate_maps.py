"""Mean activity of units by place, as one draws for place cells.

Rates are activities of units that are never negative: outputs of a ReLU or softplus, or probabilities of classes. A
place is a bin of a line, a plane or any grid; bins that were never visited have no rate, which is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from worldmodel.analysis.requirements import finite, require, whole


@dataclass(frozen=True)
class RateMap:
    """Where units are active.

    rates: `[*bins, U]`, mean activity of each unit over the steps spent in a bin, NaN without any.
    occupancy: `[*bins]` int, steps spent in each bin.
    """

    rates: np.ndarray
    occupancy: np.ndarray


def rate_map(positions: np.ndarray, rates: np.ndarray, bins: tuple[int, ...]) -> RateMap:
    """Activity over occupancy.

    positions: `[T, d]` int, the bin along each of d axes at each step.
    rates: `[T, U]`, none below 0.
    bins: d numbers of bins.
    """
    values = checked_rates(rates)
    where = bin_numbers(positions, bins)
    require(len(where) == len(values), f"positions: has {len(where)} rows where there are {len(values)} of rates")
    occupancy = np.bincount(where, minlength=int(np.prod(bins)))
    summed = np.zeros((len(occupancy), values.shape[1]))
    np.add.at(summed, where, values)
    with np.errstate(invalid="ignore"):
        mean = summed / occupancy[:, None]
    return RateMap(mean.reshape(*bins, -1), occupancy.reshape(bins))


def smoothed(rates: np.ndarray, sigma: float) -> np.ndarray:
    """Rates `[*bins, U]` smoothed along all axes but the last, by a Gaussian of `sigma` bins.

    Bins without a rate, and what lies beyond the edge, have no weight, so that they pull no neighbour down; those
    without a rate stay so.
    """
    require(sigma > 0, f"sigma: is {sigma}; give a width in bins above 0, or leave maps as they are")
    known = np.isfinite(rates)
    widths = (sigma,) * (rates.ndim - 1) + (0,)
    weight = gaussian_filter(known.astype(float), widths, mode="constant")
    total = gaussian_filter(np.where(known, rates, 0.0), widths, mode="constant")
    return np.where(known, total / np.where(known, weight, 1), np.nan)


def checked_rates(rates: np.ndarray) -> np.ndarray:
    """`[T, U]` float64; raises `AnalysisError` for rates below 0, which have no information per spike."""
    values = finite(rates, "rates", axes=2)
    lowest = values.min()
    require(
        lowest >= 0,
        f"rates: unit {int(values.min(0).argmin())} has {lowest:g}, and rates are never negative; "
        "subtract each unit's minimum, or pass them through a softplus",
    )
    return values


def bin_numbers(positions: np.ndarray, bins: tuple[int, ...]) -> np.ndarray:
    """`[T]`, one number for each bin of `[T, d]` positions, counted row by row; raises `AnalysisError` outside."""
    where = whole(positions, "positions", axes=2)
    require(where.shape[1] == len(bins), f"positions: have {where.shape[1]} axes, and bins {len(bins)}")
    inside = (where >= 0) & (where < np.array(bins))
    require(bool(inside.all()), f"positions: some lie outside the {' x '.join(map(str, bins))} bins")
    return np.ravel_multi_index(tuple(where.T), bins)
