"""A number for every stored row, by which rows are drawn; rows come and go with the recorded life."""

from __future__ import annotations

from typing import Any

import numpy as np

from worldmodel.memory.clips import Clips, ways
from worldmodel.memory.index import EpisodeIndex


class Priorities:
    """Priorities of the rows that an `EpisodeIndex` lists, each above 0.

    Rows that were never replayed have the largest priority that was ever given, at first `newest`; so everything is
    seen once. Rows that were forgotten leave with theirs. There is no tree: summing 100,000 numbers takes less time
    than reading one batch (`tests/test_memory_priorities.py` measures it).
    """

    def __init__(self, newest: float) -> None:
        self.newest = float(newest)
        self._begin: list[int] = []
        self._values: list[np.ndarray] = []  # by lane; the first belongs to row `_begin`

    def follow(self, index: EpisodeIndex) -> None:
        """Let in the rows that are new, and go those that are no longer stored."""
        for lane, (start, stop) in enumerate(zip(index.start.tolist(), index.stop.tolist(), strict=True)):
            if lane == len(self._values):
                self._begin.append(start)
                self._values.append(np.zeros(0))
            known = self._values[lane]
            if start == self._begin[lane] and stop - start == len(known):
                continue
            values = np.full(stop - start, self.newest)
            kept = known[start - self._begin[lane] :][: stop - start]
            values[: len(kept)] = kept
            self._begin[lane], self._values[lane] = start, values

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, with replacement: P(i) = p_i / sum_k p_k."""
        self.follow(index)
        sums = np.cumsum(np.concatenate(self._values))
        # u * total may round up to total itself
        pick = np.minimum(np.searchsorted(sums, rng.random(count) * sums[-1], side="right"), len(sums) - 1)
        ends = np.cumsum(index.stop - index.start)
        lane = np.searchsorted(ends, pick, side="right")
        return lane, index.stop[lane] + pick - ends[lane]

    def of(self, index: EpisodeIndex, lane: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Priorities `[n]` of rows `[n]`, 0 for those that are not stored."""
        self.follow(index)
        found = np.zeros(row.shape)
        for one in np.unique(lane):
            here = (lane == one) & (row >= index.start[one]) & (row < index.stop[one])
            found[here] = self._values[one][row[here] - index.start[one]]
        return found

    def of_clips(self, index: EpisodeIndex, clips: Clips, length: int) -> np.ndarray:
        """The mean priority `[n]` of the rows that lead to each clip of up to `length` rows.

        Times a constant, this is how much likelier the clip is drawn than if all rows were alike: rows count by the
        `ways` in which a clip comes of them.
        """
        row, count = ways(index, clips, length)
        lane = np.broadcast_to(clips.lane[:, None], row.shape)
        return (self.of(index, lane, row) * count).sum(1) / count.sum(1)

    def put(self, index: EpisodeIndex, lane: np.ndarray, row: np.ndarray, priority: np.ndarray) -> None:
        """Give rows `[n]` another priority; those that are no longer stored are left out."""
        self.follow(index)
        self.newest = max(self.newest, priority.max(initial=0.0).item())
        for one in np.unique(lane):
            here = (lane == one) & (row >= index.start[one])
            self._values[one][row[here] - index.start[one]] = priority[here]

    def state_dict(self) -> dict[str, Any]:
        """All of it, as plain types and numpy arrays."""
        return {"newest": self.newest, "begin": list(self._begin), "values": [each.copy() for each in self._values]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken of."""
        self.newest, self._begin = state["newest"], list(state["begin"])
        self._values = [np.array(each) for each in state["values"]]
