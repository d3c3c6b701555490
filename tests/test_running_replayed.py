"""What a ledger says of one episode, counted by hand."""

import numpy as np
from test_memory_life import PIXELS, FakeWorlds

from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.ledger import ENTRY, IMAGINED, MOVIE
from worldmodel.running.replayed import most_replayed


def lived(rounds=60, capacity=400):
    """Episodes of ten rows, in two lanes; ids are in the order in which they began."""
    return FakeWorlds(ReplayBuffer(PIXELS, capacity, 2, chunk_steps=8), 0, longest=10, shortest=10).live(rounds)


def ledger(*entries):
    """Entries of (gradient step, source, episode, start, length, priority)."""
    found = np.zeros(len(entries), ENTRY)
    for row, (step, source, episode, start, length, priority) in zip(found, entries, strict=True):
        row["gradient_step"], row["source"], row["episode"] = step, source, episode
        row["start"], row["length"], row["priority"] = start, length, priority
    return found


def test_how_often_each_moment_was_replayed():
    worlds = lived()
    entries = ledger(
        (1, MOVIE, 3, 0, 4, 0.5),
        (1, IMAGINED, 3, 2, 15, np.nan),
        (2, MOVIE, 1, 0, 4, 9),
        (2, MOVIE, 3, 2, 8, 0.25),
        (3, IMAGINED, 3, 2, 15, np.nan),
        (3, IMAGINED, 3, 9, 15, np.nan),
    )
    found = most_replayed(entries, worlds.buffer)
    lane, number = worlds.begun[3]
    assert (found.episode, found.lane, found.row, found.step, len(found)) == (3, lane, 10 * number, 0, 10)
    assert found.movies.tolist() == [1, 1, 2, 2, 1, 1, 1, 1, 1, 1]
    assert found.dreams.tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0, 1]
    assert found.last.tolist() == [1, 1, 3, 2, 2, 2, 2, 2, 2, 3]
    assert found.priority.tolist() == [0.5, 0.5] + [0.25] * 8
    assert len(found.entries) == 5 and (found.reward[1:] != 0).all()


def test_what_is_no_longer_stored_is_left_out():
    worlds = lived(capacity=40)  # of which some episode has lost its beginning
    column = [worlds.buffer.store.column(lane, "episode") for lane in range(2)]
    steps = [worlds.buffer.store.column(lane, "step") for lane in range(2)]
    lane = next(lane for lane in range(2) if steps[lane][0] > 0 and (column[lane] == column[lane][0]).sum() > 1)
    cut, gone = int(column[lane][0]), int(steps[lane][0])
    entries = ledger(
        *[(step, MOVIE, 0, 0, 4, 1) for step in range(9)],  # forgotten
        (9, MOVIE, cut, 0, 10, 2),
        (9, IMAGINED, cut, 0, 5, np.nan),
        (9, IMAGINED, cut, gone, 5, np.nan),
    )
    found = most_replayed(entries, worlds.buffer)
    assert (found.episode, found.step, len(found)) == (cut, gone, 10 - gone)
    assert found.movies.tolist() == [1] * len(found) and found.dreams.sum() == found.dreams[0] == 1


def test_nothing_to_be_found():
    assert most_replayed(np.zeros(0, ENTRY), lived().buffer) is None
    assert most_replayed(ledger((1, MOVIE, 9999, 0, 4, 1)), lived().buffer) is None
