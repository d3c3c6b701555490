"""Which latents a setting asks for, and which it cannot have."""

import dataclasses

import pytest
import torch
from small_agent import LEAF_SPEC, PIXELS, VECTOR, fit, random_movie, tiny_settings, tiny_world_model

from worldmodel.errors import ConfigurationError
from worldmodel.model import WorldModel
from worldmodel.model.latent_parts import POSTERIOR_SPREAD, build_latents
from worldmodel.model.local_latents import LocalGRU, LocalReading, Summary
from worldmodel.model.local_prior import LocalPrior
from worldmodel.model.recurrence import GRU
from worldmodel.model.vision import build_encoder

LOCAL = {"local_units": 2, "variables": 16}  # images of 8 x 8 have a grid of 4 x 4


def test_local_latents_are_a_setting():
    encoder = build_encoder(PIXELS, 4, 4, 16)
    whole = build_latents(tiny_settings(), encoder, 3)
    assert isinstance(whole.recurrence, GRU) and (whole.recurrent_units, whole.local) == (12, 0)
    local = build_latents(tiny_settings(**LOCAL), encoder, 3)
    assert isinstance(local.recurrence, LocalGRU) and isinstance(local.prior, LocalPrior)
    assert (local.recurrent_units, local.local) == (12 + 16 * 2, 4)


def test_places_are_read_one_by_one_where_that_is_asked_for():
    read, row = tiny_world_model(PIXELS, **LOCAL, local_reading=3), tiny_world_model(PIXELS, **LOCAL)
    assert isinstance(read.reward_head[0], LocalReading) and isinstance(read.continue_head[0], LocalReading)
    assert isinstance(row.reward_head[0], torch.nn.Linear)
    latent = read.observe(random_movie([3, 2], 3, PIXELS)).latent
    assert read.reward(latent).shape == read.continues(latent).shape == (2, 3)


def test_the_whole_is_told_what_places_remember_where_that_is_asked_for():
    model, movie = tiny_world_model(PIXELS, **LOCAL, local_summary=3), random_movie([3, 2], 3, PIXELS)
    assert isinstance(model.recurrence, LocalGRU) and isinstance(model.recurrence.summary, Summary)
    loss = model.total_loss(model.losses(model.observe(movie)), movie.mask)
    loss.backward()
    assert model.recurrence.summary.tell.weight.grad.any()
    assert model.predict(model.initial(2), torch.tensor([0, 1])).features.isfinite().all()


def test_every_pixel_may_be_a_place():
    model, movie = tiny_world_model(PIXELS, local_units=2, variables=64, grid=8), random_movie([3, 2], 3, PIXELS)
    latent = model.observe(movie).latent
    assert latent.features.shape[-1] == 12 + 64 * (2 + model.settings.classes)
    assert model.decode(latent).shape == movie.observation.shape


@pytest.mark.parametrize(("rounds", "turns"), [(1, False), (2, False), (4, False), (1, True), (2, True)])
def test_dreams_draw_every_variable_once_in_whatever_rounds(rounds, turns):
    model = tiny_world_model(PIXELS, **LOCAL | {"variables": 32}, local_rounds=rounds, local_turns=turns)
    state, prior = model.foresee(model.initial(3), torch.tensor([0, 1, 2]))
    assert torch.equal(state.stochastic.unflatten(-1, (32, -1)).sum(-1), torch.ones(3, 32))
    assert torch.allclose(prior.exp().sum(-1), torch.ones(3, 32))


def test_reading_places_needs_places():
    assert tiny_settings(local_reading=3, local_rounds=2, local_turns=True, local_summary=4).problems() == [
        "world_model.local_reading reads places: set world_model.local_units as well",
        "world_model.local_summary sums places up: set world_model.local_units as well",
        "world_model.local_rounds draws places: set world_model.local_units as well",
        "world_model.local_turns draws what places show: set world_model.local_units as well",
    ]


