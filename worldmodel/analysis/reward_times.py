"""How far each moment of a life is from the rewards before and after it."""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.requirements import finite, require, whole

NEVER = np.iinfo(np.int64).max
"""Distance to a reward that there is not."""


def steps_to_next_reward(reward: np.ndarray, episodes: np.ndarray) -> np.ndarray:
    """`[T]` int64, steps until the next reward other than 0 in the same episode, at least 1; `NEVER` without one.

    reward: `[T]`, for arriving at each row. episodes: `[T]` int, an id for each row.
    """
    return _since(np.flip(reward), np.flip(episodes), own=False)[::-1]


def steps_since_reward(reward: np.ndarray, episodes: np.ndarray) -> np.ndarray:
    """`[T]` int64, steps since the last reward in the same episode, 0 where it came with this row; else `NEVER`."""
    return _since(reward, episodes, own=True)


def _since(reward: np.ndarray, episodes: np.ndarray, own: bool) -> np.ndarray:
    values, ids = finite(reward, "reward", axes=1), whole(episodes, "episodes")
    require(len(ids) == len(values), f"episodes: has {len(ids)} rows where there are {len(values)} of reward")
    found, last = np.full(len(values), NEVER), -1
    for t, paid in enumerate(values != 0):
        if t > 0 and ids[t] != ids[t - 1]:
            last = -1
        if own and paid:
            last = t
        if last >= 0:
            found[t] = t - last
        if paid:
            last = t
    return found
