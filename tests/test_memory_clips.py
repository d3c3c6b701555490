import numpy as np
import pytest
from test_memory_orders import chi_square, index_of

from worldmodel.memory.clips import Clips, clips_around, ways
from worldmodel.memory.orders import Recent, Uniform


@pytest.mark.parametrize("order", [Uniform(), Recent(0.2)])
def test_clips_lie_inside_one_episode_and_are_as_long_as_it_allows(order):
    index = index_of([70, 1, 2, 30, 1], [9, 8, 1])
    index.evict(0, 40)
    clips = clips_around(np.random.default_rng(0), index, order.draw, 5000, 16)
    first, stop = index.episode_of(clips.lane, clips.start)
    assert np.array_equal(index.episode_of(clips.lane, clips.stop - 1)[0], first)
    assert np.array_equal(clips.stop - clips.start, np.minimum(16, stop - first))
    assert (stop - first >= 2).all()
    found = set(zip(clips.lane.tolist(), first.tolist(), strict=True))
    assert found == {(0, 40), (0, 71), (0, 73), (1, 0), (1, 9)}


def test_the_drawn_row_lies_anywhere_in_its_clip():
    def one(rng, index, count):
        return np.zeros(count, np.int64), np.full(count, 50)

    clips = clips_around(np.random.default_rng(0), index_of([100]), one, 32_000, 16)
    places = np.bincount(50 - clips.start, minlength=16)
    assert len(places) == 16
    assert chi_square(places, 2000) < 2

    near_the_end = clips_around(np.random.default_rng(0), index_of([52]), one, 1000, 16)
    assert near_the_end.start.max() == 36  # a whole clip where the episode has one


def test_every_row_is_looked_at_about_equally_often_except_at_the_edges_of_its_episode():
    length, rows, draws = 8, 60, 60_000
    clips = clips_around(np.random.default_rng(0), index_of([rows]), Uniform().draw, draws, length)
    seen = sum(np.bincount(clips.start + t, minlength=rows) for t in range(length))
    expected = draws * length / rows
    # a clip that would begin before its episode begins with it: the first rows gain what the very edge would lose
    assert chi_square(seen[2 * length : -2 * length], expected) < 1.7
    assert (np.abs(seen[length:-length] / expected - 1) < 0.1).all()
    # exactly: row r is in a clip that starts at s, with P(s = 0) = (1 + ... + 8) / (8 * 60), else 1 / 60
    first = (length + 1) / 2 / rows * draws
    assert abs(seen[0] / first - 1) < 0.05
    assert abs(seen[-1] / first - 1) < 0.05


def test_ways_are_counted_as_they_are_walked():
    """Every row of lives of several lengths, every place it may have in its clip: which clip comes of it."""
    length = 5
    for rows in (2, 4, 5, 6, 9, 14):
        index, walked = index_of([3, rows, 3]), {}
        for row in range(3, 3 + rows):
            for place in range(length):
                start = int(np.clip(row - place, 3, max(3, 3 + rows - length)))
                walked.setdefault(start, np.zeros(3 + rows))[row] += 1
        starts = np.array(sorted(walked))
        clips = Clips.alike(np.zeros(len(starts), np.int64), starts, np.minimum(starts + length, 3 + rows))
        found_rows, count = ways(index, clips, length)
        for start, row, times in zip(starts.tolist(), found_rows, count, strict=True):
            told = np.zeros(3 + rows)
            told[row[times > 0]] = times[times > 0]
            assert np.array_equal(told, walked[start]), (rows, start)


def test_the_first_clips_that_fill_a_batch():
    none = np.zeros(4, np.int64)
    clips = Clips.alike(none, none, np.array([5, 3, 9, 2]))
    assert [len(clips.first(rows)) for rows in (1, 5, 6, 8, 9, 17, 18, 19, 99)] == [1, 1, 2, 2, 3, 3, 4, 4, 4]
    assert np.isnan(clips.first(6).priority).all() and clips.first(6).weight.tolist() == [1, 1]
