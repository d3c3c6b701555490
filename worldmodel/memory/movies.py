"""Batches of movies: clips of recorded life, cut to one length and padded, with masks that say which rows are real."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from worldmodel.errors import FileError
from worldmodel.experience import Movie
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.chunks import ROW
from worldmodel.memory.clips import Clips
from worldmodel.memory.orders import Order


@dataclass(frozen=True)
class Served:
    """A batch of movies, and where in memory it was found.

    clips: `[B]`.
    lived: `[B, T]` int64, the environment step at which each row was lived, 0 where padded.
    """

    movie: Movie
    clips: Clips
    lived: np.ndarray


def sample_movies(
    buffer: ReplayBuffer, order: Order, rng: np.random.Generator, batch_size: int, length: int, context: int
) -> Movie:
    """The movies of `serve_movies` alone."""
    return serve_movies(buffer, order, rng, batch_size, length, context).movie


def serve_movies(
    buffer: ReplayBuffer, order: Order, rng: np.random.Generator, batch_size: int, length: int, context: int
) -> Served:
    """Clips of at most `length` rows, as many as make `batch_size * length` recorded rows together.

    Episodes of at least `length` rows give exactly `batch_size` clips; shorter ones give more, up to
    `4 * batch_size`, and T is the longest clip. A clip that begins at the first row of its episode has no context;
    any other has `context` rows, or fewer, so that one transition at least is learned from. Tensors are on the CPU.

    Raises FileError where less than one clip was recorded.
    """
    if len(buffer) < length or buffer.index.transitions == 0:
        raise FileError(
            f"only {len(buffer)} rows recorded, a batch needs {length} of them and an episode of at least 2: "
            "record more first, or lower data.sequence_length"
        )
    return read_movies(buffer, order.choose(rng, buffer.store, batch_size, length), context)


def read_movies(buffer: ReplayBuffer, clips: Clips, context: int) -> Served:
    """The movies of given clips, T the longest of them."""
    count, longest = len(clips), int(clips.sizes.max())
    rows = np.zeros((count, longest), ROW)
    observation = np.empty((count, longest, *buffer.spec.observation_shape), buffer.spec.observation_dtype)
    for clip, (lane, start, size) in enumerate(zip(clips.lane, clips.start, clips.sizes, strict=True)):
        buffer.store.read(lane, int(start), rows[clip, :size], observation[clip, :size])
        observation[clip, size:] = 0
    return Served(_movie(buffer, rows, observation, clips, context), clips, rows["environment_step"])


def _movie(buffer: ReplayBuffer, rows: np.ndarray, observation: np.ndarray, clips: Clips, context: int) -> Movie:
    """Columns of `rows` `[B, T]` as the tensors of a movie; clip b has `clips.sizes[b]` real rows."""
    head = rows[:, 0]
    warm_up = np.where(head["step"] == 0, 0, np.minimum(context, clips.sizes - 2))
    columns = {name: _tensor(rows[name]) for name in ("action", "reward", "terminated", "truncated", "first")}
    return Movie(
        observation=torch.from_numpy(observation),
        mask=torch.from_numpy(np.arange(rows.shape[1]) < clips.sizes[:, None]),
        context=_tensor(warm_up),
        episode=_tensor(head["episode"]),
        start=_tensor(head["step"]),
        age=_tensor(buffer.environment_steps - head["environment_step"]),
        weight=_tensor(clips.weight.astype(np.float32)),
        **columns,
    )


def _tensor(column: np.ndarray) -> Tensor:
    # a copy: a column of a single row counts as contiguous, whatever its stride
    return torch.from_numpy(column.copy())


def fill(movie: Movie) -> float:
    """Share of the rows of a batch that were recorded; the rest is padding."""
    return float(movie.mask.float().mean())
