"""After every gradient step: what it replayed is written down, and what it found goes back to who chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from worldmodel.experience import Movie
from worldmodel.memory import Lesson, ReplayData


class Remembering(Callback):
    """Writes each step into the ledger, and tells the order of replay what it has taught, where that wants to know."""

    def __init__(self, data: ReplayData) -> None:
        self.data = data

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Movie, batch_idx: int
    ) -> None:
        """Passes on what the learner gave beside its loss; a world model that learns alone has no dreams."""
        assert self.data.served is not None
        begun = outputs["dreams_from"].cpu().numpy() if "dreams_from" in outputs else np.zeros((0, 2), np.int64)
        self.data.ledger.record(trainer.global_step, self.data.served, begun, int(outputs.get("dream_length", 0)))
        if self.data.order.learns:
            self.data.learn(read_lesson(outputs, batch))


def read_lesson(outputs: dict[str, Tensor], movie: Movie) -> Lesson:
    """The lesson of one step on movies `[B, T]`, in numpy, from what `Agent` or `WorldModel` gave.

    A world model that learns alone has no errors. Where an episode ended no transition leads on, and nothing is left to
    be learned there: the error is 0.
    """
    loss = _rows(outputs["row_loss"])
    error = _rows(outputs["movie_error"]) if "movie_error" in outputs else np.full(loss.shape, np.nan)
    mask, ended = movie.mask.cpu().numpy(), (movie.terminated | movie.truncated).cpu().numpy()
    return Lesson(np.where(ended & mask, 0.0, error), np.where(mask, loss, np.nan))


def _rows(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy().astype(np.float64)
