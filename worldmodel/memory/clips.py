"""Clips: stretches of the recorded life, and how one is laid around a row that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from worldmodel.memory.index import EpisodeIndex

MOST_CLIPS = 4
"""A batch of short episodes has up to this many times as many clips as one of long episodes."""

DrawRows = Callable[[np.random.Generator, EpisodeIndex, int], tuple[np.ndarray, np.ndarray]]
"""(generator, index, count) to lane and row `[count]` int64 of stored rows, drawn with replacement."""


@dataclass(frozen=True)
class Clips:
    """Stretches of recorded rows, each inside one episode; all arrays are `[n]`.

    lane, start, stop: int64, rows from `start` up to but not including `stop`.
    priority: float64, what made the order choose it; NaN where the order has none.
    weight: float64, how much it counts, for having been chosen more often than others; 1 where all are chosen alike.
    """

    lane: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    priority: np.ndarray
    weight: np.ndarray

    @classmethod
    def alike(cls, lane: np.ndarray, start: np.ndarray, stop: np.ndarray) -> Clips:
        """Clips that were chosen without a priority."""
        return cls(lane, start, stop, np.full(len(lane), np.nan), np.ones(len(lane)))

    def __len__(self) -> int:
        return len(self.lane)

    @property
    def sizes(self) -> np.ndarray:
        """`[n]`, rows of each."""
        return self.stop - self.start

    def first(self, rows: int) -> Clips:
        """As many of the first of them as have `rows` rows together, or all."""
        part = slice(int(np.searchsorted(np.cumsum(self.sizes), rows)) + 1)
        return Clips(self.lane[part], self.start[part], self.stop[part], self.priority[part], self.weight[part])


def clips_around(rng: np.random.Generator, index: EpisodeIndex, draw: DrawRows, count: int, length: int) -> Clips:
    """`count` clips of up to `length` rows around rows that are drawn; shorter only where the episode is.

    The row is equally likely to lie anywhere in its clip. A clip has at least 2 rows, one transition: rows of which
    nothing else is stored are drawn again, so `index.transitions` must not be 0.
    """
    lane, row = draw(rng, index, count)
    first, stop = index.episode_of(lane, row)
    while (alone := stop - first < 2).any():
        lane[alone], row[alone] = draw(rng, index, int(alone.sum()))
        first[alone], stop[alone] = index.episode_of(lane[alone], row[alone])
    latest = np.maximum(first, stop - length)
    start = np.clip(row - rng.integers(length, size=count), first, latest)
    return Clips.alike(lane, start, np.minimum(start + length, stop))


def ways(index: EpisodeIndex, clips: Clips, length: int) -> tuple[np.ndarray, np.ndarray]:
    """In how many ways `clips_around` comes from each row to the clip that was laid around it.

    Returns the rows of every clip `[n, length]` int64, and the ways `[n, length]`, 0 beyond the end of a clip. A clip
    in the middle of its episode is reached in one way from each of its rows; one at its beginning also from where it
    would have begun before the episode, and one at its end likewise::

        row of the clip   0          1              length - 1
        middle            1          1      ...     1
        beginning         length     length - 1     1
        end               1          2              length
        whole episode     length     length         length
    """
    place = np.arange(length)
    first, stop = index.episode_of(clips.lane, clips.start)
    begins, ends = (clips.start == first)[:, None], (clips.stop == stop)[:, None]
    ways = np.where(begins, np.where(ends, length, length - place), np.where(ends, place + 1, 1))
    return clips.start[:, None] + place, ways * (place < clips.sizes[:, None])
