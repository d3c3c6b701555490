"""Maps of odd and of even laps, so that what is chosen by one half is judged, and shown, by the other.

Units sorted by the peak of a map look like a sequence of fields in that map whatever they are, in noise too; so sort by
odd laps and show even ones.
"""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.rate_maps import RateMap, rate_map
from worldmodel.analysis.requirements import require, whole

SHARED_BINS = 3
"""Bins that both halves need for a correlation to mean anything."""


def odd_and_even_maps(
    positions: np.ndarray, rates: np.ndarray, laps: np.ndarray, bins: tuple[int, ...]
) -> tuple[RateMap, RateMap]:
    """Maps of the first, third, ... lap and of the second, fourth, ... one.

    laps: `[T]` int, an id for each row, ascending in time; the other arguments are those of `rate_map`.
    """
    ids = whole(laps, "laps")
    require(len(ids) == len(rates), f"laps: has {len(ids)} rows where there are {len(rates)} of rates")
    different, number = np.unique(ids, return_inverse=True)
    require(len(different) >= 2, f"laps: there is {len(different)}; two or more are needed to compare halves")
    odd = number % 2 == 0
    return rate_map(positions[odd], rates[odd], bins), rate_map(positions[~odd], rates[~odd], bins)


def map_correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """`[U]`, Pearson correlation of two maps `[*bins, U]` over bins that both know.

    NaN where fewer than three bins are shared or a unit is the same in all of them.
    """
    require(one.shape == other.shape, f"maps: shapes {one.shape} and {other.shape} differ")
    first, second = one.reshape(-1, one.shape[-1]), other.reshape(-1, other.shape[-1])
    known = np.isfinite(first).all(1) & np.isfinite(second).all(1)
    if known.sum() < SHARED_BINS:
        return np.full(one.shape[-1], np.nan)
    left, right = _standardised(first[known]), _standardised(second[known])
    return (left * right).sum(0)


def order_of_peaks(rates: np.ndarray) -> np.ndarray:
    """`[U]` int, units of a map `[*bins, U]` in the order of the bins they are most active in; silent ones last."""
    flat = np.where(np.isfinite(rates), rates, -1).reshape(-1, rates.shape[-1])
    return np.argsort(np.where(flat.max(0) > 0, flat.argmax(0), len(flat)), kind="stable")


def _standardised(values: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and squares that add up to 1, NaN where a column never changes."""
    deviations = values - values.mean(0)
    size = np.sqrt((deviations**2).sum(0))
    return deviations / np.where(size > 1e-12 * np.sqrt((values**2).sum(0)), size, np.nan)
