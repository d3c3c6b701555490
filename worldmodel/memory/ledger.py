"""The ledger of replay: what was replayed when, as a movie or as the beginning of a dream."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from worldmodel.memory.movies import Served

MOVIE, IMAGINED = 0, 1
"""Sources of an entry."""

ENTRY = np.dtype(
    [
        ("gradient_step", "<i4"),  # in which it was replayed, counted from 1 as in metrics.jsonl
        ("source", "u1"),  # MOVIE or IMAGINED
        ("episode", "<i4"),  # id, unique over the run
        ("start", "<i4"),  # row of that episode at which the clip or the dream begins
        ("length", "<i4"),  # rows of the clip; steps of the dream
        ("age", "<i4"),  # environment steps since that row was lived
        ("priority", "<f4"),  # of the clip, NaN where the order has none; dreams have none
    ]
)


class Ledger:
    """What the newest `steps` gradient steps replayed, one entry for every clip and for every dream.

    An entry is 25 bytes: 1,000 steps of 16 clips and 64 dreams are 2 MB, with 1,024 dreams 26 MB.
    """

    def __init__(self, steps: int) -> None:
        self._steps: deque[np.ndarray] = deque(maxlen=steps)

    def record(self, gradient_step: int, served: Served, dreams_from: np.ndarray, dream_length: int) -> None:
        """Write down one gradient step: the movies `[B, T]` that were served, and the dreams that began in them.

        dreams_from: `[N, 2]` int64, clip and row of each. Every dream has `dream_length` steps.
        """
        movie, (clip, row) = served.movie, dreams_from.T
        episode, start, age = (each.numpy() for each in (movie.episode, movie.start, movie.age))
        entries = np.empty(len(episode) + len(clip), ENTRY)
        entries["gradient_step"] = gradient_step
        movies, dreams = entries[: len(episode)], entries[len(episode) :]
        movies["source"], dreams["source"] = MOVIE, IMAGINED
        movies["episode"], dreams["episode"] = episode, episode[clip]
        movies["start"], dreams["start"] = start, start[clip] + row
        movies["length"], dreams["length"] = served.clips.sizes, dream_length
        movies["age"], dreams["age"] = age, age[clip] + served.lived[clip, 0] - served.lived[clip, row]
        movies["priority"], dreams["priority"] = served.clips.priority, np.nan
        self._steps.append(entries)

    def entries(self) -> np.ndarray:
        """Everything that is written there, the oldest first, `[n]` of dtype `ENTRY`."""
        return np.concatenate([np.zeros(0, ENTRY), *self._steps])

    def state_dict(self) -> dict[str, np.ndarray]:
        """A column for every field of `ENTRY`, for a checkpoint."""
        entries = self.entries()
        return {name: np.ascontiguousarray(entries[name]) for name in ENTRY.names or ()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        entries = entries_of(state)
        self._steps.clear()
        self._steps.extend(np.split(entries, 1 + np.flatnonzero(np.diff(entries["gradient_step"]))))


def entries_of(state: dict[str, Any]) -> np.ndarray:
    """The entries `[n]` of dtype `ENTRY` of a ledger's `state_dict`."""
    entries = np.zeros(len(state["start"]), ENTRY)
    for name in ENTRY.names or ():
        entries[name] = state[name]
    return entries
