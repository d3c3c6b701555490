"""What a set of scores says: mean, standard error, bootstrap interval, and where it lies between chance and people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from worldmodel.analysis.published import human_normalised


@dataclass(frozen=True)
class Score:
    """Scores of whole games, summed up.

    mean, standard_error: of the scores.
    low, high: 95 % bootstrap interval of the mean.
    human_normalised: (mean - random) / (human - random) with published scores, None for games without.
    games: number of games.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    human_normalised: float | None
    games: int

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)


def summarise(scores: list[float], environment: str, seed: int = 0) -> Score:
    """Sums up the scores of games of `environment`; at least one score."""
    values = np.asarray(scores, dtype=np.float64)
    spread = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    low, high = bootstrap_interval(values, seed)
    normalised = human_normalised(float(values.mean()), environment)
    return Score(float(values.mean()), float(spread), low, high, normalised, len(values))


def bootstrap_interval(values: np.ndarray, seed: int = 0, draws: int = 10_000) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean (Efron 1979)."""
    generator = np.random.default_rng(seed)
    means = generator.choice(values, (draws, len(values))).mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
