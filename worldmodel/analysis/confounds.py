"""What is left of latents or activations when everything that goes with something else is taken out of them.

A state can seem to be decoded where it is really a phase, a slot or a stimulus that goes with it. Only what is linear
in the confound is taken out; where state and confound always go together, nothing of the state is left either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.requirements import finite, require


@dataclass(frozen=True)
class Confounds:
    """What a linear regression found of values in confounds.

    weights: `[C, F]`, of C confounds for F features.
    mean: `[C]`, of the confounds.
    """

    weights: np.ndarray
    mean: np.ndarray

    def removed(self, values: np.ndarray, confounds: np.ndarray) -> np.ndarray:
        """`[rows, F]`, `values` without what their confounds `[rows, C]` say of them; means stay."""
        return finite(values, "values", axes=2) - (finite(confounds, "confounds", axes=2) - self.mean) @ self.weights


def find_confounds(values: np.ndarray, confounds: np.ndarray) -> Confounds:
    """Regresses `values` `[rows, F]` on `confounds` `[rows, C]` and a constant, by least squares.

    To be found on rows that decoders are trained on, and removed from those and all others. Labels are given as columns
    of 0 and 1. Raises `AnalysisError` where rows are too few.
    """
    wanted, given = finite(values, "values", axes=2), finite(confounds, "confounds", axes=2)
    require(len(wanted) == len(given), f"confounds: has {len(given)} rows where there are {len(wanted)} values")
    require(
        len(wanted) >= given.shape[1] + 2,
        f"confounds: {given.shape[1]} of them need at least {given.shape[1] + 2} rows, and there are {len(wanted)}",
    )
    mean = given.mean(0)
    return Confounds(np.linalg.lstsq(given - mean, wanted - wanted.mean(0), rcond=None)[0], mean)
