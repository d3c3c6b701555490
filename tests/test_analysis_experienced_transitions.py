import numpy as np
import pytest

from worldmodel.analysis.experienced_transitions import (
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
