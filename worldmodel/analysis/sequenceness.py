"""Temporally delayed linear modelling: how strongly decoded states follow each other in a given order, lag by lag.

Both levels are those of Liu et al. 2021, *Temporally delayed linear modelling (TDLM) measures replay in both animals
and humans*, eLife 10:e66917. The measure says that one state tends to be active a lag after another. It says neither
that whole chains are run through (see `event_counts`) nor how often. Its size depends on the density of events and on
how well states are decoded, so that values of different recordings cannot be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.episodes import stays_within
from worldmodel.analysis.requirements import finite, require, whole


@dataclass(frozen=True)
class Sequenceness:
    """How strongly decoded states follow an order, lag by lag.

    lags: `[L]` int, steps from one state to the next.
    forward, backward: `[L]`, Z_F and Z_B, in units of regression weights, beside those of all other pairs of states.
    """

    lags: np.ndarray
    forward: np.ndarray
    backward: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """`[L]`, D = Z_F - Z_B: above 0 where the order is run forward, below 0 where it is run backward."""
        return self.forward - self.backward


def sequenceness(
    activations: np.ndarray, transitions: np.ndarray, lags: Sequence[int], episodes: np.ndarray | None = None
) -> Sequenceness:
    """Both levels of the analysis: `empirical_transitions`, then `explained_by`.

    activations: `[T, S]`, how active each of S states is at each step.
    transitions: `[S, S]`, the order in question, from the state of the row to that of the column.
    lags: L steps, each at least 1.
    episodes: `[T]` int, see `stays_within`.
    """
    weights = empirical_transitions(activations, lags, episodes)
    forward, backward = explained_by(transitions, weights)
    return Sequenceness(whole(np.asarray(lags), "lags"), forward, backward)


def empirical_transitions(
    activations: np.ndarray, lags: Sequence[int], episodes: np.ndarray | None = None, ridge: float = 0.0
) -> np.ndarray:
    """`[L, S, S]`, weight of each state (row) for each state (column) a lag later, all states and a constant jointly.

    Level 1: X(t + lag) = X(t) beta + constant, least squares over the rows whose partner lies in the same episode.
    Where states are linearly dependent, as when just one is active at any time, the smallest weights.

    ridge: as if each state had been active so many more times (squared activations summed), with nothing after it. It
        matters only to a state that is hardly ever active, whose weights would be those of its noise.
    Raises `NumericalError` for values that are not finite, and `AnalysisError` for a lag that leaves too few rows.
    """
    values = finite(activations, "activations", axes=2)
    steps = whole(np.asarray(lags), "lags")
    require(len(steps) > 0 and bool((steps >= 1).all()), "lags: give one or more, each at least 1")
    return np.stack([_regressed(values, int(lag), episodes, ridge) for lag in steps])


def explained_by(transitions: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Z_F and Z_B, `[L]` each, of weights `[L, S, S]`: how much of them runs along `transitions` and against it.

    Level 2: vec(beta) = Z_F vec(T) + Z_B vec(T') + Z_auto vec(I) + Z_constant, least squares.

    Raises `AnalysisError` for an order that has a pair in both directions, or leaves no pair to compare with.
    """
    forward = finite(transitions, "transitions", axes=2)
    states = weights.shape[-1]
    require(forward.shape == (states, states), f"transitions: has shape {forward.shape} for {states} states")
    require(bool((forward >= 0).all() and forward.any()), "transitions: needs entries above 0 and none below")
    require(
        not (forward * forward.T).any(),
        "transitions: some pair stands in it in both directions (or a state follows itself), "
        "so that forward and backward cannot be told apart; leave such pairs out",
    )
    design = np.stack([forward, forward.T, np.eye(states), np.ones((states, states))]).reshape(4, -1).T
    require(
        np.linalg.matrix_rank(design) == 4,
        "transitions: every pair of states stands in it, so there is nothing to compare with; leave some out",
    )
    found = np.linalg.lstsq(design, weights.reshape(len(weights), -1).T, rcond=None)[0]
    return found[0], found[1]


def _regressed(values: np.ndarray, lag: int, episodes: np.ndarray | None, ridge: float) -> np.ndarray:
    """`[S, S]`, the weights at one lag; means are taken away first, which is what the constant does."""
    kept = stays_within(len(values), lag, episodes)
    rows, states = int(kept.sum()), values.shape[1]
    require(
        rows >= states + 2,
        f"activations: lag {lag} leaves {rows} pairs of rows within episodes, and {states} states need "
        f"{states + 2}; record longer, or ask for shorter lags",
    )
    before, after = values[: len(kept)][kept], values[lag:][kept]
    before, after = before - before.mean(0), after - after.mean(0)
    if ridge > 0:
        return np.linalg.solve(before.T @ before + ridge * np.eye(states), before.T @ after)
    return np.linalg.lstsq(before, after, rcond=None)[0]
