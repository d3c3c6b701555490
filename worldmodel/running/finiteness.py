"""Numbers that are not finite: an update that would bring them in is skipped, and no checkpoint ever holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from worldmodel.errors import NumericalError, StorageError
from worldmodel.experience import Movie
from worldmodel.fault_points import fault_point
from worldmodel.running.checkpoints import save_checkpoint

MOST_IN_A_ROW = 10
"""Updates skipped one after the other, after which the run ends: it would not recover."""
ADVICE = "go on from the last checkpoint, which is good, or begin anew with a lower learning rate or precision 32-true"


class SkipBadUpdates(Callback):
    """Skips and counts every update whose loss or gradient is not finite; weights and optimizer stay as they were.

    The first of a row is dumped to `folder`, in the format of a checkpoint: weights, movie, random state before the
    step, gradient step. After `MOST_IN_A_ROW` of them, NumericalError. `skipped` counts over the whole run.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = print) -> None:
        self.folder, self.say = folder, say
        self.skipped = self.in_a_row = 0
        self.before: dict[str, Any] = {}
        self.loss = torch.zeros(())

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Movie, batch_idx: int) -> None:
        """Remembers what the step begins with."""
        self.before = {"movie": vars(batch), "randomness": torch.get_rng_state(), "gradient_step": trainer.global_step}

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Remembers the loss."""
        self.loss = loss.detach()

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Lets an update pass, or takes its gradient away."""
        fault_point("gradient_step")
        gradients = [each.grad for each in pl_module.parameters() if each.grad is not None]
        if (torch.nn.utils.get_total_norm(gradients) + self.loss).isfinite():
            self.in_a_row = 0
        else:
            optimizer.zero_grad(set_to_none=True)
            self._skip(trainer, pl_module)
        pl_module.log("skipped_updates", float(self.skipped))

    def _skip(self, trainer: Trainer, learner: LightningModule) -> None:
        self.skipped += 1
        self.in_a_row += 1
        step = f"gradient step {trainer.global_step}"
        if self.in_a_row >= MOST_IN_A_ROW:
            raise NumericalError(
                f"{step}: the loss or its gradient was not finite {MOST_IN_A_ROW} times in a row: {ADVICE}; "
                f"weights and batch of the first time are in {self.folder}"
            )
        self.say(f"{step}: the loss or its gradient is not finite, this update is skipped ({self.skipped} so far)")
        if self.in_a_row == 1:
            try:
                save_checkpoint({"state_dict": learner.state_dict(), **self.before}, self.folder)
            except StorageError as error:
                self.say(f"it could not be written down: {error}")

    def state_dict(self) -> dict[str, Any]:
        """How often, and how often in a row."""
        return {"skipped": self.skipped, "in_a_row": self.in_a_row}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on counting."""
        self.skipped, self.in_a_row = state_dict["skipped"], state_dict["in_a_row"]


def refuse_what_is_not_finite(trainer: Trainer) -> None:
    """Raise NumericalError where a weight, or what the optimizer remembers of it, is not finite."""
    for name, tensor in _numbers(trainer):
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise NumericalError(
                f"gradient step {trainer.global_step}: {name} is not finite and was not saved: {ADVICE}"
            )


def _numbers(trainer: Trainer) -> Iterator[tuple[str, Tensor]]:
    yield from trainer.lightning_module.state_dict().items()
    for optimizer in trainer.optimizers:
        for moments in optimizer.state.values():
            yield from ((f"{name} of the optimizer", each) for name, each in moments.items() if torch.is_tensor(each))
