import pytest
import torch
from small_agent import random_movie, tiny_agent

from worldmodel.learning.faster import capture_parts


def trained(device, captured):
    """An agent after three gradient steps and an action, and that action."""
    agent = tiny_agent(rollouts=8).to(device)
    if captured:
        capture_parts(agent)
    agent.log_dict = lambda *_: None
    torch.manual_seed(0)
    optimizer = agent.configure_optimizers()
    for step in range(3):
        optimizer.zero_grad()
        agent.training_step(random_movie([6, 6], 6, seed=step).to(device), step)["loss"].backward()
        optimizer.step()
        agent.follow()
        agent.gradient_steps += 1
    observation, first = torch.ones(4, 6, device=device), torch.zeros(4, dtype=torch.bool, device=device)
    actions, state = agent.act(observation, first, agent.initial_state(4))
    return agent, actions, state


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_an_agent_learns_and_acts_alike_with_and_without_graphs(device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("CUDA graphs need a GPU")
    (plain, does, knows), (graphs, same, state) = (trained(device, captured) for captured in (False, True))
    for one, other in zip(plain.parameters(), graphs.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    assert torch.equal(does, same) and torch.allclose(knows.latent.features, state.latent.features, atol=1e-3)
