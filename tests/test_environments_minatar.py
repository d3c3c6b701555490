import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.environments.minatar import MinAtarGame, game_module
from worldmodel.environments.naming import MINATAR_GAMES
from worldmodel.errors import EnvironmentFailure


def worlds_of(environment, count=1, **settings):
    return make_worlds(EnvironmentSettings(id=environment, **settings), count, evaluation=False)


@pytest.mark.parametrize("game", MINATAR_GAMES)
def test_every_game_shows_its_cells_as_they_are(game):
    worlds = worlds_of(f"MinAtar/{game}")
    height, width, channels = worlds.spec.observation_shape
    assert (height, width, worlds.spec.observation_dtype) == (10, 10, "uint8") and channels >= 4
    assert worlds.spec.actions == ("NOOP", "LEFT", "UP", "RIGHT", "DOWN", "FIRE")
    assert set(np.unique(worlds.reset([1]).observation)) == {0, 255}


def test_ids_and_action_sets():
    assert worlds_of("MinAtar/Breakout-v1").spec.actions == ("NOOP", "LEFT", "RIGHT")
    assert worlds_of("MinAtar/Breakout-v1").spec.environment == "MinAtar/Breakout-v1"
    assert worlds_of("MinAtar/Breakout-v0").spec.environment == "MinAtar/Breakout"


def test_a_minimal_action_is_the_action_of_its_name():
    def paddle_after(environment, name):
        worlds = worlds_of(environment)
        worlds.reset([1])
        step = worlds.step(np.array([worlds.spec.actions.index(name)]))
        return int(np.argmax(step.observation[0, 9, :, 0]))  # channel 0 is the paddle, in the lowest row

    assert paddle_after("MinAtar/Breakout", "NOOP") == 4
    for environment in ("MinAtar/Breakout", "MinAtar/Breakout-v1"):
        assert paddle_after(environment, "LEFT") == 3 and paddle_after(environment, "RIGHT") == 5


def test_a_lost_ball_ends_the_game_and_pays_are_counted():
    worlds = worlds_of("MinAtar/Breakout")
    step, total = worlds.reset([1]), 0.0
    for _ in range(200):
        step = worlds.step(np.array([0]))
        total += float(step.reward[0])
        if step.ended[0]:
            break
    assert step.terminated[0] and step.game_over[0] and total == int(total)
    assert worlds.restart(step.ended, [2]).first[0]


def test_the_chance_of_the_game_is_that_of_the_package_for_the_same_seed():
    game = MinAtarGame("asterix", minimal_actions=False, sticky_actions=0.3)
    raw = game_module("asterix").Env(ramping=True)
    chance = raw.random = np.random.RandomState(4)
    raw.reset()
    observation, _ = game.reset(seed=4)
    last, repeated = 0, 0
    for action in np.random.default_rng(0).integers(0, 6, 60):
        np.testing.assert_array_equal(observation, raw.state() * np.uint8(255))
        if chance.rand() < 0.3:
            repeated += action != last
        else:
            last = int(action)
        reward, terminated = raw.act(last)
        observation, shown_reward, shown_terminated, _, _ = game.step(action)
        assert (shown_reward, shown_terminated) == (reward, terminated)
        if terminated:
            break
    assert repeated


def test_a_limit_of_steps_truncates():
    worlds = worlds_of("MinAtar/Freeway", max_episode_steps=3)
    worlds.reset([1])
    assert [bool(worlds.step(np.array([0])).truncated[0]) for _ in range(3)] == [False, False, True]


def test_keyword_arguments():
    assert worlds_of("MinAtar/Asterix", kwargs={"difficulty_ramping": False}).spec.protocol["kwargs"]
    with pytest.raises(EnvironmentFailure, match=r"'MinAtar/Asterix' cannot be made: TypeError: .*'ramp'"):
        worlds_of("MinAtar/Asterix", kwargs={"ramp": False})


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    game_module.cache_clear()
    with pytest.raises(EnvironmentFailure, match=r"need the minatar extra: pip install 'worldmodel\[minatar\]'"):
        worlds_of("MinAtar/Breakout")


def test_nothing_is_imported_that_only_draws():
    program = (
        "import sys; from worldmodel.environments.minatar import game_module; game_module('breakout');"
        "print([name for name in ('minatar', 'matplotlib', 'seaborn', 'pandas') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
