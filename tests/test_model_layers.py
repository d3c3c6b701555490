import torch
from torch import nn

from worldmodel.model.layers import mlp


def kinds(network: nn.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in network]


def test_blocks_and_shapes():
    network = mlp(3, 8, 2, 5)
    assert kinds(network) == ["Linear", "LayerNorm", "SiLU"] * 2 + ["Linear"]
    assert network(torch.zeros(2, 4, 3)).shape == (2, 4, 5)
    assert mlp(3, 8, 2)(torch.zeros(2, 3)).shape == (2, 8)


def test_without_hidden_layers_it_is_linear_or_nothing():
    assert kinds(mlp(3, 8, 0, 5)) == ["Linear"]
    x = torch.randn(2, 3)
    assert torch.equal(mlp(3, 8, 0)(x), x)


def test_a_zero_last_layer_answers_zero_but_learns():
    torch.manual_seed(0)
    network = mlp(3, 8, 1, 5, zero_last=True)
    answer = network(torch.randn(4, 3))
    assert torch.equal(answer, torch.zeros(4, 5))
    answer.sum().backward()
    assert network[-1].weight.grad.abs().sum() > 0
    assert mlp(3, 8, 1, 5)(torch.randn(4, 3)).abs().sum() > 0
