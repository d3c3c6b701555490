"""When checkpoints are made: at intervals, at better evaluations, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer

from worldmodel.memory import ReplayBuffer
from worldmodel.running.checkpoints import save_checkpoint


class KeepCheckpoints(Callback):
    """Writes checkpoints/last every `every` steps of `clock`, and checkpoints/best when `best` says so.

    Experience files that no checkpoint names any more are deleted after each save.
    """

    def __init__(self, folder: Path, every: int, clock: Callable[[], int], buffer: ReplayBuffer | None) -> None:
        self.folder, self.every, self.clock, self.buffer = folder, every, clock, buffer
        self.due = every

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The next checkpoint is a whole interval away."""
        self.due = self.clock() + self.every

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Saves when it is time; not after the last step, because what follows would not be made up for."""
        if self.clock() >= self.due and trainer.global_step != trainer.max_steps:
            self.due += self.every
            self.save(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Saves where the run stops, whatever made it stop."""
        self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Writes checkpoints/last."""
        if self.buffer is not None:
            self.buffer.flush()
        trainer.save_checkpoint(self.folder / "last")
        if self.buffer is not None:
            self.buffer.forget_evicted(keep=set())

    def keep_best(self, trainer: Trainer) -> None:
        """Writes checkpoints/best: the weights alone, to be evaluated and watched."""
        learner = trainer.lightning_module
        weights: dict[str, Any] = {"state_dict": learner.state_dict(), "global_step": trainer.global_step}
        learner.on_save_checkpoint(weights)
        save_checkpoint(weights, self.folder / "best")
