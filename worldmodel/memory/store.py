"""Rows in memory: the chunks of every lane, of which the oldest leave when there are too many."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from operator import attrgetter

import numpy as np

from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.memory.chunks import ROW, Chunk
from worldmodel.memory.index import EpisodeIndex


class RowStore:
    """At most `capacity` rows, in chunks of `chunk_steps` consecutive rows of one lane.

    capacity: at least `lanes * chunk_steps`, because open chunks cannot leave.
    index: where every stored episode lies.
    closed: the full chunks of all lanes, in the order in which they were closed.
    """

    def __init__(self, spec: Spec, capacity: int, lanes: int, chunk_steps: int, compress: bool) -> None:
        self.spec = spec
        self.capacity = capacity
        self.chunk_steps = chunk_steps
        self.compress = compress
        self.index = EpisodeIndex(lanes)
        self.closed: deque[Chunk] = deque()
        self._lanes: list[list[Chunk]] = [[] for _ in range(lanes)]  # the last chunk of a lane may be open
        self._open: list[Chunk | None] = [None] * lanes

    def __len__(self) -> int:
        return len(self.index)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held by rows and observations."""
        return sum(chunk.nbytes for chunks in self._lanes for chunk in chunks)

    @property
    def open(self) -> list[Chunk]:
        """The chunks that still take rows, by lane."""
        return [chunk for chunk in self._open if chunk is not None]

    def open_chunk(self, lane: int) -> Chunk | None:
        """The chunk of `lane` that was begun and not closed."""
        return self._open[lane]

    def newest(self, lane: int) -> np.void | None:
        """The newest row of `lane`, a view of dtype `ROW`."""
        if not self._lanes[lane]:
            return None
        chunk = self._lanes[lane][-1]
        return chunk.rows[len(chunk) - 1]

    def append(self, lane: int, row: tuple, observation: np.ndarray) -> None:
        """Store one more row of `lane`, given as the fields of `ROW`; its open chunk must not be full."""
        while len(self) >= self.capacity:
            self.evict()
        chunk = self._open[lane]
        if chunk is None:
            start = int(self.index.stop[lane])
            chunk = Chunk.empty(self.spec, lane, start, self.chunk_steps, self.compress)
            self._lanes[lane].append(chunk)
            self._open[lane] = chunk
        place = len(chunk)
        chunk.frames.append(observation)
        chunk.rows[place] = row
        self.index.append(lane, chunk.rows[place]["first"])

    def close(self, lane: int) -> None:
        """Begin a new chunk with the next row of `lane`."""
        chunk = self._open[lane]
        if chunk is not None:
            self.closed.append(chunk)
            self._open[lane] = None

    def evict(self) -> None:
        """Forget the oldest closed chunk."""
        chunk = self.closed.popleft()
        self._lanes[chunk.lane].pop(0)
        self.index.evict(chunk.lane, len(chunk))

    def attach(self, chunk: Chunk, *, closed: bool) -> None:
        """Take a chunk that was read; FileError where it does not follow what its lane already has."""
        if not 0 <= chunk.lane < len(self._lanes):
            raise FileError(f"recorded lane {chunk.lane} does not exist, there are {len(self._lanes)}")
        stop = int(self.index.stop[chunk.lane])
        if self._lanes[chunk.lane] and chunk.start != stop:
            raise FileError(
                f"lane {chunk.lane} goes on at row {chunk.start} where {stop} was expected: a file is missing"
            )
        self._lanes[chunk.lane].append(chunk)
        self.index.extend(chunk.lane, chunk.start, chunk.rows["step"][: len(chunk)])
        if closed:
            self.closed.append(chunk)
        else:
            self._open[chunk.lane] = chunk

    def column(self, lane: int, name: str) -> np.ndarray:
        """The column `name` of `ROW` of all stored rows of `lane`, `[n]`, a copy."""
        parts = [chunk.rows[name][: len(chunk)] for chunk in self._lanes[lane]]
        return np.concatenate([np.zeros(0, ROW[name]), *parts])

    def read(self, lane: int, start: int, rows: np.ndarray, frames: np.ndarray) -> None:
        """Copy stored rows of `lane` from number `start` on into `rows` `[n]` (dtype `ROW`) and `frames` `[n, ...]`."""
        chunks = self._lanes[lane]
        at = bisect_right(chunks, start, key=attrgetter("start")) - 1
        done = 0
        while done < len(rows):
            chunk = chunks[at]
            low = start + done - chunk.start
            high = min(len(chunk), low + len(rows) - done)
            part = slice(done, done + high - low)
            rows[part] = chunk.rows[low:high]
            chunk.frames.read(low, high, frames[part])
            done, at = part.stop, at + 1
