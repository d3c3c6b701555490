"""Instruments of the Q-network, on networks whose answer is known."""

import pytest
import torch
from torch import nn

from worldmodel.experience import LatentState, Trajectory
from worldmodel.learning.instruments import dormant_share, gradient_norms, q_instruments, replay_instruments
from worldmodel.learning.q_learning import QLearned
from worldmodel.learning.q_network import QNetwork
from worldmodel.model.layers import mlp


class Same(nn.Module):
    """Hands on its input."""

    def forward(self, inputs):
        return inputs


def test_units_far_below_the_average_of_their_layer_are_dormant():
    """Activities 10, 10, 0 and 0.2: average 5.05, a fortieth of it 0.126."""
    activity = torch.tensor([[10.0, 10.0, -1e-9, 0.2]])
    assert nn.functional.silu(activity)[0, 3] < 0.126  # SiLU leaves 0.11 of the last
    assert dormant_share(nn.Sequential(Same(), nn.SiLU()), activity) == 0.5
    assert dormant_share(nn.Sequential(Same(), nn.SiLU()), activity + torch.tensor([0, 0, 0, 1])) == 0.25


def test_activity_is_averaged_over_rows_and_layers_count_by_their_units():
    silent_in_one_row = torch.tensor([[10.0, 0.0], [10.0, 10.0]])
    layers = nn.Sequential(Same(), nn.SiLU(), nn.Linear(2, 2, bias=False), nn.SiLU())
    layers[2].weight.data = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    assert dormant_share(layers, silent_in_one_row) == 0.25


def test_a_fresh_network_tells_no_action_from_another():
    torch.manual_seed(0)
    network, latent = QNetwork(mlp(12, 16, 2), 16, 3, 11, 3.0), LatentState(torch.randn(4, 5, 12), 6)
    found = q_instruments(network, latent)
    assert found["spread"] == 0 and found["dormant"] == 0
    nn.init.normal_(network.heads.weight)
    values = network.values(latent)
    expected = (values.max(-1).values - values.min(-1).values).mean().item()
    assert q_instruments(network, latent)["spread"].item() == pytest.approx(expected) and expected > 0


def test_what_a_replay_taught_by_hand():
    """Two transitions that count, by 1 and 0.5, and one that does not: weights 2/3 and 1/3."""
    weight = torch.tensor([[1.0, 0.5, 0.0]])
    learned = QLearned(torch.tensor(7.0), torch.tensor([[3.0, 0.0, 9.0]]), torch.tensor([[0.0, 6.0, 9.0]]), weight)
    nothing = torch.zeros(1, 3)
    mask, trace = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[1.0, 0.0, 1.0]])
    latent = LatentState(torch.zeros(1, 4, 2), 1)
    trajectory = Trajectory(latent, nothing.long(), nothing, nothing, mask=mask, trace=trace, weight=weight)
    found = {name: round(float(value), 5) for name, value in replay_instruments(learned, trajectory).items()}
    assert found == {"loss": 7, "predicted": 2, "return": 2, "error": 4, "traced": 0.5}


def test_gradient_norms_of_single_losses_by_hand():
    """d(3a + 4b) = (3, 4), norm 5; d(a^2) at a = 2 is 4; the graph is left for the step itself."""
    weights = nn.Parameter(torch.tensor([2.0, 1.0]))
    losses = {"line": (weights * torch.tensor([3.0, 4.0])).sum(), "square": weights[0] ** 2}
    found = gradient_norms(losses, [weights, nn.Parameter(torch.ones(1))])
    assert found == {"line": 5.0, "square": 4.0} and weights.grad is None
    sum(losses.values()).backward()
    assert weights.grad.tolist() == [7, 4]
