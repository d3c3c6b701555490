"""Writes beside every row of metrics where the run is and how fast it goes."""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from worldmodel.memory import ReplayBuffer
from worldmodel.running.acting import Acting


class Counting(Callback):
    """Logs environment step, gradient step, speed and, where somebody acts, how the games went."""

    def __init__(self, buffer: ReplayBuffer, acting: Acting | None, every: int) -> None:
        self.buffer, self.acting, self.every = buffer, acting, every
        self.last = (time.monotonic(), 0, 0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins to count."""
        self.last = (time.monotonic(), trainer.global_step, self.buffer.environment_steps)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Adds the counters to the row that is about to be written."""
        if trainer.global_step % self.every:
            return
        now, steps, lived = time.monotonic(), trainer.global_step, self.buffer.environment_steps
        then, steps_then, lived_then = self.last
        self.last = (now, steps, lived)
        seconds = max(1e-9, now - then)
        row: dict[str, float] = {
            "environment_step": lived,
            "gradient_step": steps,
            "speed/gradient_steps_per_second": (steps - steps_then) / seconds,
        }
        if self.acting is not None:
            row["speed/environment_steps_per_second"] = (lived - lived_then) / seconds
            row |= self.acting.metrics()
        # float32, Lightning's default, counts exactly only up to 16.7 million
        pl_module.log_dict({name: torch.tensor(value, dtype=torch.float64) for name, value in row.items()})
