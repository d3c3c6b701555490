"""How much the activity of a unit says of the place, and how much it would say by chance.

Skaggs, McNaughton, Gothard & Markus 1993, *An information-theoretic approach to deciphering the hippocampal code*,
NeurIPS 5. Few steps make information out of chance, the more so the more bins there are: compare with shifts, not 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from worldmodel.analysis.rate_maps import bin_numbers, checked_rates
from worldmodel.analysis.requirements import finite, require

SHIFTS = 100
"""The least number of shifts that tells the first percentile."""


@dataclass(frozen=True)
class SpatialInformation:
    """What units say of the place.

    per_spike: `[U]`, bits per unit of activity ("spike"), sum of p_i (l_i / l) log2(l_i / l); NaN for silent units.
    per_step: `[U]`, bits per unit of time, l times as much; 0 for silent units.
    sparsity: `[U]`, (sum of p_i l_i)^2 / sum of p_i l_i^2, 1 for a unit that is active everywhere alike, small for one
        that is active in few places; NaN for silent units.
    """

    per_spike: np.ndarray
    per_step: np.ndarray
    sparsity: np.ndarray


@dataclass(frozen=True)
class ShiftTest:
    """Information per spike beside that of activity shifted in time against places.

    z: `[U]`, standard deviations above the mean of shifts (Markus et al. 1994 ask for 2.29); NaN where shifts agree.
    p: `[U]`, share of shifts with as much, no shift counted among them; 1 for silent units.
    """

    z: np.ndarray
    p: np.ndarray


def spatial_information(rates: np.ndarray, occupancy: np.ndarray) -> SpatialInformation:
    """Of a rate map, `[*bins, U]`, with its occupancy, `[*bins]`; bins without occupancy are left out.

    With rates per step, `per_step` is what the literature gives as bits per second.
    """
    visited = finite(np.ravel(occupancy), "occupancy", axes=1) > 0
    require(rates.shape[:-1] == np.shape(occupancy), f"rates: {rates.shape} do not fit occupancy {np.shape(occupancy)}")
    require(bool(visited.any()), "occupancy: is 0 everywhere")
    share = np.ravel(occupancy)[visited] / np.sum(occupancy)
    return _information(checked_rates(rates.reshape(-1, rates.shape[-1])[visited]), share)


def shift_test(
    positions: np.ndarray, rates: np.ndarray, bins: tuple[int, ...], least: int, shifts: int = 200, seed: int = 0
) -> ShiftTest:
    """Information of unsmoothed maps against that after rates were turned round in time, by `shifts` different lags.

    Shifts keep how slowly activity and places change, which shuffled steps would not. Where laps are equally long a
    shift by whole laps gives the same map, so that too little is found, not too much. Episodes that are short beside
    the shifts are mixed; give one recording.

    positions, rates, bins: those of `rate_map`.
    least: steps by which shifts are longer, in both directions, than activity takes to change.

    Raises `AnalysisError` for fewer than 100 shifts, or a recording that is too short for them.
    """
    values, where = checked_rates(rates), bin_numbers(positions, bins)
    steps = len(values)
    require(len(where) == steps, f"positions: has {len(where)} rows where there are {steps} of rates")
    require(shifts >= SHIFTS, f"shifts: {shifts} are too few; give {SHIFTS} or more")
    possible = np.arange(max(least, 1), steps - max(least, 1) + 1)
    require(
        len(possible) >= shifts,
        f"rates: {steps} steps allow {len(possible)} shifts of at least {least}, fewer than {shifts}; record longer",
    )
    visited, place, occupancy = np.unique(where, return_inverse=True, return_counts=True)
    found = []
    for shift in [0, *np.random.default_rng(seed).choice(possible, shifts, replace=False)]:
        sums = csr_array((np.ones(steps), (np.roll(place, shift), np.arange(steps))), (len(visited), steps)) @ values
        found.append(_information(sums / occupancy[:, None], occupancy / steps).per_spike)
    observed, chance = found[0], np.array(found[1:])
    spread = chance.std(0, ddof=1)
    z = (observed - chance.mean(0)) / np.where(spread > 1e-12, spread, np.nan)
    silent = np.isnan(observed)
    return ShiftTest(z, np.where(silent, 1, (1 + (chance >= observed - 1e-12).sum(0)) / (1 + shifts)))


def _information(rates: np.ndarray, share: np.ndarray) -> SpatialInformation:
    """Of rates `[V, U]` in V visited bins with shares `[V]` of all steps."""
    mean = share @ rates
    active = np.where(mean > 0, mean, np.nan)
    ratio = rates / active
    per_spike = share @ (ratio * np.log2(np.where(ratio > 0, ratio, 1)))
    per_step = np.where(mean > 0, mean * per_spike, 0)
    return SpatialInformation(per_spike, per_step, 1 / (share @ ratio**2))
