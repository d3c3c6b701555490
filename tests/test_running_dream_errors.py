"""Errors of dreams against guesses, on movies made by hand and on a world model that knows nothing."""

import dataclasses

import pytest
import torch
from small_agent import PIXELS, VECTOR, random_movie, tiny_agent

from worldmodel.experience import LatentState
from worldmodel.running.dream_errors import dream_errors, dream_validity


def wake(agent):
    torch.nn.init.normal_(agent.target_network.heads.weight)
    torch.nn.init.normal_(agent.world_model.reward_head[-1].weight)
    return agent


@pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])
def test_what_is_measured_and_where_nothing_is_known(spec):
    movie = random_movie([8, 6], 8, spec, first=[0, 1], terminated=[1])
    found = dream_errors(wake(tiny_agent(spec)), movie, 3, seed=0)
    expected = {"observation", "reward", "going on", "value", "chosen action"}
    assert set(found) == expected | ({"moving pixels"} if spec.pixels else set())
    for name, (dreams, guesses) in found.items():
        for errors in (dreams, *guesses.values()):
            assert errors.shape == (2, 5), name
            assert errors[0].isfinite().all() and errors[1].isnan().tolist() == [False] * 3 + [True] * 2, name


def test_errors_of_guesses_by_hand():
    movie = random_movie([6, 6], 6, VECTOR, first=[0, 1], terminated=[1])
    found = dream_errors(wake(tiny_agent()), movie, 2, seed=0)
    assert torch.equal(found["going on"][1]["always goes on"], movie.terminated[:, 2:].float())
    usual = movie.reward.mean()
    assert torch.allclose(found["reward"][1]["mean reward"], (movie.reward[:, 2:] - usual).abs())
    shown = movie.observation.sign() * movie.observation.abs().log1p()  # nothing was seen yet: symlog alone
    assert torch.allclose(
        found["observation"][1]["last observation"], (shown[:, 2:] - shown[:, 1:2]).square().mean(-1), atol=1e-6
    )


def test_only_pixels_that_move_count_as_moving():
    """One pixel of 64 changes by 51 = 0.2; copying the last picture misses it by 0.04, or by 0.04 / 64 of the whole."""
    movie = random_movie([4], 4, PIXELS, first=[0])
    movie.observation[:] = 100
    movie.observation[0, 2:, 3, 3] = 151
    found = dream_errors(tiny_agent(PIXELS), movie, 2, seed=0)
    assert found["moving pixels"][1]["last observation"][0].tolist() == pytest.approx([0.04] * 2)
    assert found["observation"][1]["last observation"][0].tolist() == pytest.approx([0.04 / 64] * 2)
    movie.observation[:] = 100
    assert dream_errors(tiny_agent(PIXELS), movie, 2, seed=0)["moving pixels"][0].isnan().all()


def test_a_dream_that_is_what_really_followed_is_valid_to_the_end(monkeypatch):
    """A world model that looks while it dreams: its values and choices are those of the waking state."""
    agent = wake(tiny_agent())
    movie = random_movie([8] * 60, 8, VECTOR, first=range(60))
    torch.manual_seed(0)
    looked = agent.world_model.observe(movie)
    rows = iter(range(3, 8))
    monkeypatch.setattr(agent.world_model, "observe", lambda _: looked)
    monkeypatch.setattr(agent.world_model, "predict", lambda *_: looked.latent[:, next(rows)])
    found = dream_validity(agent, movie, 3)
    assert found["value"].horizon == found["chosen action"].horizon == 5
    assert found["value"].dreams.mean.tolist() == [0] * 5


def test_shuffled_moments_are_the_same_moments(monkeypatch):
    """Values of a dream that ends after two steps are shuffled among those two."""
    agent = tiny_agent()
    movie = random_movie([5, 8], 8, VECTOR, first=[0, 1])
    counted = iter(range(1, 6))

    def predict(state, action):
        return LatentState(torch.full_like(state.features, float(next(counted))), state.recurrent_units)

    monkeypatch.setattr(agent.world_model, "predict", predict)
    monkeypatch.setattr(agent.world_model, "reward", lambda latent: latent.features[..., 0])
    movie = dataclasses.replace(movie, reward=torch.zeros_like(movie.reward))
    dreams, guesses = dream_errors(agent, movie, 3, seed=1)["reward"]
    assert dreams[1].tolist() == [1, 2, 3, 4, 5]
    assert sorted(guesses["shuffled time"][0, :2].tolist()) == [1, 2]
    assert sorted(guesses["shuffled time"][1].tolist()) == [1, 2, 3, 4, 5]
