"""Chains of states, such as A > B > C > D, and the matrix of transitions they stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from worldmodel.analysis.requirements import require, whole


def checked_chains(chains: Sequence[ArrayLike], states: int | None = None) -> list[np.ndarray]:
    """Each chain as int64; raises `AnalysisError` where one is too short, or a state is unknown or comes twice.

    states: how many states there are; None means that nobody has counted them.
    """
    found = [whole(np.asarray(chain), f"chain {number}") for number, chain in enumerate(chains)]
    require(len(found) > 0, "chains: there is none; give at least one")
    require(all(len(chain) >= 2 for chain in found), "chains: one has less than two states, so nothing follows in it")
    every = np.concatenate(found)
    require(len(np.unique(every)) == len(every), "chains: a state stands in them twice; every state needs one place")
    highest = every.max() if states is None else states - 1
    require(bool((every >= 0).all() and (every <= highest).all()), f"chains: states must be 0 to {highest}")
    return found


def steps_of(chains: Sequence[ArrayLike]) -> np.ndarray:
    """`[E, 2]`, the states before and after each step of the chains."""
    return np.concatenate([np.stack([chain[:-1], chain[1:]], 1) for chain in checked_chains(chains)])


def transition_matrix(chains: Sequence[ArrayLike], states: int) -> np.ndarray:
    """T `[S, S]`, 1 where the state of the column follows that of the row in one of the chains, 0 elsewhere."""
    checked_chains(chains, states)
    matrix = np.zeros((states, states))
    matrix[tuple(steps_of(chains).T)] = 1
    return matrix
