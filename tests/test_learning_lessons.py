"""What a gradient step tells of the rows it replayed: errors of movies alone, and where dreams began."""

import pytest
import torch
from small_agent import random_movie, tiny_agent

from worldmodel.learning.lessons import lessons

LOSS = torch.arange(12.0).reshape(2, 6)


def told(share, **changes):
    agent = tiny_agent(imagination_share=share, **changes)
    movie = random_movie([6, 4], 6, first=[0], context=2)
    replayed = agent.replay(agent.world_model.observe(movie))
    return replayed, lessons(LOSS, replayed)


def test_errors_are_of_recorded_transitions_alone():
    replayed, found = told(0.5)
    learned = replayed["movie"][1]
    assert torch.isnan(found["movie_error"]).tolist() == [[0, 0, 0, 0, 0, 1], [1, 1, 0, 1, 1, 1]]
    error = (learned.realised - learned.predicted)[0]
    assert found["movie_error"][0, :5].tolist() == pytest.approx(error.tolist())
    assert not found["movie_error"].requires_grad and torch.equal(found["row_loss"], LOSS)


def test_where_dreams_began_and_how_long_they_were():
    replayed, found = told(0.5, horizon=3, rollouts=5)
    assert found["dreams_from"].shape == (5, 2) and found["dream_length"] == 3
    assert torch.equal(found["dreams_from"], replayed["imagined"][2].origin)


def test_where_one_replay_has_no_part():
    _, found = told(0.0)
    assert found["dreams_from"].shape == (0, 2) and found["dream_length"] == 0
    _, found = told(1.0)
    assert torch.isnan(found["movie_error"]).all()


def test_both_learners_give_them_beside_the_loss():
    movie = random_movie([6, 4], 6, first=[0], context=2)
    agent = tiny_agent()
    agent.diagnose_every = 1000
    alone = agent.world_model
    alone.log_dict = lambda _: None
    rows = {"loss", "row_loss", "movie_error", "dreams_from", "dream_length"}
    assert agent.training_step(movie, 0).keys() == rows
    found = alone.training_step(movie, 0)
    assert found.keys() == {"loss", "row_loss"} and found["row_loss"].shape == (2, 6)
    mean = (found["row_loss"] * movie.mask).sum() / movie.mask.sum()
    assert mean.item() == pytest.approx(found["loss"].item(), rel=1e-5)
