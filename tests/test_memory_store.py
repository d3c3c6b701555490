import numpy as np
import pytest
from test_memory_life import PIXELS, FakeWorlds

from worldmodel.errors import FileError
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.chunks import ROW
from worldmodel.memory.store import RowStore


def lived(rounds, capacity=64, lanes=2):
    buffer = ReplayBuffer(PIXELS, capacity, lanes, chunk_steps=8)
    return FakeWorlds(buffer, 0, longest=20).live(rounds).buffer.store


def test_the_oldest_whole_chunks_leave_first():
    store = lived(100)
    assert 64 - 8 < len(store) <= 64
    chunks = list(store.closed)
    assert all(len(chunk) == 8 for chunk in chunks)
    ages = [chunk.rows["environment_step"][-1] for chunk in chunks]
    assert ages == sorted(ages)
    for lane in (0, 1):
        rows = [row for chunk in [*chunks, *store.open] if chunk.lane == lane for row in range(chunk.start, chunk.stop)]
        assert rows == list(range(store.index.start[lane], store.index.stop[lane]))


def test_memory_does_not_grow_once_it_is_full():
    assert lived(100).nbytes == pytest.approx(lived(400).nbytes, abs=3 * 8 * (48 + ROW.itemsize))


def test_nothing_is_lost_where_capacity_is_just_enough_for_the_open_chunks():
    store = lived(100, capacity=16)
    assert 0 < len(store) <= 16
    assert len(store.open) == 2


def test_reading_crosses_chunks():
    store = lived(20)
    rows, frames = np.zeros(20, ROW), np.zeros((20, 4, 4, 3), np.uint8)
    store.read(1, 3, rows, frames)
    one, frame = np.zeros(1, ROW), np.zeros((1, 4, 4, 3), np.uint8)
    for offset in range(20):
        store.read(1, 3 + offset, one, frame)
        assert one[0] == rows[offset]
        assert np.array_equal(frame[0], frames[offset])
    assert (frames[:, 0, 0, 0] == 1).all()


def test_chunks_that_do_not_follow_each_other_are_refused():
    chunks = list(lived(40, 400).closed)
    lane = [chunk for chunk in chunks if chunk.lane == 0]
    store = RowStore(PIXELS, 400, 2, 8, False)
    store.attach(lane[0], closed=True)
    with pytest.raises(FileError, match="lane 0 goes on at row 16 where 8 was expected"):
        store.attach(lane[2], closed=True)
    store = RowStore(PIXELS, 400, 1, 8, False)
    with pytest.raises(FileError, match="lane 1 does not exist"):
        store.attach(next(chunk for chunk in chunks if chunk.lane == 1), closed=True)
