"""Keeps the steps of a world model that learns alone finite and small, as the agent does for its parts."""

from __future__ import annotations

import torch
from lightning import Callback, LightningModule, Trainer

from worldmodel.errors import NumericalError


class ClipGradient(Callback):
    """Clips the gradient of all parameters to the norm `limit`; raises NumericalError where it is not finite."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Clips before every step."""
        norm = torch.nn.utils.clip_grad_norm_(pl_module.parameters(), self.limit)
        if not norm.isfinite():
            raise NumericalError(
                f"gradient step {trainer.global_step}: the gradient is not finite; "
                "go on from the last checkpoint with a lower learning rate, or with precision 32-true"
            )
