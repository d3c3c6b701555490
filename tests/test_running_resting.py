"""Rest: what is logged, that the world model stays as it is, and planning in the order of gain."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_agent import VECTOR, random_movie, tiny_world_model

from worldmodel.experience import LatentState
from worldmodel.learning import AgentSettings
from worldmodel.running.resting import awake, dream_of, plan, rest, without_values

SETTINGS = AgentSettings(
    imagination_warmup=0, imagination_ramp=0, horizon=3, rollouts=2, dream_starts="end", units=16, learning_rate=1e-2
)


@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_both_replays_are_logged_and_only_values_are_learned(rate):
    model, movie = tiny_world_model(), random_movie([5], 5, first=[0], truncated=[0])
    agent = without_values(model, replace(SETTINGS, world_model_rate=rate))
    torch.nn.init.constant_(agent.world_model.continue_head[-1].bias, 9.0)
    torch.nn.init.zeros_(agent.world_model.continue_head[-1].weight)
    before = [each.clone() for each in agent.world_model.parameters()]
    logs = rest(agent, movie, steps=4)
    assert logs["movie"].seen.shape == (4 * 5, 12) and logs["imagined"].seen.shape == (4 * 2 * 4, 12)
    assert logs["movie"].recurrent.shape == (4 * 5, 12)
    assert logs["movie"].event.tolist() == sorted([0, 1, 2, 3] * 5)
    assert np.bincount(logs["imagined"].event).tolist() == [4] * 8
    assert all(torch.equal(now, then) for now, then in zip(agent.world_model.parameters(), before, strict=True))
    assert agent.q_network.heads.weight.abs().sum() > 0 and agent.gradient_steps == 4


def test_moments_that_are_hardly_reached_are_not_logged():
    agent = without_values(tiny_world_model(), SETTINGS)
    torch.nn.init.constant_(agent.world_model.continue_head[-1].bias, -9.0)
    torch.nn.init.zeros_(agent.world_model.continue_head[-1].weight)
    logs = rest(agent, random_movie([5], 5, first=[0], truncated=[0]), steps=1)
    assert np.bincount(logs["imagined"].event).tolist() == [2, 2]  # the start, and what it leads to


class Chain:
    """Moments 0, 1, 2 in a row under action 0, after which 1 is paid; other actions end life unpaid.

    From "now" (marked 9) action a leads to moment a. The mark is the one entry of the stochastic latent.
    """

    actions = 3

    def predict(self, state, action):
        here = state.features[:, 0]
        there = torch.where(here == 9, action.float(), torch.where(action == 0, here + 1, torch.full_like(here, 7.0)))
        return LatentState(there[:, None], 0)

    glimpse = predict

    def reward(self, state):
        return (state.features[:, 0] == 3).float()

    def continues(self, state):
        return (state.features[:, 0] < 3).float()


def test_planning_goes_backward_from_reward():
    """Until the last moment is known to be worth something, nothing is gained by replaying the one before it."""
    torch.manual_seed(0)
    agent = without_values(tiny_world_model(VECTOR), SETTINGS)

    class Network(torch.nn.Module):
        """A table of values, by mark."""

        def __init__(self):
            super().__init__()
            self.table = torch.nn.Parameter(torch.zeros(10, 3))
            self.two_hot = self

        def forward(self, state):
            return self.table[state.features[:, 0].long()]

        values = forward

        def cross_entropy(self, values, target):
            return (values - target).square().sum(-1)

    planner = type("Planner", (), {})()
    planner.world_model, planner.q_network = Chain(), Network()
    planner.settings = agent.settings
    planner.settings.learning_rate, planner.settings.discount = 0.1, 0.9
    planner.target_network = planner.q_network
    moments = dream_of(planner, LatentState(torch.full((1, 1), 9.0), 0), action=0, horizon=6)
    assert moments.features[:, 0].tolist() == [0, 1, 2]
    assert plan(planner, moments, backups=3).tolist() == [2, 1, 0]


def test_a_dream_is_as_long_as_asked_for_where_life_goes_on():
    agent = without_values(tiny_world_model(), SETTINGS)
    torch.nn.init.zeros_(agent.world_model.continue_head[-1].weight)
    for bias, moments in ((9.0, 3), (-9.0, 0)):
        torch.nn.init.constant_(agent.world_model.continue_head[-1].bias, bias)
        assert len(dream_of(agent, agent.initial_state(1).latent, action=1, horizon=3).features) == moments


def test_awake_is_the_last_moment():
    agent = without_values(tiny_world_model(), SETTINGS)
    assert awake(agent, random_movie([5], 5)).features.shape == (1, 24)
