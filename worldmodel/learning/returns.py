"""Returns of a trajectory: pure functions of rewards, discounts and values.

Time: entry t of every argument belongs to the transition from state t to state t+1. So `reward[t]` is r_{t+1},
`discount[t]` is gamma times the probability c_{t+1} that life goes on, `value[t]` is V(s_{t+1}), and `trace[t]` says
how far the return may be traced on through s_{t+1}; it must be 0 where the trajectory ends.
"""

from __future__ import annotations

import torch
from torch import Tensor


def lambda_returns(reward: Tensor, discount: Tensor, value: Tensor, trace: Tensor) -> Tensor:
    """G_t = r_{t+1} + d_{t+1} ((1 - l_{t+1}) V(s_{t+1}) + l_{t+1} G_{t+1}), computed backwards.

    With l = lambda on the policy's own actions and 0 elsewhere this is Watkins's Q(lambda) (Watkins 1989; Sutton &
    Barto 2018, section 12.10); with l = lambda everywhere Peng's (Peng & Williams 1996). All arguments and the result
    are `[B, L]`.
    """
    following = torch.zeros_like(value[:, 0])
    returns = []
    for t in range(reward.shape[1] - 1, -1, -1):
        following = reward[:, t] + discount[:, t] * torch.lerp(value[:, t], following, trace[:, t])
        returns.append(following)
    return torch.stack(returns[::-1], 1)


def n_step_returns(reward: Tensor, discount: Tensor, value: Tensor, trace: Tensor, steps: int) -> Tensor:
    """G_t = r_{t+1} + d_{t+1} r_{t+2} + ... + d_{t+1} ... d_{t+n} V(s_{t+n}), n = `steps`.

    Fewer steps are taken where the trace ends before (Sutton & Barto 2018, equation 7.1). All tensors are `[B, L]`.
    """
    goes_on = trace > 0
    returns = reward + discount * value
    for _ in range(steps - 1):
        following = torch.cat([returns[:, 1:], value[:, -1:]], 1)
        returns = reward + discount * torch.where(goes_on, following, value)
    return returns
