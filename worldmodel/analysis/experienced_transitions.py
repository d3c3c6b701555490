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


def one_way_pairs(counts: np.ndarray, most: int) -> np.ndarray:
    """`[S, S]` of 0 and 1: the pairs of states that were passed at least twice as often one way as the other.

    Of these, the `most` with the largest difference of both counts. No pair stands in it in both directions, so it is
    an order for `sequenceness`; and what it leaves out is what the order is compared with.
    Raises `AnalysisError` where there is no such pair, as in a life that ran everywhere both ways alike.
    """
    values = finite(counts, "counts", axes=2)
    net = np.where(values >= 2 * values.T, values - values.T, 0)
    np.fill_diagonal(net, 0)
    require(bool((net > 0).any()), "counts: life passed no pair of states mostly in one direction, so it has no order")
    order = np.zeros(values.shape, np.int64)
    chosen = np.argsort(-net, axis=None, kind="stable")[:most]
    order.flat[chosen[net.flat[chosen] > 0]] = 1
    return order


def along_likeliest(counts: np.ndarray) -> np.ndarray:
    """`[S]` int, all states, each followed by the likeliest next of those not yet named: an order to draw them in.

    Begins with the state that was left most often; where no next is known, with the one left most often of the rest.
    """
    values = finite(counts, "counts", axes=2).copy()
    np.fill_diagonal(values, 0)
    left, order = values.sum(1), [int(values.sum(1).argmax())]
    free = np.ones(len(values), bool)
    while len(order) < len(values):
        free[order[-1]] = False
        onward = np.where(free, values[order[-1]], -1)
        order.append(int(onward.argmax() if onward.max() > 0 else np.where(free, left, -1).argmax()))
    return np.array(order)
