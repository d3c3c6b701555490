import numpy as np
import pytest

from worldmodel.analysis.time_compression import compare_speed, states_traversed, time_compression
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


def test_speed_is_changes_a_call_over_changes_a_step():
    """Dreams change at every call; life stands still at every other step."""
    dreams, events = np.tile([0, 1, 2, 3, 4], 10), np.repeat(np.arange(10), 5)
    lived, episodes = np.repeat(np.arange(20), 2), np.zeros(40, int)
    found = compare_speed(dreams, events, lived, episodes)
    assert (found.replayed, found.lived) == (1, 19 / 39) and found.compression == pytest.approx(39 / 19)
    assert found.low == found.high == pytest.approx(39 / 19), "all dreams are alike"
    assert (found.steps, found.events) == (40, 10)


def test_an_interval_holds_what_dreams_differ_by():
    generator = np.random.default_rng(0)
    states, events = np.cumsum(generator.random(600) < 0.5), np.repeat(np.arange(60), 10)
    found = compare_speed(states, events, np.arange(50), np.zeros(50, int))
    assert found.low < found.compression < found.high and found.low > 0.3 and found.high < 0.7


def test_speed_needs_moments_that_follow_each_other():
    with pytest.raises(AnalysisError, match="two moments"):
        compare_speed(np.arange(3), np.arange(3), np.arange(9), np.zeros(9, int))
    with pytest.raises(AnalysisError, match="no speed to compare"):
        compare_speed(np.arange(3), np.zeros(3, int), np.zeros(9, int), np.zeros(9, int))
