import numpy as np
import pytest

from worldmodel.analysis.replay_order import replay_order
from worldmodel.errors import AnalysisError

ORDER = np.eye(6, k=1, dtype=int)
"""0 to 5 in a row."""


def walks(events, forward, seed=0):
    """Events of 6 moments, each beginning anywhere: mostly on along the order (or back), at random otherwise."""
    generator = np.random.default_rng(seed)
    states = []
    for _ in range(events):
        state = int(generator.integers(6))
        for _ in range(6):
            states.append(state)
            state = (state + forward) % 6 if generator.random() < 0.7 else int(generator.integers(6))
    return np.array(states), np.repeat(np.arange(events), 6)


@pytest.mark.parametrize("forward", [1, -1])
def test_planted_walks_have_their_sign_at_their_lag(forward):
    found = replay_order(*walks(120, forward), ORDER, [1, 2, 3], shuffles=200)
    assert np.sign(found.difference[0]) == forward and abs(found.difference[0]) > found.threshold
    assert found.floor <= found.p <= 0.05, "of six states, some shuffles are nearly the same order"
    assert int(np.abs(found.difference).argmax()) == 0
    assert (np.abs(found.shuffled_time) < 0.3 * abs(found.difference[0])).all()
    assert (found.steps, found.events) == (720, 120)


def test_random_moments_have_none_more_often_than_chance():
    generator = np.random.default_rng(0)
    events = np.repeat(np.arange(60), 6)
    found = [replay_order(generator.integers(6, size=360), events, ORDER, [1, 2], s, shuffles=100) for s in range(40)]
    assert sum(each.p <= 0.05 for each in found) <= 6


def test_too_little_is_refused_in_one_line():
    with pytest.raises(AnalysisError, match="nothing was replayed"):
        replay_order(np.zeros(0, int), np.zeros(0, int), ORDER, [1])
    with pytest.raises(AnalysisError, match="lag 5 leaves 3 pairs"):
        replay_order(*walks(3, 1), ORDER, [5])
