"""The Q-network: how good each action is in a latent state, as a distribution over returns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worldmodel.experience import LatentState
from worldmodel.model.distributions import TwoHot


class QNetwork(nn.Module):
    """Dueling (Wang et al. 2016) heads over two-hot bins (Hafner et al. 2023); starts at zero for every action.

    trunk: what reads latent states, `[..., F]` to `[..., units]`.
    """

    def __init__(self, trunk: nn.Sequential, units: int, actions: int, bins: int, bin_limit: float) -> None:
        super().__init__()
        self.actions, self.bins = actions, bins
        self.trunk = trunk
        self.heads = nn.Linear(units, (1 + actions) * bins)
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)
        self.two_hot = TwoHot(bins, bin_limit)

    def forward(self, latent: LatentState) -> Tensor:
        """Logits `[..., A, bins]`: the value of the state plus each action's advantage over their mean."""
        heads = self.heads(self.trunk(latent.features)).unflatten(-1, (1 + self.actions, self.bins)).float()
        state, advantage = heads[..., :1, :], heads[..., 1:, :]
        return state + advantage - advantage.mean(-2, keepdim=True)

    def values(self, latent: LatentState) -> Tensor:
        """Q(s, a) of every action, `[..., A]`."""
        return self.two_hot.mean(self(latent))


class EpsilonGreedy:
    """Acts by a Q-network, and at random with probability `epsilon`."""

    def __init__(self, q_network: QNetwork, epsilon: float) -> None:
        self.q_network = q_network
        self.epsilon = epsilon

    @torch.no_grad()
    def choose(self, latent: LatentState) -> Tensor:
        """The action taken in each state, `[...]` int64."""
        greedy = self.q_network.values(latent).argmax(-1)
        if self.epsilon == 0:
            return greedy
        at_random = torch.rand(greedy.shape, device=greedy.device) < self.epsilon
        return torch.where(at_random, torch.randint_like(greedy, self.q_network.actions), greedy)

    @torch.no_grad()
    def agrees(self, latent: LatentState, action: Tensor) -> Tensor:
        """Whether no action is valued above `action` `[...]`.

        Ties agree, so a network that knows nothing cuts nothing.
        """
        values = self.q_network.values(latent)
        return values.gather(-1, action[..., None]).squeeze(-1) >= values.amax(-1)
