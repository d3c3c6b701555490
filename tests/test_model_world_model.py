import dataclasses

import pytest
import torch
from small_agent import LEAF_SPEC, PIXELS, VECTOR, fit, random_movie, tiny_world_model

from worldmodel.experience import LatentState, Movie
from worldmodel.model import WorldModel
from worldmodel.model.losses import masked_mean

SPECS = pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])


def state_at(latent: LatentState, clip: int, t: int) -> LatentState:
    return latent[clip : clip + 1, t]


def close(one: LatentState, other: LatentState) -> bool:
    return torch.allclose(one.features, other.features, atol=1e-5)


def clone(movie: Movie, **changes) -> Movie:
    return dataclasses.replace(movie, **changes)


# Time


@SPECS
def test_looking_at_a_movie_is_updating_step_by_step(spec, certain):
    """The convention of time: h_t has seen a_{t-1} and o_{t-1}, z_t has seen o_t."""
    model, movie = tiny_world_model(spec), random_movie([6, 6], 6, spec, first=[0])
    torch.nn.init.normal_(model.first_recurrent)
    latent = model.observe(movie).latent
    state = model.initial(1)
    for t in range(6):
        first = torch.tensor([t == 0])
        before = torch.zeros(1, dtype=torch.long) if t == 0 else movie.action[:1, t - 1]
        state = model.update(state, before, movie.observation[:1, t], first)
        assert close(state, state_at(latent, 0, t))


@SPECS
def test_a_clip_from_the_middle_begins_with_nothing_known(spec, certain):
    model, movie = tiny_world_model(spec), random_movie([5, 5], 5, spec, first=[0])
    torch.nn.init.normal_(model.first_recurrent)
    latent = model.observe(movie).latent
    assert torch.equal(latent.recurrent[1, 0], torch.zeros(12))
    assert torch.equal(latent.recurrent[0, 0], torch.tanh(model.first_recurrent))
    state = state_at(latent, 1, 0)
    for t in range(1, 5):
        state = model.update(state, movie.action[1:, t - 1], movie.observation[1:, t], torch.tensor([False]))
        assert close(state, state_at(latent, 1, t))


def test_an_action_is_felt_from_the_next_moment_on(certain):
    model, movie = tiny_world_model(), random_movie([6], 6)
    before = model.observe(movie).latent.recurrent[0]
    for t in range(6):
        action = movie.action.clone()
        action[0, t] = (action[0, t] + 1) % 3
        moved = (model.observe(clone(movie, action=action)).latent.recurrent[0] - before).abs().sum(-1) > 0
        assert moved.tolist() == [row > t for row in range(6)]


def test_a_frame_is_seen_at_once_and_remembered_after():
    model, movie = tiny_world_model(), random_movie([5], 5)
    observation = movie.observation.clone()
    observation[0, 2] += 100
    torch.manual_seed(0)
    before = model.observe(movie)
    torch.manual_seed(0)
    after = model.observe(clone(movie, observation=observation))
    moved = ((before.posterior - after.posterior).abs().sum((-1, -2)) > 0)[0]
    assert moved.tolist() == [False, False, True, False, False]
    assert torch.equal(before.latent.recurrent[0, :3], after.latent.recurrent[0, :3])
    assert torch.equal(before.prior[0, :3], after.prior[0, :3])


def test_where_an_episode_begins_the_past_does_not_count(certain):
    model, observation = tiny_world_model(), torch.randn(2, 6)
    past = LatentState.join(torch.full((2, 12), float("nan")), torch.ones(2, 12))
    action, first = torch.tensor([2, 1]), torch.tensor([True, True])
    fresh = model.update(model.initial(2), torch.zeros(2, dtype=torch.long), observation, first)
    assert torch.equal(model.update(past, action, observation, first).features, fresh.features)
    mixed = model.update(past, action, observation, torch.tensor([True, False]))
    assert torch.equal(mixed.features[0], fresh.features[0]) and mixed.recurrent[1].isnan().all()


# Losses


