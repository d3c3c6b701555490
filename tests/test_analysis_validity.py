"""Validity horizons of errors whose answer is known."""

import json

import numpy as np
import pytest

from worldmodel.analysis.validity import validity


def errors(*by_depth, dreams=200, noise=0.1, seed=0):
    return np.array(by_depth) + noise * np.random.default_rng(seed).standard_normal((dreams, len(by_depth)))


def test_the_horizon_is_the_last_depth_at_which_every_guess_is_beaten():
    """The first guess is beaten down to depth 3, the second to depth 2; that it is beaten again at 4 does not count."""
    found = validity(
        errors(0.1, 0.2, 0.3, 0.4),
        {"copy": errors(0.2, 0.3, 0.5, 0.4, seed=1), "mean": errors(0.3, 0.3, 0.2, 0.6, seed=2)},
    )
    assert found.horizon == 2
    assert found.dreams.mean == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.03)
    assert list(found.guesses) == ["copy", "mean"]


def test_a_guess_that_is_never_beaten_and_one_that_always_is():
    assert validity(errors(0.3, 0.3), {"copy": errors(0.1, 0.5, seed=1)}).horizon == 0
    assert validity(errors(0.1, 0.1), {"copy": errors(0.3, 0.5, seed=1)}).horizon == 2


def test_equal_errors_beat_nothing():
    """As where the game went on in every dream, and both knew."""
    assert validity(np.zeros((5, 3)), {"goes on": np.zeros((5, 3))}).horizon == 0


def test_a_difference_that_may_be_luck_does_not_count():
    few = np.array([[0.0], [1.0], [0.2]])
    assert validity(few, {"copy": few[::-1] + 0.01}).horizon == 0
    # the same dreams against the same guess plus a little: paired, the difference is certain
    assert validity(few, {"copy": few + 0.01}).horizon == 1


def test_dreams_that_ended_do_not_count():
    found = validity(np.array([[1.0, 3.0, np.nan], [2.0, np.nan, np.nan]]), {})
    assert found.dreams.mean[:2].tolist() == [1.5, 3.0] and np.isnan(found.dreams.mean[2])
    assert (found.dreams.low[0], found.dreams.high[0]) == (1.0, 2.0)
    assert json.loads(json.dumps(found.to_json()))["dreams"]["mean"] == [1.5, 3.0, None]


def test_intervals_are_two_standard_errors_wide():
    found = validity(errors(0.0, noise=1.0, dreams=400), {}, draws=4000)
    assert found.dreams.high[0] - found.dreams.low[0] == pytest.approx(2 * 1.96 / 20, rel=0.15)
