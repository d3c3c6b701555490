"""Orders that learn, with numbers worked out by hand, and that what they like is replayed more often."""

import copy

import numpy as np
import pytest
from test_memory_life import PIXELS, FakeWorlds
from test_memory_orders import index_of

from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.clips import Clips
from worldmodel.memory.orders import Lesson
from worldmodel.memory.prioritised import Curious, Prioritised

NONE = np.nan


def clips(*parts):
    lane, start, stop = np.array(parts).T
    return Clips.alike(lane, start, stop)


def told(order, index, lane):
    rows = np.arange(index.start[lane], index.stop[lane])
    return order.priorities.of(index, np.full(len(rows), lane), rows)


def lesson(error=None, loss=None):
    known = np.array(error if error is not None else loss, float)
    nothing = np.full(known.shape, np.nan)
    return Lesson(known if error is not None else nothing, known if loss is not None else nothing)


def test_priorities_are_errors_to_the_power_of_alpha_and_new_rows_have_the_largest():
    index, order = index_of([4], [3]), Prioritised(alpha=0.5, beta=0.4)
    order.learn(index, clips((0, 0, 3), (1, 1, 3)), lesson([[0.24, -8.99, NONE], [NONE, 0, NONE]]))
    assert told(order, index, 0) == pytest.approx([0.5, 3, 1, 1])  # (0.24 + 0.01)^0.5, (8.99 + 0.01)^0.5
    assert told(order, index, 1) == pytest.approx([1, 1, 0.1])
    index.append(0, first=False)
    assert told(order, index, 0)[-1] == pytest.approx(3)


@pytest.mark.parametrize("order", [Prioritised(0.5, 0.4), Curious(0.7, 0.7, 1e4)])
def test_errors_that_are_not_finite_teach_nothing(order):
    index = index_of([4])
    before = told(order, index, 0).tolist()
    order.learn(index, clips((0, 0, 3)), lesson([[np.inf, NONE, -np.inf]], [[np.inf, NONE, np.inf]]))
    assert told(order, index, 0).tolist() == before


def test_alpha_zero_is_uniform():
    index, order = index_of([4]), Prioritised(alpha=0, beta=1)
    order.learn(index, clips((0, 0, 3)), lesson([[100, 0, 7]]))
    assert told(order, index, 0).tolist() == [1, 1, 1, 1]


def test_importance_weights_by_hand():
    """Priorities 1, 2 and 4: probabilities 1/7, 2/7, 4/7; (N P)^-beta over the largest of them."""
    priority = np.array([1.0, 2.0, 4.0])
    probability = priority / 7
    weights = (3 * probability) ** -0.5
    assert Prioritised(0.6, 0.5).weigh(priority) == pytest.approx(weights / weights.max())
    assert Prioritised(0.6, 0.5).weigh(priority) == pytest.approx([1, 0.5**0.5, 0.5])
    assert Prioritised(0.6, 0.0).weigh(priority).tolist() == [1, 1, 1]
    assert Curious(0.7, 0.7, 1e4).weigh(priority).tolist() == [1, 1, 1]


def lived(rounds=60):
    return FakeWorlds(ReplayBuffer(PIXELS, 400, 2, chunk_steps=8), 0, longest=20, shortest=6).live(rounds)


def test_with_beta_one_the_weights_make_up_for_the_draw():
    """Over many draws, each clip's weight times its frequency is what uniform replay would give it."""
    store, order, rng = lived().buffer.store, Prioritised(1.0, 1.0), np.random.default_rng(0)
    index = store.index
    for lane in range(2):
        rows = np.arange(index.start[lane], index.stop[lane])
        order.priorities.put(index, np.full(len(rows), lane), rows, rng.uniform(0.2, 3, len(rows)))
    drawn = order.choose(rng, store, 40_000, 5)
    even = Prioritised(0.0, 1.0).choose(rng, store, 40_000, 5)
    assert np.isfinite(drawn.priority).all() and drawn.weight.max() == 1
    weighed, plain = {}, {}
    for found, into in ((drawn, weighed), (even, plain)):
        share = found.weight / found.weight.sum()
        for lane, start, part in zip(found.lane.tolist(), found.start.tolist(), share.tolist(), strict=True):
            into[lane, start] = into.get((lane, start), 0) + part
    assert weighed.keys() == plain.keys()
    common = [place for place in plain if plain[place] > 0.003]
    assert len(common) > 50
    assert all(abs(weighed[place] / plain[place] - 1) < 0.25 for place in common)
    assert np.mean([weighed[place] / plain[place] for place in common]) == pytest.approx(1, abs=0.02)


def test_curiosity_by_hand():
    """c beta^visits + (|loss| + 0.01)^alpha with c = 100, beta = 1/2, alpha = 1/2; everything is new at first."""
    index, order = index_of([4]), Curious(alpha=0.5, decay=0.5, novelty=100)
    assert told(order, index, 0).tolist() == [100] * 4
    order.learn(index, clips((0, 0, 3)), lesson(loss=[[3.99, 0.24, NONE]]))
    assert told(order, index, 0) == pytest.approx([52, 50.5, 100, 100])
    order.learn(index, clips((0, 0, 2)), lesson(loss=[[0.24, 0.24]]))
    assert told(order, index, 0) == pytest.approx([25.5, 25.5, 100, 100])
    # twice in one batch: seen twice
    order.learn(index, clips((0, 2, 4), (0, 2, 4)), lesson(loss=[[0.24, NONE], [0.24, NONE]]))
    assert told(order, index, 0) == pytest.approx([25.5, 25.5, 25.5, 100])
    index.append(0, first=True)
    assert told(order, index, 0)[-1] == 100


@pytest.mark.parametrize("order", [Prioritised(1.0, 0.4), Curious(1.0, 0.5, 0.1)])
def test_what_taught_much_is_replayed_more_often(order):
    """A loop of learning in which one row always has an error of 5 and all others one of 0.05."""
    store, rng, often = lived().buffer.store, np.random.default_rng(0), []
    index = store.index
    begins, ends = index.episode_of(np.array([0]), np.array([30]))
    row = int(begins[0] + ends[0]) // 2
    for _ in range(400):
        drawn = order.choose(rng, store, 4, 5)
        place = drawn.start[:, None] + np.arange(5)
        there = (place == row) & (drawn.lane == 0)[:, None]
        often.append(there.any(1).mean())
        found = np.where(place < drawn.stop[:, None], np.where(there, 5.0, 0.05), np.nan)
        order.learn(index, drawn, Lesson(found, found))
    expected = 5 / len(store)  # of clips of 5 rows, drawn alike
    assert np.mean(often[100:]) > 5 * expected


@pytest.mark.parametrize("make", [lambda: Prioritised(0.6, 0.4), lambda: Curious(0.7, 0.7, 1e4)])
def test_it_goes_on_exactly_where_it_was_saved(make):
    store, order, rng = lived().buffer.store, make(), np.random.default_rng(0)

    def step(order, rng):
        drawn = order.choose(rng, store, 4, 5)
        found = np.sin(drawn.start[:, None] + np.arange(5))
        order.learn(store.index, drawn, Lesson(found, found))
        return drawn.start.tolist(), drawn.weight.tolist()

    for _ in range(5):
        step(order, rng)
    state, generator, again = copy.deepcopy(order.state_dict()), copy.deepcopy(rng), make()
    expected = [step(order, rng) for _ in range(5)]
    again.load_state_dict(state)
    assert [step(again, generator) for _ in range(5)] == expected
