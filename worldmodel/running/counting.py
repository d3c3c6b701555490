"""Writes the rows of metrics: what was logged, where the run is, and how fast it goes."""

from __future__ import annotations

import time
from typing import Any

from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from worldmodel.memory import ReplayBuffer
from worldmodel.running.acting import Acting


class Counting(Callback):
    """Every so many gradient steps, gives the loggers one row with everything that was logged in this step.

    Lightning would write it after all callbacks; a process that was killed between a checkpoint and its row would
    never write that row. With environment step, gradient step, speed and, where somebody acts, how the games went.
    """

    def __init__(self, buffer: ReplayBuffer, acting: Acting | None, every: int) -> None:
        self.buffer, self.acting, self.every = buffer, acting, every
        self.last = (time.monotonic(), 0, 0)
        self.known: dict[str, Tensor] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins to count."""
        self.last = (time.monotonic(), trainer.global_step, self.buffer.environment_steps)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Writes a row when it is time."""
        if trainer.global_step % self.every:
            return
        now, steps, lived = time.monotonic(), trainer.global_step, self.buffer.environment_steps
        then, steps_then, lived_then = self.last
        self.last = (now, steps, lived)
        seconds = max(1e-9, now - then)
        # what was not logged in this step is still there, in the very memory it had for the row before
        known, self.known = self.known, dict(trainer.logged_metrics)
        new = {name: each for name, each in self.known.items() if not _same_memory(each, known.get(name))}
        row: dict[str, float] = {
            **{name: float(each) for name, each in new.items()},
            "environment_step": lived,
            "gradient_step": steps,
            "speed/gradient_steps_per_second": (steps - steps_then) / seconds,
        }
        if self.acting is not None:
            row["speed/environment_steps_per_second"] = (lived - lived_then) / seconds
            row |= self.acting.metrics()
        for logger in trainer.loggers:
            logger.log_metrics(row, step=steps)


def _same_memory(one: Tensor, other: Tensor | None) -> bool:
    return other is not None and one.data_ptr() == other.data_ptr()
