"""The terms of the world model's loss: how much each counts, and what counts of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from worldmodel.model.settings import WorldModelSettings


def loss_weights(settings: WorldModelSettings) -> dict[str, float]:
    """The weight of every term."""
    return {
        "observation": settings.observation_weight,
        "reward": settings.reward_weight,
        "continue": settings.continue_weight,
        "dynamics": settings.dynamics_weight,
        "representation": settings.representation_weight,
    }


def weigh(losses: dict[str, Tensor], weights: dict[str, float], mask: Tensor) -> dict[str, Tensor]:
    """Each term `[B, T]` times its weight, averaged over recorded rows, scalars.

    Raises KeyError where the two do not have the same terms, so that none can vanish.
    """
    if losses.keys() != weights.keys():
        raise KeyError(f"losses {sorted(losses)} and weights {sorted(weights)} must have the same terms")
    return {name: weights[name] * masked_mean(loss, mask) for name, loss in losses.items()}


def by_row(losses: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    """The weighted sum of the terms `[B, T]` in every row, `[B, T]`, without a graph."""
    return torch.stack([weights[name] * loss.detach().float() for name, loss in losses.items()]).sum(0)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of `values` over entries where `mask` is set, both of one shape, a scalar."""
    mask = mask.to(values.dtype)
    return (values * mask).sum() / mask.sum().clamp(min=1)
