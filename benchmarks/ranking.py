"""How well ratings tell what happened from what did not, for the scripts beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score


def area(happened: ArrayLike, ratings: ArrayLike) -> float:
    """Area under the ROC curve, 0.5 knows nothing and 1 everything; nan where all or none of it happened."""
    happened = np.asarray(happened, bool)
    return float(roc_auc_score(happened, ratings)) if 0 < happened.sum() < happened.size else float("nan")