@SPECS
def test_terms_have_the_names_of_the_weights_and_the_shape_of_the_movie(spec):
    model, movie = tiny_world_model(spec), random_movie([5, 3], 5, spec, first=[0], terminated=[1])
    losses = model.losses(model.observe(movie))
    assert losses.keys() == model.weights.keys()
    assert all(loss.shape == (2, 5) and loss.isfinite().all() for loss in losses.values())


def test_a_term_without_weight_and_a_weight_without_term_are_errors():
    model, movie = tiny_world_model(), random_movie([5], 5)
    losses = model.losses(model.observe(movie))
    with pytest.raises(KeyError, match="same terms"):
        model.total_loss({**losses, "curiosity": losses["reward"]}, movie.mask)
    del losses["reward"]
    with pytest.raises(KeyError, match="same terms"):
        model.total_loss(losses, movie.mask)


def test_the_total_is_the_weighted_mean_over_recorded_rows():
    model = tiny_world_model(observation_weight=2.0, reward_weight=3.0, continue_weight=5.0, dynamics_weight=7.0)
    mask = torch.tensor([[True, True], [True, False]])
    losses = {name: torch.tensor([[1.0, 2.0], [3.0, 1000.0]]) for name in model.weights}
    assert model.total_loss(losses, mask).item() == pytest.approx((2 + 3 + 5 + 7 + 0.1) * 2)


@SPECS
def test_padding_changes_neither_the_loss_nor_its_gradient(spec):
    model, movie = tiny_world_model(spec), random_movie([6, 3], 6, spec, first=[1], terminated=[1])
    other = random_movie([6, 6], 6, spec, seed=1)
    names = ("observation", "action", "reward", "terminated")
    changes = {name: getattr(movie, name).clone() for name in names}
    for name in names:
        changes[name][1, 3:] = getattr(other, name)[1, 3:]
    changes["terminated"][1, 3:] = True
    found = []
    for shown in (movie, clone(movie, **changes)):
        torch.manual_seed(0)
        model.zero_grad()
        loss = model.total_loss(model.losses(model.observe(shown)), shown.mask)
        loss.backward()
        found.append((loss, [p.grad.clone() for p in model.parameters()]))
    assert not torch.equal(changes["observation"], movie.observation)
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-6)
    for one, same in zip(found[0][1], found[1][1], strict=True):
        assert torch.allclose(one, same, atol=1e-5)


def test_the_first_row_of_a_clip_from_the_middle_is_not_predicted():
    model, movie = tiny_world_model(), random_movie([4, 4], 4, first=[0])
    losses = model.losses(model.observe(movie))
    for name in ("reward", "dynamics", "representation"):
        assert losses[name][1, 0] == 0, name
        assert (losses[name][0] > 0).all() and (losses[name][1, 1:] > 0).all(), name
    assert losses["observation"][1, 0] > 0 and losses["continue"][1, 0] > 0


def test_only_termination_is_the_end():
    """A head that is sure that life goes on: costly where it terminated, cheap where it was truncated."""
    model, movie = tiny_world_model(), random_movie([3, 3], 3, terminated=[0], truncated=[1])
    torch.nn.init.zeros_(model.continue_head[-1].weight)
    torch.nn.init.constant_(model.continue_head[-1].bias, 8.0)
    observed = model.observe(movie)
    losses = model.losses(observed)["continue"]
    cheap, costly = 3.35e-4, 8.000335
    expected = torch.tensor([[cheap, cheap, costly], [cheap, cheap, cheap]])
    assert torch.allclose(losses, expected, rtol=1e-2)
    assert torch.allclose(model.continues(observed.latent), torch.tensor(8.0).sigmoid())


def test_the_reward_of_a_row_is_the_one_it_was_recorded_with():
    model, movie = tiny_world_model(), random_movie([4], 4, first=[0])
    observed = model.observe(movie)
    expected = model.two_hot.cross_entropy(model.reward_head(observed.latent.features), movie.reward)
    assert torch.equal(model.losses(observed)["reward"], expected)
    assert torch.equal(model.reward(observed.latent), torch.zeros(1, 4))  # nothing learned yet


