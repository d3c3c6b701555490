"""Moments that are shown twice: which are chosen, and that the movie is what was lived."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_agent import tiny_agent
from test_memory_life import PIXELS, VECTOR, FakeWorlds, action_of, observation_of, reward_of
from test_running_replayed import ledger

from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.ledger import IMAGINED, MOVIE
from worldmodel.running.replayed import ReplayedEpisode, most_replayed
from worldmodel.viewing.moments import choose_moments, show_moment


def episode(movies, dreams, reward):
    columns = [np.array(values) for values in (reward, movies, dreams)]
    nothing = np.zeros(len(reward))
    return ReplayedEpisode(0, 0, 0, 0, *columns, last=nothing, priority=nothing, entries=ledger())


def test_moments_that_are_worth_a_look():
    movies, dreams, reward = np.arange(12), np.zeros(12, int), np.zeros(12)
    dreams[3], reward[11], reward[4] = 2, -5, 3
    assert choose_moments(episode(movies, dreams, reward)) == {
        3: ["Most dreamt from"],
        6: ["Before the largest reward"],
        10: ["Most often in movies"],  # row 11 has none after it
    }
    reward[11] = 0
    assert choose_moments(episode(movies, np.zeros(12, int), reward)) == {
        0: ["Before the largest reward"],
        10: ["Most often in movies"],
    }
    assert choose_moments(episode([1, 1], [1, 1], [0, 0])) == {0: ["Most dreamt from", "Most often in movies"]}


@pytest.mark.parametrize("spec", [PIXELS, VECTOR], ids=["pixels", "vector"])
def test_the_movie_is_what_was_lived_and_dreams_begin_there(spec):
    worlds = FakeWorlds(ReplayBuffer(spec, 2000, 1, chunk_steps=8), 0, longest=30, shortest=30).live(100)
    found = most_replayed(ledger((1, MOVIE, 1, 0, 9, 1), (1, IMAGINED, 1, 2, 9, 1)), worlds.buffer)
    agent = tiny_agent(replace(spec, observation_shape=spec.observation_shape))
    torch.manual_seed(0)
    moment = show_moment(agent, worlds.buffer, found, 20, ["Why"], horizon=6, acts=True)
    assert (moment.titles, moment.row, len(moment.movie), len(moment.action)) == (["Why"], 20, 7, 6)
    for t in range(7):
        assert np.array_equal(moment.movie[t], observation_of(spec, 0, 1, 20 + t))
        assert moment.reward[t] == pytest.approx(reward_of(0, 1, 20 + t))
    assert moment.action.tolist() == [action_of(0, 1, 20 + t) for t in range(6)]
    assert moment.followed.action.tolist() == moment.action.tolist()
    assert moment.followed.seen.shape == moment.chosen.seen.shape == (7, *spec.observation_shape)
    assert np.allclose(moment.followed.seen[0], moment.chosen.seen[0])  # both were looked at
    assert moment.chosen.reward.shape == (7,) and moment.chosen.action.shape == (6,)
    # at the end of the episode the movie is shorter, and only the dream that follows it
    late = show_moment(agent, worlds.buffer, found, 27, [], horizon=6, acts=True)
    assert len(late.movie) == len(late.followed.seen) == 3 and len(late.chosen.seen) == 7
    assert show_moment(agent, worlds.buffer, found, 0, [], horizon=6, acts=False).chosen is None
