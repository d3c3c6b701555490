"""What a set of scores says: mean, standard error, bootstrap interval, and where it lies between chance and people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from worldmodel.analysis.published import human_normalised
from worldmodel.analysis.score_statistics import bootstrap


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
    """Sums up the scores of games of `environment`, at least one, with the percentile bootstrap of Efron (1979)."""
    values = np.asarray(scores, dtype=np.float64)
    spread = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    interval = bootstrap(lambda drawn: float(drawn.mean()), values[:, None], seed=seed)
    normalised = human_normalised(float(values.mean()), environment)
    return Score(float(values.mean()), float(spread), interval.low, interval.high, normalised, len(values))
