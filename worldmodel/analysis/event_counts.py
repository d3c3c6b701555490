"""Exact counts of runs along chains in lists of symbolic events, such as the states that a dream passed through.

Where trajectories are known there is no need to infer from regressions that whole chains were run: runs are counted. A
count of long runs is not independent of that of short ones, as a run of four contains two of three and three of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from worldmodel.analysis.chains import checked_chains
from worldmodel.analysis.requirements import require, whole
from worldmodel.analysis.state_permutations import cross_sequence_relabellings


@dataclass(frozen=True)
class RunCounts:
    """How often events ran along two chains, and how often they ran along chains of other names.

    lengths: `[K]`, states in a run.
    forward, backward: `[K]` int, runs along the chains and against them.
    permuted_forward, permuted_backward: `[P, K]` int, the same under each relabelling.
    """

    lengths: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    permuted_forward: np.ndarray
    permuted_backward: np.ndarray

    @property
    def p_forward(self) -> np.ndarray:
        """`[K]`, share of relabellings with at least as many forward runs, the true one counted among them."""
        return (1 + (self.permuted_forward >= self.forward).sum(0)) / (1 + len(self.permuted_forward))

    @property
    def p_backward(self) -> np.ndarray:
        """`[K]`, the same of backward runs."""
        return (1 + (self.permuted_backward >= self.backward).sum(0)) / (1 + len(self.permuted_backward))


def count_runs(events: Sequence[ArrayLike], chains: Sequence[ArrayLike], length: int) -> tuple[int, int]:
    """Forward and backward runs: places where `length` successive events are successive states of one of the chains.

    events: sequences of states, -1 where there is none; runs never lead from one sequence into the next. A state that
        is dwelt in breaks longer runs: 0, 0, 1, 2 has runs 0, 1 and 0, 1, 2, but 0, 1, 1, 2 has none of three.
    """
    checked = checked_chains(chains)
    codes, counts, base = _windows(events, length, int(max(chain.max() for chain in checked)))
    runs = _runs(checked, length)
    return int(_looked_up(runs, codes, counts, base).sum()), int(_looked_up(runs[:, ::-1], codes, counts, base).sum())


def run_counts(
    events: Sequence[ArrayLike], chains: Sequence[ArrayLike], lengths: Sequence[int] = (2, 3, 4)
) -> RunCounts:
    """Runs of each length along two chains, beside relabellings in which every step leads from one into the other.

    The relabellings are those of `state_permutations`, with the same assumptions. An order by which the events were
    really made (that of presentation, say) is among them, so where it is followed, p of the true one is not small.

    Raises `AnalysisError` where a length exceeds both chains, and for what `cross_sequence_relabellings` refuses.
    """
    checked = checked_chains(chains)
    require(len(checked) == 2, f"chains: {len(checked)} were given; relabelling across chains needs two")
    places = np.concatenate(checked)
    relabelled = places[cross_sequence_relabellings(len(checked[0]), len(checked[1]))]
    halves = [np.arange(len(checked[0])), len(checked[0]) + np.arange(len(checked[1]))]
    found = []
    for length in whole(np.asarray(lengths), "lengths"):
        codes, counts, base = _windows(events, int(length), int(places.max()))
        where = _runs(halves, int(length))
        every = np.concatenate([places[None], relabelled])[:, where]
        found.append([_looked_up(runs, codes, counts, base).sum(-1) for runs in (every, every[..., ::-1])])
    forward, backward = np.array(found).transpose(1, 2, 0)
    return RunCounts(np.asarray(lengths), forward[0], backward[0], forward[1:], backward[1:])


def _runs(chains: Sequence[np.ndarray], length: int) -> np.ndarray:
    """`[R, length]`, every stretch of the chains that is so long."""
    require(length >= 2, f"lengths: {length} is no run; give 2 or more")
    long = [chain for chain in chains if len(chain) >= length]
    require(len(long) > 0, f"lengths: {length} exceeds every chain; give less")
    return np.concatenate([np.lib.stride_tricks.sliding_window_view(chain, length) for chain in long])


def _windows(events: Sequence[ArrayLike], length: int, highest: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Every stretch of `length` events that has no -1, as one number each in a base, ascending, and how often it is."""
    checked = [whole(np.asarray(each, dtype=None if np.size(each) else int), "events") for each in events]
    base = 1 + max([highest, *(int(each.max()) for each in checked if len(each))])
    require(base**length < 2**62, f"events: {base} states are too many for runs of {length}; count shorter runs")
    long = [each for each in checked if len(each) >= length]
    stretches = [np.lib.stride_tricks.sliding_window_view(each, length) for each in long]
    every = np.concatenate([np.empty((0, length), np.int64), *stretches])
    codes, counts = np.unique(every[(every >= 0).all(1)] @ _powers(base, length), return_counts=True)
    return codes, counts, base


def _looked_up(runs: np.ndarray, codes: np.ndarray, counts: np.ndarray, base: int) -> np.ndarray:
    """How often each run `[..., length]` stands among the windows."""
    if len(codes) == 0:
        return np.zeros(runs.shape[:-1], np.int64)
    wanted = runs @ _powers(base, runs.shape[-1])
    place = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return np.where(codes[place] == wanted, counts[place], 0)


def _powers(base: int, length: int) -> np.ndarray:
    return base ** np.arange(length, dtype=np.int64)
