import numpy as np
import pytest

from worldmodel.memory.index import EpisodeIndex
from worldmodel.memory.orders import Recent, Uniform, draw_clips


def index_of(*lanes):
    """An index whose lanes hold episodes of the given numbers of rows."""
    index = EpisodeIndex(len(lanes))
    for lane, lengths in enumerate(lanes):
        for length in lengths:
            for row in range(length):
                index.append(lane, row == 0)
    return index


def chi_square(counts, expected):
    return ((counts - expected) ** 2 / expected).sum() / (len(counts) - 1)


def test_uniform_draws_every_stored_row_equally_often():
    index = index_of([30, 10], [5, 15], [60])
    index.evict(0, 8)
    lane, row = Uniform().draw(np.random.default_rng(0), index, 200_000)
    counts = np.concatenate([np.bincount(row[lane == one], minlength=index.stop[one]) for one in range(3)])
    assert not counts[:8].any()
    assert chi_square(counts[8:], 200_000 / 112) < 1.5


@pytest.mark.parametrize("newest_half", [0.1, 0.25, 0.5])
def test_recent_takes_half_of_its_draws_from_the_newest_share(newest_half):
    index = index_of([700, 300], [1000])
    index.evict(0, 500)
    lane, row = Recent(newest_half).draw(np.random.default_rng(0), index, 100_000)
    back = (index.stop[lane] - 1 - row) / (index.stop[lane] - index.start[lane])
    assert (row >= index.start[lane]).all() and (row < index.stop[lane]).all()
    assert abs((back < newest_half).mean() - 0.5) < 0.01
    assert abs((lane == 0).mean() - 1 / 3) < 0.01
    assert back.max() > 0.98  # the oldest rows are within reach


def test_recent_with_one_half_is_uniform():
    lane, row = Recent(0.5).draw(np.random.default_rng(0), index_of([40]), 100_000)
    assert not lane.any()
    assert chi_square(np.bincount(row, minlength=40), 2500) < 1.7


@pytest.mark.parametrize("order", [Uniform(), Recent(0.2)])
def test_clips_lie_inside_one_episode_and_are_as_long_as_it_allows(order):
    index = index_of([70, 1, 2, 30, 1], [9, 8, 1])
    index.evict(0, 40)
    clips = draw_clips(np.random.default_rng(0), index, order, 5000, 16)
    first, stop = index.episode_of(clips.lane, clips.start)
    assert np.array_equal(index.episode_of(clips.lane, clips.stop - 1)[0], first)
    assert np.array_equal(clips.stop - clips.start, np.minimum(16, stop - first))
    assert (stop - first >= 2).all()
    found = set(zip(clips.lane.tolist(), first.tolist(), strict=True))
    assert found == {(0, 40), (0, 71), (0, 73), (1, 0), (1, 9)}


def test_the_drawn_row_lies_anywhere_in_its_clip():
    class One:
        def draw(self, rng, index, count):
            return np.zeros(count, np.int64), np.full(count, 50)

    clips = draw_clips(np.random.default_rng(0), index_of([100]), One(), 32_000, 16)
    places = np.bincount(50 - clips.start, minlength=16)
    assert len(places) == 16
    assert chi_square(places, 2000) < 2

    near_the_end = draw_clips(np.random.default_rng(0), index_of([52]), One(), 1000, 16)
    assert near_the_end.start.max() == 36  # a whole clip where the episode has one


def test_every_row_is_looked_at_about_equally_often_except_at_the_edges_of_its_episode():
    length, rows, draws = 8, 60, 60_000
    clips = draw_clips(np.random.default_rng(0), index_of([rows]), Uniform(), draws, length)
    seen = sum(np.bincount(clips.start + t, minlength=rows) for t in range(length))
    expected = draws * length / rows
    # a clip that would begin before its episode begins with it: the first rows gain what the very edge would lose
    assert chi_square(seen[2 * length : -2 * length], expected) < 1.7
    assert (np.abs(seen[length:-length] / expected - 1) < 0.1).all()
    # exactly: row r is in a clip that starts at s, with P(s = 0) = (1 + ... + 8) / (8 * 60), else 1 / 60
    first = (length + 1) / 2 / rows * draws
    assert abs(seen[0] / first - 1) < 0.05
    assert abs(seen[-1] / first - 1) < 0.05
