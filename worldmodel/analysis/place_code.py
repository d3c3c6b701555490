"""Whether units of a network have a code of place: information, stability, and how well places can be decoded.

Three questions with one null each, in which activity is shifted round in time against places: does a unit say more of
the place than shifted (`spatial_information.shift_test`); are maps of odd laps like those of even ones; and is the
place decoded from the maps of odd laps nearer to the true one, on even laps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.place_fields import place_fields
from worldmodel.analysis.position_decoding import decode_position, decoding_error
from worldmodel.analysis.rate_maps import bin_numbers, rate_map, smoothed
from worldmodel.analysis.requirements import finite, require, whole
from worldmodel.analysis.spatial_information import shift_test, spatial_information
from worldmodel.analysis.split_halves import map_correlation, odd_and_even_maps, order_of_peaks

LEVEL = 0.01
"""A unit whose information exceeds that of 99 % of shifts counts as one of place; 1 % do by chance."""
SHIFTS = 200
STABILITY_SHIFTS = 100
LEAST_SHIFT = 20
"""Steps that activity may take to forget a place."""
WIDTH = 1.0
"""Bins by which maps are smoothed before places are decoded."""
SHOWN = 60


@dataclass(frozen=True)
class PlaceCode:
    """What U units say of places.

    units: of which are `active` (they change at all). steps, laps, visited: moments, laps, and different places.
    place_units: units of place (p of the shift test at most 0.01).
    information: median bits per unit of activity of those. fields, field_bins: fields each, bins a field, means.
    stability: median correlation of maps of odd and even laps over active units; `stability_chance`: the same with
        activity shifted, mean; `stability_p`: share of shifts with as much.
    error: median distance, in bins, of the decoded place on even laps; `error_chance`, `error_p`: likewise.
    """

    units: int
    active: int
    steps: int
    laps: int
    visited: int
    place_units: int
    information: float
    fields: float
    field_bins: float
    stability: float
    stability_chance: float
    stability_p: float
    error: float
    error_chance: float
    error_p: float


@dataclass(frozen=True)
class PlaceMaps:
    """Maps to be shown, and to decode with.

    even: `[*bins, K]`, of even laps, of up to 60 units of place sorted by their peaks in odd laps.
    occupancy: `[*bins]` int, steps in each bin.
    rates: `[N, U]`, smoothed maps of all laps, flat, NaN where nobody was.
    centres: `[N, d]`, where each bin is.
    """

    even: np.ndarray
    occupancy: np.ndarray
    rates: np.ndarray
    centres: np.ndarray


def place_code(
    positions: np.ndarray, rates: np.ndarray, laps: np.ndarray, bins: tuple[int, ...], seed: int = 0
) -> tuple[PlaceCode, PlaceMaps]:
    """Of units with rates `[T, U]`, none below 0, at positions `[T, d]` int, in laps `[T]`, ascending.

    Raises `AnalysisError` for fewer than two laps, for a recording too short for 200 shifts, and where places or units
    never change.
    """
    values, number = finite(rates, "rates", axes=2), whole(laps, "laps")
    where = bin_numbers(positions, bins)
    active = np.ptp(values, axis=0) > 0
    visited = len(np.unique(where))
    require(visited >= 3, f"positions: only {visited} different places were visited; 3 or more are needed for a map")
    require(bool(active.any()), "rates: no unit ever changes")
    values = values[:, active]
    shifted = shift_test(positions, values, bins, LEAST_SHIFT, SHIFTS, seed)
    chosen = shifted.p <= LEVEL
    every = rate_map(positions, values, bins)
    information = spatial_information(every.rates, every.occupancy)
    fields = [place_fields(every.rates[..., unit]) for unit in np.flatnonzero(chosen)]
    stability, chance, stability_p = _stability(positions, values, number, bins, seed)
    error, error_chance, error_p = _decoding(positions, values, number, bins, seed)
    odd, even = odd_and_even_maps(positions, values, number, bins)
    order = np.flatnonzero(chosen)[order_of_peaks(odd.rates[..., chosen])] if chosen.any() else np.zeros(0, int)
    found = PlaceCode(
        units=rates.shape[1],
        active=int(active.sum()),
        steps=len(values),
        laps=len(np.unique(number)),
        visited=visited,
        place_units=int(chosen.sum()),
        information=float(np.median(information.per_spike[chosen])) if chosen.any() else 0.0,
        fields=float(np.mean([len(each) for each in fields])) if fields else 0.0,
        field_bins=float(np.mean([len(field.bins) for each in fields for field in each])) if fields else 0.0,
        stability=stability,
        stability_chance=chance,
        stability_p=stability_p,
        error=error,
        error_chance=error_chance,
        error_p=error_p,
    )
    thinned = order[np.linspace(0, len(order) - 1, min(len(order), SHOWN)).astype(int)] if len(order) else order
    full = rate_map(positions, np.asarray(rates, float), bins).rates
    flat = smoothed(full, WIDTH).reshape(-1, rates.shape[1])
    return found, PlaceMaps(even.rates[..., thinned], every.occupancy, flat, centres_of(bins))


def centres_of(bins: tuple[int, ...]) -> np.ndarray:
    """`[N, d]`, the place of every bin in the order of `bin_numbers`."""
    return np.stack(np.unravel_index(np.arange(int(np.prod(bins))), bins), 1).astype(float)


def _shifts(steps: int, number: int, seed: int) -> np.ndarray:
    require(steps > 2 * LEAST_SHIFT + number, f"rates: {steps} steps are too few to be shifted; record longer")
    return np.random.default_rng(seed).choice(np.arange(LEAST_SHIFT, steps - LEAST_SHIFT), number, replace=False)


def _stability(
    positions: np.ndarray, rates: np.ndarray, laps: np.ndarray, bins: tuple[int, ...], seed: int
) -> tuple[float, float, float]:
    """Median correlation of odd and even maps, its mean under shifts, and p."""

    def measured(values: np.ndarray) -> float:
        found = map_correlation(*(each.rates for each in odd_and_even_maps(positions, values, laps, bins)))
        found = found[np.isfinite(found)]
        require(len(found) > 0, "laps: odd and even ones share too few places to be compared")
        return float(np.median(found))

    observed = measured(rates)
    chance = [measured(np.roll(rates, shift, 0)) for shift in _shifts(len(rates), STABILITY_SHIFTS, seed)]
    return observed, float(np.mean(chance)), _p(sum(each >= observed for each in chance), len(chance))


def _decoding(
    positions: np.ndarray, rates: np.ndarray, laps: np.ndarray, bins: tuple[int, ...], seed: int
) -> tuple[float, float, float]:
    """Median error on even laps by the maps of odd ones, its mean where true places are shifted, and p."""
    _, lap = np.unique(laps, return_inverse=True)
    odd = lap % 2 == 0
    maps = smoothed(rate_map(positions[odd], rates[odd], bins).rates, WIDTH).reshape(-1, rates.shape[1])
    posterior, truth, places = decode_position(rates[~odd], maps), bin_numbers(positions, bins)[~odd], centres_of(bins)
    observed = float(np.median(decoding_error(posterior, truth, places)))
    shifts = _shifts(len(truth), STABILITY_SHIFTS, seed)
    chance = [float(np.median(decoding_error(posterior, np.roll(truth, shift), places))) for shift in shifts]
    return observed, float(np.mean(chance)), _p(sum(each <= observed for each in chance), len(chance))


def _p(reached: int, shifts: int) -> float:
    return (1 + reached) / (1 + shifts)
