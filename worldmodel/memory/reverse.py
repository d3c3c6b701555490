"""Life backwards, clip by clip: from a reward or an end to the beginning of its episode."""

from __future__ import annotations

from typing import Any

import numpy as np

from worldmodel.memory.clips import MOST_CLIPS, Clips
from worldmodel.memory.index import EpisodeIndex
from worldmodel.memory.orders import Lesson
from worldmodel.memory.store import RowStore


class Reverse:
    """Clips of one episode, the last first, so that what was learned from one is there when the one before is learned.

    Each row of a batch walks back by itself. It begins at a moment drawn uniformly from those that paid, positively or
    negatively, and those at which an episode ended (or where its recording ends so far); the first clip ends there, and
    each later batch has the clip before it, until the episode began; then another moment is drawn. Neighbouring clips
    overlap by their context, so that every transition is learned from. Clips themselves stay in forward time, for the
    recurrence needs it: this is the order of reverse replay (Foster & Wilson 2006; Lin 1992) between clips, not within.
    Moments shortly before a reward are replayed more often than under `Uniform`, and nothing is weighed against it.

    context: leading rows of a clip that are not learned from.
    """

    learns = False

    def __init__(self, context: int) -> None:
        self.context = context
        # where each walks: its lane, and the row before which its next clip ends; 0 where it must begin anew
        self.lane = np.zeros(0, np.int64)
        self.stop = np.zeros(0, np.int64)

    def choose(self, rng: np.random.Generator, store: RowStore, batch_size: int, length: int) -> Clips:
        """The next clip of each walk, as many as fill a batch."""
        index, walks = store.index, MOST_CLIPS * batch_size
        if len(self.stop) != walks:
            self.lane, self.stop = np.zeros(walks, np.int64), np.zeros(walks, np.int64)
        first = self._first(index)
        done = self.stop - first < 2
        if done.any():
            self.lane[done], self.stop[done] = _moments(rng, store, int(done.sum()))
            first = self._first(index)
        start = np.maximum(first, self.stop - length)
        clips = Clips.alike(self.lane.copy(), start, self.stop.copy()).first(batch_size * length)
        walked = slice(len(clips))
        overlap = 1 + np.clip(clips.sizes - 2, 0, self.context)
        self.stop[walked] = np.where(clips.start == first[walked], 0, clips.start + overlap)
        return clips

    def _first(self, index: EpisodeIndex) -> np.ndarray:
        """The first stored row of the episode of each walk; its stop where nothing of that is stored any more."""
        there = self.stop > index.start[self.lane]
        first = self.stop.copy()
        first[there] = index.episode_of(self.lane[there], self.stop[there] - 1)[0]
        return first

    def learn(self, index: EpisodeIndex, clips: Clips, lesson: Lesson) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Where the walks are."""
        return {"lane": self.lane.copy(), "stop": self.stop.copy()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Walk on from there."""
        self.lane, self.stop = np.array(state["lane"]), np.array(state["stop"])


def _moments(rng: np.random.Generator, store: RowStore, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lane and the row after `count` moments that paid or ended something, `[count]` each."""
    lanes, rows = [], []
    for lane, start in enumerate(store.index.start.tolist()):
        begins = store.column(lane, "first")
        notable = store.column(lane, "reward") != 0
        notable[:-1] |= begins[1:]
        notable[-1:] = True
        # nothing that is stored leads to these
        notable &= ~begins
        notable[:1] = False
        rows.append(start + np.flatnonzero(notable))
        lanes.append(np.full(len(rows[-1]), lane))
    pick = rng.integers(sum(map(len, rows)), size=count)
    return np.concatenate(lanes)[pick], np.concatenate(rows)[pick] + 1
