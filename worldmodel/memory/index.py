"""Where every episode lies: found for many rows at once, in time logarithmic in the number of episodes."""

from __future__ import annotations

import numpy as np

BEYOND = np.iinfo(np.int64).max


class EpisodeIndex:
    """The stored rows of each lane, and the episodes they belong to.

    A lane numbers its rows from 0 for ever; those from `start` to `stop` are stored. As rows arrive in order, the
    first rows of its episodes are a sorted array, and finding an episode is a binary search.

    start, stop: `[lanes]` int64, the stored rows of each lane.
    """

    def __init__(self, lanes: int) -> None:
        self.start = np.zeros(lanes, np.int64)
        self.stop = np.zeros(lanes, np.int64)
        # sorted first rows per lane, filled up with BEYOND so that the entry after the last is always an end
        self._firsts = [np.full(16, BEYOND) for _ in range(lanes)]
        self._counts = [0] * lanes

    def __len__(self) -> int:
        return int((self.stop - self.start).sum())

    @property
    def episodes(self) -> int:
        """Episodes of which at least one row is stored."""
        return sum(self._counts)

    @property
    def transitions(self) -> int:
        """Stored rows that are followed by another row of their episode."""
        return len(self) - self.episodes

    def append(self, lane: int, first: bool) -> None:
        """One more row of `lane`; `first` where an episode begins with it."""
        if first:
            if self.start[lane] == self.stop[lane]:
                self._forget_firsts(lane, self._counts[lane])
            self._add_first(lane, self.stop[lane])
        self.stop[lane] += 1

    def extend(self, lane: int, start: int, step: np.ndarray) -> None:
        """Many more rows of `lane`, the first of them numbered `start`, given their `step` `[n]` in their episodes."""
        if self._counts[lane] == 0:
            self.start[lane] = self.stop[lane] = start
            self._add_first(lane, start - int(step[0]))
            step = step[1:]
            self.stop[lane] += 1
        for offset in np.flatnonzero(step == 0):
            self._add_first(lane, self.stop[lane] + offset)
        self.stop[lane] += len(step)

    def _add_first(self, lane: int, row: int) -> None:
        count = self._counts[lane]
        if count + 1 == len(self._firsts[lane]):
            self._firsts[lane] = np.concatenate([self._firsts[lane], np.full(count + 1, BEYOND)])
        self._firsts[lane][count] = row
        self._counts[lane] += 1

    def evict(self, lane: int, rows: int) -> None:
        """Forget the oldest `rows` rows of `lane`, and the episodes that ended before the last of them.

        The newest episode is remembered even where none of its rows is left: it may go on.
        """
        self.start[lane] += rows
        self._forget_firsts(lane, int(np.searchsorted(self._firsts[lane], self.start[lane], side="right")) - 1)

    def _forget_firsts(self, lane: int, count: int) -> None:
        self._firsts[lane] = np.concatenate([self._firsts[lane][count:], np.full(count, BEYOND)])
        self._counts[lane] -= count

    def episode_of(self, lane: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First stored row and end (exclusive) of the episode that each row belongs to; all `[n]` int64."""
        first, stop = np.empty_like(row), np.empty_like(row)
        for one in np.unique(lane):
            here = lane == one
            firsts = self._firsts[one]
            at = np.searchsorted(firsts, row[here], side="right") - 1
            first[here] = np.maximum(firsts[at], self.start[one])
            stop[here] = np.minimum(firsts[at + 1], self.stop[one])
        return first, stop
