"""After every gradient step: what it found in the rows it replayed goes back to who chooses them."""

from __future__ import annotations

from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from worldmodel.experience import Movie
from worldmodel.memory import Lesson, ReplayData


class Remembering(Callback):
    """Tells the order of replay what each batch has taught, where it wants to know."""

    def __init__(self, data: ReplayData) -> None:
        self.data = data

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Movie, batch_idx: int
    ) -> None:
        """Passes on what the learner gave beside its loss."""
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
