"""Which state followed which in a life, counted within its episodes."""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.requirements import finite, require, whole


def transition_counts(states: np.ndarray, number: int, episodes: np.ndarray | None = None) -> np.ndarray:
    """`[S, S]` int, how often the state of the column came one step after that of the row, staying included.

    states: `[T]` int, 0 to number - 1.
    episodes: `[T]` int, see `stays_within`; nothing is counted from one to the next.
    """
    names = whole(states, "states")
    require(bool(((names >= 0) & (names < number)).all()), f"states: must be 0 to {number - 1}")
    within = stays_within(len(names), 1, episodes)
    counts = np.zeros((number, number), np.int64)
    np.add.at(counts, (names[:-1][within], names[1:][within]), 1)
    return counts


def transition_probabilities(counts: np.ndarray) -> np.ndarray:
    """`[S, S]`, rows that add up to 1, and rows of 0 for states that were never left."""
    values = finite(counts, "counts", axes=2)
    left = values.sum(1, keepdims=True)
    return values / np.where(left > 0, left, 1)


def prevailing_direction(counts: np.ndarray) -> np.ndarray:
    """`[S, S]`, for each pair of states how much more often it was passed in one direction than in the other.

    Entries are (n_ij - n_ji) / (n_ij + n_ji) where above 0, so no pair has both: an order for `sequenceness`, to ask
    whether replay runs the way life did. Pairs passed as often both ways, and staying, are 0.
    """
    values = finite(counts, "counts", axes=2)
    both = values + values.T
    return np.maximum(values - values.T, 0) / np.where(both > 0, both, 1)
