"""Four rooms joined by four doors (Sutton, Precup and Singh 1999), seen from above."""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium
import numpy as np

from worldmodel.configuration import settings_from_dict
from worldmodel.settings import bounded

PLAN = (
    "#############",
    "#     #     #",
    "#     #     #",
    "#           #",
    "#     #     #",
    "#     #     #",
    "## ####     #",
    "#     ### ###",
    "#     #     #",
    "#     #     #",
    "#           #",
    "#     #     #",
    "#############",
)
WALLS = np.array([[place == "#" for place in row] for row in PLAN])
GOAL = (9, 9)

MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))

WALL_COLOR, FLOOR_COLOR, GOAL_COLOR, AGENT_COLOR = (110, 110, 110), (20, 20, 20), (60, 220, 90), (255, 90, 60)


@dataclasses.dataclass
class FourRoomsSettings:
    """The keyword arguments of `FourRooms`."""

    size: int = bounded(32, low=16)
    """Height and width of the image in pixels, a multiple of 4; the plan has 13 x 13 places."""
    max_steps: int = bounded(200, low=1)
    """Steps after which an episode is truncated."""

    def problems(self) -> list[str]:
        """What is wrong with the size."""
        return [f"environment.kwargs: size: must be a multiple of 4, not {self.size}"] if self.size % 4 else []


class FourRooms(gymnasium.Env[np.ndarray, np.int64]):
    """Find the goal in the lower right room from anywhere: reward 1, and the episode terminates.

    Observations are uint8 images (size, size, 3) of all rooms, the goal and the agent. Actions: 0 up, 1 down, 2 left,
    3 right; a step into a wall changes nothing, and no step fails by chance. An episode begins at a random place other
    than the goal, and is truncated after `max_steps`.

    `info`: "position", int64 (row, column), counted from the upper left corner of the outer wall.

    settings: fields of `FourRoomsSettings`.
    Raises ConfigurationError that lists every mistake in the settings.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012
    action_names = ("UP", "DOWN", "LEFT", "RIGHT")

    def __init__(self, **settings: Any) -> None:
        self.settings = settings_from_dict(FourRoomsSettings, settings, "environment.kwargs")
        size = self.settings.size
        self.action_space = gymnasium.spaces.Discrete(len(MOVES))
        self.observation_space = gymnasium.spaces.Box(0, 255, (size, size, 3), np.uint8)
        self._starts = [(row, column) for row, column in np.argwhere(~WALLS).tolist() if (row, column) != GOAL]
        self._position, self._steps = GOAL, 0
        self._place_width = size // len(PLAN)
        self._margin = (size - len(PLAN) * self._place_width) // 2
        self._empty = np.empty((size, size, 3), np.uint8)
        self._empty[:] = WALL_COLOR
        for place in [*self._starts, GOAL]:
            self._paint(self._empty, place, GOAL_COLOR if place == GOAL else FLOOR_COLOR)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode at a random place."""
        super().reset(seed=seed)
        self._position = self._starts[self.np_random.integers(len(self._starts))]
        self._steps = 0
        return self._seen(), self._info()

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Go to the next place, unless there is a wall."""
        down, right = MOVES[action]
        ahead = (self._position[0] + down, self._position[1] + right)
        if not WALLS[ahead]:
            self._position = ahead
        self._steps += 1
        found = self._position == GOAL
        return self._seen(), float(found), found, not found and self._steps >= self.settings.max_steps, self._info()

    def _seen(self) -> np.ndarray:
        image = self._empty.copy()
        self._paint(image, self._position, AGENT_COLOR)
        return image

    def _paint(self, image: np.ndarray, place: tuple[int, int], color: tuple[int, int, int]) -> None:
        top, left = (self._margin + entry * self._place_width for entry in place)
        image[top : top + self._place_width, left : left + self._place_width] = color

    def _info(self) -> dict[str, Any]:
        return {"position": np.array(self._position)}
