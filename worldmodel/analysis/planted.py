"""Activations of noise with sequences planted in it, to check that an analysis finds what is there and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from worldmodel.analysis.chains import checked_chains
from worldmodel.analysis.requirements import require


@dataclass(frozen=True)
class Planted:
    """Activations with known sequences in them.

    activations: `[T, S]`, in units of the noise's standard deviation.
    begins: for each chain, `[E]` int, the steps at which it was begun.
    """

    activations: np.ndarray
    begins: list[np.ndarray]


def noise(steps: int, states: int, persistence: float, generator: np.random.Generator) -> np.ndarray:
    """`[T, S]`, independent Gaussian noise of variance 1: white at persistence 0, else autoregressive, x' = a x + e."""
    require(0 <= persistence < 1, f"persistence: is {persistence}; it must be at least 0 and below 1")
    shocks = generator.standard_normal((steps, states))
    if persistence == 0:
        return shocks
    values, size = shocks.copy(), np.sqrt(1 - persistence**2)
    for t in range(1, steps):
        values[t] = persistence * values[t - 1] + size * shocks[t]
    return values


def plant(
    steps: int,
    states: int,
    chains: Sequence[ArrayLike],
    *,
    density: float,
    lag: int,
    strength: float,
    persistence: float = 0.0,
    backward: bool = False,
    seed: int = 0,
) -> Planted:
    """Noise in which each chain is begun at a share `density` of all steps.

    Successive states of it become more active by `strength` standard deviations (d'), `lag` steps apart; in reverse if
    `backward`. Sequences may overlap; one that would not end before the recording does is not begun.
    """
    checked = checked_chains(chains, states)
    require(0 <= density <= 1, f"density: is {density}; it is the share of steps at which a chain begins")
    require(lag >= 1, f"lag: is {lag}; it must be at least 1")
    generator = np.random.default_rng(seed)
    values, begins = noise(steps, states, persistence, generator), []
    for chain in checked:
        last = (len(chain) - 1) * lag
        begins.append(np.flatnonzero(generator.random(max(steps - last, 0)) < density))
        for place, state in enumerate(chain[::-1] if backward else chain):
            values[begins[-1] + place * lag, state] += strength
    return Planted(values, begins)
