import numpy as np
import pytest

from worldmodel.analysis.split_halves import map_correlation, odd_and_even_maps, order_of_peaks
from worldmodel.errors import AnalysisError


def test_laps_alternate_whatever_their_ids_are():
    positions, laps = np.zeros((6, 1), int), np.array([3, 3, 7, 8, 8, 20])
    odd, even = odd_and_even_maps(positions, np.array([[1.0], [1], [5], [1], [1], [5]]), laps, (2,))
    assert odd.rates[0, 0] == 1 and even.rates[0, 0] == 5 and (odd.occupancy[0], even.occupancy[0]) == (4, 2)


def test_correlation_by_hand_over_bins_that_both_know():
    one = np.array([[0.0, 1], [1, 1], [2, 1], [3, 1], [np.nan, np.nan]])
    other = np.array([[0.0, 2], [2, 3], [1, 1], [3, 1], [9, 9]])
    found = map_correlation(one, other)
    assert found[0] == pytest.approx(0.8) and np.isnan(found[1])
    assert np.isnan(map_correlation(one[:, :1], np.full((5, 1), np.nan))).all()


def test_place_cells_agree_between_halves_and_noise_does_not():
    rng = np.random.default_rng(0)
    laps, positions = np.repeat(np.arange(20), 30), np.tile(np.arange(30), 20)[:, None]
    rates = np.column_stack([np.exp(-0.1 * (positions[:, 0] - 12.0) ** 2) + 0.2 * rng.random(600), rng.random(600)])
    found = map_correlation(*(half.rates for half in odd_and_even_maps(positions, rates, laps, (30,))))
    assert found[0] > 0.95 and abs(found[1]) < 0.5


def test_order_of_peaks():
    rates = np.array([[0.0, 5, 0, 1], [0, 1, 0, 4], [2, 0, 0, np.nan]])
    assert order_of_peaks(rates).tolist() == [1, 3, 0, 2]


def test_one_lap_has_no_halves():
    with pytest.raises(AnalysisError, match="there is 1; two or more"):
        odd_and_even_maps(np.zeros((3, 1), int), np.ones((3, 1)), np.zeros(3, int), (2,))
    with pytest.raises(AnalysisError, match="laps: has 2 rows"):
        odd_and_even_maps(np.zeros((3, 1), int), np.ones((3, 1)), np.arange(2), (2,))
    with pytest.raises(AnalysisError, match="differ"):
        map_correlation(np.ones((3, 1)), np.ones((4, 1)))
