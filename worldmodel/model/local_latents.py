"""Latents that lie where their part of the image lies: every place of the encoder's grid has variables of its own.

What is small and moves is the same thing wherever it is. So one set of weights serves all places: it says what is seen
at a place, remembers what was seen there and around it, and expects what comes there (`local_prior.py`). What no place
tells alone is left to a recurrence of the whole image beside them, which sees all latents as one row, or a `Summary`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from worldmodel.model.layers import mlp
from worldmodel.model.recurrence import GRU


@dataclass(frozen=True)
class Grid:
    """Where local latents lie.

    side: G; there are P = G * G places, row by row.
    variables, classes: V categorical variables of each place, with K classes each.
    memory: M, recurrent units of each place.
    """

    side: int
    variables: int
    classes: int
    memory: int

    @property
    def places(self) -> int:
        """P."""
        return self.side**2

    @property
    def latent(self) -> int:
        """Z = V * K, entries of the one-hot latent of each place."""
        return self.variables * self.classes

    @property
    def width(self) -> int:
        """Y, width of the layers that every place has."""
        return 2 * self.memory


class LocalPosterior(nn.Module):
    """Logits of what is seen at each place, from the encoder's C channels there: `[B, P*C]` to `[B, P*Z]`."""

    def __init__(self, grid: Grid, channels: int, spread: float) -> None:
        super().__init__()
        self.grid = grid
        self.norm = nn.LayerNorm(channels)
        self.logits = nn.Linear(channels, grid.latent)
        nn.init.normal_(self.logits.weight, std=spread / channels**0.5)

    def forward(self, embedding: Tensor) -> Tensor:
        """Place by place."""
        return self.logits(self.norm(embedding.unflatten(-1, (self.grid.places, -1)))).flatten(-2)


class Around(nn.Conv2d):
    """A linear map of each place and the eight around it, the same everywhere: `[..., P, X]` to `[..., P, Y]`."""

    def __init__(self, grid: Grid, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=False)
        self.side = grid.side

    def forward(self, places: Tensor) -> Tensor:
        """Beyond the edge is nothing."""
        image = rearrange(places.reshape(-1, self.side, self.side, self.in_channels), "n h w x -> n x h w")
        return rearrange(super().forward(image), "n y h w -> n (h w) y").reshape(*places.shape[:-1], self.out_channels)


class LocalInput(nn.Module):
    """What the recurrences are fed: U numbers of the whole, and Y of each place and the eight around it.

    Latent and one-hot action `[..., P*Z + A]` to `[..., U + P*Y]`. Where the whole is told by a `Summary` it is fed the
    action alone.
    """

    def __init__(self, grid: Grid, actions: int, units: int, summarised: bool = False) -> None:
        super().__init__()
        self.grid = grid
        self.unseen = grid.places * grid.latent if summarised else 0
        self.whole = mlp(grid.places * grid.latent + actions - self.unseen, units, 1)
        self.around = Around(grid, grid.latent, grid.width)
        self.context = nn.Linear(units, grid.width, bias=False)
        self.norm = nn.LayerNorm(grid.width)

    def forward(self, latent_and_action: Tensor) -> Tensor:
        """The whole first, then place by place."""
        whole = self.whole(latent_and_action[..., self.unseen :])
        latent = latent_and_action[..., : self.grid.places * self.grid.latent]
        around = self.around(latent.unflatten(-1, (self.grid.places, -1)))
        places = F.silu(self.norm(around + self.context(whole)[..., None, :]))
        return torch.cat([whole, places.flatten(-2)], -1)


class Summary(nn.Module):
    """What all places remember, wherever it is: the sum and the maximum of W numbers that each makes of its memory.

    `[..., P*M]` to `[..., 2*W]`. Whoever sees all latents as one row knows rare events by heart; what is told the same
    way everywhere is understood from a few of them (sets: Zaheer et al. 2017, arXiv:1703.06114, theorem 2).
    """

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        self.places, self.outputs = grid.places, 2 * width
        self.tell = nn.Linear(grid.memory, width)

    def forward(self, memory: Tensor) -> Tensor:
        """The sum, over the square root of P, then the maximum."""
        told = F.silu(self.tell(memory.unflatten(-1, (self.places, -1))))
        return torch.cat([told.sum(-2) / self.places**0.5, told.amax(-2)], -1)


