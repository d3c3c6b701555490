"""Between standardised observations and features: images through convolutions, vectors through a perceptron."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from worldmodel.errors import ConfigurationError
from worldmodel.experience import Spec
from worldmodel.model.layers import mlp


class Decoder(Protocol):
    """Features back to observations."""

    def loss(self, features: Tensor, observation: Tensor) -> Tensor:
        """Half the squared error, averaged over the observation: `[B, F]` and `[B, ...]` to `[B]`."""
        ...

    def observation(self, features: Tensor) -> Tensor:
        """The expected observation `[B, ...]`, standardised and in float32."""
        ...


def stages(size: int, wanted: int | None = None) -> tuple[int, int]:
    """Pixels per patch of the first layer, and how often the grid of patches is halved after it.

    Images of 32 pixels and more are first cut into patches of 4 x 4, smaller ones into 2 x 2: a linear map of these
    costs a fraction of a convolution at full resolution. Then the grid is halved down to 4 x 4, or until it is odd.

    wanted: places per side that the grid is to end with; patches are no larger than that allows.

    Raises ConfigurationError where patches do not fit.
    """
    patch = 4 if size >= 32 else 2 if size % 2 == 0 else 1
    if wanted is None:
        if size % patch:
            raise ConfigurationError(f"environment.image_size is {size}: from 32 on it must be a multiple of {patch}")
        wanted = size // patch
        while wanted > 4 and wanted % 2 == 0:
            wanted //= 2
    pixels = size // wanted
    if pixels * wanted != size or pixels.bit_count() != 1:
        raise ConfigurationError(
            f"world_model.grid is {wanted}: the {size} pixels of a row must be 1, 2, 4, 8, ... for each place"
        )
    patch = min(patch, pixels)
    return patch, (pixels // patch).bit_length() - 1


def _around(patch: int, wanted: int | None) -> int:
    """How far beyond its own pixels a patch sees: one that is a single pixel by chance sees those around it as well."""
    return 1 if patch == 1 and wanted is None else 0


def keep_signal(layers: Sequence[nn.Module]) -> None:
    """Draws weights of a size at which a signal leaves each layer as large as it came (He et al. 2015); biases are 0.

    As PyTorch draws them it shrinks to a third in each layer, and what is small in an image is not learned for long.
    """
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            inputs = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):  # of its inputs only those that overlap there reach a pixel
                inputs = layer.in_channels * math.prod(layer.kernel_size) // math.prod(layer.stride)
            nn.init.normal_(layer.weight, std=(2 / inputs) ** 0.5)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


class ImageEncoder(nn.Module):
    """Images `[B, height, width, C]` to features `[B, outputs]`.

    There is no normalisation between the convolutions: over few channels it costs more than they do.

    grid: places per side that the image ends as; None takes what `stages` finds.
    """

    def __init__(self, shape: tuple[int, ...], depth: int, kernel: int, grid: int | None = None) -> None:
        super().__init__()
        size, _, channels = shape
        patch, halvings = stages(size, grid)
        around = _around(patch, grid)
        first = nn.Conv2d(channels, depth, patch + 2 * around, patch, around)
        layers: list[nn.Module] = [first, nn.SiLU()]
        for _ in range(halvings):
            layers += [nn.Conv2d(depth, 2 * depth, kernel, 2, kernel // 2 - 1), nn.SiLU()]
            depth *= 2
        keep_signal(layers)
        self.layers = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.grid, self.depth = size // patch // 2**halvings, depth
        self.outputs = depth * self.grid**2

    def forward(self, observation: Tensor) -> Tensor:
        """Features of each image, place by place."""
        return rearrange(self.layers(rearrange(observation, "b h w c -> b c h w")), "b c h w -> b (h w c)")


class ImageDecoder(nn.Module):
    """Features `[B, F]` to images, the encoder's mirror.

    local: Z, numbers at the end of the features that tell of each place of the grid; 0 where none tells of one alone.
    grid: as for `ImageEncoder`.
    """

    def __init__(
        self,
        inputs: int,
        shape: tuple[int, ...],
        depth: int,
        kernel: int,
        units: int,
        local: int = 0,
        grid: int | None = None,
    ) -> None:
        super().__init__()
        size, _, channels = shape
        self.patch, halvings = stages(size, grid)
        self.grid = size // self.patch // 2**halvings
        depth *= 2**halvings
        self.project = nn.Sequential(mlp(inputs, units, 1), nn.Linear(units, depth * self.grid**2))
        self.local = nn.Linear(local, depth, bias=False) if local else None
        if self.local is not None:  # its input is one-hot
            nn.init.normal_(self.local.weight)
        layers: list[nn.Module] = [nn.SiLU()]
        for _ in range(halvings):
            layers += [nn.ConvTranspose2d(depth, depth // 2, kernel, 2, kernel // 2 - 1), nn.SiLU()]
            depth //= 2
        around = _around(self.patch, grid)
        layers.append(nn.Conv2d(depth, channels * self.patch**2, 1 + 2 * around, padding=around))
        keep_signal(layers)
        self.layers = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, features: Tensor) -> Tensor:
        """Expected images `[B, grid, grid, patch * patch * C]`, patch by patch."""
        top = rearrange(self.project(features), "b (h w c) -> b c h w", h=self.grid, w=self.grid)
        if self.local is not None:
            here = features[:, -self.local.in_features * self.grid**2 :].unflatten(-1, (self.grid, self.grid, -1))
            top = top + rearrange(self.local(here), "b h w c -> b c h w")
        return rearrange(self.layers(top), "b c h w -> b h w c")

    def loss(self, features: Tensor, observation: Tensor) -> Tensor:
        """Half the squared error, averaged over the image: `[B]`."""
        target = rearrange(observation, "b (h p) (w q) c -> b h w (p q c)", p=self.patch, q=self.patch)
        return 0.5 * F.mse_loss(self(features).float(), target, reduction="none").mean((1, 2, 3))

    def observation(self, features: Tensor) -> Tensor:
        """Expected images `[B, height, width, C]`, float32."""
        patches = self(features).float()
        return rearrange(patches, "b h w (p q c) -> b (h p) (w q) c", p=self.patch, q=self.patch)


class VectorEncoder(nn.Module):
    """Vectors `[B, entries]` to features `[B, outputs]`."""

    def __init__(self, entries: int, units: int) -> None:
        super().__init__()
        self.layers = mlp(entries, units, 2)
        self.outputs = units

    def forward(self, observation: Tensor) -> Tensor:
        """Features of each vector."""
        return self.layers(observation)


class VectorDecoder(nn.Module):
    """Features `[B, F]` to vectors."""

    def __init__(self, inputs: int, entries: int, units: int) -> None:
        super().__init__()
        self.layers = mlp(inputs, units, 2, entries)

    def loss(self, features: Tensor, observation: Tensor) -> Tensor:
        """Half the squared error, averaged over the vector: `[B]`."""
        return 0.5 * (self.observation(features) - observation).square().mean(-1)

    def observation(self, features: Tensor) -> Tensor:
        """Expected vectors `[B, entries]`, float32."""
        return self.layers(features).float()


def build_encoder(
    spec: Spec, depth: int, kernel: int, units: int, grid: int | None = None
) -> ImageEncoder | VectorEncoder:
    """The encoder that fits the observations of `spec`; `grid` as for `ImageEncoder`."""
    if spec.pixels:
        return ImageEncoder(spec.observation_shape, depth, kernel, grid)
    return VectorEncoder(math.prod(spec.observation_shape), units)


def build_decoder(
    spec: Spec, inputs: int, depth: int, kernel: int, units: int, local: int = 0, grid: int | None = None
) -> ImageDecoder | VectorDecoder:
    """The decoder that fits the observations of `spec`; `local` and `grid` as for `ImageDecoder`."""
    if spec.pixels:
        return ImageDecoder(inputs, spec.observation_shape, depth, kernel, units, local, grid)
    return VectorDecoder(inputs, math.prod(spec.observation_shape), units)
