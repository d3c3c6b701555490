from itertools import pairwise

import numpy as np
import pytest

from worldmodel.environments.scrambles import (
    alternating_scrambles,
    clean_scrambles,
    favours_no_direction,
    has_clean_boundaries,
    hides_pairs,
    paired_rules,
    slots,
    visual_transitions,
)
from worldmodel.environments.story_timetable import story
from worldmodel.environments.true_order import count_true_pairs, true_transitions

PAPER = ((7, 1, 6, 2), (3, 4, 0, 5))  # [Z' X Y' Y], [Z W' W X']


def test_how_many_scrambles_there_are():
    every = list(alternating_scrambles(4))
    assert len(every) == len(set(every)) == 2304
    assert not any(count_true_pairs(phase[::way], 1, 4) for rule in every for phase in rule for way in (1, -1))
    hiding = [rule for rule in every if hides_pairs(rule, 4)]
    assert len(hiding) == 256
    bounded = [rule for rule in hiding if has_clean_boundaries(rule, 4)]
    assert len(bounded) == 136
    assert sum(favours_no_direction(rule, 4) for rule in bounded) == len(clean_scrambles(4)) == 52


@pytest.mark.parametrize("length", [3, 4, 5])
@pytest.mark.parametrize("repeats", [1, 3])
def test_a_story_of_a_clean_scramble_runs_neither_way_at_any_lag_that_replay_is_measured_at(length, repeats):
    for rule in clean_scrambles(length):
        shown = [row.state for row in story(rule, repeats, [], length, -1)]
        for lag in (1, 2, 3, 4):
            assert count_true_pairs(shown, lag, length) == count_true_pairs(shown[::-1], lag, length)
            assert lag == 4 or count_true_pairs(shown, lag, length) == 0


def test_the_small_grid_by_hand():
    """Of three, the middle ones stand in the middle, and one phase runs forward, one backward: 2 x 2."""
    assert len(list(alternating_scrambles(3))) == 2 * 6 * 6
    assert len(clean_scrambles(3)) == 4
    assert ((0, 4, 2), (5, 1, 3)) in clean_scrambles(3)
    assert not favours_no_direction(((0, 4, 2), (3, 1, 5)), 3)  # 4 then 3, 2 then 1: both backward


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
