"""Life backwards: which clips follow each other, and that everything between a reward and the beginning is learned."""

import copy

import numpy as np

from worldmodel.experience import Spec
from worldmodel.memory.orders import Lesson
from worldmodel.memory.reverse import Reverse
from worldmodel.memory.store import RowStore

SPEC = Spec("fake/World-v0", (1,), "float32", ("a",), {})


def store_of(*lanes, capacity=1000, chunk_steps=4):
    """Lanes of episodes, each given as its rewards."""
    store = RowStore(SPEC, capacity, len(lanes), chunk_steps, False)
    for lane, episodes in enumerate(lanes):
        for episode, rewards in enumerate(episodes):
            for step, reward in enumerate(rewards):
                if (chunk := store.open_chunk(lane)) is not None and chunk.full:
                    store.close(lane)
                store.append(lane, (episode, step, 0, 0, reward, False, False, step == 0), np.zeros(1, np.float32))
    return store


def walk(order, store, batches, length, batch_size=1, seed=0):
    """The clips of some batches, each as a list of (lane, start, stop)."""
    rng = np.random.default_rng(seed)
    found = [order.choose(rng, store, batch_size, length) for _ in range(batches)]
    return [list(zip(c.lane.tolist(), c.start.tolist(), c.stop.tolist(), strict=True)) for c in found]


def test_an_episode_is_served_last_clip_first_and_neighbours_overlap_by_their_context():
    store = store_of([[0] * 11])
    assert walk(Reverse(context=2), store, 4, 5) == [[(0, 6, 11)], [(0, 4, 9)], [(0, 2, 7)], [(0, 0, 5)]]
    assert walk(Reverse(context=0), store, 3, 5)[:2] == [[(0, 6, 11)], [(0, 2, 7)]]


def test_every_transition_is_learned_from_once_on_the_way():
    for length in (2, 3, 5, 8):
        for context in (0, 1, 4):
            store, learned, rng = store_of([[0] * 20]), [], np.random.default_rng(0)
            order, begun = Reverse(context), False
            while not begun:
                clips = order.choose(rng, store, 1, length)
                start, stop = int(clips.start[0]), int(clips.stop[0])
                begun = start == 0
                learned += range(start if begun else start + min(context, stop - start - 2), stop - 1)
            assert sorted(learned) == list(range(19)), (length, context)


def test_walks_begin_at_what_paid_and_at_ends():
    store = store_of([[0, 0, 0, 1, 0, 0, -2, 0, 0], [0, 0, 0], [5]], [[0, 0, 3, 0]])
    begun = set()
    for seed in range(200):
        ((lane, _, stop), *_) = walk(Reverse(0), store, 1, 2, seed=seed)[0]
        begun.add((lane, stop - 1))
    # rewards in rows 3 and 6 and of the other lane in row 2; ends in rows 8, 11 and 3; what is alone has no way back
    assert begun == {(0, 3), (0, 6), (0, 8), (0, 11), (1, 2), (1, 3)}


def test_after_the_beginning_it_begins_anew_and_what_was_forgotten_is_not_walked_to():
    store = store_of([[0] * 6, [0] * 6])
    walked = [clip for batch in walk(Reverse(0), store, 12, 4) for clip in batch]
    assert {start for _, start, _ in walked} == {0, 2, 6, 8}
    order, rng = Reverse(0), np.random.default_rng(2)
    while int(order.choose(rng, store, 1, 3).stop[0]) != 6:
        pass
    store.evict()  # the first four rows
    clips = order.choose(rng, store, 1, 3)
    assert clips.start.min() >= 4 and (clips.sizes >= 2).all()


def test_a_batch_of_short_episodes_has_more_clips_and_the_others_wait():
    store = store_of([[0, 0, 0]] * 10)
    order, rng = Reverse(0), np.random.default_rng(0)
    clips = order.choose(rng, store, 2, 6)
    assert len(clips) == 4 and (clips.sizes == 3).all()
    waiting = order.stop[4:].copy()
    assert (order.stop[:4] == 0).all() and (waiting > 0).all()


def test_it_goes_on_exactly_where_it_was_saved():
    store, order = store_of([[0] * 30, [0, 1] * 9], [[0] * 12]), Reverse(1)
    walk(order, store, 3, 5, batch_size=3)
    state = copy.deepcopy(order.state_dict())
    expected = walk(order, store, 6, 5, batch_size=3, seed=7)
    again = Reverse(1)
    again.load_state_dict(state)
    assert walk(again, store, 6, 5, batch_size=3, seed=7) == expected
    nothing = np.zeros((3, 5))
    again.learn(store.index, order.choose(np.random.default_rng(0), store, 3, 5), Lesson(nothing, nothing))
    assert not again.learns
