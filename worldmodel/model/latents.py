"""The stochastic latent: S independent categorical variables of K classes each (DreamerV2, Hafner et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Choose = Callable[[Tensor], tuple[Tensor, Tensor]]
"""A way of drawing: logits to one-hot draws and log-probabilities, `[..., S*K]` each."""


def log_probabilities(logits: Tensor, uniform_mix: float) -> Tensor:
    """Log-probabilities `[..., S, K]` of (1 - mix) softmax(logits) + mix / K, in float32.

    The uniform part keeps every divergence small (DreamerV3, Hafner et al. 2023).
    """
    if uniform_mix == 0:  # the logarithm of a probability that underflows would be infinite
        return torch.log_softmax(logits.float(), -1)
    probabilities = torch.softmax(logits.float(), -1)
    return torch.log((1 - uniform_mix) * probabilities + uniform_mix / logits.shape[-1])


def temper(log_probs: Tensor, temperature: float) -> Tensor:
    """Log-probabilities `[..., S, K]` at a temperature: 1 leaves them, 0 keeps the likeliest class, more flattens.

    The probabilities become those to the power of 1 / temperature, normalised.
    """
    if temperature == 1:
        return log_probs
    if temperature == 0:
        return F.one_hot(log_probs.argmax(-1), log_probs.shape[-1]).to(log_probs.dtype).log()
    return torch.log_softmax(log_probs / temperature, -1)


def sample(log_probs: Tensor) -> Tensor:
    """One-hot draws `[..., S, K]` by inverting the cumulative distribution."""
    cumulative = log_probs.exp().cumsum(-1)
    threshold = torch.rand_like(cumulative[..., :1]) * cumulative[..., -1:]
    index = (cumulative <= threshold).sum(-1).clamp(max=log_probs.shape[-1] - 1)
    return F.one_hot(index, log_probs.shape[-1]).to(log_probs.dtype)


def straight_through(log_probs: Tensor) -> Tensor:
    """One-hot draws whose gradient is that of the probabilities (Bengio et al. 2013)."""
    probabilities = log_probs.exp()
    return sample(log_probs.detach()) + probabilities - probabilities.detach()


def kl_divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p || q) in nats, summed over the S variables: `[..., S, K]` to `[...]`."""
    return (log_p.exp() * (log_p - log_q)).sum((-2, -1))


def entropy(log_p: Tensor) -> Tensor:
    """Entropy in nats, summed over the S variables: `[..., S, K]` to `[...]`."""
    return -(log_p.exp() * log_p).sum((-2, -1))
