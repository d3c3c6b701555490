"""Scores of several runs on several games, summed up so that luck can be told from progress (Agarwal et al. 2021).

Scores are arrays `[R, G]`, one row a run (a seed), one column a game. Equations are those of Agarwal et al. 2021, *Deep
reinforcement learning at the edge of the statistical precipice*, arXiv:2108.13264.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

DRAWS = 2000
"""Resamples of a bootstrap interval."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


def interquartile_mean(scores: np.ndarray) -> float:
    """The mean of the middle half of all scores `[R, G]`, runs and games together (section 4.3)."""
    ordered = np.sort(scores, axis=None)
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def optimality_gap(scores: np.ndarray, target: float = 1.0) -> float:
    """How far normalised scores `[R, G]` stay below `target` on average; more than it does not count (section 4.3)."""
    return float(target - np.minimum(scores, target).mean())


def probability_of_improvement(scores: np.ndarray, others: np.ndarray) -> float:
    """How likely a run of `scores` `[R, G]` beats one of `others` `[R', G]` on a game drawn at random (equation 1).

    A tie counts as half; the rest is the Mann-Whitney U of each game over the number of pairs.
    """
    first, second = scores[:, None], others[None]
    return float(((first > second) + 0.5 * (first == second)).mean())


def bootstrap(statistic: Callable[..., float], *scores: np.ndarray, draws: int = DRAWS, seed: int = 0) -> Interval:
    """`statistic` of arrays `[R, G]`, with an interval over runs drawn anew within each game (stratified, section 4.1).

    The runs of different arrays are drawn independently.
    """
    generator = np.random.default_rng(seed)
    found = [statistic(*(_drawn(array, generator) for array in scores)) for _ in range(draws)]
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(statistic(*scores), float(low), float(high))


def paired_difference(scores: np.ndarray, others: np.ndarray) -> Interval:
    """The mean of `scores - others`, `[R]` each, where entry i of both comes from the same seed; Student's t interval.

    Not a bootstrap: that draws from the few differences there are, and of five it covers the truth 83 times in 100
    where it promises 95.
    """
    difference = np.asarray(scores, float) - np.asarray(others, float)
    runs = len(difference)
    estimate = float(difference.mean())
    half = float(student_t.ppf(0.975, runs - 1) * difference.std(ddof=1) / runs**0.5)
    return Interval(estimate, estimate - half, estimate + half)


def _drawn(scores: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """As many runs again, drawn with replacement for each game by itself."""
    rows = generator.integers(len(scores), size=scores.shape)
    return np.take_along_axis(scores, rows, 0)
