import numpy as np
import pytest

from worldmodel.analysis.direction import Steps, count_directions, direction, direction_contrast
from worldmodel.errors import AnalysisError

LIVED = np.array([[5, 4, 0, 0], [1, 0, 2, 0], [0, 2, 0, 0], [0, 0, 0, 0]])
"""0>1 more often than back, 1>2 as often both ways, nothing with 3."""


def test_steps_are_told_apart():
    """Event 0: forward, undecided; event 1: reverse, stays, new. None leads from one event to the next."""
    found = count_directions(np.array([0, 1, 2, 1, 0, 0, 3]), np.array([0, 0, 0, 1, 1, 1, 1]), LIVED)
    assert found.forward.tolist() == [1, 0] and found.reverse.tolist() == [0, 1]
    assert found.undecided.tolist() == [1, 0] and found.new.tolist() == [0, 1]


def steps(forward, reverse):
    zeros = np.zeros(len(forward), int)
    return Steps(np.array(forward), np.array(reverse), zeros, zeros)


def test_shares_and_their_test():
    found = direction(steps([4] * 20, [1] * 20))
    assert found.forward == found.forward_of_decided == 0.8 and found.reverse == 0.2 and found.new == 0
    assert (found.steps, found.events) == (100, 20) and found.low == pytest.approx(0.8) == found.high


def test_an_interval_holds_what_events_differ_by():
    forward = np.random.default_rng(0).integers(0, 6, 60)
    found = direction(steps(forward, 5 - forward))
    assert found.low < found.forward_of_decided < found.high and 0.05 < found.high - found.low < 0.3


def test_groups_of_one_kind_are_told_apart_no_more_often_than_by_chance():
    """Of 40 pairs of groups drawn alike, p is at most 0.05 in about 2."""
    generator = np.random.default_rng(0)
    found = []
    for seed in range(40):
        one, other = generator.integers(0, 6, (2, 12))
        found.append(direction_contrast(steps(one, 5 - one), steps(other, 5 - other), seed).p <= 0.05)
    assert sum(found) <= 6


def test_events_without_a_decided_step_do_not_count_and_few_events_say_nothing():
    with pytest.raises(AnalysisError, match="only 5 events"):
        direction(steps([1] * 5 + [0] * 9, [0] * 14))


def test_two_groups_are_compared():
    before, after = steps([5] * 15, [0] * 15), steps([1] * 15, [4] * 15)
    found = direction_contrast(before, after)
    assert found.difference == pytest.approx(0.8) and found.p < 0.01
    same = direction_contrast(steps([3, 2] * 8, [2, 3] * 8), steps([2, 3] * 8, [3, 2] * 8))
    assert same.difference == 0 and same.p == 1
    with pytest.raises(AnalysisError, match="only 3 events"):
        direction_contrast(before, after.of(np.arange(3)))
