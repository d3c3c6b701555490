"""Q-learning on trajectories, whatever replay they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from worldmodel.experience import Trajectory
from worldmodel.learning.q_network import QNetwork

Returns = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""(reward, discount, value, trace) `[B, L]` each, to returns `[B, L]`."""


@dataclass(frozen=True)
class QLearned:
    """What one look at a trajectory gave.

    loss: mean over the transitions that count, a scalar with the graph of the online network.
    predicted, realised: `[B, L]`, Q(s_t, a_t) before the step and the return it was drawn to.
    weight: `[B, L]`, how much each transition counted.
    """

    loss: Tensor
    predicted: Tensor
    realised: Tensor
    weight: Tensor


def learn(trajectory: Trajectory, online: QNetwork, target: QNetwork, returns: Returns, discount: float) -> QLearned:
    """Cross-entropy between Q(s_t, a_t) and its return, bootstrapped by double selection.

    V(s) = Q_target(s, argmax_a Q_online(s, a)) (van Hasselt et al. 2016). The loss is the mean over transitions that
    are learned from, each weighted by the probability that it is reached.
    """
    logits = online(trajectory.latent)
    with torch.no_grad():
        values = online.two_hot.mean(logits)
        best = values[:, 1:].argmax(-1, keepdim=True)
        # all states at once: a slice in time is not contiguous, and its matrix product many times slower
        bootstrap = target.values(trajectory.latent)[:, 1:].gather(-1, best).squeeze(-1)
        realised = returns(trajectory.reward, discount * trajectory.continues, bootstrap, trajectory.trace)
        predicted = values[:, :-1].gather(-1, trajectory.action[..., None]).squeeze(-1)
    index = trajectory.action[..., None, None].expand(-1, -1, 1, logits.shape[-1])
    chosen = logits[:, :-1].gather(2, index).squeeze(2)
    weight = trajectory.mask * trajectory.weight
    losses = online.two_hot.cross_entropy(chosen, realised)
    return QLearned((losses * weight).sum() / trajectory.mask.sum().clamp(min=1), predicted, realised, weight)
