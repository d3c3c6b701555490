"""Scalars as distributions over bins: symlog spacing and two-hot targets (DreamerV3, Hafner et al. 2023, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def symlog(x: Tensor) -> Tensor:
    """sign(x) ln(1 + |x|), elementwise."""
    return torch.sign(x) * torch.log1p(torch.abs(x))


def symexp(x: Tensor) -> Tensor:
    """sign(x) (exp(|x|) - 1), the inverse of `symlog`, elementwise."""
    return torch.sign(x) * torch.expm1(torch.abs(x))


class TwoHot(nn.Module):
    """A scalar as weights on bins at symexp(-limit .. limit).

    The mean of the distribution is the mean of the scalar itself, not of its logarithm, so it is unbiased for
    random returns; scalars beyond symexp(limit) count as symexp(limit).
    """

    values: Tensor

    def __init__(self, bins: int, limit: float) -> None:
        super().__init__()
        half = symexp(torch.linspace(0, limit, bins // 2 + 1, dtype=torch.float64))
        values = torch.cat([-half.flip(0)[: bins // 2], half]).float()
        self.register_buffer("values", values, persistent=False)

    def mean(self, logits: Tensor) -> Tensor:
        """Expected scalar, `[..., bins]` to `[...]` in float32.

        Mirrored bins are summed in pairs, so that equal weights give exactly zero.
        """
        weighted = torch.softmax(logits.float(), -1) * self.values
        half = self.values.shape[0] // 2
        return (weighted[..., :half].flip(-1) + weighted[..., half + 1 :]).sum(-1) + weighted[..., half]

    def cross_entropy(self, logits: Tensor, target: Tensor) -> Tensor:
        """- sum_i w_i log p_i, with the scalar `target` `[...]` split between its two nearest bins."""
        target = target.float().clamp(self.values[0], self.values[-1])
        above = torch.searchsorted(self.values, target.contiguous()).clamp(1, self.values.shape[0] - 1)
        low, high = self.values[above - 1], self.values[above]
        weight = (target - low) / (high - low)
        logits = logits.float()
        picked = torch.gather(logits, -1, torch.stack([above - 1, above], -1))
        mixed = (1 - weight) * picked[..., 0] + weight * picked[..., 1]
        return torch.logsumexp(logits, -1) - mixed
