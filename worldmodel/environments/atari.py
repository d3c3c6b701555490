"""Atari games, played by the emulator's own vector environment, which resizes and skips frames natively."""

from __future__ import annotations

from typing import Any

import numpy as np
from ale_py.vector_env import AtariVectorEnv

from worldmodel.environments.lockstep import Lockstep, Outcome
from worldmodel.environments.naming import atari_games
from worldmodel.environments.settings import EnvironmentSettings
from worldmodel.errors import ConfigurationError
from worldmodel.experience import Spec

MAX_FRAMES = 108_000  # half an hour of play, the limit of Machado et al. 2018, https://arxiv.org/abs/1709.06009


class AtariWorlds(Lockstep):
    """N Atari games with one protocol, stated in `spec.protocol`.

    The protocol is that of the Atari 100k papers unless the settings say otherwise: no sticky actions, fewer than
    30 no-ops and no FIRE at the start, a lost life ends the training episode, rewards as the game gives them.

    game: name of the game, a key of `naming.atari_games()`.
    evaluation: a lost life never ends the episode.
    action_set: the emulator's name of each action.
    opening_frames: `[N]` int, no-op frames with which the games began that were reset last.
    Raises ConfigurationError where `settings.kwargs` is not empty.
    """

    def __init__(self, game: str, settings: EnvironmentSettings, count: int, *, evaluation: bool) -> None:
        if settings.kwargs:
            raise ConfigurationError(f"environment.kwargs: Atari games take none, remove {', '.join(settings.kwargs)}")
        self._life_loss_terminates = settings.life_loss_terminates and not evaluation
        protocol = _protocol(settings, self._life_loss_terminates)
        self._games = AtariVectorEnv(
            atari_games()[game],
            count,
            img_height=settings.image_size,
            img_width=settings.image_size,
            grayscale=settings.grayscale,
            stack_num=1,
            frameskip=settings.frame_skip,
            maxpool=protocol["max_pool"],
            noop_max=settings.noop_max,
            use_fire_reset=protocol["fire_reset"],
            repeat_action_probability=settings.sticky_actions,
            full_action_space=settings.full_action_space,
            max_num_frames_per_episode=protocol["max_frames"],
            reward_clipping=protocol["reward_clipping"],
            # Lost lives are found here, from the number of lives: with either of these, "terminated" would no longer
            # tell whether the game is over, least of all where a life is lost in the frame in which time runs out.
            episodic_life=False,
            life_loss_info=False,
        )
        self._lives = np.zeros(count, np.int32)
        self.opening_frames = np.zeros(count, np.int32)
        shape = (settings.image_size, settings.image_size, 1 if settings.grayscale else 3)
        self.action_set = tuple(self._games.ale.get_action_set())
        actions = tuple(action.name for action in self.action_set)
        super().__init__(Spec(f"ALE/{game}-v5", shape, "uint8", actions, protocol), count)

    def close(self) -> None:
        """Let go of the worlds; the emulator's threads end with this object."""
        self._games.close()

    def _begin(self, which: np.ndarray, seeds: list[int]) -> np.ndarray:
        chosen = np.asarray(seeds, np.int64)[which]
        pixels, info = self._games.reset(seed=chosen, options={"reset_mask": which})
        self._lives = info["lives"]
        self.opening_frames = info["episode_frame_number"]
        return self._frames(pixels)

    def _advance(self, actions: np.ndarray) -> Outcome:
        pixels, reward, over, truncated, info = self._games.step(actions)
        lives = info["lives"]
        terminated = over
        if self._life_loss_terminates:
            # some games show 0 lives while the last one is still being played, so that is not yet a loss
            terminated = over | ((lives < self._lives) & (lives > 0))
        self._lives = lives
        return Outcome(self._frames(pixels), reward, terminated, truncated, game_over=over | truncated)

    def _frames(self, pixels: np.ndarray) -> np.ndarray:
        # [N, 1, H, W] or [N, 1, H, W, 3] -> [N, H, W, C], a view: each call of the emulator brings its own array
        return pixels.reshape(self.count, *self.spec.observation_shape)


def _protocol(settings: EnvironmentSettings, life_loss_terminates: bool) -> dict[str, Any]:
    """Say how the games are set up, for results to be compared with others of the same protocol only."""
    steps = settings.max_episode_steps
    return {
        "frame_skip": settings.frame_skip,
        "max_pool": settings.frame_skip > 1,
        "sticky_actions": settings.sticky_actions,
        "noop_max": settings.noop_max,
        "fire_reset": False,
        "life_loss_terminates": life_loss_terminates,
        "full_action_space": settings.full_action_space,
        "image_size": settings.image_size,
        "grayscale": settings.grayscale,
        "max_frames": MAX_FRAMES if steps is None else steps * settings.frame_skip,
        "reward_clipping": False,
    }