def test_a_place_may_have_several_variables():
    assert build_latents(tiny_settings(local_units=2, variables=32), build_encoder(PIXELS, 4, 4, 16), 3).local == 8


def test_the_posterior_of_the_whole_begins_with_logits_as_far_apart_as_asked():
    parts = build_latents(tiny_settings(units=256, variables=64), build_encoder(VECTOR, 4, 4, 256), 3)
    spread = float(parts.posterior(torch.randn(64, 256)).detach().std())
    assert 0.4 * POSTERIOR_SPREAD < spread < POSTERIOR_SPREAD  # SiLU lets 0.36 of the square through


def test_variables_that_do_not_fit_the_places_are_refused():
    with pytest.raises(ConfigurationError, match=r"variables must be a multiple of the 16 places .*got 17"):
        WorldModel(PIXELS, tiny_settings(local_units=2, variables=17))


def test_vectors_have_no_places():
    with pytest.raises(ConfigurationError, match="local_units must be 0 where observations are vectors"):
        WorldModel(VECTOR, tiny_settings(**LOCAL))


def test_a_part_of_the_image_changes_the_latents_of_its_place_alone():
    model, image = tiny_world_model(PIXELS, **LOCAL), random_movie([2], 2, PIXELS).observation[0, :1]
    other = image.clone()
    other[:, 2:4, 6:8] = 255 - other[:, 2:4, 6:8]  # the place in the second row and the fourth column
    moved = (model.encode(image) != model.encode(other)).any(-1)[0]
    assert moved.nonzero().flatten().tolist() == [7]


def test_the_latents_of_a_place_are_drawn_there():
    """Only the decoder's own way from a place is looked at: the one from the whole is silenced."""
    model = tiny_world_model(PIXELS, **LOCAL)
    torch.nn.init.zeros_(model.decoder.project[-1].weight)
    state = model.predict(model.initial(1), torch.zeros(1, dtype=torch.long))
    features = state.features.clone()
    here = features[0, model.recurrent_units + 7 * 4 : model.recurrent_units + 8 * 4]
    here.copy_(here.roll(1))
    shown = model.decode(state)[0]
    changed = model.decode(type(state)(features, model.recurrent_units))[0]
    assert (shown != changed).any(-1).nonzero().tolist() == [[2, 6], [2, 7], [3, 6], [3, 7]]


def a_light_that_walks(rows=8):
    """Two movies in which one place after the other lights up, row by row."""
    movie = random_movie([rows, rows], rows, PIXELS, first=[0, 1])
    observation = torch.zeros_like(movie.observation)
    for t in range(rows):
        row, column = divmod(t, 4)
        observation[:, t, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 255
    return dataclasses.replace(movie, observation=observation)


@pytest.mark.filterwarnings(LEAF_SPEC)
def test_it_learns_to_see_and_to_foresee_what_moves_from_place_to_place():
    model, movie = tiny_world_model(PIXELS, learning_rate=1e-2, **LOCAL), a_light_that_walks()
    model.get_used_to(movie)
    before = {name: float(loss.mean().detach()) for name, loss in model.losses(model.observe(movie)).items()}
    fit(model, [movie] * 100)
    after = {name: float(loss.mean().detach()) for name, loss in model.losses(model.observe(movie)).items()}
    assert after["observation"] < 0.2 * before["observation"]
    assert after["dynamics"] < 0.2 * before["dynamics"]


def test_looking_at_a_movie_is_updating_step_by_step(certain):
    model, movie = tiny_world_model(PIXELS, **LOCAL), random_movie([6], 6, PIXELS, first=[0])
    torch.nn.init.normal_(model.first_recurrent)
    looked, state = model.observe(movie).latent, model.initial(1)
    for t in range(6):
        before = torch.zeros(1, dtype=torch.long) if t == 0 else movie.action[:1, t - 1]
        state = model.update(state, before, movie.observation[:1, t], torch.tensor([t == 0]))
        assert torch.allclose(state.features, looked.features[:, t], atol=1e-5)
