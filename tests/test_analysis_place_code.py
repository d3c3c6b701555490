"""A code of place that was planted in walks through a real corridor is found; a shuffled one is not."""

import numpy as np
import pytest

from worldmodel.analysis.place_code import centres_of, place_code
from worldmodel.environments.corridor import Corridor
from worldmodel.errors import AnalysisError

BINS = 12


def walk(laps=6, steps=150, seed=0):
    """Places `[T, 1]` and laps `[T]` of an animal that runs from end to end, and turns round now and then."""
    world, generator = Corridor(bins=BINS, max_steps=steps), np.random.default_rng(seed)
    places, number = [], []
    for lap in range(laps):
        _, info = world.reset(seed=seed + lap)
        action = int(info["heading"] > 0)
        for _ in range(steps):
            if info["position"] in (0, BINS - 1) or generator.random() < 0.1:
                action = 1 - action
            *_, info = world.step(np.int64(action))
            places.append([info["position"]])
            number.append(lap)
    return np.array(places), np.array(number)


def units(places, seed=0):
    """`[T, 20]`: a field for each of 12 places, four units of noise, two that are silent, two that never change."""
    generator = np.random.default_rng(seed)
    fields = np.exp(-((places - np.arange(BINS)) ** 2) / 2)
    noise = np.abs(generator.normal(size=(len(places), 4)))
    silent, steady = np.zeros((len(places), 2)), np.ones((len(places), 2))
    return np.concatenate([np.maximum(fields + generator.normal(0, 0.1, fields.shape), 0), noise, silent, steady], 1)


def test_a_planted_place_code_is_found():
    places, laps = walk()
    code, maps = place_code(places, units(places), laps, (BINS,))
    assert (code.units, code.active, code.laps, code.visited) == (20, 16, 6, BINS)
    assert 12 <= code.place_units <= 13 and code.information > 0.5 and 1 <= code.field_bins <= 5
    assert code.stability > 0.9 > code.stability_chance and code.stability_p < 0.05
    assert code.error == 0 and code.error_chance > 2 and code.error_p < 0.05
    assert maps.even.shape[0] == BINS and maps.rates.shape == (BINS, 20) and maps.occupancy.sum() == len(places)
    peaks = maps.even[..., :12].argmax(0)
    assert (np.diff(peaks) >= 0).mean() > 0.9, "sorted by odd laps, and even laps agree"


def test_a_shuffled_one_is_not():
    """The same activity, its moments in another order."""
    places, laps = walk()
    shuffled = np.random.default_rng(1).permutation(units(places))
    code, _ = place_code(places, shuffled, laps, (BINS,))
    assert code.place_units <= 2 and abs(code.stability) < 0.5 and code.stability_p > 0.05
    assert code.error_p > 0.05 and code.error > 1


def test_two_axes():
    places, laps = walk()
    plane = np.concatenate([places // 4, places % 4], 1)
    code, maps = place_code(plane, units(places), laps, (3, 4))
    assert code.visited == BINS and code.error < 1 and maps.occupancy.shape == (3, 4)
    assert centres_of((3, 4))[5].tolist() == [1, 1] and maps.centres.shape == (12, 2)


def test_what_cannot_be_asked_is_refused():
    places, laps = walk()
    rates = units(places)
    with pytest.raises(AnalysisError, match="only 1 different places"):
        place_code(0 * places, rates, laps, (BINS,))
    with pytest.raises(AnalysisError, match="no unit ever changes"):
        place_code(places, np.ones_like(rates), laps, (BINS,))
    with pytest.raises(AnalysisError, match="record longer"):
        place_code(places[:60], rates[:60], laps[:60], (BINS,))
    with pytest.raises(AnalysisError, match="two or more are needed"):
        place_code(places, rates, 0 * laps, (BINS,))
