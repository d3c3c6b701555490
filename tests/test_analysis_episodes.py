import numpy as np
import pytest

from worldmodel.analysis.episodes import stays_within, with_silence
from worldmodel.errors import AnalysisError


def test_pairs_across_a_boundary_are_left_out():
    episodes = np.array([7, 7, 7, 3, 3])
    assert stays_within(5, 1, episodes).tolist() == [True, True, False, True]
    assert stays_within(5, 2, episodes).tolist() == [True, False, False]
    assert stays_within(5, 4, episodes).tolist() == [False]


def test_an_id_that_comes_back_is_another_episode():
    assert stays_within(3, 2, np.array([0, 1, 0])).tolist() == [False]


def test_without_episodes_everything_is_one():
    assert stays_within(4, 1).tolist() == [True, True, True]


@pytest.mark.parametrize("episodes", [None, np.zeros(3, int)])
def test_a_lag_longer_than_the_data_leaves_no_pair(episodes):
    assert stays_within(3, 3, episodes).shape == stays_within(3, 9, episodes).shape == (0,)


def test_every_row_has_an_episode():
    with pytest.raises(AnalysisError, match="episodes: has 2 rows where the data have 3"):
        stays_within(3, 1, np.zeros(2, int))


def test_silence_follows_every_episode():
    values = np.arange(1, 11, dtype=float).reshape(5, 2)
    found = with_silence(values, np.array([4, 4, 7, 4, 4]), 2)
    assert found[:, 0].tolist() == [1, 3, 0, 0, 5, 0, 0, 7, 9, 0, 0]
    with pytest.raises(AnalysisError, match="has 4 rows where the data have 5"):
        with_silence(values, np.zeros(4, int), 2)
