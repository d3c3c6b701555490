"""What to watch in a Q-network while it learns; nothing is learned from it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from worldmodel.experience import LatentState, Trajectory
from worldmodel.learning.q_learning import QLearned
from worldmodel.learning.q_network import QNetwork

DORMANT = 0.025
"""Share of the average activity of its layer below which a unit counts as dormant (Sokar et al. 2023)."""


@torch.no_grad()
def q_instruments(q_network: QNetwork, latent: LatentState) -> dict[str, Tensor]:
    """How far the values of a state's actions lie apart, and how much of the network sleeps.

    latent: states `[B, ...]`. Returns "spread", the mean over states of the best minus the worst action's value, and
    "dormant", the share of hidden units that answer hardly anything (Sokar et al. 2023, definition 3.1,
    arXiv:2302.12902).
    """
    values = q_network.values(latent)
    return {
        "spread": (values.amax(-1) - values.amin(-1)).mean(),
        "dormant": dormant_share(q_network.trunk, latent.features.flatten(0, -2)),
    }


@torch.no_grad()
def dormant_share(layers: nn.Sequential, inputs: Tensor) -> Tensor:
    """The share of dormant units after the activation functions of `layers`, over rows `[B, X]`, a scalar."""
    sleeping = []
    for layer in layers:
        inputs = layer(inputs)
        if isinstance(layer, nn.SiLU):
            activity = inputs.float().abs().mean(0)
            sleeping.append(activity <= DORMANT * activity.mean())
    return torch.cat(sleeping).float().mean()


@torch.no_grad()
def replay_instruments(learned: QLearned, trajectory: Trajectory) -> dict[str, Tensor]:
    """What one replay taught, scalars in units of return but for the first and the last.

    "loss"; "predicted" and "return", the means over what counted of Q(s_t, a_t) and of what it was drawn to; "error",
    that of the size of their difference; "traced", the share of transitions through which returns run on.
    """
    weight = learned.weight / learned.weight.sum().clamp(min=1)
    return {
        "loss": learned.loss,
        "predicted": (learned.predicted * weight).sum(),
        "return": (learned.realised * weight).sum(),
        "error": ((learned.realised - learned.predicted).abs() * weight).sum(),
        "traced": (trajectory.trace * trajectory.mask).sum() / trajectory.transitions.clamp(min=1),
    }


def gradient_norms(losses: dict[str, Tensor], parameters: Iterable[nn.Parameter]) -> dict[str, Tensor]:
    """How hard each of several losses pulls at the same parameters: the norm of its gradient, by its name.

    losses: scalars with a graph, which is kept for the step that follows.
    """
    parameters = [parameter for parameter in parameters if parameter.requires_grad]
    found = {}
    for name, loss in losses.items():
        gradients = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        found[name] = torch.nn.utils.get_total_norm([each for each in gradients if each is not None])
    return found
