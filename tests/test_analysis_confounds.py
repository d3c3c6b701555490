import numpy as np
import pytest

from worldmodel.analysis.confounds import find_confounds
from worldmodel.errors import AnalysisError, NumericalError


def test_by_hand():
    """Confound 0, 0, 1, 1; values 1, 3 and 5, 7 differ by 4 between its two levels."""
    values, confound = np.array([[1.0], [3], [5], [7]]), np.array([[0.0], [0], [1], [1]])
    found = find_confounds(values, confound)
    assert found.weights == pytest.approx(np.array([[4.0]])) and found.mean == pytest.approx([0.5])
    assert found.removed(values, confound)[:, 0] == pytest.approx([3, 5, 3, 5])


def test_nothing_of_the_confound_is_left_and_the_rest_stays():
    rng = np.random.default_rng(0)
    slot, signal = np.eye(4)[rng.integers(0, 4, 400)], rng.standard_normal((400, 1))
    values = slot @ rng.standard_normal((4, 6)) * 5 + signal @ np.ones((1, 6))
    train, test = slice(0, 200), slice(200, 400)
    found = find_confounds(values[train], slot[train])
    left = found.removed(values[test], slot[test])
    assert np.corrcoef(left[:, 0], signal[test, 0])[0, 1] > 0.98
    assert abs(left.T @ (slot[test] - slot[test].mean(0))).max() / 200 < 0.1


def test_what_does_not_fit_is_refused():
    with pytest.raises(AnalysisError, match="has 3 rows where there are 4"):
        find_confounds(np.zeros((4, 1)), np.zeros((3, 1)))
    with pytest.raises(AnalysisError, match="at least 6 rows"):
        find_confounds(np.zeros((4, 1)), np.eye(4))
    with pytest.raises(NumericalError, match="values"):
        find_confounds(np.full((4, 1), np.nan), np.zeros((4, 1)))
