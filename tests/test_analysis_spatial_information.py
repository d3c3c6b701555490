"""Published and hand-computed information, and what chance makes of it."""

import numpy as np
import pytest

from worldmodel.analysis.spatial_information import shift_test, spatial_information
from worldmodel.errors import AnalysisError

RATES = np.array([[1.0], [1], [1], [1], [4]])


def test_the_published_example():
    """Rates 1, 1, 1, 1, 4, uniform occupancy, mean 1.6: 0.3219 bits a spike, 0.5151 bits a second."""
    found = spatial_information(RATES, np.full(5, 7))
    assert found.per_spike == pytest.approx([0.3219], abs=5e-5)
    assert found.per_step == pytest.approx([0.5151], abs=5e-5)
    assert found.sparsity == pytest.approx([1.6**2 / (0.8 + 0.2 * 16)])


def test_one_bin_in_eight_is_three_bits_and_everywhere_is_none():
    rates = np.column_stack([np.eye(8)[0] * 5, np.full(8, 2.0), np.zeros(8)])
    found = spatial_information(rates, np.ones(8))
    assert found.per_spike[:2] == pytest.approx([3, 0]) and found.per_step == pytest.approx([3 * 5 / 8, 0, 0])
    assert found.sparsity[:2] == pytest.approx([1 / 8, 1])
    assert np.isnan(found.per_spike[2]) and np.isnan(found.sparsity[2])


def test_occupancy_weighs_and_unvisited_bins_do_not_count():
    """Half the time in the only bin where it is active: log2(2) = 1 bit."""
    rates = np.array([[[6.0], [0.0]], [[0.0], [np.nan]]])
    found = spatial_information(rates, np.array([[2, 1], [1, 0]]))
    assert found.per_spike == pytest.approx([1]) and found.per_step == pytest.approx([3])


def walk(steps=3000, bins=12, seed=0):
    """A random walk on a ring; unit 0 is active in one place, unit 1 at random but slowly, unit 2 never."""
    rng = np.random.default_rng(seed)
    place = np.cumsum(rng.integers(-1, 2, steps)) % bins
    slow = np.convolve(rng.standard_normal(steps + 40), np.ones(41) / 41, "valid") ** 2
    rates = np.column_stack([np.exp(-((place - 4.0) ** 2)), slow, np.zeros(steps)])
    return place[:, None], rates, (bins,)


def test_a_place_cell_stands_out_from_its_shifts_and_slow_noise_does_not():
    found = shift_test(*walk(), least=50)
    assert found.z[0] > 10 and found.p[0] == 1 / 201
    assert abs(found.z[1]) < 2.5 and found.p[1] > 0.02
    assert np.isnan(found.z[2]) and found.p[2] == 1


def test_the_unshifted_map_is_what_is_compared():
    positions, rates, bins = walk()
    late = np.roll(rates, 700, axis=0)
    assert shift_test(positions, late, bins, least=50).z[0] < 3


def test_noise_has_small_p_as_seldom_as_it_should():
    rng = np.random.default_rng(5)
    positions, _, bins = walk(steps=1500)
    slow = np.array([np.convolve(rng.random(1520), np.ones(21) / 21, "valid") for _ in range(200)]).T
    found = shift_test(positions, slow, bins, least=30, shifts=100)
    assert 0.01 < (found.p <= 0.05).mean() < 0.10


def test_shifts_must_be_many_and_possible():
    positions, rates, bins = walk(steps=300)
    with pytest.raises(AnalysisError, match="99 are too few; give 100"):
        shift_test(positions, rates, bins, least=10, shifts=99)
    with pytest.raises(AnalysisError, match="300 steps allow 21 shifts of at least 140, fewer than 200"):
        shift_test(positions, rates, bins, least=140)
    with pytest.raises(AnalysisError, match="softplus"):
        shift_test(positions, rates - 0.1, bins, least=10)
    with pytest.raises(AnalysisError, match="0 everywhere"):
        spatial_information(RATES, np.zeros(5))
    with pytest.raises(AnalysisError, match="do not fit"):
        spatial_information(RATES, np.ones(4))
