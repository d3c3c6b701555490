"""When checkpoints are made: at intervals, at better evaluations, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer

from worldmodel.errors import FileError, StorageError
from worldmodel.memory import ReplayBuffer
from worldmodel.running.checkpoints import STATE, save_checkpoint
from worldmodel.running.finiteness import refuse_what_is_not_finite
from worldmodel.running.run_directory import BEST, LAST, PREVIOUS
from worldmodel.untrusted import read_json

MOST_FAILURES = 3
"""Checkpoints that could not be saved, one after the other, after which the run ends."""


class KeepCheckpoints(Callback):
    """Writes checkpoints/last every `every` steps of `clock`, and checkpoints/best when `best` says so.

    The one before stays as checkpoints/previous. Experience files that neither names are deleted after each save.
    Training goes on where a checkpoint cannot be saved, until that happened `MOST_FAILURES` times in a row; the one
    in the end must be saved. What a person should know is told to `say`.
    """

    def __init__(
        self,
        folder: Path,
        every: int,
        clock: Callable[[], int],
        buffer: ReplayBuffer | None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder, self.every, self.clock, self.buffer, self.say = folder, every, clock, buffer, say
        self.due = every
        self.failures = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The next checkpoint is a whole interval away."""
        self.due = self.clock() + self.every

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Saves when it is time; not after the last step, because what follows would not be made up for."""
        if self.clock() >= self.due and trainer.global_step != trainer.max_steps:
            self.due += self.every
            self._try(lambda: self.save(trainer))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Saves where the run stops, whatever made it stop."""
        self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Writes checkpoints/last; raises StorageError, and NumericalError for weights that are not finite."""
        refuse_what_is_not_finite(trainer)
        if self.buffer is not None:
            self.buffer.flush()
        previous = self.folder / PREVIOUS
        trainer.save_checkpoint(self.folder / LAST, storage_options={"previous": previous})
        if self.buffer is not None:
            self.buffer.forget_evicted(keep=experience_named(previous))
        self.failures = 0

    def keep_best(self, trainer: Trainer) -> None:
        """Writes checkpoints/best: the weights alone, to be evaluated and watched."""
        refuse_what_is_not_finite(trainer)
        learner = trainer.lightning_module
        weights: dict[str, Any] = {"state_dict": learner.state_dict(), "global_step": trainer.global_step}
        learner.on_save_checkpoint(weights)
        self._try(lambda: save_checkpoint(weights, self.folder / BEST))

    def _try(self, saving: Callable[[], None]) -> None:
        try:
            saving()
        except StorageError as error:
            self.failures += 1
            if self.failures >= MOST_FAILURES:
                raise
            self.say(
                f"CHECKPOINT NOT SAVED: {error}. Training goes on, the older checkpoint is whole; "
                f"the run ends if this happens {MOST_FAILURES} times in a row ({self.failures} so far)"
            )


def experience_named(checkpoint: Path) -> set[str]:
    """The experience files that a checkpoint stands on; none where it is not there or cannot be read."""
    try:
        state = read_json(checkpoint / STATE)
        return {entry["file"] for entry in state["ReplayData"]["buffer"]["closed"] if "file" in entry}
    except (FileError, KeyError, TypeError):
        return set()
