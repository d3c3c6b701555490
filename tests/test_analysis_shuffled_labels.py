import numpy as np
import pytest

from worldmodel.analysis.sequenceness import explained_by
from worldmodel.analysis.shuffled_labels import shuffled_labels
from worldmodel.analysis.state_permutations import permutation_test
from worldmodel.errors import AnalysisError

RING = np.roll(np.eye(8, dtype=int), 1, 1)


def p_of(weights, order, seed=0):
    forward, backward = explained_by(order, weights)
    permuted = shuffled_labels(weights, order, 300, seed).difference
    return permutation_test(forward - backward, permuted, "two-sided").p


def test_an_order_that_is_there_stands_out_in_either_direction():
    weights = np.random.default_rng(0).normal(0, 0.1, (2, 8, 8))
    weights[1] += RING
    assert p_of(weights, RING) < 0.01 and p_of(weights.swapaxes(1, 2), RING) < 0.01


def test_noise_is_called_an_order_as_often_as_it_should_be():
    """At a level of 0.05, 5 of 100 recordings of noise; somewhat fewer, as p counts the true order twice."""
    generator = np.random.default_rng(1)
    found = sum(p_of(generator.normal(size=(2, 8, 8)), RING, seed) <= 0.05 for seed in range(100))
    assert 1 <= found <= 11


def test_nearness_alike_in_both_directions_is_no_order():
    near = RING + RING.T + np.eye(8)
    assert p_of(near[None] + np.random.default_rng(0).normal(0, 0.01, (1, 8, 8)), RING) > 0.05


def test_the_seed_decides():
    weights = np.random.default_rng(0).normal(size=(1, 8, 8))
    one, same, other = (shuffled_labels(weights, RING, 20, seed).forward for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other) and one.shape == (20, 1)


def test_three_states_are_too_few():
    with pytest.raises(AnalysisError, match="too few names"):
        shuffled_labels(np.zeros((1, 3, 3)), np.roll(np.eye(3), 1, 1))
