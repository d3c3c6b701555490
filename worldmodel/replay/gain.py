"""What replaying a moment would be worth: the gain of Mattar & Daw 2018, https://doi.org/10.1038/s41593-018-0232-z."""

from __future__ import annotations

import torch
from torch import Tensor

SHARPNESS = 5.0
"""Inverse temperature of the softmax policy, that of the paper."""


def gain(before: Tensor, after: Tensor, sharpness: float = SHARPNESS) -> Tensor:
    """How much more is expected of a state because its Q-values, and with them the policy, would change.

    Gain(s) = sum_a [pi_after(a | s) - pi_before(a | s)] q_after(s, a), with softmax policies (their equation 5; there
    for one action at a time, here for all actions of a state at once). Q-values `[N, A]` before and after, in units of
    return, to `[N]`, 0 at least.
    """
    change = torch.softmax(sharpness * after, -1) - torch.softmax(sharpness * before, -1)
    return (change * after).sum(-1)
