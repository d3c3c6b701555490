import numpy as np
import pytest

from worldmodel.environments.lockstep import Lockstep, Outcome
from worldmodel.errors import EnvironmentFailure, NumericalError
from worldmodel.experience import Spec


class Script(Lockstep):
    """Two worlds that play what a list says: the observation is (seed, steps since then)."""

    def __init__(self, outcomes=(), reward=1.0):
        super().__init__(Spec("Script-v0", (2,), "float32", ("0", "1"), {}), 2)
        self.outcomes, self.reward = list(outcomes), reward
        self.state = np.zeros((2, 2), np.float32)
        self.resets = []

    def _begin(self, which, seeds):
        self.resets.append((which.tolist(), seeds))
        self.state = np.where(which[:, None], np.stack([np.array(seeds), np.zeros(2)], 1), self.state)
        return self.state.astype(np.float32)

    def _advance(self, actions):
        terminated, truncated, over = (np.array(flags, bool) for flags in self.outcomes.pop(0))
        self.state = self.state + np.array([0, 1])
        return Outcome(self.state.astype(np.float32), np.full(2, self.reward), terminated, truncated, over)

    def close(self):
        pass


NONE = ([0, 0], [0, 0], [0, 0])


def test_restart_resets_games_that_are_over_and_only_those():
    # world 0 loses a life, world 1 its game
    worlds = Script([([1, 1], [0, 0], [0, 1]), NONE])
    worlds.reset([10, 11])
    last = worlds.step(np.array([0, 0]))
    assert last.observation.tolist() == [[10, 1], [11, 1]] and last.reward.tolist() == [1, 1]
    opened = worlds.restart(last.ended, [20, 21])
    assert worlds.resets[1:] == [([False, True], [20, 21])]
    assert opened.observation.tolist() == [[10, 1], [21, 0]]
    assert opened.first.all() and not opened.reward.any() and not opened.ended.any() and not opened.game_over.any()
    after = worlds.step(np.array([0, 0]))
    assert after.observation.tolist() == [[10, 2], [21, 1]] and not after.first.any()


def test_rows_of_the_other_worlds_are_shown_again():
    worlds = Script([([0, 1], [0, 0], [0, 1])])
    worlds.reset([1, 2])
    last = worlds.step(np.array([0, 0]))
    opened = worlds.restart(last.ended, [3, 4])
    assert opened.observation.tolist() == [[1, 1], [4, 0]]
    assert opened.first.tolist() == [False, True] and opened.reward.tolist() == [1, 0]


def test_where_nothing_is_over_nothing_is_reset():
    worlds = Script([([1, 0], [0, 0], [0, 0])])
    worlds.reset([1, 2])
    worlds.restart(worlds.step(np.array([0, 0])).ended, [3, 4])
    assert len(worlds.resets) == 1


def test_terminated_wins_over_truncated():
    worlds = Script([([1, 0], [1, 1], [1, 1])])
    worlds.reset([1, 2])
    step = worlds.step(np.array([0, 0]))
    assert step.terminated.tolist() == [True, False] and step.truncated.tolist() == [False, True]
    assert step.game_over.all()


def test_seeds_are_taken_modulo_2_to_the_31():
    worlds = Script()
    worlds.reset([2**31 + 5, -1])
    assert worlds.resets == [([True, True], [5, 2**31 - 1])]


def test_calls_out_of_order_or_range_are_refused():
    worlds = Script([([1, 0], [0, 0], [1, 0])])
    with pytest.raises(RuntimeError, match="reset"):
        worlds.step(np.array([0, 0]))
    with pytest.raises(RuntimeError, match="reset"):
        worlds.restart(np.array([True, True]), [1, 2])
    with pytest.raises(ValueError, match="2 seeds, got 1"):
        worlds.reset([1])
    worlds.reset([1, 2])
    for wrong in ([0, 2], [-1, 0], [0, 0, 0]):
        with pytest.raises(ValueError, match="expected 2 actions from 0 to 1"):
            worlds.step(np.array(wrong))
    worlds.step(np.array([0, 0]))
    with pytest.raises(RuntimeError, match="restart"):
        worlds.step(np.array([0, 0]))


@pytest.mark.parametrize("reward", [np.nan, np.inf, 1e300])
def test_a_reward_that_is_not_finite_is_refused(reward):
    worlds = Script([NONE], reward=reward)
    worlds.reset([1, 2])
    with pytest.raises(EnvironmentFailure, match="'Script-v0' gave a reward that is not a finite number, in world 0"):
        worlds.step(np.array([0, 0]))


def test_an_observation_that_is_not_finite_is_refused():
    worlds = Script([NONE])
    worlds.reset([1, 2])
    worlds.state[1, 0] = np.nan
    with pytest.raises(EnvironmentFailure, match="observation that is not a finite number, in world 1"):
        worlds.step(np.array([0, 0]))


def test_what_breaks_inside_is_named_and_errors_of_ours_pass():
    worlds = Script([])
    worlds.reset([1, 2])
    with pytest.raises(EnvironmentFailure, match="'Script-v0' broke in step: IndexError: pop from empty") as caught:
        worlds.step(np.array([0, 0]))
    assert isinstance(caught.value.__cause__, IndexError)

    class Ours(Script):
        def _begin(self, which, seeds):
            raise NumericalError("as it is")

    with pytest.raises(NumericalError, match="as it is"):
        Ours().reset([1, 2])


def test_some_worlds_can_be_begun_again_at_any_moment():
    worlds = Script([([0, 0], [0, 0], [0, 0]), ([1, 0], [0, 0], [1, 0])])
    with pytest.raises(RuntimeError, match="reset all worlds first"):
        worlds.reset([1, 2], np.array([True, False]))
    worlds.reset([1, 2])
    worlds.step(np.array([0, 0]))
    opened = worlds.reset([3, 4], np.array([False, True]))
    assert opened.observation.tolist() == [[1, 1], [4, 0]]
    assert opened.first.tolist() == [False, True] and opened.reward.tolist() == [1, 0]
    assert worlds.step(np.array([0, 0])).game_over.tolist() == [True, False]
    assert not worlds.reset([5, 6], np.array([True, False])).game_over.any()
