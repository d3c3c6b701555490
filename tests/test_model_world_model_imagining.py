import pytest
import torch
import torch.nn.functional as F
from small_agent import PIXELS, VECTOR, random_movie, tiny_world_model

from worldmodel.experience import LatentState
from worldmodel.model import latents

SPECS = pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])


@pytest.fixture
def certain(monkeypatch):
    """Every draw is the likeliest class, so that two ways to the same state can be compared."""

    def likeliest(log_probs):
        return F.one_hot(log_probs.argmax(-1), log_probs.shape[-1]).to(log_probs.dtype)

    monkeypatch.setattr(latents, "sample", likeliest)


def close(one: LatentState, other: LatentState) -> bool:
    return torch.allclose(one.features, other.features, atol=1e-5)


class Counting:
    """A policy that chooses 0, 1, 2, 0, ... and remembers what it was shown."""

    def __init__(self) -> None:
        self.seen = []

    def __call__(self, latent: LatentState) -> torch.Tensor:
        self.seen.append(latent)
        return torch.full((len(latent.recurrent),), (len(self.seen) - 1) % 3)


@SPECS
def test_an_imagined_action_leads_from_its_state_to_the_next(spec, certain):
    model = tiny_world_model(spec)
    start = model.observe(random_movie([5], 5, spec)).latent[0]
    policy, first = Counting(), torch.tensor([2, 2, 1, 0, 1])
    states, actions = model.imagine(start, first, policy, horizon=4)
    assert states.recurrent.shape == (5, 5, 12) and states.stochastic.shape == (5, 5, 12) and actions.shape == (5, 4)
    assert actions.dtype == torch.int64
    assert torch.equal(actions[:, 0], first) and actions[0, 1:].tolist() == [0, 1, 2]
    assert close(states[:, 0], start)
    for t in range(4):
        assert close(model.predict(states[:, t], actions[:, t]), states[:, t + 1])
    assert len(policy.seen) == 3  # the first action was given, and nobody acts in the last state
    assert all(torch.equal(seen.features, states[:, t + 1].features) for t, seen in enumerate(policy.seen))
    assert not states.recurrent.requires_grad and not states.stochastic.requires_grad


def test_the_prior_of_a_movie_is_what_imagination_draws_from(certain):
    """One imagined step from a recorded state stands where the movie's recurrence stood."""
    model, movie = tiny_world_model(), random_movie([6], 6)
    observed = model.observe(movie)
    dreamt = model.predict(observed.latent[0, :-1], movie.action[0, :-1])
    assert torch.allclose(dreamt.recurrent, observed.latent.recurrent[0, 1:], atol=1e-5)
    expected = observed.prior[0, 1:].argmax(-1)
    assert torch.equal(dreamt.stochastic.unflatten(-1, (3, 4)).argmax(-1), expected)


def test_one_step_of_horizon_asks_no_policy():
    model, policy = tiny_world_model(), Counting()
    states, actions = model.imagine(model.initial(3), torch.tensor([0, 1, 2]), policy, horizon=1)
    assert states.recurrent.shape == (3, 2, 12) and actions.tolist() == [[0], [1], [2]] and not policy.seen


@SPECS
def test_states_can_be_shown(spec):
    model, movie = tiny_world_model(spec), random_movie([4, 4], 4, spec)
    latent = model.observe(movie).latent
    assert model.decode(latent).shape == movie.observation.shape
    assert model.reward(latent).shape == model.continues(latent).shape == (2, 4)
    assert model.decode(latent[:, 0]).shape == movie.observation[:, 0].shape


@pytest.mark.parametrize("memory", [0, 4])
def test_a_glimpse_is_the_state_that_would_follow_without_its_table(memory):
    model = tiny_world_model(memory=memory)
    state, action = model.observe(random_movie([6, 6, 6], 6)).latent[:, 3], torch.tensor([0, 1, 2])
    torch.manual_seed(5)
    whole = model.predict(state, action)
    torch.manual_seed(5)
    seen = model.glimpse(state, action)
    assert torch.equal(seen.features, whole.features)
    assert seen.table is None and (whole.table is not None) is (memory > 0)
