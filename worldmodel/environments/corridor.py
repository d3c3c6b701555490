"""A corridor with painted walls, the linear track on which place cells are recorded."""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium
import numpy as np

from worldmodel.configuration import settings_from_dict
from worldmodel.settings import bounded

LEFT, RIGHT = -1, 1
CELLS_IN_VIEW = 8
BANDS = 3

END_WALL, FLOOR, WATER = (40, 40, 40), (20, 20, 20), (60, 120, 255)
BODY, NOSE = (200, 120, 40), (255, 255, 255)


@dataclasses.dataclass
class CorridorSettings:
    """The keyword arguments of `Corridor`."""

    bins: int = bounded(24, low=3)
    """Places along the corridor; one step leads to the next."""
    size: int = bounded(32, low=16)
    """Height and width of the image in pixels, a multiple of 4."""
    walls: int = bounded(0, low=0)
    """Seed of what is painted on the walls."""
    max_steps: int = bounded(200, low=1)
    """Steps after which an episode is truncated."""

    def problems(self) -> list[str]:
        """What is wrong with the size."""
        return [f"environment.kwargs: size: must be a multiple of 4, not {self.size}"] if self.size % 4 else []


class Corridor(gymnasium.Env[np.ndarray, np.int64]):
    """Run to one end for water, then to the other: each arrival where the water is pays 1 and moves it.

    Observations are uint8 images (size, size, 3): the piece of wall around the animal, about eight places wide, and
    below it the floor with the animal, which looks where it last went, and a spout at each end. Which spout has water
    is not to be seen. Actions: 0 left, 1 right. An episode begins at a random place, looking towards the water, and is
    truncated after `max_steps`.

    `info`: "position", the place, from 0 at the left; "heading", -1 or 1; "water", the place where it is.

    settings: fields of `CorridorSettings`.
    Raises ConfigurationError that lists every mistake in the settings.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012
    action_names = ("LEFT", "RIGHT")

    def __init__(self, **settings: Any) -> None:
        self.settings = settings_from_dict(CorridorSettings, settings, "environment.kwargs")
        size = self.settings.size
        self.action_space = gymnasium.spaces.Discrete(2)
        self.observation_space = gymnasium.spaces.Box(0, 255, (size, size, 3), np.uint8)
        self._step_width = size // CELLS_IN_VIEW
        self._track = _painted(self.settings.bins, size, self._step_width, self.settings.walls)
        self._position, self._heading, self._water, self._steps = 0, RIGHT, 0, 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode between the ends."""
        super().reset(seed=seed)
        last = self.settings.bins - 1
        self._position = int(self.np_random.integers(1, last))
        self._heading = int(self.np_random.choice((LEFT, RIGHT)))
        self._water = last if self._heading == RIGHT else 0
        self._steps = 0
        return self._view(), self._info()

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Go one place to the left or to the right, or stay where the corridor ends."""
        last = self.settings.bins - 1
        self._heading = RIGHT if action else LEFT
        self._position = min(max(self._position + self._heading, 0), last)
        self._steps += 1
        arrived = self._position == self._water
        if arrived:
            self._water = last - self._water
        return self._view(), float(arrived), False, self._steps >= self.settings.max_steps, self._info()

    def _view(self) -> np.ndarray:
        size, width = self.settings.size, self._step_width
        begin = self._position * width
        view = self._track[:, begin : begin + size].copy()
        left, middle = (size - width) // 2, size // 2
        right, top = left + width, size - size // 8
        view[top:, left:right] = BODY
        view[top:, slice(middle, right) if self._heading == RIGHT else slice(left, middle)] = NOSE
        return view

    def _info(self) -> dict[str, Any]:
        return {"position": self._position, "heading": self._heading, "water": self._water}


def _painted(bins: int, size: int, width: int, seed: int) -> np.ndarray:
    """The whole corridor, `[size, bins * width + size - width, 3]` uint8: place p is seen from column p * width on."""
    margin, length = (size - width) // 2, bins * width
    track = np.empty((size, length + size - width, 3), np.uint8)
    floor = BANDS * size // 4
    track[:floor], track[floor:] = END_WALL, FLOOR
    colors = np.random.default_rng(seed).integers(60, 256, (BANDS, bins, 3), np.uint8)
    track[:floor, margin : margin + length] = colors.repeat(size // 4, 0).repeat(width, 1)
    track[floor:, [*range(margin, margin + width), *range(margin + length - width, margin + length)]] = WATER
    return track
