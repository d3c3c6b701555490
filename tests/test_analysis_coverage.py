import numpy as np
import pytest

from worldmodel.analysis.coverage import coverage, novelty, transitions
from worldmodel.errors import AnalysisError


def test_shares_of_what_was_visited_by_hand():
    """Life 1, 2, 3; dreams 3, 9: one in both, two only lived, one only dreamt."""
    found = coverage(np.array([1, 1, 2, 3]), np.array([9, 3, 9]))
    assert (found.both, found.only_life, found.only_dreams, found.visited) == (0.25, 0.5, 0.25, 4)


def test_the_same_places_and_no_dreams():
    assert coverage(np.array([1, 2]), np.array([2, 1, 1])).both == 1
    assert coverage(np.array([1, 2]), np.array([], int)).only_life == 1
    with pytest.raises(AnalysisError, match="both are empty"):
        coverage(np.array([], int), np.array([], int))


def test_new_transitions_by_hand():
    """Lived 0>1, 1>2 and, in another episode, 0>2. Dreamt 0>1 three times, 2>0 once: only between episodes, so new."""
    lived = transitions(np.array([0, 1, 2, 0, 2]), np.array([0, 0, 0, 1, 1]))
    assert lived.tolist() == [[0, 1], [1, 2], [0, 2]]
    found = novelty(lived, np.array([[0, 1], [0, 1], [2, 0], [0, 1]]))
    assert (found.share, found.share_of_kinds, found.kinds) == (0.25, 0.5, 2)


def test_direction_and_action_are_part_of_a_transition():
    assert novelty(np.array([[0, 1]]), np.array([[1, 0]])).share == 1
    lived = np.array([[0, 7, 1]])
    assert novelty(lived, np.array([[0, 7, 1]])).share == 0 and novelty(lived, np.array([[0, 8, 1]])).share == 1


def test_no_life_makes_everything_new_and_no_dream_nothing():
    assert novelty(np.empty((0, 2), int), np.array([[0, 0]])).share == 1
    with pytest.raises(AnalysisError, match="no transition"):
        novelty(np.array([[0, 0]]), np.empty((0, 2), int))
    with pytest.raises(AnalysisError, match="have 2 and 3 columns"):
        novelty(np.array([[0, 0]]), np.array([[0, 0, 0]]))
