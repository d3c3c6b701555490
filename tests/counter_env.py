"""A world whose observation is (episode, step), so that a row that is one too early or too late can be seen."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np


class Counter(gymnasium.Env[np.ndarray, int]):
    """Counts its episodes from 1 and the steps in each from 0.

    The observation is [episode, step] as float32, or with `pixels` a 16 x 16 x 3 uint8 image whose red is the
    episode, whose green is the step and whose blue is the last action, the same everywhere. `length` steps end an
    episode, by truncation where `truncate` says so. Each step pays `reward`.
    """

    def __init__(self, length: int = 10, truncate: bool = False, reward: float = 1.0, pixels: bool = False) -> None:
        self.length, self.truncate, self.reward, self.pixels = length, truncate, reward, pixels
        self.episode = self.count = self.action = 0
        self.action_space = gymnasium.spaces.Discrete(2)
        vector = gymnasium.spaces.Box(0, np.inf, (2,), np.float32)
        self.observation_space = gymnasium.spaces.Box(0, 255, (16, 16, 3), np.uint8) if pixels else vector

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.episode, self.count, self.action = self.episode + 1, 0, 0
        return self._observation(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.count, self.action = self.count + 1, int(action)
        ended = self.count >= self.length
        return self._observation(), self.reward, ended and not self.truncate, ended and self.truncate, {}

    def _observation(self) -> np.ndarray:
        if not self.pixels:
            return np.array([self.episode, self.count], np.float32)
        color = np.array([self.episode % 256, self.count % 256, self.action], np.uint8)
        return np.broadcast_to(color, (16, 16, 3)).copy()


class Returning(Counter):
    """Is at its first episode after every reset, so that it comes back to any of its moments."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        self.episode = 0
        return super().reset(seed=seed, options=options)


def register_counter() -> None:
    """Make `Counter-v0` and `Returning-v0` known to Gymnasium, once."""
    if "Counter-v0" not in gymnasium.registry:
        gymnasium.register("Counter-v0", entry_point=Counter)
        gymnasium.register("Returning-v0", entry_point=Returning)
