import numpy as np
import pytest

from worldmodel.analysis.experienced_transitions import (
    along_likeliest,
    one_way_pairs,
    prevailing_direction,
    transition_counts,
    transition_probabilities,
)
from worldmodel.analysis.sequenceness import explained_by
from worldmodel.errors import AnalysisError

STATES, EPISODES = np.array([0, 1, 1, 2, 0, 1, 0]), np.array([5, 5, 5, 5, 6, 6, 6])


def test_counts_by_hand():
    """0>1, 1>1, 1>2, then anew 0>1, 1>0; not 2>0, which no episode has."""
    counts = transition_counts(STATES, 4, EPISODES)
    assert counts.tolist() == [[0, 2, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert transition_counts(STATES, 4)[2, 0] == 1


def test_rows_are_probabilities_or_nothing():
    found = transition_probabilities(transition_counts(STATES, 4, EPISODES))
    assert found[1] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0]) and found[:2].sum(1) == pytest.approx(1)
    assert (found[2:] == 0).all()


def test_the_prevailing_direction_can_be_tested_for_sequences():
    """0>1 twice and back once: (2 - 1) / 3; 1>2 only forward; staying counts for nothing."""
    found = prevailing_direction(transition_counts(STATES, 4, EPISODES))
    assert found[0, 1] == pytest.approx(1 / 3) and found[1, 2] == 1 and found.sum() == pytest.approx(4 / 3)
    assert not (found * found.T).any()
    forward, _ = explained_by(found, found[None])
    assert forward == pytest.approx([1])


def test_unknown_states_are_refused_and_one_moment_has_no_transition():
    for states in ([0, 4], [-1, 0]):
        with pytest.raises(AnalysisError, match="0 to 3"):
            transition_counts(np.array(states), 4)
    assert transition_counts(np.array([2]), 4).sum() == transition_counts(np.array([], int), 4).sum() == 0


def test_pairs_of_one_direction_are_those_passed_twice_as_often_one_way():
    """0>1 five times and never back; 1>2 four and two; 2>3 three and two, too alike; staying does not count."""
    counts = np.array([[9, 5, 0, 0], [0, 9, 4, 0], [0, 2, 9, 3], [0, 0, 2, 9]])
    assert np.argwhere(one_way_pairs(counts, 9)).tolist() == [[0, 1], [1, 2]]
    assert np.argwhere(one_way_pairs(counts, 1)).tolist() == [[0, 1]], "the largest difference first"
    assert not (one_way_pairs(counts, 9) * one_way_pairs(counts, 9).T).any()


def test_a_life_that_runs_both_ways_alike_has_no_order():
    with pytest.raises(AnalysisError, match="mostly in one direction"):
        one_way_pairs(np.ones((3, 3)), 3)


def test_states_are_named_along_their_likeliest_way():
    """2 is left most often, then 0, then 3; from there nothing new is known, and 1 is what is left."""
    counts = np.array([[9, 0, 0, 2], [0, 0, 0, 0], [5, 1, 0, 0], [0, 0, 1, 0]])
    assert along_likeliest(counts).tolist() == [2, 0, 3, 1]
    assert along_likeliest(np.zeros((3, 3))).tolist() == [0, 1, 2]
