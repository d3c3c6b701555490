"""Episodes one by one, whole: how recorded life leaves this program, and how it comes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worldmodel.errors import FileError
from worldmodel.experience import Spec, Step
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.chunks import ROW
from worldmodel.memory.folder import EXPERIENCE, INDEX


@dataclass(frozen=True)
class Episode:
    """T rows from the first of an episode to its last.

    observation: `[T, ...]` as recorded.
    action: `[T]` int64; the last row has none, it is 0.
    reward: `[T]` float32; the first is 0.
    terminated: whether the episode really ended; else it was cut.
    """

    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    terminated: bool


def whole_episodes(buffer: ReplayBuffer) -> Iterator[Episode]:
    """The episodes in `buffer`, environment by environment.

    Those of which the first rows were forgotten are left out, and those of which only the first was lived.
    """
    for lane in range(buffer.lanes):
        at, stop = int(buffer.index.start[lane]), int(buffer.index.stop[lane])
        while at < stop:
            _, ends = buffer.index.episode_of(np.array([lane]), np.array([at]))
            rows = np.zeros(int(ends[0]) - at, ROW)
            frames = np.zeros((len(rows), *buffer.spec.observation_shape), buffer.spec.observation_dtype)
            buffer.store.read(lane, at, rows, frames)
            if rows["first"][0] and len(rows) > 1:
                yield Episode(frames, rows["action"].copy(), rows["reward"].copy(), bool(rows["terminated"][-1]))
            at = int(ends[0])


def check_episode(episode: Episode, spec: Spec, place: str) -> None:
    """Raise FileError, naming the first wrong row of the episode and its `place`, where `spec` does not allow it."""
    rows = len(episode.action)
    if episode.observation.shape != (rows, *spec.observation_shape) or rows < 2:
        found = list(episode.observation.shape)
        raise FileError(f"{place}: observations are {found}, expected [2 or more, {str(spec.observation_shape)[1:-1]}]")
    if episode.observation.dtype != spec.observation_dtype:
        raise FileError(f"{place}: observations are {episode.observation.dtype}, expected {spec.observation_dtype}")
    if len(episode.reward) != rows:
        raise FileError(f"{place}: there are {len(episode.reward)} rewards for {rows} rows")
    actions = len(spec.actions)
    for wrong, what in (
        ((episode.action < 0) | (episode.action >= actions), f"an action that is none of {actions}"),
        (~np.isfinite(episode.reward), "a reward that is not a finite number"),
        ((np.arange(rows) == 0) & (episode.reward != 0), "a reward before anything was done"),
        (~np.isfinite(episode.observation.reshape(rows, -1)).all(1), "an observation that is not finite"),
    ):
        if wrong.any():
            raise FileError(f"{place}, row {int(np.argmax(wrong))}: {what}")


def write_life(episodes: Iterable[tuple[str, Episode]], spec: Spec, run: Path, chunk_steps: int = 1024) -> int:
    """Write episodes, each with the place it is from, as the recorded life of the folder `run`; how many rows.

    Raises FileError at the first wrong row, or where `run` holds a life already; StorageError where writing fails.
    """
    folder = run / EXPERIENCE
    if (folder / INDEX).exists():
        raise FileError(f"{run}: holds recorded life already; choose another folder")
    buffer = ReplayBuffer(spec, 2**62, 1, chunk_steps=chunk_steps, compress=True, folder=folder)
    try:
        for place, episode in episodes:
            check_episode(episode, spec, place)
            _record(buffer, episode)
        if not len(buffer):
            raise FileError(f"{run}: there is no episode to be written")
    except FileError:
        (folder / INDEX).unlink(missing_ok=True)  # what was written before does not count
        raise
    buffer.flush()
    return len(buffer)


def _record(buffer: ReplayBuffer, episode: Episode) -> None:
    end = len(episode.action) - 1
    for t in range(end + 1):
        ended = np.array([t == end])
        buffer.record(
            Step(
                observation=episode.observation[t][None],
                reward=episode.reward[t : t + 1],
                terminated=ended & episode.terminated,
                truncated=ended & (not episode.terminated),
                first=np.array([t == 0]),
                game_over=ended,
            )
        )
        if t < end:
            buffer.answer(episode.action[t : t + 1])
