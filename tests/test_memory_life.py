"""Worlds whose every row can be derived again from (lane, episode, step), and the property that all sampling keeps."""

import numpy as np
import pytest

from worldmodel.experience import Spec, Step
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.movies import serve_movies
from worldmodel.memory.orders import Lesson, Recent, Uniform
from worldmodel.memory.prioritised import Curious, Prioritised
from worldmodel.memory.reverse import Reverse

PIXELS = Spec("fake/Counter", (4, 4, 3), "uint8", ("a", "b", "c", "d", "e"), {"frame_skip": 1})
VECTOR = Spec("fake/Counter", (5,), "float32", ("a", "b", "c", "d", "e"), {"frame_skip": 1})


def observation_of(spec, lane, episode, step):
    code = np.resize([lane, episode % 256, episode // 256, step], spec.observation_shape)
    return code.astype(spec.observation_dtype)


def action_of(lane, episode, step):
    return (lane + 3 * episode + step) % 5


def reward_of(lane, episode, step):
    return 0.0 if step == 0 else lane + 10 * episode + step / 128


class FakeWorlds:
    """Lanes of episodes with the given lengths in rows; every third episode is truncated, the others terminate.

    begun: (lane, number of the episode in its lane) in the order in which episodes began: their ids.
    lived: environment step at which (lane, episode, step) was recorded.
    """

    def __init__(self, buffer, seed, longest=70, shortest=1):
        self.buffer, self.spec, self.lanes = buffer, buffer.spec, buffer.lanes
        self.lengths = np.random.default_rng(seed).integers(shortest, longest + 1, (self.lanes, 2000))
        self.episode = np.full(self.lanes, -1)
        self.step = np.zeros(self.lanes, int)
        self.begun, self.lived, self.steps = [], {}, 0

    def live(self, rounds):
        if self.episode[0] < 0:
            self._restart(np.ones(self.lanes, bool))
        for _ in range(rounds):
            self.buffer.answer([action_of(i, self.episode[i], self.step[i]) for i in range(self.lanes)])
            self.step += 1
            self.steps += self.lanes
            self.buffer.record(self._say())
            self._restart(self._ended())
        return self

    def _restart(self, where):
        while where.any():
            for lane in np.flatnonzero(where):
                self.episode[lane] += 1
                self.step[lane] = 0
                self.begun.append((int(lane), int(self.episode[lane])))
            self.buffer.record(self._say(), only=where)
            where = where & self._ended()

    def length(self, lane, episode):
        return int(self.lengths[lane, episode])

    def _ended(self):
        return np.array([self.step[i] == self.length(i, self.episode[i]) - 1 for i in range(self.lanes)])

    def _say(self):
        places = [(i, int(self.episode[i]), int(self.step[i])) for i in range(self.lanes)]
        for place in places:
            self.lived.setdefault(place, self.steps)
        ended, truncating = self._ended(), self.episode % 3 == 0
        return Step(
            observation=np.stack([observation_of(self.spec, *place) for place in places]),
            reward=np.array([reward_of(*place) for place in places], np.float32),
            terminated=ended & ~truncating,
            truncated=ended & truncating,
            first=self.step == 0,
            game_over=ended,
        )


def check_movie(movie, worlds, length, context):
    """Derive every row of `movie` again."""
    spec = worlds.spec
    sizes = movie.mask.sum(1).tolist()
    assert movie.mask.shape[1] == max(sizes) <= length
    for b, size in enumerate(sizes):
        lane, episode = worlds.begun[movie.episode[b]]
        start, rows = int(movie.start[b]), worlds.length(lane, episode)
        assert 2 <= size <= rows - start
        assert movie.mask[b, :size].all()
        assert movie.context[b] == (0 if start == 0 else min(context, size - 2))
        assert movie.learnable[b].sum() >= 2
        assert movie.age[b] == worlds.steps - worlds.lived[lane, episode, start]
        newest = episode == worlds.episode[lane]
        for t in range(size):
            step = start + t
            last, truncating = step == rows - 1, episode % 3 == 0
            open_row = last or (newest and step == worlds.step[lane])
            assert np.array_equal(movie.observation[b, t].numpy(), observation_of(spec, lane, episode, step))
            assert movie.action[b, t] == (0 if open_row else action_of(lane, episode, step))
            assert movie.reward[b, t] == reward_of(lane, episode, step)
            assert movie.first[b, t] == (step == 0)
            assert movie.terminated[b, t] == (last and not truncating)
            assert movie.truncated[b, t] == (last and truncating)
        for padded in (movie.observation, movie.action, movie.reward, movie.first, movie.terminated, movie.truncated):
            assert not padded[b, size:].any()


@pytest.mark.parametrize("spec", [PIXELS, VECTOR], ids=["pixels", "vector"])
@pytest.mark.parametrize("compress", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("seed", range(4))
def test_every_sampled_row_can_be_derived_again(spec, compress, seed, tmp_path):
    rng = np.random.default_rng(seed)
    lanes, longest = [1, 2, 3, 5][seed], [70, 12, 3, 70][seed]
    capacity = lanes * 8 + int(rng.integers(0, 150))
    folder = tmp_path / "experience" if seed % 2 else None
    buffer = ReplayBuffer(spec, capacity, lanes, chunk_steps=8, compress=compress, folder=folder)
    worlds = FakeWorlds(buffer, seed, longest)
    lived, orders = 0, (Uniform(), Recent(0.2), Prioritised(0.6, 0.4), Curious(0.7, 0.7, 1e4), Reverse(2))
    while lived < 4 * capacity:
        worlds.live(rounds := int(rng.integers(1, 40)))
        lived += rounds * lanes
        assert len(buffer) <= capacity
        for order in orders:
            length = int(rng.integers(2, 24))
            context = int(rng.integers(0, 6))
            if len(buffer) >= length and buffer.index.transitions:
                served = serve_movies(buffer, order, rng, 4, length, context)
                check_movie(served.movie, worlds, length, context)
                assert (buffer.environment_steps - served.movie.age.numpy() == served.lived[:, 0]).all()
                found = np.where(served.movie.mask, rng.standard_normal(served.lived.shape), np.nan)
                order.learn(buffer.index, served.clips, Lesson(found, found))
    assert len(buffer) > capacity - 8 * lanes - 8
