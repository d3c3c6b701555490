"""The ledger: every clip and every dream has its entry, the newest steps are kept, and a checkpoint holds it."""

import copy
import time

import numpy as np
import pytest
from test_memory_life import PIXELS, FakeWorlds

from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.ledger import ENTRY, IMAGINED, MOVIE, Ledger, entries_of
from worldmodel.memory.movies import serve_movies
from worldmodel.memory.orders import Uniform
from worldmodel.memory.prioritised import Prioritised


def lived():
    return FakeWorlds(ReplayBuffer(PIXELS, 400, 2, chunk_steps=8), 0, longest=20, shortest=6).live(60)


def serve(worlds, batch_size=3, length=5, order=None, seed=0):
    return serve_movies(worlds.buffer, order or Uniform(), np.random.default_rng(seed), batch_size, length, 2)


def test_every_clip_and_every_dream_is_written_down():
    worlds, ledger = lived(), Ledger(10)
    served = serve(worlds, order=Prioritised(0.6, 0.4))
    ledger.record(7, served, np.array([[1, 0], [0, 3]]), 15)
    entries = ledger.entries()
    assert (entries["gradient_step"] == 7).all() and entries["source"].tolist() == [MOVIE] * 3 + [IMAGINED] * 2
    assert entries["episode"].tolist() == [*served.movie.episode.tolist(), *served.movie.episode[[1, 0]].tolist()]
    start = served.movie.start.tolist()
    assert entries["start"].tolist() == [*start, start[1], start[0] + 3]
    assert entries["length"].tolist() == [5, 5, 5, 15, 15]
    assert entries["priority"][:3].tolist() == [1, 1, 1] and np.isnan(entries["priority"][3:]).all()
    for entry in entries:
        place = (*worlds.begun[entry["episode"]], int(entry["start"]))
        assert entry["age"] == worlds.steps - worlds.lived[place]


def test_only_the_newest_steps_are_kept():
    worlds, ledger = lived(), Ledger(2)
    for step in range(1, 5):
        ledger.record(step, serve(worlds, seed=step), np.zeros((0, 2), np.int64), 0)
    assert ledger.entries()["gradient_step"].tolist() == [3] * 3 + [4] * 3
    assert np.isnan(ledger.entries()["priority"]).all()
    none = Ledger(0)
    none.record(1, serve(worlds), np.zeros((0, 2), np.int64), 0)
    assert len(none.entries()) == 0 and none.entries().dtype == ENTRY


def test_it_goes_on_where_it_was_saved():
    worlds, ledger = lived(), Ledger(3)
    for step in (1, 2, 3):
        ledger.record(step, serve(worlds, seed=step), np.array([[0, 1]]), 4)
    state = copy.deepcopy(ledger.state_dict())
    assert all(isinstance(column, np.ndarray) and column.dtype.kind in "iuf" for column in state.values())
    again = Ledger(3)
    again.load_state_dict(state)
    for one in (ledger, again):
        one.record(4, serve(worlds, seed=4), np.array([[0, 1]]), 4)
    assert again.entries().tobytes() == ledger.entries().tobytes()
    assert set(again.entries()["gradient_step"].tolist()) == {2, 3, 4}
    assert entries_of(again.state_dict()).tobytes() == ledger.entries().tobytes()
    shorter, empty = Ledger(1), Ledger(3)
    shorter.load_state_dict(state)
    assert set(shorter.entries()["gradient_step"].tolist()) == {3}
    empty.load_state_dict(Ledger(3).state_dict())
    assert len(empty.entries()) == 0


@pytest.mark.parametrize("dreams", [64, 1024])
def test_writing_a_step_down_takes_microseconds(dreams):
    """16 clips and some dreams; `-s` shows microseconds a step and bytes of 1,000 steps."""
    served, ledger = serve(lived(), batch_size=16), Ledger(1000)
    begun = np.stack([np.arange(dreams) % 16, np.arange(dreams) % 5], 1)
    begin = time.perf_counter()
    for step in range(300):
        ledger.record(step, served, begun, 15)
    taken = 1e6 * (time.perf_counter() - begin) / 300
    size = 1000 * len(ledger.entries()) / 300 * ENTRY.itemsize
    print(f"{dreams} dreams: {taken:.0f} microseconds a step, {size / 1e6:.1f} MB")
    assert taken < 5000
