"""Pairs of moments that lie in one episode, and episodes as one recording, with silence between them."""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.requirements import require, whole


def stays_within(steps: int, lag: int, episodes: np.ndarray | None = None) -> np.ndarray:
    """`[T - lag]` bool: whether row t and row t + lag are of one episode, `[0]` where `lag` is T or more.

    episodes: `[T]` int, an id for each row; every change of id begins a new episode, also one back to an id seen
        before. None means that all T rows are one episode.
    """
    if episodes is None:
        return np.ones(max(steps - lag, 0), bool)
    ids = whole(episodes, "episodes")
    require(len(ids) == steps, f"episodes: has {len(ids)} rows where the data have {steps}")
    number = np.cumsum(np.diff(ids, prepend=ids[:1]) != 0)
    return number[lag:] == number[: max(steps - lag, 0)]


def with_silence(values: np.ndarray, episodes: np.ndarray, rows: int) -> np.ndarray:
    """`[T + rows * E, S]`: E episodes of `values` `[T, S]`, each with `rows` rows of 0 after it, nothing being active.

    So episodes become one recording, in which the end of one is known to be followed by nothing. Where only pairs
    within episodes count, what never has a successor at some lag has no weight that the data could tell.

    episodes: `[T]` int, see `stays_within`.
    """
    ids = whole(episodes, "episodes")
    require(len(ids) == len(values), f"episodes: has {len(ids)} rows where the data have {len(values)}")
    ends = np.flatnonzero(np.diff(ids)) + 1
    silence = np.zeros((rows, values.shape[1]), values.dtype)
    return np.concatenate([part for episode in np.split(values, ends) for part in (episode, silence)])
