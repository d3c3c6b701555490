"""The plain feed-forward blocks that encoder, heads and Q-network are built from."""

from __future__ import annotations

from torch import nn


def mlp(inputs: int, units: int, layers: int, outputs: int | None = None, zero_last: bool = False) -> nn.Sequential:
    """`layers` times (linear, layer norm, SiLU), then a linear layer to `outputs` where that is given.

    Shapes: `[..., inputs]` to `[..., outputs]`, or to `[..., units]` without outputs. With `zero_last` the last layer
    starts at zero, so that a fresh distribution is uniform and a fresh value is zero (DreamerV3, Hafner et al. 2023).
    """
    blocks: list[nn.Module] = []
    for _ in range(layers):
        blocks += [nn.Linear(inputs, units, bias=False), nn.LayerNorm(units), nn.SiLU()]
        inputs = units
    if outputs is not None:
        last = nn.Linear(inputs, outputs)
        if zero_last:
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        blocks.append(last)
    return nn.Sequential(*blocks)
