import time

import numpy as np
import pytest
from test_memory_reverse import store_of

from worldmodel.memory.index import EpisodeIndex
from worldmodel.memory.orders import Lesson, Recent, Uniform
from worldmodel.memory.prioritised import Curious, Prioritised
from worldmodel.memory.reverse import Reverse


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


@pytest.mark.parametrize("order", [Uniform(), Recent(0.5)])
def test_orders_that_need_to_know_nothing_remember_nothing(order):
    order.load_state_dict(order.state_dict())
    assert order.state_dict() == {} and not order.learns


@pytest.fixture(scope="module")
def long_life():
    """100,000 rows: episodes of 500, every tenth row of which pays."""
    return store_of([[float(row % 10 == 9) for row in range(500)]] * 200, capacity=100_000, chunk_steps=1024)


@pytest.mark.parametrize("order", [Uniform(), Prioritised(0.6, 0.4), Curious(0.7, 0.7, 1e4), Reverse(4)])
def test_a_batch_of_a_long_life_is_chosen_and_learned_from_in_milliseconds(order, long_life):
    """16 clips of 64 rows, without reading them; `-s` shows milliseconds."""
    rng, taken = np.random.default_rng(0), []
    for _ in range(20):
        begin = time.perf_counter()
        drawn = order.choose(rng, long_life, 16, 64)
        found = rng.standard_normal((len(drawn), 64))
        found[np.arange(64) >= drawn.sizes[:, None]] = np.nan
        order.learn(long_life.index, drawn, Lesson(found, found))
        taken.append(1000 * (time.perf_counter() - begin))
    name = type(order).__name__.lower()
    print(f"{name}: {np.median(taken):.2f} ms a batch (at most {max(taken):.2f}) of {len(long_life):,} rows")
    assert np.median(taken) < 50
