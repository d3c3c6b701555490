"""Whether replay follows an order of states: sequenceness of symbolic states, with labels and time shuffled.

Where each moment is in exactly one state, a state is active at 1 or 0, and decoders are not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.requirements import require, whole
from worldmodel.analysis.sequenceness import empirical_transitions, explained_by
from worldmodel.analysis.shuffled_labels import SHUFFLES, shuffled_labels
from worldmodel.analysis.state_permutations import permutation_test

TIME_SHUFFLES = 20


@dataclass(frozen=True)
class ReplayOrder:
    """How strongly one stream of replay follows an order.

    lags: `[L]` int, steps. forward, backward, difference: `[L]`, Z_F, Z_B and Z_F - Z_B.
    shuffled_time: `[L]`, mean difference after the moments of every event were put in another order.
    threshold: 95th percentile of the largest size of the difference over lags under shuffled labels.
    p: of the largest size over lags, two-sided; `floor`: the least it can be.
    steps, events: moments, and how many movies or dreams they are of.
    """

    lags: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    difference: np.ndarray
    shuffled_time: np.ndarray
    threshold: float
    p: float
    floor: float
    steps: int
    events: int


def replay_order(
    states: np.ndarray,
    events: np.ndarray,
    order: np.ndarray,
    lags: Sequence[int],
    seed: int = 0,
    shuffles: int = SHUFFLES,
) -> ReplayOrder:
    """Of states `[T]`, 0 to S - 1, in events `[T]`, against an order `[S, S]`.

    Raises `AnalysisError` where steps or states are too few; see `empirical_transitions` and `shuffled_labels`.
    """
    names, ids, number = whole(states, "states"), whole(events, "events"), len(order)
    require(len(names) > 0, "states: nothing was replayed")
    active = np.eye(number)[names]
    weights = empirical_transitions(active, lags, ids)
    forward, backward = explained_by(order, weights)
    permuted = shuffled_labels(weights, order, shuffles, seed).difference
    test = permutation_test(forward - backward, permuted, "two-sided")
    generator = np.random.default_rng(seed)
    mixed = []
    for _ in range(TIME_SHUFFLES):
        ahead, against = explained_by(order, empirical_transitions(active[_shuffled(ids, generator)], lags, ids))
        mixed.append(ahead - against)
    return ReplayOrder(
        lags=whole(np.asarray(lags), "lags"),
        forward=forward,
        backward=backward,
        difference=forward - backward,
        shuffled_time=np.mean(mixed, axis=0),
        threshold=test.threshold,
        p=test.p,
        floor=test.floor,
        steps=len(names),
        events=len(np.unique(ids)),
    )


def _shuffled(events: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """`[T]` row numbers: those of each event in another order, events staying where they are."""
    return np.lexsort((generator.random(len(events)), np.cumsum(np.diff(events, prepend=events[:1]) != 0)))
