import copy

import numpy as np
import pytest
from test_memory_life import PIXELS, FakeWorlds

from worldmodel.errors import FileError
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.snapshot import fill_store, store_state
from worldmodel.memory.store import RowStore


def lived(rounds, folder=None, lanes=2, capacity=400):
    buffer = ReplayBuffer(PIXELS, capacity, lanes, chunk_steps=8, folder=folder)
    return FakeWorlds(buffer, 0, longest=20).live(rounds).buffer


def plain(value):
    """Whether `value` can be written as JSON and arrays."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(plain(item) for item in value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iufb"
    return value is None or type(value) in (bool, int, float, str)


def test_a_state_is_plain_and_names_files_in_place_of_copying_them(tmp_path):
    state = store_state(lived(50, tmp_path / "experience").store)
    assert plain(state)
    assert all(entry.keys() == {"rows", "file", "digest"} for entry in state["closed"])
    assert all("arrays" in entry for entry in state["open"])
    assert plain(store_state(lived(50).store))


def test_without_a_folder_everything_is_in_the_state():
    buffer = lived(50)
    store = RowStore(PIXELS, 400, 2, 8, True)
    fill_store(store, store_state(buffer.store), None)
    assert len(store) == len(buffer)
    assert np.array_equal(store.index.stop, buffer.index.stop)
    again = store_state(store)
    for one, other in zip(store_state(buffer.store)["closed"], again["closed"], strict=True):
        assert all(np.array_equal(one["arrays"][name], other["arrays"][name]) for name in one["arrays"])


def test_a_state_does_not_change_with_the_buffer():
    buffer = lived(20)
    state = store_state(buffer.store)
    before = copy.deepcopy(state)
    buffer.answer([1, 1])
    buffer.close_open_episodes()
    for one, other in zip(state["open"], before["open"], strict=True):
        assert all(np.array_equal(one["arrays"][name], other["arrays"][name]) for name in one["arrays"])


def test_chunks_that_no_file_holds_yet_are_written_where_there_is_a_folder_now(tmp_path):
    state = lived(50).state_dict()
    buffer = ReplayBuffer(PIXELS, 400, 2, chunk_steps=8, folder=tmp_path)
    buffer.load_state_dict(state)
    assert len(list(tmp_path.glob("lane*[0-9a-f].safetensors"))) == len(state["closed"])
    assert all("file" in entry for entry in buffer.state_dict()["closed"])


def test_a_smaller_capacity_keeps_the_newest_rows():
    buffer = lived(100)
    store = RowStore(PIXELS, 60, 2, 8, False)
    fill_store(store, store_state(buffer.store), None)
    assert 60 - 8 < len(store) <= 60
    assert np.array_equal(store.index.stop, buffer.index.stop)


def test_files_without_a_folder_are_a_file_error(tmp_path):
    state = store_state(lived(50, tmp_path / "experience").store)
    with pytest.raises(FileError, match="no folder was given"):
        fill_store(RowStore(PIXELS, 400, 2, 8, False), state, None)


def test_another_chunk_size_can_go_on():
    buffer = lived(50)
    other = ReplayBuffer(PIXELS, 400, 2, chunk_steps=5)
    other.load_state_dict(buffer.state_dict())
    assert len(other) == len(buffer)
