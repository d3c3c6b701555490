"""Whether dreams go where no recorded moment was, measured in the space of latents itself.

Clusters cannot tell, for whatever is dreamt has a nearest cluster. So the distance of each dreamt latent to the nearest
lived one is compared with that of other lived latents, which were left out of the reference: what is farther from it
than 95 % of those is called beyond. Left-out life is so in 5 % by construction. Beyond is not better: a dream that is
wrong is beyond, too (`validity` says how far dreams can be trusted).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from worldmodel.analysis.requirements import finite, require

PERCENTILE = 95.0
MOST_ROWS = 2000
"""Rows that are compared; more are thinned out evenly."""
LEAST_ROWS = 40


@dataclass(frozen=True)
class BeyondLife:
    """How many dreamt latents lie beyond the lived ones.

    share: of dreamt rows that are farther from life than 95 % of left-out life is; 0.05 is what life itself has.
    median_distance, usual_distance: of dreamt and of left-out rows to the nearest reference row, medians.
    rows: dreamt rows that were compared.
    """

    share: float
    median_distance: float
    usual_distance: float
    rows: int


def beyond_life(reference: np.ndarray, left_out: np.ndarray, dreamt: np.ndarray) -> BeyondLife:
    """Of latents `[n, F]` each; raises `AnalysisError` for fewer than 40 rows of any of them."""
    parts = [
        _thinned(finite(each, name, axes=2))
        for each, name in ((reference, "reference"), (left_out, "left_out"), (dreamt, "dreamt"))
    ]
    least = min(map(len, parts))
    require(least >= LEAST_ROWS, f"latents: {least} rows are too few to say what is far; {LEAST_ROWS} are needed")
    life, others, dreams = parts
    usual, found = (cdist(each, life).min(1) for each in (others, dreams))
    limit = np.percentile(usual, PERCENTILE)
    return BeyondLife(float((found > limit).mean()), float(np.median(found)), float(np.median(usual)), len(dreams))


def _thinned(rows: np.ndarray) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(int)]
