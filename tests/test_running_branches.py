"""What follows a moment: imagined states follow the prior, real ones the world, and the past can be lived again."""

import numpy as np
import pytest
import torch
from small_agent import VECTOR, tiny_settings
from small_game import LENGTH, counter_world, small_game

from worldmodel.experience import LatentState
from worldmodel.learning import Agent, AgentSettings
from worldmodel.running.branches import NO_RETURN, ImaginedBranch, RealBranch, Refusal
from worldmodel.running.dream_game import look


@pytest.fixture
def game():
    return small_game()


def real_branch(game, moment=4, world="Returning-v0"):
    latent = look(game.agent, game.games[0], moment)
    return RealBranch(game.agent, counter_world(world), game.games[0], moment, latent)


def shown(branch):
    """(episode, step, last action)."""
    return tuple(branch.observations()[-1][0, 0].tolist())


def test_an_imagined_step_is_the_world_model_with_the_likeliest_latent(game):
    model, start = game.agent.world_model, look(game.agent, game.games[0], 2)
    branch = ImaginedBranch(game.agent, start)
    branch.step(1, temperature=0)
    with torch.no_grad():
        state, prior = model.foresee(start, torch.tensor([1]))
        likeliest = torch.nn.functional.one_hot(prior.argmax(-1), prior.shape[-1]).float().flatten(-2)
        expected = LatentState.join(state.recurrent, likeliest)
        here = branch.path[-1]
        assert torch.equal(here.latent.features, expected.features)
        assert here.reward == float(model.reward(expected)) and here.continues == float(model.continues(expected))
        assert np.array_equal(here.values, game.agent.target_network.values(expected)[0].numpy())
        pictures = branch.observations(2)
        assert np.allclose(pictures[1], model.decode(expected)[0].numpy(), atol=1e-3)
    assert (here.action, here.seen, here.ended, branch.path[0].action) == (1, None, False, None)


def test_a_dream_remembers_its_episode_and_what_was_dreamt():
    torch.manual_seed(0)
    agent = Agent(VECTOR, tiny_settings(memory=5, memory_units=8), AgentSettings(units=16, layers=1))
    model, action = agent.world_model, torch.tensor([1])
    with torch.no_grad():
        start = model.update(model.initial(1), action, torch.randn(1, *VECTOR.observation_shape), torch.tensor([True]))
        branch = ImaginedBranch(agent, start)
        for _ in range(2):
            branch.step(1, temperature=0)
        expected = model.foresee(model.foresee(start, action, 0)[0], action, 0)[0]
    assert torch.equal(branch.path[-1].latent.features, expected.features)
    assert [int(there.latent.table.written.sum()) for there in branch.path] == [1, 2, 3]


def test_pictures_of_the_last_moments_only(game):
    branch = ImaginedBranch(game.agent, look(game.agent, game.games[0], 2))
    for _ in range(3):
        branch.step(0, temperature=1)
    assert len(branch.observations()) == 1 and len(branch.observations(3)) == 3 and len(branch.observations(99)) == 4


def test_real_steps_are_those_of_the_world(game):
    branch = real_branch(game)
    assert branch.come_back() and shown(branch) == (1, 4, game.games[0].action[3])
    for action in (1, 0, 1):
        branch.step(action)
    assert shown(branch) == (1, 7, 1)
    assert [each.action for each in branch.path] == [None, 1, 0, 1]
    assert [each.reward for each in branch.path[1:]] == [1, 1, 1] and not branch.path[-1].ended


def test_the_agent_looks_in_the_real_game(game):
    branch = real_branch(game)
    torch.manual_seed(5)
    branch.step(1)
    torch.manual_seed(5)
    seen = torch.from_numpy(branch.path[-1].seen)[None]
    with torch.no_grad():
        state = game.agent.world_model.update(branch.path[0].latent, torch.tensor([1]), seen, torch.tensor([False]))
    assert torch.equal(branch.path[-1].latent.features, state.features)


def test_after_a_cut_the_world_is_brought_back(game):
    branch = real_branch(game)
    for action in (1, 1, 1, 1):
        branch.step(action)
    del branch.path[3:]
    branch.step(0)
    assert shown(branch) == (1, 7, 0) and len(branch.path) == 4
    branch.step(1)
    assert shown(branch) == (1, 8, 1)


def test_the_end_of_a_game(game):
    branch = real_branch(game)
    for _ in range(LENGTH - 4):
        branch.step(0)
    assert branch.path[-1].ended
    with pytest.raises(Refusal, match="the game is over"):
        branch.step(0)
    del branch.path[-1:]
    branch.step(1)
    assert branch.path[-1].ended and shown(branch) == (1, LENGTH, 1)


def test_a_world_that_does_not_come_back_is_found_out(game):
    """The counter counts its episodes: it comes back once."""
    branch = real_branch(game, world="Counter-v0")
    assert branch.come_back()
    branch.step(1)
    del branch.path[1:]
    with pytest.raises(Refusal, match=NO_RETURN):
        branch.step(0)
    assert len(branch.path) == 1 and not branch.come_back()


def test_a_way_that_was_not_as_before_is_found_out(game):
    branch = real_branch(game)
    branch.step(1)
    branch.path[1].seen[:] = 0
    assert not branch.come_back()


def test_the_game_so_far_has_the_rows_before_the_moment_and_the_way(game):
    before, branch = game.games[0], real_branch(game)
    branch.step(1)
    branch.step(0)
    so_far = branch.as_game()
    assert so_far.observation[:, 0, 0, 1].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert so_far.action.tolist() == [*before.action[:4], 1, 0, 0] and so_far.seed == before.seed
    assert so_far.reward.tolist() == [0, 1, 1, 1, 1, 1, 1] and not so_far.terminated.any()
    at_the_start = real_branch(game, moment=0).as_game()
    assert len(at_the_start.action) == 1 and at_the_start.reward.tolist() == [0]
