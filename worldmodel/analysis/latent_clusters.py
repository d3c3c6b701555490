"""Latents of any run grouped into states by k-means, so that runs without states of their own can be analysed.

Clusters are a convenience, not a finding: k-means divides any cloud, and another number of clusters or seed gives other
states. What is claimed of them should hold for several.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from worldmodel.analysis.requirements import finite, require

STARTS = 10
"""Times k-means begins anew; the best is kept."""


@dataclass(frozen=True)
class LatentClusters:
    """K centres in the space of latents.

    centres: `[K, F]`, from the cluster with the most rows to that with the fewest.
    inertia: mean squared distance of the rows clustered to their centres.
    """

    centres: np.ndarray
    inertia: float

    def states(self, latents: np.ndarray) -> np.ndarray:
        """`[rows]` int, the nearest centre of each of the latents `[rows, F]`."""
        values = finite(latents, "latents", axes=2)
        require(
            values.shape[1] == self.centres.shape[1],
            f"latents: have {values.shape[1]} features, and the clusters {self.centres.shape[1]}",
        )
        # |x - c|^2 without |x|^2, which is the same for every centre
        return ((self.centres**2).sum(1) - 2 * values @ self.centres.T).argmin(1)


def cluster_latents(latents: np.ndarray, clusters: int, seed: int = 0) -> LatentClusters:
    """K-means (Lloyd 1982) of latents `[rows, F]` as they are, so that features with larger units weigh more.

    Raises `NumericalError` for latents that are not finite, `AnalysisError` for fewer different rows than clusters.
    """
    values = finite(latents, "latents", axes=2)
    require(clusters >= 2, f"clusters: {clusters} tell nothing apart; give 2 or more")
    different = len(np.unique(values, axis=0))
    require(different >= clusters, f"latents: have {different} different rows, fewer than {clusters} clusters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows, by rounding: counted below
        fit = KMeans(clusters, n_init=STARTS, random_state=seed).fit(values)
    sizes = np.bincount(fit.labels_, minlength=clusters)
    require(bool((sizes > 0).all()), f"latents: only {int((sizes > 0).sum())} rows differ by more than rounding")
    order = np.argsort(-sizes, kind="stable")
    return LatentClusters(fit.cluster_centers_[order], float(fit.inertia_ / len(values)))
