"""How often the analysis of sequences finds what is not there, and how often it misses what is.

Both are measured on made-up activations of two chains of four states, with the largest difference over six lags. They
are kinder than decoded ones: noise is independent between states, sequences have one lag and strength. So they say what
may be hoped for, not what a real recording allows.

Measured by `false_positive_rate(2000, seed=1, ...)`, share of noise with p <= 0.05 (standard error 0.005):

    relabellings      alternative   white   AR(0.9)
    across sequences  greater       0.055   0.065
    across sequences  two-sided     0.064   0.082
    every             greater       0.043   0.056
    every             two-sided     0.049   0.051

and by `power_curve(runs=200, ...)`, share of recordings of 200, 400, 800 and 1,600 steps in which planted sequences
were found: 0.68, 0.95, 1, 1 across sequences, and 0.64, 0.95, 1, 1 with every relabelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.alternatives import Alternative
from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.planted import noise, plant
from worldmodel.analysis.requirements import require
from worldmodel.analysis.sequenceness import empirical_transitions, explained_by
from worldmodel.analysis.state_permutations import (
    PermutationTest,
    cross_sequence_relabellings,
    permutation_test,
    relabelled_sequenceness,
)

CHAINS = ((0, 1, 2, 3), (4, 5, 6, 7))
STATES = 8
LAGS = (1, 2, 3, 4, 5, 6)
LEVEL = 0.05


@dataclass(frozen=True)
class Rate:
    """A share of runs with its 95 % interval (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""

    share: float
    low: float
    high: float


def false_positive_rate(
    runs: int,
    steps: int = 1000,
    persistence: float = 0.0,
    alternative: Alternative = "greater",
    relabellings: np.ndarray | None = None,
    seed: int = 0,
) -> Rate:
    """How often noise without any sequence reaches p <= 0.05.

    persistence: 0 for white noise, 0.9 for noise that changes as slowly as latents often do.
    relabellings: of places 0 to 7; those across the two sequences where None are given.
    """
    generator = np.random.default_rng(seed)
    tests = (_tested(noise(steps, STATES, persistence, generator), alternative, relabellings) for _ in range(runs))
    return _rate([test.p <= LEVEL for test in tests])


def power_curve(
    steps: Sequence[int] = (200, 400, 800, 1600),
    runs: int = 100,
    density: float = 0.04,
    strength: float = 2.0,
    persistence: float = 0.0,
    relabellings: np.ndarray | None = None,
    seed: int = 0,
) -> dict[int, Rate]:
    """How often planted forward sequences of lag 1 are found, by length of the recording.

    Found means p <= 0.05, one-sided, with the largest difference at the right lag. The other arguments are those of
    `plant`.
    """
    seeds = np.random.SeedSequence(seed).generate_state(runs)

    def planted(length: int, run: int) -> np.ndarray:
        return plant(
            length, STATES, CHAINS, density=density, lag=1, strength=strength, persistence=persistence, seed=int(run)
        ).activations

    found = {}
    for length in steps:
        tests = (_tested(planted(length, run), "greater", relabellings) for run in seeds)
        found[length] = _rate([test.p <= LEVEL and LAGS[test.lag] == 1 for test in tests])
    return found


def _tested(activations: np.ndarray, alternative: Alternative, relabellings: np.ndarray | None) -> PermutationTest:
    weights = empirical_transitions(activations, LAGS)
    forward, backward = explained_by(transition_matrix(CHAINS, STATES), weights)
    others = cross_sequence_relabellings(4, 4) if relabellings is None else relabellings
    return permutation_test(
        forward - backward, relabelled_sequenceness(weights, CHAINS, others).difference, alternative
    )


def _rate(hits: Sequence[bool]) -> Rate:
    require(len(hits) > 0, "runs: there is none; give at least one")
    count, z = len(hits), 1.959964
    share = float(np.mean(hits))
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return Rate(share, float(middle - half), float(middle + half))
