import numpy as np
import pytest

from worldmodel.analysis.time_compression import states_traversed, time_compression
from worldmodel.errors import AnalysisError


def test_changes_are_counted_within_episodes():
    assert states_traversed(np.array([3, 3, 4, 5, 5])) == 2
    assert states_traversed(np.array([0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 1])) == 3
    assert states_traversed(np.array([0])) == states_traversed(np.array([], int)) == 0


def test_a_plain_rollout_has_compression_one_whatever_its_horizon():
    """One state a call, one state a step."""
    for horizon in (1, 15, 200):
        path = np.arange(horizon + 1)
        assert time_compression(states_traversed(path), horizon, states_traversed(path), horizon) == 1


def test_skipping_and_dawdling():
    """Four states a call against a life that stands still every other step: 4 / 0.5; a dream that stands still: 0."""
    assert time_compression(40, 10, 50, 100) == 8
    assert time_compression(0, 10, 50, 100) == 0


@pytest.mark.parametrize("zero", [1, 2, 3])
def test_without_calls_steps_or_life_there_is_no_speed(zero):
    numbers = [5, 5, 5, 5]
    numbers[zero] = 0
    with pytest.raises(AnalysisError, match="no speed to compare"):
        time_compression(*numbers)
