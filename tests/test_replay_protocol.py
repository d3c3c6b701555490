import inspect

import torch
from small_agent import random_movie, tiny_agent

from worldmodel.experience import Trajectory
from worldmodel.learning.q_network import EpsilonGreedy
from worldmodel.replay import ImaginationReplay, MovieReplay, Policy, Replay


def test_both_replays_have_one_signature():
    wanted = inspect.signature(Replay.__call__)
    for replay in (MovieReplay, ImaginationReplay):
        assert inspect.signature(replay.__call__) == wanted


def test_both_replays_give_one_type_with_the_same_kinds_of_fields():
    agent = tiny_agent()
    observed = agent.world_model.observe(random_movie([6, 5], 6, first=[0]))
    policy: Policy = EpsilonGreedy(agent.target_network, 0.0)
    replays: list[Replay] = [agent.movie_replay, agent.imagination_replay]
    trajectories = [replay(observed, policy) for replay in replays]
    for trajectory in trajectories:
        assert type(trajectory) is Trajectory
        count, length = trajectory.action.shape
        assert trajectory.latent.features.shape == (count, length + 1, agent.world_model.features)
        for name in ("reward", "continues", "mask", "trace", "weight"):
            value = getattr(trajectory, name)
            assert value.shape == (count, length) and value.dtype == torch.float32, name
        assert (trajectory.trace[:, -1] == 0).all()


def test_the_agent_has_the_verbs_of_a_policy():
    for verb in ("choose", "agrees"):
        wanted = inspect.signature(getattr(Policy, verb))
        assert inspect.signature(getattr(EpsilonGreedy, verb)) == wanted
