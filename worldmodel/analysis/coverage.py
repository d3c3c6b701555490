"""Where dreams go that life did not, and the other way round.

Whatever is sampled more often visits more bins, so compare dreams with as many steps of life; and a dream can be new
because it is wrong: `validity` says how far dreams can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.requirements import require, whole


@dataclass(frozen=True)
class Coverage:
    """Shares of the bins that were visited at all; they add up to 1.

    both: visited in life and in dreams.
    only_life, only_dreams: visited in one of them.
    visited: number of bins these are shares of.
    """

    both: float
    only_life: float
    only_dreams: float
    visited: int


@dataclass(frozen=True)
class Novelty:
    """Dreamt transitions that were never lived.

    share: of all dreamt transitions, each as often as it was dreamt.
    share_of_kinds: of the different dreamt transitions.
    kinds: number of different ones.
    """

    share: float
    share_of_kinds: float
    kinds: int


def coverage(lived: np.ndarray, dreamt: np.ndarray) -> Coverage:
    """Of states `[N]` of life and `[M]` of dreams, int: bins of space, clusters, or any other states.

    Raises `AnalysisError` where neither has any.
    """
    life, dreams = set(whole(lived, "lived").tolist()), set(whole(dreamt, "dreamt").tolist())
    every = len(life | dreams)
    require(every > 0, "lived and dreamt: both are empty")
    return Coverage(len(life & dreams) / every, len(life - dreams) / every, len(dreams - life) / every, every)


def transitions(states: np.ndarray, episodes: np.ndarray | None = None) -> np.ndarray:
    """`[N, 2]` int, each state of `[T]` and the one that followed it in its episode, staying included."""
    names = whole(states, "states")
    within = stays_within(len(names), 1, episodes)
    return np.stack([names[:-1][within], names[1:][within]], 1)


def novelty(lived: np.ndarray, dreamt: np.ndarray) -> Novelty:
    """Of transitions `[N, c]` of life and `[M, c]` of dreams, int: before and after, or with the action between.

    Raises `AnalysisError` where nothing was dreamt.
    """
    life, dreams = whole(lived, "lived", axes=2), whole(dreamt, "dreamt", axes=2)
    require(len(dreams) > 0, "dreamt: there is no transition")
    require(life.shape[1] == dreams.shape[1], f"lived and dreamt: have {life.shape[1]} and {dreams.shape[1]} columns")
    known = set(map(tuple, life.tolist()))
    kinds, counts = np.unique(dreams, axis=0, return_counts=True)
    new = np.array([tuple(kind) not in known for kind in kinds.tolist()])
    return Novelty(float(counts[new].sum() / counts.sum()), float(new.mean()), len(kinds))
