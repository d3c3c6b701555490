"""The recorded life as a Lightning data module: each batch is drawn only when it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning.pytorch import LightningDataModule

from worldmodel.experience import Movie, Spec
from worldmodel.memory.buffer import ReplayBuffer, open_experience
from worldmodel.memory.chunks import MAX_ROWS, ROW
from worldmodel.memory.movies import sample_movies
from worldmodel.memory.orders import Order, Recent, Uniform
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
    order: Literal["uniform", "recent"] = "uniform"
    """Which rows are replayed: all alike, or newer ones more often."""
    newest_half: float = bounded(0.25, above=0, high=0.5)
    """With order "recent": half of what is replayed comes from this newest share of memory; 0.5 is uniform."""
    experience: str | None = None
    """Run directory whose recorded experience is learned from; no environment is needed then."""


def make_order(settings: DataSettings) -> Order:
    """The order in which `settings` wants life replayed."""
    return Recent(settings.newest_half) if settings.order == "recent" else Uniform()


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

    def sample(self) -> Movie:
        """One batch of movies; FileError where less than one clip was recorded."""
        return sample_movies(self.buffer, self.order, self.rng, self.batch_size, self.sequence_length, self.context)

    def train_dataloader(self) -> MovieStream:
        """The stream of batches."""
        return MovieStream(self, self.gradient_steps)

    def transfer_batch_to_device(self, batch: Movie, device: torch.device, dataloader_idx: int) -> Movie:
        """The same movies on `device`."""
        return batch.to(device)

    def state_dict(self) -> dict[str, Any]:
        """The recorded life and the state of the random generator, as plain types and numpy arrays."""
        return {"buffer": self.buffer.state_dict(), "generator": self.rng.bit_generator.state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken; FileError where the recorded life cannot be read."""
        self.buffer.load_state_dict(state_dict["buffer"])
        self.rng.bit_generator.state = state_dict["generator"]


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
