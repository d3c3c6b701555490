"""Orders that learn from what replay found: surprising transitions again, or what the world model cannot tell yet."""

from __future__ import annotations

from typing import Any

import numpy as np

from worldmodel.memory.clips import Clips
from worldmodel.memory.index import EpisodeIndex
from worldmodel.memory.orders import Lesson, RowOrder
from worldmodel.memory.priorities import Priorities
from worldmodel.memory.store import RowStore

LEAST_ERROR = 0.01
"""Added to every error and loss, so that no row is lost for good: epsilon of both papers."""


class ByPriority(RowOrder):
    """Rows are drawn in proportion to their priority, P(i) = p_i / sum_k p_k."""

    learns = True

    def __init__(self, newest: float) -> None:
        self.priorities = Priorities(newest)

    def draw(self, rng: np.random.Generator, index: EpisodeIndex, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Lane and row of `count` stored rows, each `[count]` int64, drawn with replacement."""
        return self.priorities.draw(rng, index, count)

    def choose(self, rng: np.random.Generator, store: RowStore, batch_size: int, length: int) -> Clips:
        """Clips around the rows that are drawn, with their priority and weight."""
        clips = super().choose(rng, store, batch_size, length)
        priority = self.priorities.of_clips(store.index, clips, length)
        return Clips(clips.lane, clips.start, clips.stop, priority, self.weigh(priority))

    def weigh(self, priority: np.ndarray) -> np.ndarray:
        """How much clips of these priorities `[n]` count, `[n]`: all alike."""
        return np.ones(len(priority))

    def state_dict(self) -> dict[str, Any]:
        """The priorities."""
        return self.priorities.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the priorities."""
        self.priorities.load_state_dict(state)


class Prioritised(ByPriority):
    """Transitions of large TD error are replayed more often: proportional prioritisation, Schaul et al. 2016.

    p_i = (|delta_i| + epsilon)^alpha, where delta_i is the error of the recorded transition out of row i when it was
    last learned from; errors of dreams never count, for a wrong model would draw attention to its own mistakes. A clip
    weighs (N P)^-beta over the largest such weight of its batch (arXiv:1511.05952, section 3.4), where N P says how
    much likelier the clip was than under `Uniform`; the first rows of it belong to it as they belong to its draw. The
    weights are for the Q-loss, whose returns are averages that a biased draw would shift. The world model's loss is
    left as it is drawn.
    """

    def __init__(self, alpha: float, beta: float) -> None:
        super().__init__(newest=1.0)
        self.alpha, self.beta = alpha, beta

    def weigh(self, priority: np.ndarray) -> np.ndarray:
        """Importance weights `[n]` of clips of these priorities `[n]`, the largest of them 1."""
        return (priority.min() / priority) ** self.beta

    def learn(self, index: EpisodeIndex, clips: Clips, lesson: Lesson) -> None:
        """Rows that were learned from get the priority of their new error."""
        lane, row, error = _told(clips, lesson.error)
        self.priorities.put(index, lane, row, (np.abs(error) + LEAST_ERROR) ** self.alpha)


class Curious(ByPriority):
    """What the world model has seldom seen, or predicts badly, is replayed more often: Kauvar et al. 2023.

    p_i = c beta^v_i + (|L_i| + epsilon)^alpha, where v_i counts how often row i was replayed and L_i is the world
    model's loss in it when that was last (Curious Replay, arXiv:2306.15934). It is for the world model; clips weigh
    alike, in the Q-loss too.
    """

    def __init__(self, alpha: float, decay: float, novelty: float) -> None:
        super().__init__(newest=novelty)
        self.alpha, self.decay, self.novelty = alpha, decay, novelty
        self.unseen = Priorities(newest=1.0)  # beta^v, which is 1 before a row was replayed

    def learn(self, index: EpisodeIndex, clips: Clips, lesson: Lesson) -> None:
        """Rows that were replayed have been seen once more, and have a new loss."""
        lane, row, loss = _told(clips, lesson.loss)
        _, place, times = np.unique(np.stack([lane, row]), axis=1, return_index=True, return_counts=True)
        lane, row, loss = lane[place], row[place], loss[place]
        unseen = self.unseen.of(index, lane, row) * self.decay**times
        self.unseen.put(index, lane, row, unseen)
        self.priorities.put(index, lane, row, self.novelty * unseen + (np.abs(loss) + LEAST_ERROR) ** self.alpha)

    def state_dict(self) -> dict[str, Any]:
        """The priorities, and how often rows were replayed."""
        return {**super().state_dict(), "unseen": self.unseen.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up both."""
        super().load_state_dict(state)
        self.unseen.load_state_dict(state["unseen"])


def _told(clips: Clips, found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lane, row and number of all rows for which `found` `[n, T]` has a finite one, each `[m]`."""
    clip, place = np.nonzero(np.isfinite(found))
    return clips.lane[clip], clips.start[clip] + place, found[clip, place]
