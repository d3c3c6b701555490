"""Slow copies of what learns: exponential moving averages of weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def approach(slow: nn.Module, fast: nn.Module, rate: float) -> None:
    """Moves the weights of `slow` by `rate` of the way to those of `fast`, its like; buffers become the same.

    After n steps of which each found weights w_k, slow = (1 - rate)^n w_0 + rate * sum_k (1 - rate)^(n - k) w_k.
    """
    here: list[Tensor] = list(slow.parameters())
    there: list[Tensor] = list(fast.parameters())
    torch._foreach_lerp_(here, there, rate)
    for mine, its in zip(slow.buffers(), fast.buffers(), strict=True):
        mine.copy_(its)
