import numpy as np
import pytest
import torch
from test_memory_life import PIXELS, VECTOR, FakeWorlds, check_movie

from worldmodel.errors import FileError
from worldmodel.experience import Movie, Step
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.movies import fill, sample_movies
from worldmodel.memory.orders import Uniform


def lived(rounds, longest, shortest=1, lanes=2, spec=PIXELS, capacity=4000):
    buffer = ReplayBuffer(spec, capacity, lanes, chunk_steps=16)
    return FakeWorlds(buffer, 0, longest, shortest).live(rounds)


def sample(worlds, batch_size, length, context=4, seed=0) -> Movie:
    return sample_movies(worlds.buffer, Uniform(), np.random.default_rng(seed), batch_size, length, context)


def test_types_and_shapes():
    movie = sample(lived(200, 50, 40), 3, 8)
    assert movie.observation.shape == (3, 8, 4, 4, 3)
    dtypes = {name: getattr(movie, name).dtype for name in Movie.__dataclass_fields__}
    flags = dict.fromkeys(("terminated", "truncated", "first", "mask"), torch.bool)
    counts = dict.fromkeys(("action", "context", "episode", "start", "age"), torch.int64)
    numbers = dict.fromkeys(("reward", "weight"), torch.float32)
    assert dtypes == {**flags, **counts, **numbers, "observation": torch.uint8}
    assert sample(lived(100, 50, 40, spec=VECTOR), 3, 8).observation.dtype == torch.float32


def test_long_episodes_give_exactly_the_batch_size():
    movie = sample(lived(400, 60, 50), 5, 16)
    assert movie.mask.shape == (5, 16)
    assert fill(movie) == 1


def test_a_batch_may_be_a_single_movie():
    movie = sample(lived(400, 60, 50), 1, 15)  # of an odd number of bytes
    assert movie.mask.shape == (1, 15) and movie.episode.shape == (1,)


def test_short_episodes_give_more_clips_until_the_rows_are_there():
    worlds = lived(400, 12, 6)
    movie = sample(worlds, 8, 16)
    check_movie(movie, worlds, 16, 4)
    rows = movie.mask.sum()
    assert rows >= 8 * 16 > rows - movie.mask[-1].sum()
    assert 8 < movie.mask.shape[0] <= 32
    assert movie.mask.shape[1] <= 12
    assert fill(movie) == rows / movie.mask.numel() < 1


def test_very_short_episodes_stop_at_four_times_the_batch_size():
    movie = sample(lived(400, 3, 2), 8, 64)
    assert movie.mask.shape == (32, 3)


def test_context_is_for_clips_that_begin_in_the_middle_and_leaves_one_transition():
    worlds = lived(400, 9, 9)
    movie = sample(worlds, 64, 6)
    at_first = movie.start == 0
    assert at_first.any() and (~at_first).any()
    assert not movie.context[at_first].any()
    assert (movie.context[~at_first] == 4).all()
    assert (sample(worlds, 64, 3).context <= 1).all()
    assert (sample(worlds, 64, 6, context=0).context == 0).all()
    assert (sample(worlds, 64, 2).learnable.sum(1) == 2).all()


def test_an_episode_that_lost_its_first_rows_needs_context():
    worlds = lived(340, 70, 70, lanes=1, capacity=40)
    movie = sample(worlds, 64, 8)
    check_movie(movie, worlds, 8, 4)
    lost = worlds.buffer.index.start[0] % 70
    assert lost and int(movie.start.min()) == lost
    assert (movie.context[movie.start == lost] == 4).all()


def test_every_row_is_learned_from_about_equally_often_except_behind_the_edges_of_episodes():
    length, context, rows = 8, 2, 50
    worlds = lived(20 * (rows - 1), rows, rows, lanes=1)
    rng, seen = np.random.default_rng(0), np.zeros(rows)
    for _ in range(400):
        movie = sample_movies(worlds.buffer, Uniform(), rng, 16, length, context)
        step = movie.start[:, None] + torch.arange(length)
        seen += np.bincount(step[movie.learnable].numpy(), minlength=rows)
    middle = seen[length : rows - length]
    assert ((middle - middle.mean()) ** 2 / middle.mean()).sum() / (len(middle) - 1) < 2
    assert seen.min() > 0


def test_the_same_generator_gives_the_same_movies():
    worlds = lived(300, 20)
    one, same, other = (sample(worlds, 8, 8, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(getattr(one, name), getattr(same, name)) for name in Movie.__dataclass_fields__)
    assert not torch.equal(one.episode, other.episode) or not torch.equal(one.start, other.start)


def test_movies_do_not_share_memory_with_the_buffer():
    worlds = lived(100, 20)
    sample(worlds, 8, 8).observation.zero_()
    check_movie(sample(worlds, 8, 8), worlds, 8, 4)


def test_too_little_life_is_refused():
    with pytest.raises(FileError, match="only 4 rows recorded, a batch needs 8"):
        sample(lived(1, 40, 40), 2, 8)


def test_episodes_of_one_row_alone_are_refused():
    buffer = ReplayBuffer(PIXELS, 100, 2, chunk_steps=16)
    yes, no = np.ones(2, bool), np.zeros(2, bool)
    frames = np.zeros((2, 4, 4, 3), np.uint8)
    for _ in range(10):
        buffer.record(Step(frames, np.zeros(2, np.float32), terminated=yes, truncated=no, first=yes, game_over=yes))
    assert (len(buffer), buffer.episodes) == (20, 20)
    with pytest.raises(FileError, match="an episode of at least 2"):
        sample_movies(buffer, Uniform(), np.random.default_rng(0), 2, 8, 4)
