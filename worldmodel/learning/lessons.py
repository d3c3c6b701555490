"""What a gradient step found in the rows it replayed, for those who choose what is replayed next."""

from __future__ import annotations

import torch
from torch import Tensor

from worldmodel.experience import Trajectory
from worldmodel.learning.q_learning import QLearned

Replayed = dict[str, tuple[float, QLearned, Trajectory]]
"""What was replayed, by its kind: its weight in the Q-loss, what was learned, and from which trajectories."""


def lessons(row_loss: Tensor, replayed: Replayed) -> dict[str, Tensor]:
    """Tensors by name, from the world model's loss in every row of the movies `[B, T]` and what was replayed.

    row_loss: `[B, T]`, as given.
    movie_error: `[B, T]`, return minus Q-value of the recorded transition out of each row, NaN where none was learned
        from; all of it where movies have no part in the mixture.
    dreams_from: `[N, 2]` int64, clip and row at which each dream began; none where nothing was imagined.
    dream_length: int64, steps of a dream; 0 where nothing was imagined.
    """
    error = torch.full_like(row_loss, torch.nan)
    if "movie" in replayed:
        _, learned, trajectory = replayed["movie"]
        found = (learned.realised - learned.predicted).float()
        error[:, :-1] = torch.where(trajectory.mask > 0, found, torch.nan)
    begun, length = torch.zeros(0, 2, dtype=torch.long), 0
    if "imagined" in replayed:
        trajectory = replayed["imagined"][2]
        assert trajectory.origin is not None
        begun, length = trajectory.origin, trajectory.action.shape[1]
    return {
        "row_loss": row_loss,
        "movie_error": error,
        "dreams_from": begun,
        "dream_length": torch.tensor(length),
    }
