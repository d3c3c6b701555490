"""Scenes: time alignment of what is imagined and what really follows, and which moments are chosen."""

import numpy as np
import pytest
import torch
from small_agent import VECTOR, tiny_agent

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.experience import LatentState
from worldmodel.learning import Agent, AgentSettings
from worldmodel.model import WorldModelSettings
from worldmodel.running.players import RandomPlayer
from worldmodel.running.reliving import Game, play_games, relive
from worldmodel.viewing.scenes import Start, choose_starts, play_scene

SMALL = {"recurrent_units": 12, "variables": 3, "classes": 4, "units": 16, "depth": 4, "bins": 11, "bin_limit": 3.0}


@pytest.fixture
def world():
    worlds = make_worlds(EnvironmentSettings(id="CartPole-v1"), 1, evaluation=True)
    yield worlds
    worlds.close()


@pytest.fixture
def agent(world):
    torch.manual_seed(0)
    found = Agent(world.spec, WorldModelSettings(**SMALL), AgentSettings(units=16))
    torch.nn.init.normal_(found.target_network.heads.weight)
    return found


@pytest.fixture
def game(world) -> Game:
    return play_games(world, RandomPlayer(2, 0), [3], 30)[0]


def start_at(agent, game, moment, first_action=None) -> Start:
    torch.manual_seed(1)
    latent = agent.world_model.observe(game.movie()).latent
    return Start("here", game, moment, latent[0, moment : moment + 1], first_action)


def test_what_really_follows_are_the_same_actions_in_the_world(agent, world, game):
    scene = play_scene(agent, world, start_at(agent, game, 4), horizon=5, context=3)
    assert np.array_equal(scene.context, game.observation[2:5])
    assert scene.real is not None and np.array_equal(scene.real[0], game.observation[4])
    again = relive(world, game, 4, scene.action)
    assert again is not None and np.array_equal(again.observation, scene.real)
    assert np.array_equal(again.reward, scene.real_reward)
    assert scene.imagined.shape == (6, 4) and scene.values.shape == (6, 2) and scene.action.shape == (5,)
    assert scene.reward.shape == scene.continues.shape == scene.uncertainty.shape == (6,)
    assert scene.surprise.shape == (len(scene.real),)
    assert np.isnan(scene.surprise[0]) and np.isnan(scene.uncertainty[0]) and (scene.surprise[1:] >= 0).all()


def test_the_policy_acts_but_for_a_first_action_that_is_given(agent, world, game):
    for first in (0, 1):
        scene = play_scene(agent, None, start_at(agent, game, 4, first), horizon=5, context=3)
        assert scene.action[0] == first and scene.action[1:].tolist() == scene.values[1:-1].argmax(-1).tolist()
    free = play_scene(agent, None, start_at(agent, game, 4), horizon=5, context=3)
    assert free.action.tolist() == free.values[:-1].argmax(-1).tolist()
    assert free.real is None and free.real_reward is None and free.surprise is None


def test_the_start_is_what_is_seen_there(agent, game):
    start = start_at(agent, game, 6)
    scene = play_scene(agent, None, start, horizon=2, context=20)
    assert len(scene.context) == 7  # there are no more
    with torch.no_grad():
        assert np.allclose(scene.imagined[0], agent.world_model.decode(start.latent)[0].numpy(), atol=1e-6)
        assert np.allclose(scene.values[0], agent.target_network.values(start.latent)[0].numpy(), atol=1e-6)


def test_moments_that_are_worth_dreaming_from(monkeypatch):
    """The model promises most where the first feature is largest, and is asked what surprised it when it came."""
    agent = tiny_agent()
    games = [Game(seed, np.random.default_rng(seed).standard_normal((5, 6), np.float32), *rows()) for seed in (0, 1)]
    monkeypatch.setattr(agent.world_model, "predict", lambda state, action: state)
    monkeypatch.setattr(agent.world_model, "reward", lambda latent: latent.features[..., 0])
    torch.manual_seed(0)
    starts = choose_starts(agent, games, horizon=3, seed=0)
    titles = [start.title for start in starts]
    assert titles == ["Most rewarding", "Most surprising", "At random", *(f"First {name}" for name in VECTOR.actions)]
    torch.manual_seed(0)
    observed = [agent.world_model.observe(game.movie()) for game in games]
    promised = torch.cat([each.latent.features[0, :-1, 0] for each in observed])
    assert starts[0].latent.features[0, 0] == promised.max()
    assert (starts[0].game.seed, starts[0].moment) == divmod(int(promised.argmax()), 4)
    divergence = [
        (each.posterior.exp() * (each.posterior - each.prior)).sum((-2, -1))[0, :-1].tolist() for each in observed
    ]
    best = max(
        (value, number, row) for number, rows_ in enumerate(divergence) for row, value in enumerate(rows_) if row
    )
    assert (starts[1].game.seed, starts[1].moment) == best[1:]
    assert [start.first_action for start in starts] == [None] * 3 + [0, 1, 2]
    assert all(torch.equal(start.latent.features, starts[0].latent.features) for start in starts[3:])
    assert isinstance(starts[0].latent, LatentState)


def rows():
    return np.zeros(5, np.int64), np.zeros(5, np.float32), np.zeros(5, bool)