def test_the_two_divergences_move_one_side_each():
    model, movie = tiny_world_model(free_nats=0.0), random_movie([2], 2, first=[0])
    for name, moved, still in (
        ("dynamics", model.prior_head, model.posterior_head),
        ("representation", model.posterior_head, model.prior_head),
    ):
        model.zero_grad()
        model.losses(model.observe(movie))[name][:, 0].sum().backward()
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in moved.parameters()), name
        assert all(p.grad is None or p.grad.abs().sum() == 0 for p in still.parameters()), name


def test_free_nats_leave_the_representation_alone():
    model, movie = tiny_world_model(free_nats=1000.0), random_movie([4], 4, first=[0])
    loss = model.losses(model.observe(movie))["representation"]
    assert torch.equal(loss, torch.full((1, 4), 1000.0))
    loss.sum().backward()
    assert all(p.grad is None or p.grad.abs().sum() == 0 for p in model.parameters())


# What is usual


@SPECS
def test_only_recorded_rows_count_as_usual(spec):
    model, movie = tiny_world_model(spec), random_movie([6, 3], 6, spec)
    model.get_used_to(movie)
    recorded = model.standardise(torch.cat([movie.observation[0], movie.observation[1, :3]]))
    assert torch.allclose(recorded.mean(0), torch.zeros(spec.observation_shape), atol=1e-4)
    assert recorded.square().mean().item() == pytest.approx(1, rel=1e-3)


@SPECS
def test_whoever_knows_only_what_is_usual_pays_half(spec):
    model, movie = tiny_world_model(spec), random_movie([50], 50, spec)
    model.get_used_to(movie)
    last = model.decoder.layers[-1]
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)
    loss = masked_mean(model.losses(model.observe(movie))["observation"], movie.mask)
    assert loss.item() == pytest.approx(0.5, rel=1e-3)


# Training alone


@pytest.mark.filterwarnings(LEAF_SPEC)
@SPECS
def test_it_trains_alone(spec):
    model = tiny_world_model(spec, learning_rate=1e-3, free_nats=0.0)
    movies = [random_movie([6, 4, 2], 6, spec, first=[1], terminated=[1], seed=seed) for seed in range(3)]
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    trainer = fit(model, movies)
    assert trainer.global_step == 3
    assert {f"world_model/{name}_loss" for name in model.weights} <= trainer.logged_metrics.keys()
    assert all(value.isfinite() for value in trainer.logged_metrics.values())
    still = [name for name, parameter in model.named_parameters() if torch.equal(before[name], parameter)]
    assert still == []


def test_one_movie_is_learned_by_heart():
    torch.manual_seed(0)
    model, movie = tiny_world_model(learning_rate=1e-2), random_movie([8, 8], 8, first=[0], terminated=[1])
    optimizer, losses = model.configure_optimizers(), []
    for _ in range(60):
        loss = model.total_loss(model.losses(model.observe(movie)), movie.mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


# Settings


def test_the_learning_rate_and_the_uniform_mix_are_used():
    model = tiny_world_model(learning_rate=0.123, uniform_mix=0.5)
    assert model.configure_optimizers().param_groups[0]["lr"] == 0.123
    assert (model.encode(100 * torch.randn(9, 6)).exp() >= 0.5 / 4 - 1e-6).all()
    assert isinstance(model, WorldModel)


def test_following_given_actions_is_predicting_step_by_step():
    model = tiny_world_model()
    start, action = model.initial(2), torch.tensor([[0, 2, 1], [1, 0, 2]])
    torch.manual_seed(0)
    followed = model.follow(start, action)
    torch.manual_seed(0)
    state = start
    for step in range(3):
        state = model.predict(state, action[:, step])
        assert torch.equal(followed.features[:, step + 1], state.features)
    assert followed.features.shape[1] == 4 and torch.equal(followed.features[:, 0], start.features)
