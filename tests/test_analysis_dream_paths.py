import numpy as np
import pytest

from worldmodel.analysis.dream_paths import dream_paths
from worldmodel.analysis.place_code import centres_of
from worldmodel.errors import AnalysisError

RATES = 5 * np.eye(8) + 0.05
"""A unit for each of 8 places."""


def dreams(places):
    return 5 * np.eye(8)[np.ravel(places)], np.repeat(np.arange(len(places)), len(places[0]))


def test_sweeps_are_ways_and_their_places_are_read():
    places = np.array([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]] * 10)
    found = dream_paths(*dreams(places), RATES, centres_of((8,)), lived=np.arange(8))
    assert np.array_equal(found.bins, places.ravel()) and (found.steps, found.events) == (100, 20)
    assert found.step == 1 < found.step_chance and found.p < 0.01 and found.span == 4
    assert (found.covered.both, found.covered.only_life, found.covered.only_dreams) == (5 / 8, 3 / 8, 0)


def test_moments_in_any_order_are_no_ways():
    places = np.stack([np.random.default_rng(seed).permutation(8) for seed in range(30)])
    assert dream_paths(*dreams(places), RATES, centres_of((8,)), np.arange(8)).p > 0.05


def test_a_dream_of_one_moment_is_no_way():
    with pytest.raises(AnalysisError, match="two moments"):
        dream_paths(*dreams(np.array([[1], [2]])), RATES, centres_of((8,)), np.arange(8))
