"""What a person sees while a run trains: a progress bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lightning import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY = 15.0
"""Seconds between lines where there is no terminal."""


class ShowProgress(Callback):
    """Environment steps, gradient steps, speed, episode return, time gone and time left.

    environment_steps: how many there have been so far; None where nobody acts.
    recent_return: mean score of recent games, None while there is none.
    """

    def __init__(
        self,
        console: Console,
        gradient_steps: int,
        environment_steps: Callable[[], int] | None,
        recent_return: Callable[[], float | None],
    ) -> None:
        self.console = console
        self.total = gradient_steps
        self.environment_steps, self.recent_return = environment_steps, recent_return
        self.bar: Progress | None = None
        self.began, self.began_at, self.last_line = 0.0, 0, 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins to count."""
        self.began = self.last_line = time.monotonic()
        self.began_at = self._done(pl_module)
        if self.console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
            self.bar = Progress(*columns, console=self.console)
            self.bar.add_task("", total=self.total, completed=self.began_at)
            self.bar.start()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Shows where the run is."""
        done = self._done(pl_module)
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=done, description=self.text(done))
        elif time.monotonic() - self.last_line >= LINE_EVERY:
            self.last_line = time.monotonic()
            line = f"{self.text(done)}, {self.time_left(done):,.0f} s left"
            self.console.print(line, highlight=False, soft_wrap=True)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Takes the bar away."""
        self.stop()

    def on_exception(self, *_: Any) -> None:
        """Takes the bar away, so that the error stands alone."""
        self.stop()

    def stop(self) -> None:
        """Takes the bar away."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def speed(self, done: int) -> float:
        """Gradient steps per second since the start."""
        return (done - self.began_at) / max(1e-9, time.monotonic() - self.began)

    def time_left(self, done: int) -> float:
        """Seconds, if it goes on as it went."""
        return (self.total - done) / max(1e-9, self.speed(done))

    def text(self, done: int) -> str:
        """One line: steps, speed, return."""
        parts = [f"{done:,}/{self.total:,} gradient steps ({self.speed(done):.1f}/s)"]
        if self.environment_steps is not None:
            parts.insert(0, f"{self.environment_steps():,} environment steps")
        if (score := self.recent_return()) is not None:
            parts.append(f"return {score:.1f}")
        return ", ".join(parts)

    @staticmethod
    def _done(pl_module: LightningModule) -> int:
        return pl_module.trainer.global_step
