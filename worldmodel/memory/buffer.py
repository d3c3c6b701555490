"""The recorded life: rows arrive as the agent acts, are kept in memory, and last on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from worldmodel.errors import ConfigurationError, FileError, NumericalError
from worldmodel.experience import Spec, Step
from worldmodel.fault_points import fault_point
from worldmodel.memory.chunks import MAX_ROWS, ChunkFile
from worldmodel.memory.folder import EXPERIENCE, ExperienceFolder, Listing
from worldmodel.memory.index import EpisodeIndex
from worldmodel.memory.snapshot import file_entry, fill_store, store_state
from worldmodel.memory.store import RowStore


class ReplayBuffer:
    """Up to `capacity` recorded rows of `lanes` parallel environments.

    Rows are kept in chunks of `chunk_steps` rows of one lane. A full chunk never changes; with `folder` it is written
    there at once. The newest row of a lane is open until the next one is recorded: `answer` says which action was
    taken in it. Acting looks like this::

        step = worlds.reset(seeds)
        buffer.record(step)
        while True:
            actions = agent.act(step.observation)
            buffer.answer(actions)
            step = worlds.step(actions)
            buffer.record(step)
            if step.ended.any():
                ended = step.ended
                step = worlds.restart(ended, seeds)
                buffer.record(step, only=ended)

    compress: hold frames compressed, see `worldmodel.memory.frames`.
    environment_steps: how often an environment was stepped, over the whole run.
    episodes_begun: how many episodes began, over the whole run; their ids count from 0 in that order.
    read_only: this is the life of another run, in `folder`, to be learned from; neither rows nor files change.
    """

    def __init__(
        self,
        spec: Spec,
        capacity: int,
        lanes: int,
        *,
        chunk_steps: int = 1024,
        compress: bool = False,
        folder: Path | None = None,
        read_only: bool = False,
    ) -> None:
        if not 0 < chunk_steps <= MAX_ROWS:
            raise ConfigurationError(f"data.chunk_steps is {chunk_steps}, it must be 1 to {MAX_ROWS}")
        if capacity < lanes * chunk_steps and not read_only:
            raise ConfigurationError(
                f"data.capacity is {capacity}, less than one chunk of {chunk_steps} steps for each of {lanes} "
                f"environments: set it to {lanes * chunk_steps} or more, or lower data.chunk_steps"
            )
        self.spec = spec
        self.capacity = capacity
        self.lanes = lanes
        self.chunk_steps = chunk_steps
        self.compress = compress
        self.read_only = read_only
        self.environment_steps = 0
        self.episodes_begun = 0
        self.store = RowStore(spec, capacity, lanes, chunk_steps, compress)
        self.folder = None
        if folder is not None:
            self.folder = ExperienceFolder.open(folder) if read_only else ExperienceFolder.create(folder, spec)
        self._partial: dict[int, ChunkFile] = {}  # by lane: the open chunks as they were at the last flush

    def __len__(self) -> int:
        return len(self.store)

    @property
    def index(self) -> EpisodeIndex:
        """Where every stored episode lies."""
        return self.store.index

    @property
    def episodes(self) -> int:
        """Episodes of which at least one row is stored."""
        return self.index.episodes

    @property
    def nbytes(self) -> int:
        """Bytes of memory held by rows and observations."""
        return self.store.nbytes

    def record(self, step: Step, only: np.ndarray | None = None) -> None:
        """Store what the worlds say, as one new row of each lane, or of the lanes where `only` (`[N]` bool) is True.

        Raises NumericalError, and stores nothing, where a reward or an observation is not finite; StorageError where
        a full chunk cannot be written.
        """
        if self.read_only:
            raise ValueError("this buffer was opened for reading only")
        lanes = np.arange(self.lanes) if only is None else np.flatnonzero(only)
        self._check(step, lanes)
        self.environment_steps += int((~step.first[lanes]).sum())
        for lane in lanes.tolist():
            self._append(lane, step)

    def _check(self, step: Step, lanes: np.ndarray) -> None:
        """Refuse observations of another shape, and numbers that are not finite."""
        expected = (self.lanes, *self.spec.observation_shape)
        if step.observation.shape != expected or step.observation.dtype != self.spec.observation_dtype:
            found = f"{step.observation.dtype} {step.observation.shape}"
            raise ValueError(f"observations are {found}, expected {self.spec.observation_dtype} {expected}")
        numbers = {"a reward": step.reward}
        if not self.spec.pixels:
            numbers["an observation"] = step.observation
        for name, values in numbers.items():
            finite = np.isfinite(values[lanes]).reshape(len(lanes), -1).all(1)
            if not finite.all():
                raise NumericalError(
                    f"environment {lanes[~finite][0]} of {self.spec.environment} gave {name} that is not finite "
                    f"after {self.environment_steps} environment steps: it was not recorded"
                )

    def _append(self, lane: int, step: Step) -> None:
        first = bool(step.first[lane])
        if first:
            self._close_episode(lane)
            episode, number = self.episodes_begun, 0
        else:
            newest = self._open_row(lane)
            episode, number = int(newest["episode"]), int(newest["step"]) + 1
        self._close_full_chunk(lane)
        ends = (step.terminated[lane], step.truncated[lane])
        row = (episode, number, self.environment_steps, 0, step.reward[lane], *ends, first)
        self.store.append(lane, row, step.observation[lane])
        self.episodes_begun += first

    def _open_row(self, lane: int) -> np.void:
        newest = self.store.newest(lane)
        if newest is None or newest["terminated"] or newest["truncated"]:
            raise ValueError(f"lane {lane} has no open episode: its next row must be the first of one")
        return newest

    def answer(self, actions: np.ndarray | Sequence[int]) -> None:
        """Say which action, `[N]`, was taken in the newest row of each lane."""
        for lane, action in enumerate(np.asarray(actions).tolist()):
            if not 0 <= action < len(self.spec.actions):
                raise ValueError(f"lane {lane}: action {action} is none of {len(self.spec.actions)}")
            self._open_row(lane)["action"] = action

    def close_open_episodes(self) -> None:
        """Mark the newest row of each lane as truncated, where its episode cannot be gone on with."""
        for lane in range(self.lanes):
            self._close_episode(lane)

    def _close_episode(self, lane: int) -> None:
        newest = self.store.newest(lane)
        if newest is not None and not newest["terminated"]:
            newest["truncated"] = True
            newest["action"] = 0

    def _close_full_chunk(self, lane: int) -> None:
        chunk = self.store.open_chunk(lane)
        if chunk is None or not chunk.full:
            return
        if self.folder is not None:
            chunk.file = self.folder.write(chunk)
            fault_point("chunk.before_listing")
        self.store.close(lane)
        self._partial.pop(lane, None)
        self._list_files()

    def _list_files(self) -> None:
        if self.folder is not None and not self.read_only:
            chunks = [chunk.file for chunk in self.store.closed if chunk.file is not None]
            self.folder.write_listing(Listing(self.lanes, self.chunk_steps, chunks, list(self._partial.values())))

    def flush(self) -> None:
        """Write the chunks that are not full yet, as partial files; later ones replace them."""
        if self.folder is not None and not self.read_only:
            self._partial = {chunk.lane: self.folder.write(chunk, partial=True) for chunk in self.store.open}
            self._list_files()

    @property
    def evicted(self) -> list[str]:
        """Names of chunk files on disk that are not, or no longer, part of this life."""
        if self.folder is None or self.read_only:
            return []
        return self.folder.unlisted({chunk.file.name for chunk in self.store.closed if chunk.file is not None})

    def forget_evicted(self, keep: set[str]) -> None:
        """Delete the evicted files, except those that `keep` names because a checkpoint still needs them."""
        if self.folder is not None and not self.read_only:
            self._list_files()
            self.folder.forget(name for name in self.evicted if name not in keep)

    def state_dict(self) -> dict[str, Any]:
        """Everything, as plain types and numpy arrays; chunks that lie on disk are named, not copied."""
        counters = {name: getattr(self, name) for name in ("lanes", "environment_steps", "episodes_begun")}
        return {**counters, **store_state(self.store)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become the buffer that `state` was taken of: the same rows, found by the same draws.

        Only a smaller capacity differs: the oldest chunks are then left out. Raises FileError where a chunk file is
        missing or damaged, or where `state` is of another number of environments.
        """
        if state["lanes"] != self.lanes:
            raise FileError(
                f"the recorded life has {state['lanes']} environments, the settings say {self.lanes}: make them equal"
            )
        store = RowStore(self.spec, self.capacity, self.lanes, self.chunk_steps, self.compress)
        fill_store(store, state, self.folder)
        self.store = store
        self.environment_steps = state["environment_steps"]
        self.episodes_begun = state["episodes_begun"]
        if self.read_only:
            self.close_open_episodes()
        self.flush()


def open_experience(run: Path, capacity: int | None = None, *, compress: bool = False) -> ReplayBuffer:
    """The recorded life of the run directory `run`, or its newest `capacity` rows, to learn from without a world.

    Raises FileError where there is none, or where a file of it is missing or damaged.
    """
    folder = ExperienceFolder.open(run / EXPERIENCE)
    listing = folder.read_listing()
    files = [*listing.chunks, *listing.partial]
    rows = sum(file.rows for file in files)
    buffer = ReplayBuffer(
        folder.spec,
        capacity or rows,
        listing.lanes,
        chunk_steps=listing.chunk_steps,
        compress=compress,
        folder=folder.path,
        read_only=True,
    )
    newest = {"environment_steps": 0, "episodes_begun": 0}
    buffer.load_state_dict(
        {"lanes": listing.lanes, "closed": [file_entry(file) for file in files], "open": [], **newest}
    )
    for chunk in buffer.store.closed:
        buffer.environment_steps = max(buffer.environment_steps, int(chunk.rows["environment_step"].max()))
        buffer.episodes_begun = max(buffer.episodes_begun, int(chunk.rows["episode"].max()) + 1)
    return buffer
