"""A posterior by hand, and a walk that is read back."""

import numpy as np
import pytest

from worldmodel.analysis.position_decoding import decode_position, decoding_error
from worldmodel.analysis.rate_maps import rate_map
from worldmodel.errors import AnalysisError, NumericalError


def test_a_posterior_by_hand():
    """Rates (1, 2) and (3, 1), counts (2, 1), window 0.5.

    1^2 2^1 exp(-1.5) and 3^2 1^1 exp(-2), times the prior 3 : 1.
    """
    rates = np.array([[1.0, 2.0], [3.0, 1.0]])
    likelihood = np.array([2 * np.exp(-1.5), 9 * np.exp(-2)])
    found = decode_position(np.array([[2.0, 1.0]]), rates, window=0.5)
    assert found[0] == pytest.approx(likelihood / likelihood.sum())
    weighed = likelihood * [3, 1]
    found = decode_position(np.array([[2.0, 1.0]]), rates, window=0.5, prior=np.array([3, 1]))
    assert found[0] == pytest.approx(weighed / weighed.sum())


def test_silence_speaks_too():
    """No activity: the bin where less is to be expected is likelier, by exp(2)."""
    found = decode_position(np.zeros((1, 1)), np.array([[1.0], [3.0]]))
    assert found[0, 0] / found[0, 1] == pytest.approx(np.exp(2))


def test_bins_never_visited_are_impossible_and_silent_ones_only_unlikely():
    rates = np.array([[1.0, 0.0], [np.nan, np.nan], [0.0, 0.0]])
    found = decode_position(np.array([[0.0, 4.0]]), rates)
    assert found[0, 1] == 0 and (found[0, [0, 2]] > 0).all() and found.sum() == pytest.approx(1)


def test_huge_counts_of_many_units_neither_overflow_nor_vanish():
    rates = np.random.default_rng(0).uniform(0.5, 20, (50, 500))
    found = decode_position(rates * 100, rates, window=100.0)
    assert np.isfinite(found).all() and found.sum(1) == pytest.approx(1) and (found.argmax(1) == np.arange(50)).all()


def test_a_walk_is_read_back_from_the_maps_of_another():
    rng = np.random.default_rng(0)
    tuning = 5 * np.exp(-0.5 * (np.arange(20)[:, None] - np.linspace(0, 19, 15)) ** 2 / 4)
    walks = np.clip(np.cumsum(rng.integers(-1, 2, (2, 2000)), 1) + 10, 0, 19)
    activity = rng.poisson(tuning[walks]).astype(float)
    maps = rate_map(walks[0][:, None], activity[0], (20,)).rates
    posterior = decode_position(activity[1], maps)
    visited = np.isfinite(maps).all(1)[walks[1]]
    error = decoding_error(posterior, walks[1], np.arange(20.0)[:, None])[visited]
    assert np.median(error) <= 1 and error.mean() < 1.5
    by_chance = decoding_error(posterior, rng.permutation(walks[1]), np.arange(20.0)[:, None])
    assert by_chance.mean() > 3


def test_error_by_hand():
    posterior = np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]])
    places = np.array([[0.0, 0.0], [3.0, 4.0], [9.0, 9.0]])
    assert decoding_error(posterior, np.array([0, 0]), places).tolist() == [5, 0]


def test_what_does_not_fit_is_refused():
    one, rates = np.ones((1, 2)), np.ones((3, 2))
    with pytest.raises(AnalysisError, match="softplus"):
        decode_position(-one, rates)
    with pytest.raises(NumericalError, match="rates"):
        decode_position(one * np.nan, rates)
    with pytest.raises(AnalysisError, match=r"rates: have shape \(3, 3\) for activity of 2 units"):
        decode_position(one, np.ones((3, 3)))
    with pytest.raises(AnalysisError, match="no bin is left"):
        decode_position(one, rates, prior=np.zeros(3))
    with pytest.raises(AnalysisError, match="prior: has 2 entries for 3 bins"):
        decode_position(one, rates, prior=np.ones(2))
    with pytest.raises(AnalysisError, match="window"):
        decode_position(one, rates, window=0)
    with pytest.raises(AnalysisError, match="0 to 2"):
        decoding_error(np.full((1, 3), 1 / 3), np.array([3]), np.zeros((3, 1)))
