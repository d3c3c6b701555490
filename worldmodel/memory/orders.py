"""In which order life is replayed: which recorded rows are looked at again, and the clips around them.

An order chooses rows, nothing else; a clip is then laid around each row so that the row is equally likely to lie
anywhere in it. Orders that prefer some rows (surprising ones, rewarded ones, the last ones backwards) fit behind the
same method.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from worldmodel.memory.index import EpisodeIndex


class Order(Protocol):
    """A rule for choosing rows of the recorded life."""

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, drawn with replacement."""


class Uniform:
    """Every stored row is equally likely."""

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, drawn with replacement."""
        sizes = index.stop - index.start
        ends = np.cumsum(sizes)
        pick = rng.integers(ends[-1], size=count)
        lane = np.searchsorted(ends, pick, side="right")
        return lane, index.start[lane] + pick - (ends - sizes)[lane]


class Recent:
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


@dataclass(frozen=True)
class Clips:
    """Stretches of recorded rows, each inside one episode; all arrays are `[n]` int64, `stop` is exclusive."""

    lane: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    def __getitem__(self, part: slice) -> Clips:
        """The same slice of all of them."""
        return Clips(self.lane[part], self.start[part], self.stop[part])


def draw_clips(rng: np.random.Generator, index: EpisodeIndex, order: Order, count: int, length: int) -> Clips:
    """`count` clips of up to `length` rows around rows that `order` chose; shorter only where the episode is.

    A clip has at least 2 rows, one transition: rows of which nothing else is stored are drawn again, so
    `index.transitions` must not be 0.
    """
    lane, row = order.draw(rng, index, count)
    first, stop = index.episode_of(lane, row)
    while (alone := stop - first < 2).any():
        lane[alone], row[alone] = order.draw(rng, index, int(alone.sum()))
        first[alone], stop[alone] = index.episode_of(lane[alone], row[alone])
    latest = np.maximum(first, stop - length)
    start = np.clip(row - rng.integers(length, size=count), first, latest)
    return Clips(lane, start, np.minimum(start + length, stop))
