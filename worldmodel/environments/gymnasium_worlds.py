"""Any environment that is registered with Gymnasium, one after the other in one process."""

from __future__ import annotations

import importlib
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from worldmodel.environments.lockstep import Lockstep, Outcome
from worldmodel.environments.naming import one_line, registered_by_emulator, unknown
from worldmodel.environments.observations import observations_of
from worldmodel.environments.restarting import BEGUN_ANEW, Restarting
from worldmodel.environments.settings import EnvironmentSettings
from worldmodel.errors import EnvironmentFailure, WorldModelError
from worldmodel.experience import Spec


class GymnasiumWorlds(Lockstep):
    """N Gymnasium environments with numbered actions.

    environment: id, for the spec and for messages.
    games: the environments, made with `VECTOR_KWARGS`.
    image_size: height and width to which images are resized, None to leave them.
    grayscale: turn three colour channels into one.
    protocol: how the environment was set up, for the spec.
    actions: their names; None numbers them.
    info: what the environments told last beside their observations, which agents never see.
    Raises EnvironmentFailure for actions or observations of a kind that is not supported.
    """

    VECTOR_KWARGS: dict[str, Any] = {"autoreset_mode": AutoresetMode.DISABLED, "copy": False}  # noqa: RUF012

    def __init__(
        self,
        environment: str,
        games: SyncVectorEnv,
        *,
        image_size: int | None,
        grayscale: bool,
        protocol: dict[str, Any],
        actions: tuple[str, ...] | None = None,
    ) -> None:
        space = games.single_action_space
        if not isinstance(space, gymnasium.spaces.Discrete):
            raise EnvironmentFailure(
                f"environment {environment!r}: actions of kind {type(space).__name__} are not supported, only Discrete"
            )
        self._games = games
        self._lowest_action = int(space.start)
        self._shown = observations_of(games.single_observation_space, environment, image_size, grayscale)
        self.info: dict[str, Any] = {}
        self._restarting: list[Restarting] = []
        names = actions or tuple(str(index) for index in range(int(space.n)))
        super().__init__(Spec(environment, self._shown.shape, self._shown.dtype, names, protocol), games.num_envs)

    def restart_where_broken(self, most: int) -> None:
        """From now on a world that breaks is made anew, up to `most` times in a row; see `Restarting`."""
        self._restarting = [
            Restarting(self.spec.environment, game, make, most)
            for game, make in zip(self._games.envs, self._games.env_fns, strict=True)
        ]
        self._games.envs = list(self._restarting)

    def close(self) -> None:
        """Close every environment."""
        self._games.close()

    def _begin(self, which: np.ndarray, seeds: list[int]) -> np.ndarray:
        raw, self.info = self._games.reset(seed=list(seeds), options={"reset_mask": which})
        self._note_restarts()
        return self._shown(raw)

    def _advance(self, actions: np.ndarray) -> Outcome:
        raw, reward, terminated, truncated, self.info = self._games.step(actions + self._lowest_action)
        begun = self.info.pop(BEGUN_ANEW, None)
        self._note_restarts()
        return Outcome(self._shown(raw), reward, terminated, truncated, game_over=terminated | truncated, begun=begun)

    def _note_restarts(self) -> None:
        if (restarts := sum(each.restarts for each in self._restarting)) != self.restarts:
            self.restarts = restarts
            self.seeds = [int(each.seed or 0) for each in self._restarting]


def make_gymnasium_worlds(settings: EnvironmentSettings, count: int) -> GymnasiumWorlds:
    """Build worlds of any registered id, or of `module:Name-v0`, which imports the module first.

    Actions have the names that the environment gives in an attribute `action_names`, else numbers.

    Raises EnvironmentFailure where the id is unknown or the environment cannot be built or is not supported, and
    ConfigurationError where a world of our own does not take `settings.kwargs`.
    """
    name = _registered(settings.id)
    arguments = dict(settings.kwargs)
    if settings.max_episode_steps is not None:
        arguments["max_episode_steps"] = settings.max_episode_steps
    try:
        games = gymnasium.make_vec(
            name, count, vectorization_mode="sync", vector_kwargs=dict(GymnasiumWorlds.VECTOR_KWARGS), **arguments
        )
    except WorldModelError:
        raise
    except Exception as error:
        raise EnvironmentFailure(f"environment {settings.id!r} cannot be made: {one_line(error)}") from error
    assert isinstance(games, SyncVectorEnv)
    made = games.envs[0].spec
    protocol: dict[str, Any] = {"max_episode_steps": made.max_episode_steps if made else None}
    if settings.kwargs:
        protocol["kwargs"] = dict(settings.kwargs)
    return GymnasiumWorlds(
        settings.id,
        games,
        image_size=settings.image_size,
        grayscale=settings.grayscale,
        protocol=protocol,
        actions=getattr(games.envs[0].unwrapped, "action_names", None),
    )


def _registered(environment: str) -> str:
    """Import the module that the id names, if any, and return the id under which the environment is registered."""
    module, colon, name = environment.rpartition(":")
    if colon:
        try:
            importlib.import_module(module)
        except Exception as error:
            raise EnvironmentFailure(
                f"environment {environment!r}: module {module!r} cannot be imported: {one_line(error)}"
            ) from error
    found = gymnasium.registry.get(name)
    if found is None or registered_by_emulator(found):
        raise EnvironmentFailure(unknown(environment))
    return name
