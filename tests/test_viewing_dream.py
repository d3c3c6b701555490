from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from worldmodel.experience import LatentState, Movie
from worldmodel.memory import open_experience
from worldmodel.model import WorldModel
from worldmodel.running.loading import load_agent
from worldmodel.viewing.dream import dream_along
from worldmodel.viewing.filming import draw_movies


@pytest.fixture
def world_model(counter_run: Path) -> WorldModel:
    return load_agent(counter_run).world_model


@pytest.fixture
def movie(counter_run: Path) -> Movie:
    return draw_movies(open_experience(counter_run), 3, 8, seed=0)


def test_truth_is_what_was_recorded(world_model: WorldModel, movie: Movie) -> None:
    dream = dream_along(world_model, movie, 3)
    assert dream.truth.dtype == np.uint8 and (dream.truth == movie.observation.numpy()).all()
    assert dream.truth.shape == dream.reconstruction.shape == dream.imagination.shape
    assert dream.context == 3


def test_it_looks_at_the_context_and_then_no_more(world_model: WorldModel, movie: Movie) -> None:
    length = movie.action.shape[1]
    for context in (1, 4, length - 1):
        dream = dream_along(world_model, movie, context)
        assert (dream.imagination[:, :context] == dream.reconstruction[:, :context]).all()
        different = (dream.imagination != dream.reconstruction).any((0, 2, 3, 4))
        assert different.tolist() == [False] * context + [True] * (length - context)


def test_the_dream_is_what_the_model_imagines_under_the_recorded_actions(world_model: WorldModel, movie: Movie) -> None:
    context, length = 3, movie.action.shape[1]
    torch.manual_seed(0)
    dream = dream_along(world_model, movie, context)

    torch.manual_seed(0)
    with torch.no_grad():
        observed = world_model.observe(movie).latent
    taken = iter(movie.action[:, context:].unbind(1))

    def follow(state: LatentState) -> torch.Tensor:
        return next(taken)

    start, first = observed[:, context - 1], movie.action[:, context - 1]
    states, actions = world_model.imagine(start, first, follow, length - context)
    assert torch.equal(actions, movie.action[:, context - 1 : length - 1])
    with torch.no_grad():
        expected = world_model.decode(states[:, 1:]).numpy()
    assert np.allclose(dream.imagination[:, context:], expected, atol=1e-3)


def test_what_really_happens_later_does_not_reach_the_dream(world_model: WorldModel, movie: Movie) -> None:
    changed = Movie(**{**vars(movie), "observation": movie.observation.clone()})
    changed.observation[:, 4:] = 255 - changed.observation[:, 4:]
    dreams = []
    for told in (movie, changed):
        torch.manual_seed(0)
        dreams.append(dream_along(world_model, told, 4))
    assert np.allclose(dreams[0].imagination, dreams[1].imagination, atol=1e-3)
    assert not np.allclose(dreams[0].truth[:, 4:], dreams[1].truth[:, 4:])


def test_of_short_movies_at_least_the_last_row_is_dreamt(world_model: WorldModel, movie: Movie) -> None:
    short = Movie(**{name: value[:, :2] if value.dim() > 1 else value for name, value in vars(movie).items()})
    dream = dream_along(world_model, short, 5)
    assert dream.context == 1 and dream.imagination.shape[1] == 2
