"""The recorded life as a Lightning data module: each batch is drawn only when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningDataModule

from worldmodel.experience import Movie, Spec
from worldmodel.memory.buffer import ReplayBuffer, open_experience
from worldmodel.memory.chunks import MAX_ROWS, ROW
from worldmodel.memory.ledger import Ledger
from worldmodel.memory.movies import Served, serve_movies
from worldmodel.memory.orders import Lesson, Order, Recent, Uniform
from worldmodel.memory.prioritised import Curious, Prioritised
from worldmodel.memory.reverse import Reverse
from worldmodel.settings import bounded

USUAL_COMPRESSION = 60
"""How many times smaller compressed Atari frames are, at the low end of what was measured (60 to 360)."""


@dataclass(frozen=True)
class DataSettings:
    """What is kept of the recorded life, and how it is replayed."""

    batch_size: int = bounded(16, low=1)
    """Clips in a batch of long episodes; short episodes give more clips, of about as many rows together."""
    sequence_length: int = bounded(64, low=2)
    """Rows of a clip, T."""
    context: int = bounded(4, low=0)
    """Leading rows of a clip that only warm up the recurrent state, unless it begins with its episode."""
    capacity: int = bounded(100_000, low=2)
    """Environment steps that are kept; the oldest are forgotten."""
    compress: bool = False
    """Whether frames are held compressed: many times less memory, somewhat slower batches."""
    chunk_steps: int = bounded(1024, low=1, high=MAX_ROWS)
    """Rows of one environment that are written to disk, and forgotten, together."""
    order: Literal["uniform", "recent", "prioritised", "curious", "reverse"] = "uniform"
    """Which rows are replayed: all alike; newer ones more often; those of large TD error; those that the world model
    has seldom seen or predicts badly; or clip by clip backwards from rewards and ends."""
    newest_half: float = bounded(0.25, above=0, high=0.5)
    """With order "recent": half of what is replayed comes from this newest share of memory; 0.5 is uniform."""
    priority_alpha: float = bounded(0.6, low=0, high=1)
    """With order "prioritised": how much the TD error counts, 0 not at all (alpha of Schaul et al. 2016)."""
    priority_beta: float = bounded(0.4, low=0, high=1)
    """With order "prioritised": how far the Q-loss makes up for it by importance weights, 1 wholly (beta there)."""
    curious_alpha: float = bounded(0.7, low=0, high=1)
    """With order "curious": how much the world model's loss counts (alpha of Kauvar et al. 2023)."""
    curious_decay: float = bounded(0.7, low=0, high=1)
    """With order "curious": what is left of a row's novelty each time it is replayed (beta there)."""
    curious_novelty: float = bounded(1e4, low=0)
    """With order "curious": priority for being new, beside the loss (c there)."""
    ledger_steps: int = bounded(1_000, low=0)
    """Gradient steps, the newest, of which it is written down what they replayed, 25 bytes a clip or dream."""
    experience: str | None = None
    """Run directory whose recorded experience is learned from; no environment is needed then."""


def make_order(settings: DataSettings) -> Order:
    """The order in which `settings` wants life replayed."""
    orders: dict[str, Callable[[], Order]] = {
        "uniform": Uniform,
        "recent": lambda: Recent(settings.newest_half),
        "prioritised": lambda: Prioritised(settings.priority_alpha, settings.priority_beta),
        "curious": lambda: Curious(settings.curious_alpha, settings.curious_decay, settings.curious_novelty),
        "reverse": lambda: Reverse(settings.context),
    }
    return orders[settings.order]()


def make_buffer(settings: DataSettings, spec: Spec, lanes: int, folder: Path | None) -> ReplayBuffer:
    """An empty buffer for `lanes` environments, which writes what is lived to `folder`."""
    return ReplayBuffer(
        spec,
        settings.capacity,
        lanes,
        chunk_steps=settings.chunk_steps,
        compress=settings.compress,
        folder=folder,
    )


def load_buffer(settings: DataSettings, experience: str) -> ReplayBuffer:
    """The newest `capacity` rows that the run `experience` recorded, for reading; FileError where there are none."""
    return open_experience(Path(experience), settings.capacity, compress=settings.compress)


class MovieStream:
    """An iterable of `length` batches, each drawn when it is asked for and not before."""

    def __init__(self, data: ReplayData, length: int) -> None:
        self.data = data
        self.length = length

    # Lightning asks a stream without a length for one batch more than it is about to use
    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Movie]:
        for _ in range(self.length):
            yield self.data.sample()


class ReplayData(LightningDataModule):
    """Serves `gradient_steps` batches of movies from `buffer`.

    Acting and sampling alternate strictly: batch k is drawn after whatever was recorded at the end of step k - 1.
    Its random generator is its own, so that nothing else moves what is replayed.

    served: the batch that was drawn last, and where in memory it was found; None before the first.
    ledger: what was replayed lately.
    """

    def __init__(self, settings: DataSettings, buffer: ReplayBuffer, gradient_steps: int, seed: int) -> None:
        super().__init__()
        self.buffer = buffer
        self.order = make_order(settings)
        self.batch_size = settings.batch_size
        self.sequence_length = settings.sequence_length
        self.context = settings.context
        self.gradient_steps = gradient_steps
        self.rng = np.random.default_rng(seed)
        self.served: Served | None = None
        self.ledger = Ledger(settings.ledger_steps)

    def sample(self) -> Movie:
        """One batch of movies; FileError where less than one clip was recorded."""
        length, context = self.sequence_length, self.context
        self.served = serve_movies(self.buffer, self.order, self.rng, self.batch_size, length, context)
        return self.served.movie

    def learn(self, lesson: Lesson) -> None:
        """Tells the order what the batch that was drawn last has taught."""
        assert self.served is not None
        self.order.learn(self.buffer.index, self.served.clips, lesson)

    def train_dataloader(self) -> MovieStream:
        """The stream of batches."""
        return MovieStream(self, self.gradient_steps)

    def transfer_batch_to_device(self, batch: Movie, device: torch.device, dataloader_idx: int) -> Movie:
        """The same movies on `device`."""
        return batch.to(device)

    def state_dict(self) -> dict[str, Any]:
        """The recorded life, what the order remembers, the ledger, and the random generator; all of it plain."""
        return {
            "buffer": self.buffer.state_dict(),
            "generator": self.rng.bit_generator.state,
            "order": self.order.state_dict(),
            "ledger": self.ledger.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken; FileError where the recorded life cannot be read."""
        self.buffer.load_state_dict(state_dict["buffer"])
        self.rng.bit_generator.state = state_dict["generator"]
        # checkpoints of before there were orders that remember, and a ledger, have neither
        if order := state_dict.get("order"):
            self.order.load_state_dict(order)
        if ledger := state_dict.get("ledger"):
            self.ledger.load_state_dict(ledger)


def memory_in_words(spec: Spec, capacity: int, compress: bool) -> str:
    """What the memory will take, in one line, to be printed before a run begins."""
    step = spec.bytes_per_observation + ROW.itemsize
    text = f"memory: {step:,} bytes per step, {bytes_in_words(step * capacity)} at {capacity:,} steps"
    if not (compress and spec.pixels):
        return text
    small = spec.bytes_per_observation // USUAL_COMPRESSION + ROW.itemsize
    return f"{text} before compression, about {bytes_in_words(small * capacity)} after it for Atari"


def bytes_in_words(count: float) -> str:
    """A number of bytes as people say it."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"
