"""Batches of movies: clips of recorded life, cut to one length and padded, with masks that say which rows are real."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from worldmodel.errors import FileError
from worldmodel.experience import Movie
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.chunks import ROW
from worldmodel.memory.orders import Order, draw_clips

MOST_CLIPS = 4
"""A batch of short episodes has up to this many times as many clips as one of long episodes."""


def sample_movies(
    buffer: ReplayBuffer, order: Order, rng: np.random.Generator, batch_size: int, length: int, context: int
) -> Movie:
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
    clips = draw_clips(rng, buffer.index, order, MOST_CLIPS * batch_size, length)
    filled = np.cumsum(clips.stop - clips.start)
    clips = clips[: int(np.searchsorted(filled, batch_size * length)) + 1]
    sizes = clips.stop - clips.start
    count, longest = len(sizes), int(sizes.max())
    rows = np.zeros((count, longest), ROW)
    observation = np.empty((count, longest, *buffer.spec.observation_shape), buffer.spec.observation_dtype)
    for clip, (lane, start, size) in enumerate(zip(clips.lane, clips.start, sizes, strict=True)):
        buffer.store.read(lane, int(start), rows[clip, :size], observation[clip, :size])
        observation[clip, size:] = 0
    return _movie(buffer, rows, observation, sizes, context)


def _movie(buffer: ReplayBuffer, rows: np.ndarray, observation: np.ndarray, sizes: np.ndarray, context: int) -> Movie:
    """Columns of `rows` `[B, T]` as the tensors of a movie; clip b has `sizes[b]` real rows."""
    head = rows[:, 0]
    warm_up = np.where(head["step"] == 0, 0, np.minimum(context, sizes - 2))
    columns = {name: _tensor(rows[name]) for name in ("action", "reward", "terminated", "truncated", "first")}
    return Movie(
        observation=torch.from_numpy(observation),
        mask=torch.from_numpy(np.arange(rows.shape[1]) < sizes[:, None]),
        context=_tensor(warm_up),
        episode=_tensor(head["episode"]),
        start=_tensor(head["step"]),
        age=_tensor(buffer.environment_steps - head["environment_step"]),
        **columns,
    )


def _tensor(column: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(column))


def fill(movie: Movie) -> float:
    """Share of the rows of a batch that were recorded; the rest is padding."""
    return float(movie.mask.float().mean())
