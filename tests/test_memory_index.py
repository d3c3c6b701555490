import time

import numpy as np
from test_memory_life import PIXELS, FakeWorlds

from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.index import EpisodeIndex


def found(index, lane, row):
    first, stop = index.episode_of(np.array([lane]), np.array([row]))
    return int(first[0]), int(stop[0])


def test_rows_find_their_episode():
    index = EpisodeIndex(2)
    for first in (True, False, False, True, False):
        index.append(1, first)
    assert len(index) == 5
    assert (index.episodes, index.transitions) == (2, 3)
    assert [found(index, 1, row) for row in range(5)] == [(0, 3)] * 3 + [(3, 5)] * 2
    index.append(0, True)
    assert found(index, 0, 0) == (0, 1)


def test_an_episode_that_lost_its_first_rows_is_entered_in_the_middle():
    index = EpisodeIndex(1)
    for row in range(10):
        index.append(0, row in (0, 6))
    index.evict(0, 4)
    assert (len(index), index.episodes, index.transitions) == (6, 2, 4)
    assert found(index, 0, 5) == (4, 6)
    index.evict(0, 2)
    assert (len(index), index.episodes) == (4, 1)
    assert found(index, 0, 6) == (6, 10)


def test_an_episode_may_go_on_after_all_its_rows_left():
    index = EpisodeIndex(1)
    for row in range(4):
        index.append(0, row == 0)
    index.evict(0, 4)
    index.append(0, False)
    index.append(0, False)
    assert found(index, 0, 5) == (4, 6)
    assert (index.episodes, index.transitions) == (1, 1)


def test_an_episode_that_is_wholly_gone_does_not_count_any_more():
    index = EpisodeIndex(1)
    for row in range(4):
        index.append(0, row == 0)
    index.evict(0, 4)
    index.append(0, True)
    index.append(0, False)
    assert (index.episodes, index.transitions) == (1, 1)
    assert found(index, 0, 4) == (4, 6)


def test_extending_by_chunks_is_like_appending_rows():
    buffer = ReplayBuffer(PIXELS, 200, 2, chunk_steps=8)
    FakeWorlds(buffer, 0, longest=11).live(300)
    index = EpisodeIndex(2)
    for chunk in [*buffer.store.closed, *buffer.store.open]:
        index.extend(chunk.lane, chunk.start, chunk.rows["step"][: len(chunk)])
    assert np.array_equal(index.start, buffer.index.start)
    assert np.array_equal(index.stop, buffer.index.stop)
    assert (index.episodes, index.transitions) == (buffer.index.episodes, buffer.index.transitions)
    for lane in (0, 1):
        for row in range(index.start[lane], index.stop[lane]):
            assert found(index, lane, row) == found(buffer.index, lane, row)


def test_finding_among_a_million_episodes_costs_about_what_it_costs_among_a_thousand():
    lane = np.zeros(64, np.int64)
    seconds = []
    for episodes in (1_000, 1_000_000):
        index = EpisodeIndex(1)
        index.extend(0, 0, np.tile(np.arange(4), episodes))
        rows = np.random.default_rng(0).integers(4 * episodes, size=64)
        tries = []
        for _ in range(20):
            begin = time.perf_counter()
            first, stop = index.episode_of(lane, rows)
            tries.append(time.perf_counter() - begin)
        assert np.array_equal(first, rows // 4 * 4)
        assert np.array_equal(stop, first + 4)
        seconds.append(min(tries))
    assert seconds[1] < 20 * seconds[0]
