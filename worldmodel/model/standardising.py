"""What is usual: observations as deviations from their running mean, in units of how far they usually deviate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worldmodel.experience import Spec
from worldmodel.model.distributions import symexp, symlog

MEMORY = 200_000
"""Rows after which older ones begin to be forgotten, so that what is usual can change."""
LEAST_SHARE = 0.1
"""Smallest scale within an image, as a share of the whole image's, so that what hardly ever changes does not rule."""
LEAST_DEVIATION = 1e-3
"""Smallest scale of a vector's entry, in symlog units, so that a constant entry stays finite."""


class Standardise(nn.Module):
    """A running mean of every entry, and its scale: of images one for each channel, of vectors one for each entry.

    Without it a world model spends its first thousand steps on painting the background, and what moves in front of it
    is worth so little, where it is small, that the latent never learns to hold it. In these units every observation
    has the same size, whatever its contrast, its number of entries and its kind. Vectors are put through symlog first.

    Channels count alike because they may be planes of different things: where bullets have one and the wall has
    another, few pixels decide a game. With `each_pixel` every pixel has a scale of its own, so that a ball, which is
    hardly ever anywhere, counts as much as the paddles, which always are in one of two columns; but what is always in
    one column counts for less.

    Before anything was seen, pixels are read as 0 .. 1 and vectors as they are.
    """

    mean: Tensor
    variance: Tensor
    seen: Tensor

    def __init__(self, spec: Spec, each_pixel: bool = False) -> None:
        super().__init__()
        self.pixels = spec.pixels
        self.each_pixel = each_pixel
        self.register_buffer("mean", torch.zeros(spec.observation_shape))
        self.register_buffer("variance", torch.full(spec.observation_shape, 255.0**2 if spec.pixels else 1.0))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self, observation: Tensor) -> None:
        """Takes in observations `[B, *observation_shape]`, two at least (Chan, Golub & LeVeque 1983, equation 1.5)."""
        rows = self._read(observation)
        variance, mean = torch.var_mean(rows, 0, correction=0)
        weight = len(rows) / (self.seen.clamp(max=MEMORY) + len(rows))
        moved = mean - self.mean
        self.mean += weight * moved
        self.variance += weight * (variance + (1 - weight) * moved.square() - self.variance)
        self.seen += len(rows)

    def forward(self, observation: Tensor) -> Tensor:
        """Observations `[..., *observation_shape]` as float32 deviations, about 1 in size."""
        return (self._read(observation) - self.mean) / self._scale()

    def restore(self, standardised: Tensor) -> Tensor:
        """The inverse: float32 in the units of the recording, pixels within 0 .. 255."""
        found = standardised * self._scale() + self.mean
        return found.clamp(0, 255) if self.pixels else symexp(found)

    def _read(self, observation: Tensor) -> Tensor:
        return observation.float() if self.pixels else symlog(observation)

    def _scale(self) -> Tensor:
        if not self.pixels:
            return self.variance.sqrt().clamp(min=LEAST_DEVIATION)
        variance = self.variance if self.each_pixel else self.variance.mean((0, 1))
        least = (LEAST_SHARE**2 * variance.mean()).clamp(min=1.0)  # a screen that never changes
        return variance.maximum(least).sqrt()
