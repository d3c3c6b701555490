"""What a checkpoint holds of the recorded life: the names of its immutable files, and the rows not yet in one."""

from __future__ import annotations

from typing import Any

from worldmodel.errors import FileError
from worldmodel.memory.chunks import Chunk, ChunkFile, pack_chunk, unpack_chunk
from worldmodel.memory.folder import ExperienceFolder
from worldmodel.memory.store import RowStore


def store_state(store: RowStore) -> dict[str, Any]:
    """All rows of `store` as plain types and numpy arrays; chunks that lie on disk are named, not copied."""
    return {
        "closed": [_chunk_state(chunk) for chunk in store.closed],
        "open": [_chunk_state(chunk) for chunk in store.open],
    }


def fill_store(store: RowStore, state: dict[str, Any], folder: ExperienceFolder | None) -> None:
    """Put the rows of `state` into the empty `store`, the oldest left out where they are more than its capacity.

    Raises FileError where a chunk is missing, damaged, or does not fit.
    """
    room = store.capacity - sum(entry["rows"] for entry in state["open"])
    for entry in _newest_that_fit(state["closed"], room):
        chunk = _load_chunk(store, entry, folder)
        if folder is not None and chunk.file is None:
            chunk.file = folder.write(chunk)
        store.attach(chunk, closed=True)
    for entry in state["open"]:
        store.attach(_load_chunk(store, entry, folder, store.chunk_steps), closed=False)


def file_entry(file: ChunkFile) -> dict[str, Any]:
    """How a chunk on disk is named in a state."""
    return {"rows": file.rows, "file": file.name, "digest": file.digest}


def _chunk_state(chunk: Chunk) -> dict[str, Any]:
    if chunk.file is not None:
        return file_entry(chunk.file)
    return {"rows": len(chunk), "lane": chunk.lane, "start": chunk.start, "arrays": pack_chunk(chunk)}


def _load_chunk(
    store: RowStore, entry: dict[str, Any], folder: ExperienceFolder | None, capacity: int | None = None
) -> Chunk:
    if "file" not in entry:
        lane, start = entry["lane"], entry["start"]
        return unpack_chunk(entry["arrays"], store.spec, lane, start, capacity=capacity, compress=store.compress)
    if folder is None:
        raise FileError(f"the checkpoint names the experience file {entry['file']}, but no folder was given to find it")
    return folder.read(ChunkFile(entry["file"], entry["digest"], entry["rows"]), compress=store.compress)


def _newest_that_fit(entries: list[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    """The longest end of `entries` with no more than `room` rows."""
    for begin in range(len(entries), 0, -1):
        room -= entries[begin - 1]["rows"]
        if room < 0:
            return entries[begin:]
    return entries
