"""The file format of recorded life, made once and to last: consecutive rows of one environment, never changed again.

A file is a safetensors container, so reading it runs no code. It holds one array per column of `ROW`, and the
observations as `frames`, a blob of compressed runs (`worldmodel.memory.frames`) that begin at `offsets`. Its metadata
says which format, environment and rows these are, and carries a BLAKE2b digest of everything else, because
safetensors does not notice a flipped bit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from worldmodel.atomic import write_whole
from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.memory.frames import RUN, Frames, make_frames
from worldmodel.untrusted import check_header

FORMAT = "worldmodel.chunk"
VERSION = "1"
MAX_ROWS = 65_536
SUFFIX = ".safetensors"

ROW = np.dtype(
    [
        ("episode", "<i8"),  # id, unique over the run
        ("step", "<i8"),  # row of that episode
        ("environment_step", "<i8"),  # when it was lived
        ("action", "<i8"),
        ("reward", "<f4"),
        ("terminated", "?"),
        ("truncated", "?"),
        ("first", "?"),
    ]
)
COLUMNS = {name: ROW[name] for name in ROW.names or ()}
DTYPES = {**COLUMNS, "frames": np.dtype("u1"), "offsets": np.dtype("<i8")}
STORED_DTYPES = {"<i8": "I64", "<f4": "F32", "|b1": "BOOL", "|u1": "U8"}


@dataclass(frozen=True)
class ChunkFile:
    """A chunk on disk: its file name, the digest of its content and its number of rows."""

    name: str
    digest: str
    rows: int


@dataclass
class Chunk:
    """Consecutive rows of one lane.

    lane: which of the parallel environments.
    start: number of the first row, counted over everything this lane ever recorded.
    rows: `[capacity]` of dtype `ROW`; the first `len(chunk)` are filled.
    frames: the observations of the filled rows.
    file: where it was written, once it is full.
    """

    lane: int
    start: int
    rows: np.ndarray
    frames: Frames
    file: ChunkFile | None = None

    @classmethod
    def empty(cls, spec: Spec, lane: int, start: int, capacity: int, compress: bool) -> Chunk:
        """Room for `capacity` rows."""
        frames = make_frames(capacity, spec.observation_shape, spec.observation_dtype, compress)
        return cls(lane, start, np.zeros(capacity, ROW), frames)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def full(self) -> bool:
        """Whether no further row fits."""
        return len(self) == len(self.rows)

    @property
    def stop(self) -> int:
        """Number of the row after the last one."""
        return self.start + len(self)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return self.rows.nbytes + self.frames.nbytes


def pack_chunk(chunk: Chunk) -> dict[str, np.ndarray]:
    """The filled rows as plain arrays: what files and checkpoints hold."""
    runs = chunk.frames.runs()
    arrays = {name: chunk.rows[name][: len(chunk)].copy() for name in COLUMNS}
    arrays["frames"] = np.frombuffer(b"".join(runs), "u1")
    arrays["offsets"] = np.cumsum([0, *map(len, runs)], dtype="<i8")
    return arrays


def unpack_chunk(
    arrays: dict[str, np.ndarray], spec: Spec, lane: int, start: int, *, capacity: int | None = None, compress: bool
) -> Chunk:
    """The inverse of `pack_chunk`, with room for `capacity` rows (default: as many as there are).

    Raises FileError where the arrays do not fit together or do not fit `spec`.
    """
    _check_arrays({name: (array.dtype.str, array.shape) for name, array in arrays.items()})
    count = len(arrays["step"])
    _check_rows(arrays, spec)
    blob, offsets = arrays["frames"].tobytes(), arrays["offsets"]
    if offsets[0] != 0 or offsets[-1] != len(blob) or (np.diff(offsets) <= 0).any():
        raise FileError("offsets of the compressed frames do not fit")
    chunk = Chunk.empty(spec, lane, start, max(count, capacity or 0), compress)
    for name in COLUMNS:
        chunk.rows[name][:count] = arrays[name]
    for index, (low, high) in enumerate(pairwise(offsets)):
        chunk.frames.append_run(blob[low:high], min(RUN, count - index * RUN))
    return chunk


def write_chunk(chunk: Chunk, folder: Path, spec: Spec, *, partial: bool = False) -> ChunkFile:
    """Write `chunk` to a new file of `folder`; the name carries the digest, so no content ever changes under a name.

    Raises StorageError where the disk is full or the folder cannot be written.
    """
    arrays = pack_chunk(chunk)
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "environment": spec.environment,
        "observation_shape": json.dumps(spec.observation_shape),
        "observation_dtype": spec.observation_dtype,
        "frames_per_run": str(RUN),
        "lane": str(chunk.lane),
        "start": str(chunk.start),
        "stop": str(chunk.stop),
    }
    digest = _digest(arrays, metadata)
    mark = "-partial" if partial else ""
    name = f"lane{chunk.lane:04d}-row{chunk.start:010d}-{digest[:12]}{mark}{SUFFIX}"
    write_whole(folder / name, save(arrays, metadata={**metadata, "digest": digest}))
    return ChunkFile(name, digest, len(chunk))


def read_chunk(path: Path, spec: Spec, digest: str | None = None, *, compress: bool = False) -> Chunk:
    """Read and check a chunk file; `digest` is what it must be, where the reader knows.

    Raises FileError, in one line, where the file is missing, damaged, of another format or not of this `spec`.
    """
    try:
        arrays, metadata = _load(path)
        lane, start = _check_metadata(arrays, metadata, spec, digest)
        chunk = unpack_chunk(arrays, spec, lane, start, compress=compress)
    except FileNotFoundError as error:
        raise FileError(f"{path} is missing: restore it, or use an older checkpoint") from error
    except (SafetensorError, OSError, FileError) as error:
        raise FileError(f"{path} cannot be used: {error}") from error
    chunk.file = ChunkFile(path.name, metadata["digest"], len(chunk))
    return chunk


def _load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Arrays and metadata of a container, after its header was checked."""
    check_header(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
        if (metadata.get("format"), metadata.get("version")) != (FORMAT, VERSION):
            found = f"{metadata.get('format')} version {metadata.get('version')}"
            raise FileError(f"it is {found}, this program reads {FORMAT} version {VERSION}")
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118, not a dictionary
        stored = {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()}
        dtypes = {stored_name: name for name, stored_name in STORED_DTYPES.items()}
        _check_arrays({name: (dtypes.get(dtype, dtype), shape) for name, (dtype, shape) in stored.items()})
        return {name: file.get_tensor(name) for name in slices}, metadata


def _check_metadata(
    arrays: dict[str, np.ndarray], metadata: dict[str, str], spec: Spec, digest: str | None
) -> tuple[int, int]:
    """Lane and first row, once metadata, content and `spec` agree."""
    stated = metadata.get("digest")
    if _digest(arrays, {name: text for name, text in metadata.items() if name != "digest"}) != stated:
        raise FileError("its content does not match its digest, it is damaged")
    if digest is not None and stated != digest:
        raise FileError(f"its digest is {stated}, expected was {digest}: it is another recording")
    expected = {
        "environment": spec.environment,
        "observation_shape": json.dumps(spec.observation_shape),
        "observation_dtype": spec.observation_dtype,
        "frames_per_run": str(RUN),
    }
    for name, value in expected.items():
        if metadata.get(name) != value:
            raise FileError(f"its {name} is {metadata.get(name)}, expected was {value}")
    places = [metadata.get(name, "") for name in ("lane", "start", "stop")]
    if not all(place.isascii() and place.isdigit() and len(place) < 19 for place in places):
        raise FileError("its lane or its range of rows is not a number")
    lane, start, stop = map(int, places)
    if stop - start != len(arrays["step"]):
        raise FileError(f"it states {stop - start} rows and holds {len(arrays['step'])}")
    return lane, start


def _check_arrays(found: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    """Refuse anything but the arrays of the format, given as dtype and shape, before they are read."""
    if found.keys() != DTYPES.keys():
        raise FileError(f"it holds the arrays {sorted(found)}, expected were {sorted(DTYPES)}")
    count = next(iter(found["step"][1]), 0)
    if not 0 < count <= MAX_ROWS:
        raise FileError(f"it holds {count} rows, possible are 1 to {MAX_ROWS}")
    lengths = {**dict.fromkeys(COLUMNS, count), "frames": None, "offsets": -(-count // RUN) + 1}
    for name, (dtype, shape) in found.items():
        length = lengths[name]
        if dtype != DTYPES[name].str or len(shape) != 1 or (length is not None and shape[0] != length):
            raise FileError(
                f"array {name} is {dtype} {list(shape)}, expected was {DTYPES[name].str} [{length or 'any'}]"
            )


def _check_rows(arrays: dict[str, np.ndarray], spec: Spec) -> None:
    """Refuse rows that no life can have: other actions, endless rewards, steps out of order."""
    episode, step, first, action = (arrays[name] for name in ("episode", "step", "first", "action"))
    same = episode[1:] == episode[:-1]
    ordered = np.where(same, step[1:] == step[:-1] + 1, first[1:]).all()
    if not ordered or (step < 0).any() or (first != (step == 0)).any():
        raise FileError("its episodes are out of order")
    if (action < 0).any() or (action >= len(spec.actions)).any():
        raise FileError(f"it holds actions that are none of the {len(spec.actions)} actions of {spec.environment}")
    if not np.isfinite(arrays["reward"]).all():
        raise FileError("it holds rewards that are not finite numbers")


def _digest(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> str:
    """BLAKE2b, 128 bits, over metadata and arrays."""
    digest = blake2b(json.dumps(metadata, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()
