"""How well ratings tell what happened from what did not, and by how much an action is preferred, for these scripts."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score
from torch import Tensor


def area(happened: ArrayLike, ratings: ArrayLike) -> float:
    """Area under the ROC curve, 0.5 knows nothing and 1 everything; nan where all or none of it happened."""
    happened = np.asarray(happened, bool)
    return float(roc_auc_score(happened, ratings)) if 0 < happened.sum() < happened.size else float("nan")


def preference(values: Tensor, action: int) -> Tensor:
    """By how much the best of all other actions is worth less than `action`: values `[..., A]` to `[...]`."""
    others = torch.cat([values[..., :action], values[..., action + 1 :]], -1)
    return values[..., action] - others.amax(-1)
