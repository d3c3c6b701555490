"""Pairs of moments that lie in one episode, so that nothing is ever learned across the end of one."""

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
