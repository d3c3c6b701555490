from itertools import pairwise

import numpy as np
import pytest

from worldmodel.environments.scrambles import (
    alternating_scrambles,
    clean_scrambles,
    has_clean_boundaries,
    hides_pairs,
    paired_rules,
    slots,
    visual_transitions,
)
from worldmodel.environments.true_order import count_true_pairs, true_transitions

PAPER = ((7, 1, 6, 2), (3, 4, 0, 5))  # [Z' X Y' Y], [Z W' W X']


def test_how_many_scrambles_there_are():
    every = list(alternating_scrambles(4))
    assert len(every) == len(set(every)) == 2304
    assert not any(count_true_pairs(phase[::way], 1, 4) for rule in every for phase in rule for way in (1, -1))
    hiding = [rule for rule in every if hides_pairs(rule, 4)]
    assert len(hiding) == 256
    assert sum(has_clean_boundaries(rule, 4) for rule in hiding) == len(clean_scrambles(4)) == 136


def test_the_small_grid_by_hand():
    """Of three, the middle ones must stand in the middle; ends and sequences can be swapped: 2 x 2 x 2."""
    assert len(list(alternating_scrambles(3))) == 2 * 6 * 6
    assert len(clean_scrambles(3)) == 8
    assert ((0, 4, 2), (3, 1, 5)) in clean_scrambles(3)


@pytest.mark.parametrize("length", [3, 4, 5])
def test_a_scramble_is_a_permutation_that_alternates(length):
    rules = clean_scrambles(length)
    assert rules
    for rule in rules:
        assert [len(phase) for phase in rule] == [length, length]
        assert sorted(slots(rule)) == list(range(2 * length))
        for phase in rule:
            sequences = [state // length for state in phase]
            assert all(one != other for one, other in pairwise(sequences))


def test_the_scramble_of_the_paper_is_not_clean():
    assert PAPER in set(alternating_scrambles(4)) and PAPER not in clean_scrambles(4)
    assert not hides_pairs(PAPER, 4)
    assert not has_clean_boundaries(PAPER, 4)  # Y | Z


def test_pairs_of_study_1():
    rules = paired_rules(4)
    assert len(set(rules)) == 8
    assert rules[0] == ((2, 3, 6, 7), (1, 2, 5, 6), (0, 1, 4, 5))
    assert rules[-1] == ((6, 7, 2, 3), (5, 6, 1, 2), (4, 5, 0, 1))
    assert slots(rules[0]) == (2, 3, 6, 7, 1, 5, 0, 4)
    shown = sum(count_true_pairs(phase, 1, 4) for phase in rules[3])
    assert shown == 6


def test_what_is_seen_and_what_is_true_share_nothing_in_a_scramble():
    rule = clean_scrambles(4)[0]
    seen, true = visual_transitions(rule), true_transitions(2, 4)
    assert seen.sum() == true.sum() == 6
    assert (seen * true).sum() == (seen * true.T).sum() == 0
    by_hand = np.zeros((8, 8))
    by_hand[[7, 1, 6, 3, 4, 0], [1, 6, 2, 4, 0, 5]] = 1
    np.testing.assert_array_equal(visual_transitions(PAPER), by_hand)
