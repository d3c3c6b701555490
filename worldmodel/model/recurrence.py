"""What is remembered: a recurrence that runs over a whole movie in one call, or one step at a time."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Recurrence(Protocol):
    """The two verbs of a memory; both compute the same function."""

    def unroll(self, inputs: Tensor, state: Tensor) -> Tensor:
        """States `[B, T, D]` after each of the inputs `[B, T, X]`, from `state` `[B, D]`."""
        ...

    def step(self, input: Tensor, state: Tensor) -> Tensor:
        """The state `[B, D]` after one input `[B, X]`."""
        ...


class GRU(nn.Module):
    """Gated recurrent unit (Cho et al. 2014), fused over time: 64 steps cost one call, not 64."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.cell = nn.GRU(inputs, units, batch_first=True)

    def unroll(self, inputs: Tensor, state: Tensor) -> Tensor:
        """States `[B, T, D]` after each of the inputs `[B, T, X]`, from `state` `[B, D]`."""
        if inputs.is_cuda:
            # autocast would make this float16, also where it was asked for bfloat16, and be no faster
            with torch.autocast("cuda", enabled=False):
                return self.cell(inputs.float(), state.float()[None])[0]
        return self.cell(inputs, state[None])[0]

    def step(self, input: Tensor, state: Tensor) -> Tensor:
        """The state `[B, D]` after one input `[B, X]`; as `unroll`, without its set-up cost."""
        weight_input, weight_state, bias_input, bias_state = self.cell.all_weights[0]
        from_input = F.linear(input, weight_input, bias_input).chunk(3, -1)
        from_state = F.linear(state, weight_state, bias_state).chunk(3, -1)
        reset = torch.sigmoid(from_input[0] + from_state[0])
        update = torch.sigmoid(from_input[1] + from_state[1])
        candidate = torch.tanh(from_input[2] + reset * from_state[2])
        return torch.lerp(candidate, state.to(candidate.dtype), update)
