import pytest
import torch
from torch import nn

from worldmodel.experience import LatentState
from worldmodel.learning.q_network import EpsilonGreedy, QNetwork
from worldmodel.model.layers import mlp


def states(*shape: int, seed: int = 0) -> LatentState:
    g = torch.Generator().manual_seed(seed)
    return LatentState.join(torch.randn(*shape, 4, generator=g), torch.randn(*shape, 3, generator=g))


def network(fresh: bool = False, bins: int = 11) -> QNetwork:
    torch.manual_seed(0)
    q = QNetwork(mlp(7, 16, 2), 16, 3, bins, 3.0)
    if not fresh:
        nn.init.normal_(q.heads.weight, std=0.5)
        nn.init.normal_(q.heads.bias, std=0.5)
    return q


def test_every_action_starts_at_zero():
    assert torch.equal(network(fresh=True).values(states(5)), torch.zeros(5, 3))


def test_shapes():
    assert network()(states(2, 6)).shape == (2, 6, 3, 11)
    assert network().values(states(2, 6)).shape == (2, 6, 3)


def test_the_mean_over_actions_is_the_value_of_the_state():
    """The dueling identity: advantages are over their mean, bin by bin, so that they average to nothing."""
    q, latent = network(), states(5)
    heads = q.heads(q.trunk(latent.features)).reshape(5, 4, 11)
    assert torch.allclose(q(latent).mean(1), heads[:, 0], atol=1e-5)
    assert torch.allclose(q(latent)[:, 1] - q(latent)[:, 0], heads[:, 2] - heads[:, 1], atol=1e-5)


def test_what_is_learned_about_one_action_is_learned_about_the_state():
    """A step of 1 on the value, 2/3 on its own advantage and -1/3 on the others: 5/3 for it, 2/3 for them."""
    q, latent = network(fresh=True), states(1)
    optimizer = torch.optim.SGD(q.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        q.two_hot.cross_entropy(q(latent)[:, 1], torch.tensor([5.0])).sum().backward()
        optimizer.step()
    values = q.values(latent)[0].tolist()
    assert values[1] > values[0] > 0 and values[0] == pytest.approx(values[2], rel=1e-3)


def test_the_greedy_action_is_the_best_valued():
    q, latent = network(), states(50)
    chosen = EpsilonGreedy(q, 0.0).choose(latent)
    assert chosen.dtype == torch.int64 and torch.equal(chosen, q.values(latent).argmax(-1))
    assert len(chosen.unique()) > 1


@pytest.mark.parametrize("epsilon", [0.3, 1.0])
def test_random_actions_are_as_frequent_as_epsilon_says_and_uniform(epsilon):
    """Standard error at most sqrt(0.25 / 30,000) = 0.003: four of them are allowed."""
    torch.manual_seed(0)
    q, latent = network(), states(1)
    best = int(q.values(latent).argmax())
    expected = torch.full((3,), epsilon / 3)
    expected[best] += 1 - epsilon
    many = LatentState.join(latent.recurrent.expand(30_000, 4), latent.stochastic.expand(30_000, 3))
    often = torch.bincount(EpsilonGreedy(q, epsilon).choose(many), minlength=3) / 30_000
    assert torch.allclose(often, expected, atol=0.012)


def test_only_the_best_action_agrees():
    q, latent = network(), states(40)
    best, policy = q.values(latent).argmax(-1), EpsilonGreedy(q, 0.9)
    for action in range(3):
        agreed = policy.agrees(latent, torch.full((40,), action))
        assert torch.equal(agreed, best == action)
    assert policy.agrees(states(2, 6), torch.zeros(2, 6, dtype=torch.long)).shape == (2, 6)


def test_ties_agree_so_that_a_network_that_knows_nothing_cuts_nothing():
    policy = EpsilonGreedy(network(fresh=True), 0.0)
    assert all(policy.agrees(states(4), torch.full((4,), action)).all() for action in range(3))


def test_acting_leaves_no_graph():
    q, latent = network(), states(4)
    assert not EpsilonGreedy(q, 0.0).choose(latent).requires_grad
    assert q.values(latent).requires_grad
