"""Priorities of rows: drawn in proportion, the largest for what is new, none for what is gone."""

import copy
import time

import numpy as np
import pytest
from test_memory_orders import chi_square, index_of

from worldmodel.memory.clips import Clips
from worldmodel.memory.priorities import Priorities


def given(index, *lanes, newest=1.0):
    """Priorities of the rows that are stored, lane by lane."""
    priorities = Priorities(newest)
    for lane, values in enumerate(lanes):
        rows = np.arange(index.start[lane], index.stop[lane])
        priorities.put(index, np.full(len(rows), lane), rows, np.array(values, float))
    return priorities


def of(priorities, index, lane):
    rows = np.arange(index.start[lane], index.stop[lane])
    return priorities.of(index, np.full(len(rows), lane), rows).tolist()


def test_rows_are_drawn_in_proportion_to_their_priority():
    index = index_of([3], [2])
    priorities = given(index, [1, 2, 3], [0.5, 3.5])
    lane, row = priorities.draw(np.random.default_rng(0), index, 100_000)
    counts = np.concatenate([np.bincount(row[lane == 0], minlength=3), np.bincount(row[lane == 1], minlength=2)])
    assert chi_square(counts, 10_000 * np.array([1, 2, 3, 0.5, 3.5])) < 2.4


def test_new_rows_have_the_largest_priority_that_was_ever_given():
    index = index_of([2])
    priorities = given(index, [0.25, 7])
    index.append(0, first=False)
    assert of(priorities, index, 0) == [0.25, 7, 7]
    priorities.put(index, np.array([0]), np.array([1]), np.array([0.5]))
    index.append(0, first=True)
    assert of(priorities, index, 0) == [0.25, 0.5, 7, 7]
    assert of(Priorities(3.0), index_of([2]), 0) == [3, 3]


def test_rows_that_are_gone_take_their_priority_with_them():
    index = index_of([4, 4], [3])
    priorities = given(index, [1, 2, 3, 4, 5, 6, 7, 8], [9, 9, 9])
    index.evict(0, 5)
    index.append(0, first=False)
    priorities.put(index, np.array([0, 0, 1]), np.array([4, 6, 1]), np.array([100.0, 0.5, 0.25]))
    assert of(priorities, index, 0) == [6, 0.5, 8, 9]  # row 4 was put too late; the new row came before the 100
    assert of(priorities, index, 1) == [9, 0.25, 9]
    lane, row = priorities.draw(np.random.default_rng(0), index, 1000)
    assert row[lane == 0].min() == 5
    assert priorities.of(index, np.array([0, 0]), np.array([4, 9])).tolist() == [0, 0]
    # more leaves than was ever looked at
    for _ in range(20):
        index.append(0, first=False)
    index.evict(0, 15)
    assert of(priorities, index, 0) == [100.0] * 9


def test_the_priority_of_a_clip_is_how_much_likelier_it_is_drawn():
    """Clips of 2 rows of an episode of 4: row 0 leads to the first clip in two ways, row 1 in one, by hand."""
    index = index_of([4])
    priorities = given(index, [1, 2, 4, 8])
    lane, start = np.zeros(3, np.int64), np.arange(3)
    found = priorities.of_clips(index, Clips.alike(lane, start, start + 2), 2)
    assert found.tolist() == [(2 * 1 + 2) / 3, (2 + 4) / 2, (4 + 2 * 8) / 3]


def test_they_go_on_where_they_were_saved():
    index = index_of([5], [3])
    priorities = given(index, [1, 2, 3, 4, 5], [6, 7, 8])
    state = copy.deepcopy(priorities.state_dict())
    priorities.put(index, np.array([0]), np.array([0]), np.array([50.0]))
    again = Priorities(1.0)
    again.load_state_dict(state)
    again.put(index, np.array([1]), np.array([0]), np.array([0.5]))
    assert of(again, index, 0) == [1, 2, 3, 4, 5] and of(again, index, 1) == [0.5, 7, 8] and again.newest == 8
    assert state["values"][1].tolist() == [6, 7, 8]


@pytest.mark.parametrize("lanes", [1, 8])
def test_a_draw_of_a_hundred_thousand_rows_is_fast(lanes):
    """One new row in every lane, then a draw of 64 rows; `-s` shows milliseconds."""
    index = index_of(*[[1000] * (100 // lanes)] * lanes)
    priorities, rng = Priorities(1.0), np.random.default_rng(0)
    taken = []
    for _ in range(30):
        for lane in range(lanes):
            index.append(lane, first=False)
        begin = time.perf_counter()
        lane, row = priorities.draw(rng, index, 64)
        priorities.put(index, lane, row, rng.random(64))
        taken.append(1000 * (time.perf_counter() - begin))
    print(f"{len(index):,} rows in {lanes} lanes: {np.median(taken):.2f} ms a draw and its answer")
    assert np.median(taken) < 20
