"""Recorded life as one plain npz file: the rows of all whole episodes, one after the other, for any numpy to read."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np

from worldmodel.atomic import write_whole
from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.memory.whole_episodes import Episode
from worldmodel.untrusted import check_spec, parse_json

COLUMNS = {"episode": "<i8", "action": "<i8", "reward": "<f4", "terminated": "|b1"}
"""One entry a row; `terminated` is true in the last row of an episode that really ended."""
NAMES = ("spec", "observation", *COLUMNS)


def write_archive(path: Path, spec: Spec, episodes: Iterable[Episode]) -> int:
    """Write `episodes` to an npz file without compression and without objects; how many rows.

    Raises FileError where there are none, StorageError where writing fails.
    """
    found = list(episodes)
    if not found:
        raise FileError(f"{path}: there is no whole episode to be written")
    lengths = [len(episode.action) for episode in found]
    ended = np.zeros(sum(lengths), bool)
    ended[np.cumsum(lengths) - 1] = [episode.terminated for episode in found]
    content = io.BytesIO()
    np.savez(
        content,
        spec=np.array(json.dumps(spec.to_json())),
        observation=np.concatenate([episode.observation for episode in found]),
        episode=np.repeat(np.arange(len(found)), lengths).astype("<i8"),
        action=np.concatenate([episode.action for episode in found]).astype("<i8"),
        reward=np.concatenate([episode.reward for episode in found]).astype("<f4"),
        terminated=ended,
    )
    write_whole(path, content.getvalue())
    return len(ended)


def read_archive(path: Path) -> tuple[Spec, Iterator[tuple[str, Episode]]]:
    """The world an npz file is about, and its episodes, each with its place in the file.

    Rows of one episode follow each other and have one number in `episode`. Raises FileError, in one line, where the
    file is damaged, compressed, of other arrays, or where its columns do not fit each other.
    """
    arrays = _arrays(path)
    try:
        spec = check_spec(parse_json(str(arrays["spec"][()])))
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path}: its spec does not describe a world ({error!r})") from error
    rows = len(arrays["observation"]) if arrays["observation"].ndim else 0
    for name, dtype in COLUMNS.items():
        if arrays[name].dtype.str != dtype or arrays[name].shape != (rows,):
            found = f"{arrays[name].dtype.str} {list(arrays[name].shape)}"
            raise FileError(f"{path}: array {name} is {found}, expected {dtype} [{rows}]")
    if rows == 0:
        raise FileError(f"{path}: holds no rows")
    return spec, _split(path, arrays)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the file, which is as large as they are: nothing can be hidden in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sorted(member.filename for member in members) != sorted(f"{name}.npy" for name in NAMES):
                raise FileError(f"{path}: must hold the arrays {', '.join(NAMES)}, and nothing else")
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise FileError(f"{path}: is compressed; write it again with numpy.savez")
            for member in members:
                with archive.open(member) as file:
                    if member.file_size > path.stat().st_size or _claimed(file) != member.file_size:
                        raise FileError(f"{path}: {member.filename} claims another size than it has: it is damaged")
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in NAMES}
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        SyntaxError,
    ) as error:
        reason = " ".join(str(error).split())
        raise FileError(f"{path}: is damaged or no npz file of plain arrays ({reason})") from error


def _claimed(file: IO[bytes]) -> int:
    """Bytes that an array has, with its header, by what its header says; ValueError where that says nothing."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, _, dtype = read(file)
    except (SyntaxError, TokenError, RecursionError) as error:  # what numpy's parser lets through
        raise ValueError("the header of an array is damaged") from error
    if dtype.hasobject:
        raise ValueError("an array of objects, which are never read")
    return file.tell() + math.prod(shape) * dtype.itemsize


def _split(path: Path, arrays: dict[str, Any]) -> Iterator[tuple[str, Episode]]:
    number = arrays["episode"]
    starts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(number)]
    if len(np.unique(number)) != len(starts) - 1:
        raise FileError(f"{path}: the rows of one episode do not all follow each other")
    for start, stop in pairwise(starts):
        ended = arrays["terminated"][start:stop]
        place = f"{path}, episode {number[start]} (from row {start})"
        if ended[:-1].any():
            raise FileError(f"{place}, row {int(np.argmax(ended))}: the episode terminated and goes on")
        observation, action, reward = (arrays[name][start:stop] for name in ("observation", "action", "reward"))
        yield place, Episode(observation, action, reward, bool(ended[-1]))
