"""What replay made of one recorded episode: how often each of its moments was run again, and where dreams began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.memory import ReplayBuffer
from worldmodel.memory.ledger import IMAGINED, MOVIE


@dataclass(frozen=True)
class ReplayedEpisode:
    """The T stored rows of an episode, and the entries of a ledger that are about it.

    episode: its id.
    lane, row: where its first stored row lies in memory; `step`: which row of the episode that is.
    reward: `[T]`.
    movies: `[T]` int64, clips that each row was part of.
    dreams: `[T]` int64, dreams that began at each row.
    last: `[T]` int64, gradient step in which each row was replayed last, either way; 0 where it was not.
    priority: `[T]`, of the newest clip that each row was part of, NaN where there is none.
    entries: of dtype `worldmodel.memory.ledger.ENTRY`, the oldest first.
    """

    episode: int
    lane: int
    row: int
    step: int
    reward: np.ndarray
    movies: np.ndarray
    dreams: np.ndarray
    last: np.ndarray
    priority: np.ndarray
    entries: np.ndarray

    def __len__(self) -> int:
        return len(self.reward)


def most_replayed(entries: np.ndarray, lived: ReplayBuffer) -> ReplayedEpisode | None:
    """The stored episode of at least two rows of which a ledger has most entries; None where it has none of any.

    entries: `[n]` of dtype `worldmodel.memory.ledger.ENTRY`.
    """
    episodes, counts = np.unique(entries["episode"], return_counts=True)
    columns = [lived.store.column(lane, "episode") for lane in range(lived.lanes)]
    for episode in episodes[np.argsort(-counts, kind="stable")].tolist():
        for lane, column in enumerate(columns):
            places = np.flatnonzero(column == episode)
            if len(places) >= 2:
                return _replayed(entries[entries["episode"] == episode], lived, lane, places)
    return None


def _replayed(entries: np.ndarray, lived: ReplayBuffer, lane: int, places: np.ndarray) -> ReplayedEpisode:
    """The episode whose rows are `places` among those that `lane` has stored."""
    rows, step = len(places), int(lived.store.column(lane, "step")[places[0]])
    movies, dreams, last = (np.zeros(rows, np.int64) for _ in range(3))
    priority = np.full(rows, np.nan)
    for entry in entries:
        begin = int(entry["start"]) - step
        if entry["source"] == MOVIE:
            part = slice(max(0, begin), max(0, begin + int(entry["length"])))
            movies[part] += 1
            priority[part] = entry["priority"]
            last[part] = entry["gradient_step"]
        elif entry["source"] == IMAGINED and 0 <= begin < rows:
            dreams[begin] += 1
            last[begin] = entry["gradient_step"]
    return ReplayedEpisode(
        episode=int(entries["episode"][0]),
        lane=lane,
        row=int(lived.index.start[lane] + places[0]),
        step=step,
        reward=lived.store.column(lane, "reward")[places],
        movies=movies,
        dreams=dreams,
        last=last,
        priority=priority,
        entries=entries,
    )
