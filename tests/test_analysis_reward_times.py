import numpy as np
import pytest

from worldmodel.analysis.reward_times import NEVER, steps_since_reward, steps_to_next_reward
from worldmodel.errors import AnalysisError

REWARD = np.array([0, 0, 1, 0, 0, 0, -1, 0])
EPISODES = np.array([0, 0, 0, 0, 0, 1, 1, 1])


def test_by_hand():
    """A reward is for arriving: at its own row it is 0 steps ago, and not still to come."""
    assert steps_to_next_reward(REWARD, EPISODES).tolist() == [2, 1, NEVER, NEVER, NEVER, 1, NEVER, NEVER]
    assert steps_since_reward(REWARD, EPISODES).tolist() == [NEVER, NEVER, 0, 1, 2, NEVER, 0, 1]


def test_between_two_rewards_both_are_known():
    reward = np.array([1, 0, 0, 1])
    assert steps_to_next_reward(reward, np.zeros(4, int)).tolist() == [3, 2, 1, NEVER]
    assert steps_since_reward(reward, np.zeros(4, int)).tolist() == [0, 1, 2, 0]


def test_every_row_needs_its_episode():
    with pytest.raises(AnalysisError, match="episodes: has 2 rows"):
        steps_since_reward(REWARD, np.zeros(2, int))
