"""In which order life is replayed: what every order can do, and the two that need to know nothing but the rows.

Most orders choose rows, and a clip is then laid around each; `Reverse` chooses clips. Some learn from what replay
found: `Prioritised`, `Curious`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from worldmodel.memory.clips import MOST_CLIPS, Clips, clips_around
from worldmodel.memory.index import EpisodeIndex
from worldmodel.memory.store import RowStore


@dataclass(frozen=True)
class Lesson:
    """What one gradient step found in the rows of the clips it replayed, NaN where it learned nothing.

    error: `[n, T]`, by how much the return of the recorded transition out of each row exceeded its Q-value; 0 in the
        row that ended an episode, out of which there is none. Imagined transitions have no place here.
    loss: `[n, T]`, the world model's loss in each row.
    """

    error: np.ndarray
    loss: np.ndarray


class Order(Protocol):
    """A rule for choosing clips of the recorded life."""

    learns: bool
    """Whether it wants to be told of lessons."""

    def choose(self, rng: np.random.Generator, store: RowStore, batch_size: int, length: int) -> Clips:
        """Clips of at most `length` rows, as many as have `batch_size * length` rows together.

        Episodes of at least `length` rows give exactly `batch_size` clips; shorter ones give more, up to
        `MOST_CLIPS * batch_size`.
        """

    def learn(self, index: EpisodeIndex, clips: Clips, lesson: Lesson) -> None:
        """Take in what the clips that were replayed last have taught."""

    def state_dict(self) -> dict[str, Any]:
        """All that it remembers, as plain types and numpy arrays."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with what `state` remembered."""


class RowOrder:
    """An order that chooses rows, each by itself, and remembers nothing."""

    learns = False

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, drawn with replacement."""
        raise NotImplementedError

    def choose(self, rng: np.random.Generator, store: RowStore, batch_size: int, length: int) -> Clips:
        """Clips around the rows that are drawn."""
        offered = clips_around(rng, store.index, self.draw, MOST_CLIPS * batch_size, length)
        return offered.first(batch_size * length)

    def learn(self, index: EpisodeIndex, clips: Clips, lesson: Lesson) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing."""


class Uniform(RowOrder):
    """Every stored row is equally likely."""

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, drawn with replacement."""
        sizes = index.stop - index.start
        ends = np.cumsum(sizes)
        pick = rng.integers(ends[-1], size=count)
        lane = np.searchsorted(ends, pick, side="right")
        return lane, index.start[lane] + pick - (ends - sizes)[lane]


class Recent(RowOrder):
    """Newer rows are likelier: half of the draws come from the newest `newest_half` of memory.

    How far back a draw reaches, as a share of what is stored, is `u ** k` with u uniform in [0, 1) and
    `k = log(newest_half) / log(1/2)`. So `newest_half = 0.5` is uniform, and no row is ever out of reach.
    """

    def __init__(self, newest_half: float) -> None:
        self.power = math.log(newest_half) / math.log(0.5)

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, drawn with replacement."""
        lane, _ = Uniform().draw(rng, index, count)
        size = index.stop[lane] - index.start[lane]
        back = (size * rng.random(count) ** self.power).astype(np.int64)
        return lane, index.stop[lane] - 1 - back
