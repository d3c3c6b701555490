"""Towards the end of a run steps become smaller, so that what is evaluated does not hang on the last few of them."""

from __future__ import annotations

from typing import Any

from lightning import Callback, LightningModule, Trainer


class Settling(Callback):
    """Lets the step size of every group of parameters fall linearly to nothing over the last `share` of the run.

    total: gradient steps of the run. Groups remember the size they began with as "initial_lr", which goes into
    checkpoints with the optimizer.
    """

    def __init__(self, share: float, total: int) -> None:
        self.share, self.total = share, total

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Sets the step sizes of the gradient step that comes."""
        left = 1 - trainer.global_step / self.total
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * min(1.0, left / self.share)
