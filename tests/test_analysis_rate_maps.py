import numpy as np
import pytest

from worldmodel.analysis.rate_maps import rate_map, smoothed
from worldmodel.errors import AnalysisError, NumericalError


def test_activity_over_occupancy_by_hand():
    positions = np.array([[0], [0], [2], [0]])
    found = rate_map(positions, np.array([[1.0, 0], [2, 0], [5, 1], [3, 0]]), (3,))
    assert found.occupancy.tolist() == [3, 0, 1]
    assert found.rates[0].tolist() == [2, 0] and found.rates[2].tolist() == [5, 1] and np.isnan(found.rates[1]).all()


def test_a_plane_has_rows_and_columns():
    found = rate_map(np.array([[1, 2], [0, 1]]), np.array([[7.0], [3.0]]), (2, 3))
    assert found.rates.shape == (2, 3, 1) and found.occupancy.sum() == 2
    assert found.rates[1, 2, 0] == 7 and found.rates[0, 1, 0] == 3


def test_smoothing_by_hand():
    """Weights 1 and exp(-1/2) for a neighbour at sigma 1; beyond bin 1 nothing is known."""
    near = np.exp(-0.5)
    found = smoothed(np.array([[1.0], [4.0], [np.nan], [np.nan], [np.nan], [np.nan], [np.nan]]), 1.0)
    assert found[:2, 0] == pytest.approx([(1 + 4 * near) / (1 + near), (4 + near) / (1 + near)])
    assert np.isnan(found[2:]).all()


def test_holes_and_edges_pull_nothing_down():
    flat = np.full((6, 7, 2), 3.0)
    flat[2, 3] = flat[5, 0] = np.nan
    found = smoothed(flat, 1.5)
    assert np.isnan(found[2, 3]).all() and np.isnan(found[5, 0]).all()
    assert found[np.isfinite(found)] == pytest.approx(3)


def test_units_are_not_mixed_and_bins_far_from_everything_keep_their_rate():
    rates = np.full((60, 2), np.nan)
    rates[0], rates[59] = [8, 0], [2, 5]
    assert smoothed(rates, 0.5)[[0, 59]] == pytest.approx(rates[[0, 59]])


def test_what_is_no_rate_or_no_bin_is_refused():
    here = np.zeros((2, 1), int)
    with pytest.raises(AnalysisError, match=r"unit 1 has -0.5, .*subtract each unit's minimum, or .* softplus"):
        rate_map(here, np.array([[0.0, 0.0], [1.0, -0.5]]), (3,))
    with pytest.raises(NumericalError, match=r"rates\[1, 0\]"):
        rate_map(here, np.array([[0.0], [np.nan]]), (3,))
    for outside in (3, -1):
        with pytest.raises(AnalysisError, match="outside the 3 bins"):
            rate_map(here + outside, np.ones((2, 1)), (3,))
    with pytest.raises(AnalysisError, match="1 axes, and bins 2"):
        rate_map(here, np.ones((2, 1)), (3, 3))
    with pytest.raises(AnalysisError, match="has 2 rows where there are 5"):
        rate_map(here, np.ones((5, 1)), (3,))
    with pytest.raises(AnalysisError, match="sigma"):
        smoothed(np.ones((3, 1)), 0)
