"""MinAtar, five small games on a grid of 10 x 10 cells (Young and Tian 2019, https://arxiv.org/abs/1903.03176)."""

from __future__ import annotations

import importlib.util
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import SyncVectorEnv

from worldmodel.environments.gymnasium_worlds import GymnasiumWorlds
from worldmodel.environments.naming import MINATAR_GAMES, one_line
from worldmodel.environments.settings import EnvironmentSettings
from worldmodel.errors import EnvironmentFailure

ACTIONS = {"n": "NOOP", "l": "LEFT", "u": "UP", "r": "RIGHT", "d": "DOWN", "f": "FIRE"}


class MinAtarGame(gymnasium.Env[np.ndarray, np.int64]):
    """One MinAtar game whose seed decides everything in it.

    module: name of the game's module, e.g. "space_invaders".
    minimal_actions: only the actions the game uses, in place of all six.
    sticky_actions: probability that the last action is repeated instead of the chosen one.
    difficulty_ramping: games become harder as they go on, where they can.
    """

    def __init__(
        self, module: str, *, minimal_actions: bool, sticky_actions: float, difficulty_ramping: bool = True
    ) -> None:
        self._game = game_module(module).Env(ramping=difficulty_ramping)
        self._sticky_actions = sticky_actions
        self._last_action = 0
        self._actions = self._game.minimal_action_set() if minimal_actions else range(len(self._game.action_map))
        self.action_names = tuple(ACTIONS[self._game.action_map[action]] for action in self._actions)
        self.action_space = gymnasium.spaces.Discrete(len(self._actions))
        self.observation_space = gymnasium.spaces.Box(0, 255, tuple(self._game.state_shape()), np.uint8)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a game; without a seed its randomness goes on where it was."""
        if seed is not None:
            self._game.random = np.random.RandomState(seed)
        self._game.reset()
        self._last_action = 0
        return self._cells(), {}

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play one frame."""
        # drawn also where nothing is sticky, so that a seed means the same game as in the package's own wrapper
        if self._game.random.rand() >= self._sticky_actions:
            self._last_action = self._actions[action]
        reward, terminated = self._game.act(self._last_action)
        return self._cells(), float(reward), bool(terminated), False, {}

    def _cells(self) -> np.ndarray:
        return self._game.state().astype(np.uint8) * 255


def make_minatar_worlds(game: str, minimal_actions: bool, settings: EnvironmentSettings, count: int) -> GymnasiumWorlds:
    """Worlds of one MinAtar game.

    game: one of `naming.MINATAR_GAMES`.
    Raises EnvironmentFailure where the package is not installed or `settings.kwargs` are not the game's.
    """
    environment = f"MinAtar/{game}{'-v1' if minimal_actions else ''}"
    new_game = partial(
        _new_game,
        MINATAR_GAMES[game],
        settings.max_episode_steps,
        minimal_actions=minimal_actions,
        sticky_actions=settings.sticky_actions,
        **settings.kwargs,
    )
    try:
        games = SyncVectorEnv([new_game] * count, **GymnasiumWorlds.VECTOR_KWARGS)
    except TypeError as error:
        raise EnvironmentFailure(f"environment {environment!r} cannot be made: {one_line(error)}") from error
    protocol: dict[str, Any] = {
        "sticky_actions": settings.sticky_actions,
        "max_episode_steps": settings.max_episode_steps,
    }
    if settings.kwargs:
        protocol["kwargs"] = dict(settings.kwargs)
    names = games.get_attr("action_names")[0]
    return GymnasiumWorlds(environment, games, image_size=None, grayscale=False, protocol=protocol, actions=names)


def _new_game(module: str, max_episode_steps: int | None, **kwargs: Any) -> gymnasium.Env:
    game = MinAtarGame(module, **kwargs)
    return gymnasium.wrappers.TimeLimit(game, max_episode_steps) if max_episode_steps else game


@cache
def game_module(name: str) -> ModuleType:
    """Load the module of one game by itself.

    `import minatar` would bring in matplotlib, seaborn and pandas, which take seconds and are needed for drawing only.

    Raises EnvironmentFailure where the package is not installed.
    """
    package = importlib.util.find_spec("minatar")
    if package is None or package.origin is None:
        raise EnvironmentFailure("MinAtar games need the minatar extra: pip install 'worldmodel[minatar]'")
    path = Path(package.origin).parent / "environments" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"minatar_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
