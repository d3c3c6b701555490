from __future__ import annotations

import numpy as np
import pytest
from small_agent import tiny_agent

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.environments.places import Relived
from worldmodel.running import placing
from worldmodel.running.placing import play_placed

CORRIDOR = EnvironmentSettings(id="Corridor-v0", kwargs={"bins": 7, "max_steps": 30}, image_size=16)


def agent_for(settings):
    world = make_worlds(settings, 1, evaluation=True)
    world.close()
    return tiny_agent(world.spec)


@pytest.mark.parametrize("acts", [True, False])
def test_places_stand_beside_latents(acts):
    agent = agent_for(CORRIDOR)
    found = play_placed(agent, agent, CORRIDOR, games=3, steps=20, epsilon=0.5, acts=acts, seed=4)
    place = found.places["agent"]
    assert found.untrained.shape == found.latents.shape == (
        63,
        agent.world_model.features,
    ) and place.position.shape == (63, 1)
    assert np.bincount(found.game).tolist() == [21, 21, 21] and found.strayed == 0 and place.bins[0] <= 7
    within = np.diff(found.game) == 0
    assert (np.abs(np.diff(place.position[:, 0]))[within] <= 1).all(), "one step at a time"
    assert (found.reward[1:] * within <= 1).all()


def test_rewards_come_where_places_say():
    """Water stands at the ends."""
    agent = agent_for(CORRIDOR)
    found = play_placed(agent, agent, CORRIDOR, games=8, steps=30, epsilon=1.0, acts=True, seed=0)
    paid = found.reward > 0
    assert paid.any() and set(found.places["agent"].position[paid, 0].tolist()) <= {0, 6}


def test_where_nothing_tells_there_is_nothing():
    settings = EnvironmentSettings(id="MinAtar/Breakout")
    assert play_placed(agent_for(settings), agent_for(settings), settings, 1, 5, 0.0, True, 0) is None


def test_games_that_do_not_come_back_are_left_out(monkeypatch):
    agent, real = agent_for(CORRIDOR), placing.relive_places

    def strays(settings, seed, actions):
        found = real(settings, seed, actions)
        return Relived(found.reward + (seed == 1), found.places)

    monkeypatch.setattr(placing, "relive_places", strays)
    found = play_placed(agent, agent, CORRIDOR, games=2, steps=10, epsilon=0.0, acts=True, seed=0)
    assert found.strayed == 1 and len(found.latents) == 11
    none = play_placed(agent, agent, CORRIDOR, games=1, steps=10, epsilon=0.0, acts=True, seed=1)
    assert none.strayed == 1 and none.places == {} and len(none.latents) == 0
