"""Films a dream whenever the agent was evaluated, and measures how deep dreams hold, for the records of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer

from worldmodel.errors import StorageError
from worldmodel.experience import Movie
from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer, ReplayData, Uniform, sample_movies
from worldmodel.model import WorldModel
from worldmodel.running.dream_errors import draw_starts, dream_validity
from worldmodel.running.evaluating import Evaluating
from worldmodel.running.players import separate_randomness
from worldmodel.viewing.curves import write_curves
from worldmodel.viewing.dream import Dream, dream_along
from worldmodel.viewing.film import write_film, write_strip

CONTEXT, HORIZON = 5, 20
"""Rows that are looked at, and steps that are dreamt."""
STARTS = 50
"""Dreams on which validity is measured on the way."""


class FilmDreams(Callback):
    """Writes media/dream-STEP.gif and .png (vectors: .png) after each evaluation, or at the end where nobody acts.

    Logs for how many steps dreams beat guesses that know nothing (dream/valid_...), where there is an agent.
    """

    def __init__(self, folder: Path, data: ReplayData, evaluating: Evaluating | None) -> None:
        self.folder, self.data, self.evaluating = folder, data, evaluating
        self.filmed = -1

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Films where an evaluation that a signal had kept away was just made up for."""
        self.on_train_batch_end(trainer, pl_module)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Films where there has been an evaluation since the last film."""
        if self.evaluating is not None and self.evaluating.last_step > self.filmed:
            self.film(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Films what was learned in the end, unless a signal asked to stop: the run is not over then."""
        if self.evaluating is None or not self.evaluating.stop:
            self.film(trainer, pl_module)

    def film(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Four dreams from the recorded life, side by side."""
        step = self.data.buffer.environment_steps if self.evaluating else trainer.global_step
        if step == self.filmed or self.data.buffer.index.transitions == 0:
            return
        self.filmed = step
        world_model = pl_module.world_model if isinstance(pl_module, Agent) else pl_module
        assert isinstance(world_model, WorldModel)
        with separate_randomness(step), trainer.precision_plugin.forward_context():
            movie = draw_movies(self.data.buffer, 4, CONTEXT + HORIZON, seed=step).to(world_model.device)
            paths = write_dream(dream_along(world_model, movie, CONTEXT), self.folder, f"dream-{step}")
            valid = self.validity(pl_module) if isinstance(pl_module, Agent) else {}
        for logger in trainer.loggers:
            if valid:
                logger.log_metrics(valid, step=trainer.global_step)
            if hasattr(logger, "log_film") and paths[0].suffix == ".gif":
                logger.log_film("dream", paths[0])

    def validity(self, agent: Agent) -> dict[str, float]:
        """Steps for which dreams beat every trivial guess, by what is imagined, and where the run is."""
        movie, context = draw_starts(self.data.buffer, STARTS, CONTEXT, HORIZON, seed=0)
        found = dream_validity(agent, movie.to(agent.device), context)
        where: dict[str, float] = {
            "environment_step": self.data.buffer.environment_steps,
            "gradient_step": agent.gradient_steps,
        }
        return where | {f"dream/valid_{name.replace(' ', '_')}": each.horizon for name, each in found.items()}


def draw_movies(buffer: ReplayBuffer, count: int, length: int, seed: int) -> Movie:
    """`count` of the longest clips of up to `length` rows that chance offers, cut to the shortest of them.

    Raises FileError where nothing was recorded.
    """
    length = max(2, min(length, len(buffer)))
    offered = sample_movies(buffer, Uniform(), np.random.default_rng(seed), 4 * count, length, context=0)
    longest = offered.mask.sum(1).argsort(descending=True, stable=True)[:count]
    rows = max(2, int(offered.mask[longest].sum(1).min()))
    chosen = {name: value[longest] for name, value in vars(offered).items()}
    return Movie(**{name: value[:, :rows] if value.dim() > 1 else value for name, value in chosen.items()})


def write_dream(dream: Dream, folder: Path, name: str) -> list[Path]:
    """Images as a film (.gif) and a strip (.png), vectors as curves (.png); StorageError where that fails."""
    film, still = folder / f"{name}.gif", folder / f"{name}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if dream.truth.ndim == 5:
            return [write_film(dream, film), write_strip(dream, still)]
        return [write_curves(dream, still)]
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}; choose another folder") from error