class LocalGRU(nn.Module):
    """Two gated recurrent units: one of the whole, and one that every place has, with the same weights.

    States are `[..., D + P*M]`, the whole first, then place by place. Where there is a `summary`, the whole is fed it
    as well, of what places remember by then.
    """

    def __init__(self, grid: Grid, inputs: int, units: int, summary: int = 0) -> None:
        super().__init__()
        self.grid, self.inputs, self.units = grid, inputs, units
        self.summary = Summary(grid, summary) if summary else None
        self.whole = GRU(inputs + (self.summary.outputs if self.summary else 0), units)
        self.place = GRU(grid.width, grid.memory)

    def unroll(self, inputs: Tensor, state: Tensor) -> Tensor:
        """States `[B, T, D + P*M]` after each of the inputs `[B, T, U + P*Y]`, from `state` `[B, D + P*M]`."""
        count = self.grid.places
        place = self.place.unroll(
            rearrange(inputs[..., self.inputs :], "b t (p y) -> (b p) t y", p=count),
            rearrange(state[:, self.units :], "b (p m) -> (b p) m", p=count).contiguous(),
        )
        place = rearrange(place, "(b p) t m -> b t (p m)", p=count)
        fed = self._fed(inputs[..., : self.inputs], place)
        return torch.cat([self.whole.unroll(fed, state[:, : self.units].contiguous()), place], -1)

    def step(self, input: Tensor, state: Tensor) -> Tensor:
        """The state `[B, D + P*M]` after one input `[B, U + P*Y]`."""
        count = self.grid.places
        place = self.place.step(
            rearrange(input[:, self.inputs :], "b (p y) -> (b p) y", p=count),
            rearrange(state[:, self.units :], "b (p m) -> (b p) m", p=count),
        )
        place = rearrange(place, "(b p) m -> b (p m)", p=count)
        fed = self._fed(input[:, : self.inputs], place)
        return torch.cat([self.whole.step(fed, state[:, : self.units]), place], -1)

    def _fed(self, inputs: Tensor, place: Tensor) -> Tensor:
        """What the whole is fed: its inputs `[..., U]`, and the summary of what places remember, `[..., P*M]`."""
        return inputs if self.summary is None else torch.cat([inputs, self.summary(place)], -1)


class LocalReading(nn.Module):
    """What heads read of a local state: each place and the eight around it in R numbers, the same way everywhere.

    Whoever reads one row of one-hot places has to learn every place anew; what bodes ill does so wherever it is.
    States `[..., D + P*M + P*Z]` to `[..., D + P*R]`, the whole first and as it is.
    """

    def __init__(self, grid: Grid, recurrent_units: int, width: int) -> None:
        super().__init__()
        self.parts = [recurrent_units, grid.places * grid.memory, grid.places * grid.latent]
        self.places, self.outputs = grid.places, recurrent_units + grid.places * width
        self.around = Around(grid, grid.memory + grid.latent, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor) -> Tensor:
        """The whole first, then place by place."""
        whole, *places = features.split(self.parts, -1)
        here = torch.cat([part.unflatten(-1, (self.places, -1)) for part in places], -1)
        return torch.cat([whole, F.silu(self.norm(self.around(here))).flatten(-2)], -1)


def local_head(
    grid: Grid,
    recurrent_units: int,
    width: int,
    units: int,
    layers: int,
    outputs: int | None = None,
    zero_last: bool = False,
) -> nn.Sequential:
    """As `mlp`, on what a `LocalReading` reads."""
    reading = LocalReading(grid, recurrent_units, width)
    return nn.Sequential(reading, *mlp(reading.outputs, units, layers, outputs, zero_last))
