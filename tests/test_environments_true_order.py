import numpy as np
import pytest

from worldmodel.environments.true_order import count_true_pairs, follows, state_names, true_transitions


def test_transitions_by_hand():
    by_hand = np.zeros((8, 8))
    for first, second in [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7)]:
        by_hand[first, second] = 1
    np.testing.assert_array_equal(true_transitions(2, 4), by_hand)
    assert true_transitions(2, 3).sum() == 4 and true_transitions(3, 2).sum() == 3


def test_neither_the_end_of_a_sequence_nor_nothing_is_followed():
    assert follows(2, 3, 4) and follows(4, 5, 4)
    assert not follows(3, 4, 4)  # Z, then W'
    assert not follows(-1, 0, 4)  # nothing, then W
    assert not follows(1, 0, 4) and not follows(0, 2, 4)


@pytest.mark.parametrize(
    ("states", "lag", "count"),
    [
        ([0, 1, 2, 3], 1, 3),
        ([0, 1, 2, 3], 2, 0),
        ([3, 2, 1, 0], 1, 0),
        ([0, 5, 1, 6], 2, 2),
        ([3, 4, -1, 0], 1, 0),
        ([0, -1, 1, -1, 2], 2, 2),
        ([0, 1], 3, 0),
        ([], 1, 0),
    ],
)
def test_true_pairs_by_hand(states, lag, count):
    assert count_true_pairs(states, lag, 4) == count


def test_the_scramble_of_the_paper_leaks_at_lag_2():
    """[Z' X Y' Y], [Z W' W X']: X to Y and W' to X', and Z' to Y' in reverse."""
    first, second = [7, 1, 6, 2], [3, 4, 0, 5]
    assert count_true_pairs(first, 1, 4) == count_true_pairs(second, 1, 4) == 0
    assert count_true_pairs(first, 2, 4) == count_true_pairs(second, 2, 4) == 1
    assert count_true_pairs(first[::-1], 2, 4) == 1


def test_names():
    assert state_names(4) == ("W", "X", "Y", "Z", "W'", "X'", "Y'", "Z'")
    assert state_names(5)[:2] == ("V", "W") and state_names(5)[5] == "V'"
    assert state_names(3) == ("dog", "vase", "water", "robot", "barrel", "oil")
