"""How the observations of one chunk are held in memory: raw, or compressed in runs of consecutive frames.

Consecutive frames of a game are almost equal, so runs compress far better than single frames: at random play,
64 x 64 RGB Breakout takes 53 bytes per frame in place of 12,288.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import zstandard

from worldmodel.errors import FileError

RUN = 32
"""Frames compressed together; part of the file format."""


class Frames(Protocol):
    """The observations of up to `capacity` consecutive rows."""

    def __len__(self) -> int:
        """Frames held."""

    def append(self, frame: np.ndarray) -> None:
        """Hold a copy of one more frame."""

    def append_run(self, run: bytes, count: int) -> None:
        """Hold `count` more frames, given as `pack_run` makes them; FileError where they are not."""

    def read(self, start: int, stop: int, out: np.ndarray) -> None:
        """Copy frames `start` to `stop` into `out`, `[stop - start, ...]`."""

    def runs(self) -> list[bytes]:
        """All frames as compressed runs of `RUN` frames, the last one possibly shorter."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""


def make_frames(capacity: int, shape: tuple[int, ...], dtype: str, compress: bool) -> Frames:
    """Room for `capacity` observations; vectors are never compressed in memory."""
    if compress and len(shape) == 3:
        return CompressedFrames(capacity, shape, dtype)
    return RawFrames(capacity, shape, dtype)


class RawFrames:
    """Frames as one array: fast, and `capacity` frames are held whether or not they are used."""

    def __init__(self, capacity: int, shape: tuple[int, ...], dtype: str) -> None:
        self.frames = np.empty((capacity, *shape), dtype)
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def append(self, frame: np.ndarray) -> None:
        """Hold a copy of one more frame."""
        self.frames[self.size] = frame
        self.size += 1

    def append_run(self, run: bytes, count: int) -> None:
        """Hold `count` more frames, given as `pack_run` makes them; FileError where they are not."""
        self.frames[self.size : self.size + count] = unpack_run(run, count, self.frames.shape[1:], self.frames.dtype)
        self.size += count

    def read(self, start: int, stop: int, out: np.ndarray) -> None:
        """Copy frames `start` to `stop` into `out`, `[stop - start, ...]`."""
        out[...] = self.frames[start:stop]

    def runs(self) -> list[bytes]:
        """All frames as compressed runs of `RUN` frames, the last one possibly shorter."""
        return [pack_run(self.frames[i : min(i + RUN, self.size)]) for i in range(0, self.size, RUN)]

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return self.frames.nbytes


class CompressedFrames:
    """Frames as compressed runs; only the newest, unfinished run is raw."""

    def __init__(self, capacity: int, shape: tuple[int, ...], dtype: str) -> None:
        self.capacity = capacity
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.closed: list[bytes] = []
        self.open = np.empty((0, *shape), dtype)
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def append(self, frame: np.ndarray) -> None:
        """Hold a copy of one more frame."""
        begin = len(self.closed) * RUN
        if self.size == begin:
            self.open = np.empty((min(RUN, self.capacity - begin), *self.shape), self.dtype)
        self.open[self.size - begin] = frame
        self.size += 1
        if self.size - begin == len(self.open):
            self._close_run(pack_run(self.open))

    def append_run(self, run: bytes, count: int) -> None:
        """Hold `count` more frames, given as `pack_run` makes them; FileError where they are not."""
        frames = unpack_run(run, count, self.shape, self.dtype)
        if count == min(RUN, self.capacity - self.size):
            self.size += count
            self._close_run(run)
        else:
            for frame in frames:
                self.append(frame)

    def _close_run(self, run: bytes) -> None:
        self.closed.append(run)
        self.open = np.empty((0, *self.shape), self.dtype)

    def read(self, start: int, stop: int, out: np.ndarray) -> None:
        """Copy frames `start` to `stop` into `out`, `[stop - start, ...]`."""
        for index in range(start // RUN, -(-stop // RUN)):
            begin = index * RUN
            low, high = max(start, begin), min(stop, begin + RUN)
            out[low - start : high - start] = self._run(index)[low - begin : high - begin]

    def _run(self, index: int) -> np.ndarray:
        if index == len(self.closed):
            return self.open
        count = min(RUN, self.capacity - index * RUN)
        return unpack_run(self.closed[index], count, self.shape, self.dtype)

    def runs(self) -> list[bytes]:
        """All frames as compressed runs of `RUN` frames, the last one possibly shorter."""
        rest = self.open[: self.size - len(self.closed) * RUN]
        return [*self.closed, pack_run(rest)] if len(rest) else list(self.closed)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return sum(map(len, self.closed)) + self.open.nbytes


def pack_run(frames: np.ndarray) -> bytes:
    """One zstandard frame, with its checksum and its exact decompressed size, of `[n, ...]` observations."""
    # a compressor is made per call because it must not be shared by threads; making one costs microseconds
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(np.ascontiguousarray(frames).data)


def unpack_run(run: bytes, count: int, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """The inverse of `pack_run`: `[count, ...]`, read-only.

    Raises FileError where the run is damaged or does not hold exactly `count` observations. The size it states is
    compared first: the decompressor allocates whatever the run claims.
    """
    expected = count * int(np.prod(shape)) * dtype.itemsize
    try:
        stated = zstandard.frame_content_size(run)
        if stated != expected:
            raise FileError(f"compressed frames claim {stated} bytes where {expected} were expected")
        content = zstandard.ZstdDecompressor().decompress(run, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise FileError(f"compressed frames are damaged ({error})") from error
    return np.frombuffer(content, dtype).reshape(count, *shape)
