"""The folder `experience/` of a run: immutable chunk files, what world they are from, and which of them count."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from worldmodel.atomic import TEMPORARY, write_whole
from worldmodel.errors import FileError, StorageError
from worldmodel.experience import Spec
from worldmodel.memory.chunks import MAX_ROWS, SUFFIX, Chunk, ChunkFile, read_chunk, write_chunk
from worldmodel.untrusted import parse_json, read_json, read_spec

EXPERIENCE = "experience"
SPEC = "spec.json"
INDEX = "index.json"


@dataclass(frozen=True)
class Listing:
    """What `index.json` says: which files are the recorded life, oldest first.

    lanes, chunk_steps: as the buffer had them.
    chunks: the full chunks.
    partial: chunks that were still open at the last flush.
    """

    lanes: int
    chunk_steps: int
    chunks: list[ChunkFile] = field(default_factory=list)
    partial: list[ChunkFile] = field(default_factory=list)


class ExperienceFolder:
    """Reads and writes the files of one recorded life.

    The index is what counts, not what lies there: files that it does not list are evicted chunks, which an older
    checkpoint may still need, or chunks of a future that was undone by resuming an earlier checkpoint.
    """

    def __init__(self, path: Path, spec: Spec) -> None:
        self.path = path
        self.spec = spec

    @classmethod
    def create(cls, path: Path, spec: Spec) -> ExperienceFolder:
        """The folder at `path`, made where it is missing; FileError where it holds the life of another world."""
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{path} cannot be made ({error.strerror}): choose another folder") from error
        content = json.dumps(spec.to_json(), indent=1)
        if not (path / SPEC).exists():
            write_whole(path / SPEC, content.encode())
        elif cls.open(path).spec != Spec.from_json(parse_json(content)):
            raise FileError(f"{path} holds experience of another environment or protocol: choose another folder")
        return cls(path, spec)

    @classmethod
    def open(cls, path: Path) -> ExperienceFolder:
        """The folder at `path`, with the spec it was made for; FileError where there is none."""
        return cls(path, read_spec(path / SPEC))

    def write(self, chunk: Chunk, *, partial: bool = False) -> ChunkFile:
        """Write one chunk; StorageError where that fails."""
        return write_chunk(chunk, self.path, self.spec, partial=partial)

    def read(self, file: ChunkFile, *, compress: bool) -> Chunk:
        """Read one listed chunk; FileError where it is missing, damaged or another one."""
        if Path(file.name).name != file.name:
            raise FileError(f"{file.name!r} is not the name of a chunk file in {self.path}")
        return read_chunk(self.path / file.name, self.spec, file.digest, compress=compress)

    def write_listing(self, listing: Listing) -> None:
        """Say which files are the recorded life, and remove partial ones that no longer are."""
        write_whole(self.path / INDEX, json.dumps(asdict(listing)).encode())
        listed = {file.name for file in listing.partial}
        self._remove(name for name in self._chunk_names() if f"-partial{SUFFIX}" in name and name not in listed)

    def read_listing(self) -> Listing:
        """Which files are the recorded life; FileError where nothing was recorded or the index is damaged."""
        data = read_json(self.path / INDEX)
        try:
            chunks, partial = ([ChunkFile(**entry) for entry in data[name]] for name in ("chunks", "partial"))
            listing = Listing(data["lanes"], data["chunk_steps"], chunks, partial)
            counts = [listing.lanes, listing.chunk_steps, *(file.rows for file in (*chunks, *partial))]
            if not all(type(count) is int and 0 < count <= MAX_ROWS for count in counts):
                raise ValueError("a number of lanes or rows that is impossible")
            if not all(isinstance(text, str) for file in (*chunks, *partial) for text in (file.name, file.digest)):
                raise ValueError("a file without a name or a digest")
            return listing
        except (KeyError, TypeError, ValueError) as error:
            raise FileError(f"{self.path / INDEX} does not list chunk files ({error!r}): it is damaged") from error

    def unlisted(self, listed: set[str]) -> list[str]:
        """Names of full chunks that lie in the folder and are not `listed`."""
        return [name for name in self._chunk_names() if name not in listed and f"-partial{SUFFIX}" not in name]

    def forget(self, names: Iterable[str]) -> None:
        """Delete these chunks, and temporary files that a killed process left."""
        self._remove([*names, *(path.name for path in self.path.glob(f"{TEMPORARY}*"))])

    def _chunk_names(self) -> list[str]:
        return sorted(path.name for path in self.path.glob(f"lane*{SUFFIX}"))

    def _remove(self, names: Iterable[str]) -> None:
        try:
            for name in names:
                (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be tidied ({error.strerror}): make it writable") from error
